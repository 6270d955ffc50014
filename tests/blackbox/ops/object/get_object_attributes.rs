//! GetObjectAttributes.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | what was asked for | only_what_is_asked_for_is_answered |
//! | 304 | the client has it already | conditions_are_judged_as_those_of_a_read |
//! | 400 InvalidRequest | no attribute is asked for | what_is_asked_wrongly_is_refused |
//! | 400 InvalidArgument | an unknown attribute, a number that is none | what_is_asked_wrongly_is_refused |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | 403 AccessDenied | the caller has no right to it | access::no_operation_of_the_table_is_open_to_strangers |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object, or a delete marker is on top | everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |
//! | 412 PreconditionFailed | a condition does not hold | conditions_are_judged_as_those_of_a_read |
//! | 501 NotImplemented | encryption is named | what_is_asked_wrongly_is_refused |

use crate::client::Reply;
use crate::ops::multipart::{Multipart, PART_BYTES_MIN};
use crate::ops::{Ground, bytes};

fn ask(g: &Ground, key: &str, names: &str, headers: &[(&str, &str)]) -> Reply {
    let request = g.alice.request("GET", &format!("{}?attributes", g.path(key)));
    let request = request.header("x-amz-object-attributes", names);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
}

#[test]
fn only_what_is_asked_for_is_answered() {
    let g = Ground::new();
    let etag = g.put("k", "123456789").etag();
    let reply = ask(&g, "k", "ETag,Checksum,ObjectParts,StorageClass,ObjectSize", &[]).assert_status(200);
    assert!(reply.text().contains("<GetObjectAttributesResponse xmlns="), "{reply}");
    assert_eq!(reply.element("ETag"), Some(etag), "{reply}");
    // The check value of CRC-64/NVME, which the object has because its client sent none.
    let crc = data_encoding::BASE64.encode(&0xAE8B_1486_0A79_9888_u64.to_be_bytes());
    assert_eq!(
        (reply.element("ChecksumCRC64NVME"), reply.element("ChecksumType")),
        (Some(crc), Some("FULL_OBJECT".into()))
    );
    assert_eq!(
        (reply.element("StorageClass"), reply.element("ObjectSize")),
        (Some("STANDARD".into()), Some("9".into()))
    );
    assert_eq!(reply.element("ObjectParts"), None);
    assert_eq!(reply.header("last-modified"), g.get("k").header("last-modified"));
    let size = ask(&g, "k", "ObjectSize", &[]).assert_status(200);
    assert_eq!(
        (size.element("ObjectSize"), size.element("ETag"), size.element("Checksum")),
        (Some("9".into()), None, None)
    );
}

#[test]
fn parts_are_paged() {
    let g = Ground::new();
    let upload = Multipart::open_with(&g, "k", &[("x-amz-checksum-algorithm", "CRC32")]);
    let mut named = String::new();
    for number in 1..=3 {
        let crc = data_encoding::BASE64.encode(&crc_fast::crc32_iso_hdlc(&bytes(PART_BYTES_MIN)).to_be_bytes());
        let request = g.alice.request("PUT", &upload.target(&format!("partNumber={number}&")));
        let etag =
            request.header("x-amz-checksum-crc32", &crc).body(bytes(PART_BYTES_MIN)).send().assert_status(200).etag();
        named += &format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag><ChecksumCRC32>{crc}</ChecksumCRC32></Part>"
        );
    }
    let document = format!("<CompleteMultipartUpload>{named}</CompleteMultipartUpload>");
    let done = g.alice.post(&upload.target(""), document).assert_status(200);
    let whole = done.element("ChecksumCRC32").expect("has a checksum");
    let reply = ask(&g, "k", "Checksum,ObjectParts", &[]).assert_status(200);
    assert!(whole.ends_with("-3"), "{whole} counts the parts");
    assert_eq!(reply.elements("ChecksumCRC32")[0], whole);
    assert_eq!(
        (reply.element("PartsCount"), reply.elements("PartNumber")),
        (Some("3".into()), ["1", "2", "3"].map(String::from).to_vec())
    );
    assert_eq!(reply.elements("Size"), vec![PART_BYTES_MIN.to_string(); 3]);
    let page = |max: &str, marker: &str| {
        let reply = ask(&g, "k", "ObjectParts", &[("x-amz-max-parts", max), ("x-amz-part-number-marker", marker)]);
        let reply = reply.assert_status(200);
        assert_eq!(reply.element("PartsCount").as_deref(), Some("3"));
        (
            reply.elements("PartNumber").join(","),
            reply.element("IsTruncated").expect("says so"),
            reply.element("NextPartNumberMarker").expect("says where"),
        )
    };
    let is = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    assert_eq!(page("2", "0"), is("1,2", "true", "2"));
    assert_eq!(page("2", "2"), is("3", "false", "3"));
    assert_eq!(page("5000", "1"), is("2,3", "false", "3"));
    assert_eq!(page("0", "0"), is("", "false", "0"));
    assert_eq!(page("1", "3"), is("", "false", "0"));
    assert_eq!(page("1", "2147483647"), is("", "false", "0"));
    // One whose checksum is of all bytes has them too.
    let plain = Multipart::open(&g, "plain");
    let part = plain.part(1, "x");
    plain.complete(&[part]).assert_status(200);
    let reply = ask(&g, "plain", "ObjectParts", &[]).assert_status(200);
    assert_eq!((reply.element("PartsCount"), reply.elements("PartNumber")), (Some("1".into()), vec!["1".to_owned()]));
    assert_eq!(
        (reply.element("Size").as_deref(), reply.elements("ChecksumCRC64NVME").len()),
        (Some("1"), 1),
        "{reply}"
    );
}

#[test]
fn what_is_asked_wrongly_is_refused() {
    let g = Ground::new();
    g.put("k", "x");
    g.alice.get(&format!("{}?attributes", g.path("k"))).assert_error(400, "InvalidRequest");
    ask(&g, "k", "", &[]).assert_error(400, "InvalidRequest");
    ask(&g, "k", "Size", &[]).assert_error(400, "InvalidArgument");
    ask(&g, "k", "ETag", &[("x-amz-max-parts", "many")]).assert_error(400, "InvalidArgument");
    ask(&g, "k", "ETag", &[("x-amz-part-number-marker", "-1")]).assert_error(400, "InvalidArgument");
    let missing = ask(&g, "none", "ETag", &[]).assert_error(404, "NoSuchKey");
    assert_eq!(missing.element("Key").as_deref(), Some("none"));
    ask(&g, "k", "ETag", &[("x-amz-server-side-encryption-customer-algorithm", "AES256")])
        .assert_error(501, "NotImplemented");
}

/// The same conditions as of GetObject, in the same order.
#[test]
fn conditions_are_judged_as_those_of_a_read() {
    let g = Ground::new();
    let etag = format!("\"{}\"", g.put("k", "x").etag());
    let (past, future) = ("Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    for (headers, status) in [
        (&[("if-match", etag.as_str())][..], 200),
        (&[("if-match", "\"0\"")], 412),
        (&[("if-unmodified-since", past)], 412),
        (&[("if-match", &etag), ("if-unmodified-since", past)], 200),
        (&[("if-none-match", &etag)], 304),
        (&[("if-none-match", &etag), ("if-modified-since", past)], 304),
        (&[("if-modified-since", past)], 200),
        (&[("if-unmodified-since", future)], 200),
    ] {
        let reply = ask(&g, "k", "ETag", headers);
        assert_eq!(reply.status, status, "{headers:?}: {reply}");
        match status {
            412 => drop(reply.assert_error(412, "PreconditionFailed")),
            304 => drop(reply.assert_body("").assert_header("etag", &etag)),
            _ => {}
        }
    }
}
