//! DeleteObjects.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | each key has an outcome of its own, errors too | each_key_is_deleted_and_named, nobody_else_deletes_a_key |
//! | 400 MalformedXML | the document is none, or names more than 1,000 keys | the_document_has_to_be_whole_and_right, a_thousand_keys_are_the_limit |
//! | 400 InvalidRequest | no digest | the_document_has_to_be_whole_and_right |
//! | 400 BadDigest | the digest of the document differs | the_document_has_to_be_whole_and_right |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 404 NoSuchVersion | of a key: its version is none | a_version_or_an_etag_can_be_asked_for |
//! | 400 KeyTooLongError | of a key: more than 1,024 bytes | quiet_answers_only_what_failed |
//! | 403 AccessDenied | of a key: no right to it, or a lock | nobody_else_deletes_a_key, locked_versions_stay_and_the_others_go |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | of a key: nothing is there for its condition | each_key_may_have_conditions |
//! | 412 PreconditionFailed | of a key: its condition does not hold, or asks for the ETag of a delete marker | each_key_may_have_conditions, a_version_or_an_etag_can_be_asked_for |

use crate::client::Reply;
use crate::ops::{Ground, locks, md5_base64};

/// A document that names these keys, escaped as a client would.
pub fn document(keys: &[&str], quiet: bool) -> String {
    let escape = |key: &str| key.replace('&', "&amp;").replace('<', "&lt;").replace('\r', "&#13;");
    let objects: String = keys.iter().map(|key| format!("<Object><Key>{}</Key></Object>", escape(key))).collect();
    let quiet = if quiet { "<Quiet>true</Quiet>" } else { "" };
    format!("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{quiet}{objects}</Delete>")
}

fn delete(g: &Ground, document: &str) -> Reply {
    let target = format!("{}?delete", g.root());
    g.alice.request("POST", &target).header("content-md5", md5_base64(document.as_bytes())).body(document).send()
}

#[test]
fn each_key_is_deleted_and_named() {
    let g = Ground::new();
    let keys = ["a", "b/c", "//d", "..", "e & <f>", "white ", "ü", "cr\r"];
    for key in keys {
        g.put(key, "x");
    }
    g.put("kept", "x");
    let mut wanted = keys.to_vec();
    wanted.push("never there");
    let reply = delete(&g, &document(&wanted, false)).assert_status(200);
    assert_eq!(reply.elements("Key"), wanted);
    assert!(reply.elements("Error").is_empty(), "{reply}");
    assert_eq!(g.keys(""), ["kept"]);
}

#[test]
fn quiet_answers_only_what_failed() {
    let g = Ground::new();
    g.put("a", "x");
    let reply = delete(&g, &document(&["a", "b"], true)).assert_status(200);
    assert!(reply.elements("Key").is_empty(), "{reply}");
    assert!(g.keys("").is_empty());
    let long = "l".repeat(1025);
    let reply = delete(&g, &document(&["a", &long], true)).assert_status(200);
    assert_eq!(reply.elements("Code"), ["KeyTooLongError"]);
    assert_eq!(reply.elements("Key"), [long]);
}

#[test]
fn a_version_or_an_etag_can_be_asked_for() {
    let g = Ground::new();
    let etag = g.put("a", "one").etag();
    g.put("b", "two");
    let document = format!(
        "<Delete><Object><Key>a</Key><ETag>\"{etag}\"</ETag></Object><Object><Key>b</Key><ETag>{etag}</ETag></Object>\
         <Object><Key>b</Key><VersionId>nope</VersionId></Object></Delete>"
    );
    let reply = delete(&g, &document).assert_status(200);
    assert_eq!(reply.elements("Code"), ["PreconditionFailed", "NoSuchVersion"], "{reply}");
    assert_eq!(g.keys(""), ["b"]);
}

#[test]
fn each_key_may_have_conditions() {
    let g = Ground::new();
    for key in ["a", "b", "c"] {
        g.put(key, "four");
    }
    let document = "<Delete><Object><Key>a</Key><Size>4</Size></Object><Object><Key>b</Key><Size>5</Size></Object>\
        <Object><Key>c</Key><LastModifiedTime>2001-01-01T00:00:00Z</LastModifiedTime></Object>\
        <Object><Key>none</Key><ETag>x</ETag></Object></Delete>";
    let reply = delete(&g, document).assert_status(200);
    assert_eq!(reply.elements("Code"), ["PreconditionFailed", "PreconditionFailed", "NoSuchKey"], "{reply}");
    assert_eq!(g.keys(""), ["b", "c"]);
    g.versioning("Enabled");
    g.alice.delete(&g.path("b")).assert_status(204);
    let marked = delete(&g, "<Delete><Object><Key>b</Key><ETag>x</ETag></Object></Delete>").assert_status(200);
    assert_eq!(marked.elements("Code"), ["PreconditionFailed"], "{marked}");
}

#[test]
fn a_thousand_keys_are_the_limit() {
    let g = Ground::new();
    let keys: Vec<String> = (0..1001).map(|i| format!("k{i}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    g.put("k0", "x");
    delete(&g, &document(&keys, false)).assert_error(400, "MalformedXML");
    assert_eq!(g.keys(""), ["k0"]);
    let reply = delete(&g, &document(&keys[..1000], false)).assert_status(200);
    assert_eq!(reply.elements("Key").len(), 1000);
    assert!(g.keys("").is_empty());
}

#[test]
fn the_document_has_to_be_whole_and_right() {
    let g = Ground::new();
    g.put("a", "x");
    for bad in
        ["x", "<Delete/>", "<Delete>", "<Delete><Object/></Delete>", "<Other><Object><Key>a</Key></Object></Other>"]
    {
        delete(&g, bad).assert_error(400, "MalformedXML");
    }
    let target = format!("{}?delete", g.root());
    let right = document(&["a"], false);
    g.alice.request("POST", &target).body(right.as_str()).send().assert_error(400, "InvalidRequest");
    let wrong = g.alice.request("POST", &target).header("content-md5", md5_base64(b"other")).body(right.as_str());
    wrong.send().assert_error(400, "BadDigest");
    assert_eq!(g.keys(""), ["a"]);
    let crc = data_encoding::BASE64.encode(&crc32(right.as_bytes()).to_be_bytes());
    let checked = g.alice.request("POST", &target).header("x-amz-checksum-crc32", crc).body(right);
    checked.send().assert_status(200);
    assert!(g.keys("").is_empty());
}

#[test]
fn nobody_else_deletes_a_key() {
    let g = Ground::new();
    g.put("a", "x");
    let document = document(&["a", "../a"], false);
    for other in [g.bob.clone(), g.alice.anonymous()] {
        let target = format!("{}?delete", g.root());
        let request = other.request("POST", &target).header("content-md5", md5_base64(document.as_bytes()));
        let reply = request.body(document.as_str()).send().assert_status(200);
        assert_eq!(reply.elements("Code"), ["AccessDenied", "AccessDenied"], "{reply}");
    }
    g.get("a").assert_body("x");
}

/// CRC-32 as zip has it, slow and plain.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[test]
fn locked_versions_stay_and_the_others_go() {
    let g = locks::ground();
    let (kept, gone) = (locks::put_retained(&g, "kept", "GOVERNANCE"), locks::version(&g.put("gone", "x")));
    let delete = |objects: &[(&str, &str)], bypass: &str| {
        let object = |(key, id): &(&str, &str)| format!("<Object><Key>{key}</Key><VersionId>{id}</VersionId></Object>");
        let document = format!("<Delete>{}</Delete>", objects.iter().map(object).collect::<String>());
        let request = g.alice.request("POST", &format!("{}?delete", g.root()));
        let request = request.header("content-md5", md5_base64(document.as_bytes()));
        request.header("x-amz-bypass-governance-retention", bypass).body(document).send().assert_status(200)
    };
    let reply = delete(&[("kept", &kept), ("gone", &gone)], "false");
    assert_eq!(
        (reply.elements("Deleted").len(), reply.elements("Code")),
        (1, vec!["AccessDenied".to_owned()]),
        "{reply}"
    );
    assert_eq!(g.keys(""), ["kept"]);
    let reply = delete(&[("kept", &kept)], "true");
    assert!(reply.elements("Error").is_empty(), "{reply}");
    g.alice.delete(&g.root()).assert_status(204);
}
