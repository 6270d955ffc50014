//! CopyObject.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | it is copied | a_copy_outlives_its_source |
//! | 400 InvalidArgument | a source, directive, list or version that is none | what_clients_restate_is_taken_and_the_rest_is_refused, metadata_is_copied_or_replaced, a_source_is_named_once_encoded_with_or_without_slash |
//! | 400 InvalidRequest | onto itself without a change; an unknown checksum | metadata_is_copied_or_replaced, a_checksum_goes_along_or_is_made_anew |
//! | 400 InvalidRequest | the source is a delete marker | put_bucket_versioning::a_version_can_be_copied_and_restored |
//! | 400 InvalidStorageClass | an unknown class | a_class_and_a_redirect_belong_to_one_object |
//! | 400 AccessControlListNotSupported | a list in a bucket without them | a_copy_is_private_unless_it_asks_for_a_list |
//! | 400 KeyTooLongError | the key has more than 1,024 bytes | what_clients_restate_is_taken_and_the_rest_is_refused |
//! | 400 MetadataTooLarge | new metadata of more than 2 KB | what_clients_restate_is_taken_and_the_rest_is_refused |
//! | 403 AccessDenied | no right to the source or the destination; another owner than expected | a_foreign_source_or_destination_is_denied |
//! | never 403 ObjectNotInActiveTierError | the source is archived: nothing can be | put_object::what_is_not_implemented_is_refused_and_never_half_done |
//! | 404 NoSuchBucket | neither bucket may be missing | everywhere::a_bucket_that_is_not_there, a_missing_source_is_named |
//! | 404 NoSuchKey | there is no source, or nothing for `If-Match` | a_missing_source_is_named, the_destination_has_conditions |
//! | 404 NoSuchVersion | there is no such version of the source | a_missing_source_is_named |
//! | 412 PreconditionFailed | a condition on the destination does not hold | the_destination_has_conditions |
//! | 412 | a condition on the source does not hold | the_source_has_conditions |
//! | 501 NotImplemented | `If-Match` and `If-None-Match` at once | the_destination_has_conditions |
//! | 501 NotImplemented | encryption is asked for | what_clients_restate_is_taken_and_the_rest_is_refused |

use dolium::s3::checksum::{Algorithm, Hasher};

use crate::client::{Reply, encode};
use crate::ops::acls::{AUTHENTICATED, assert_grants, id};
use crate::ops::bucket::put_bucket_ownership_controls::own;
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, bytes, fresh_bucket_name, locks};

fn copy(g: &Ground, source: &str, destination: &str, headers: &[(&str, &str)]) -> Reply {
    let source = format!("/{}/{}", g.bucket, encode(source));
    let request = g.alice.request("PUT", &g.path(destination)).header("x-amz-copy-source", source);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
}

#[test]
fn a_copy_outlives_its_source() {
    let g = Ground::new();
    for size in [0, 5, 300_000, 2_500_000] {
        let body = bytes(size);
        let etag = g.put("source", body.clone()).etag();
        let reply = copy(&g, "source", "copy", &[]).assert_status(200);
        assert!(reply.text().contains("<CopyObjectResult"), "{reply}");
        assert_eq!(reply.element("ETag"), Some(format!("\"{etag}\"")));
        assert!(reply.element("LastModified").is_some_and(|time| time.ends_with('Z')), "{reply}");
        g.alice.delete(&g.path("source")).assert_status(204);
        g.get("copy").assert_body(body);
    }
    assert_eq!(g.keys(""), ["copy"]);
}

#[test]
fn a_multipart_object_keeps_its_etag_and_its_parts() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "source");
    let parts = [upload.part(1, bytes(5 << 20)), upload.part(2, bytes(77))];
    let etag = upload.complete(&parts).assert_status(200).element("ETag").expect("an ETag");
    assert_eq!(copy(&g, "source", "copy", &[]).assert_status(200).element("ETag"), Some(etag.clone()));
    g.alice.delete(&g.path("source")).assert_status(204);
    let body = [bytes(5 << 20), bytes(77)].concat();
    g.get("copy").assert_header("etag", &etag).assert_body(body);
}

#[test]
fn metadata_is_copied_or_replaced() {
    let g = Ground::new();
    let source = g.alice.request("PUT", &g.path("s")).header("x-amz-meta-a", "1").header("content-type", "text/a");
    source.body("x").send().assert_status(200);
    let ignored = [("x-amz-meta-b", "2"), ("content-type", "text/b")];
    copy(&g, "s", "copied", &ignored).assert_status(200);
    let copied = g.get("copied").assert_header("x-amz-meta-a", "1").assert_header("content-type", "text/a");
    copied.assert_no_header("x-amz-meta-b");
    let replaced = [("x-amz-metadata-directive", "REPLACE"), ("x-amz-meta-b", "2"), ("content-type", "text/b")];
    copy(&g, "s", "replaced", &replaced).assert_status(200);
    let answer = g.get("replaced").assert_header("x-amz-meta-b", "2").assert_header("content-type", "text/b");
    answer.assert_no_header("x-amz-meta-a");
    copy(&g, "s", "x", &[("x-amz-metadata-directive", "MERGE")]).assert_error(400, "InvalidArgument");
    // Onto itself is how clients change metadata; without a change it is an error.
    copy(&g, "s", "s", &[]).assert_error(400, "InvalidRequest");
    copy(&g, "s", "s", &replaced).assert_status(200);
    g.get("s").assert_body("x").assert_header("x-amz-meta-b", "2");
}

#[test]
fn a_source_is_named_once_encoded_with_or_without_slash() {
    let g = Ground::new();
    for key in ["a b+c", "%2F", "ü/ä", "a?b", "..", "a//b"] {
        g.put(key, key);
        for slash in ["", "/"] {
            let source = format!("{slash}{}/{}", g.bucket, encode(key));
            let request = g.alice.request("PUT", &g.path("copy")).header("x-amz-copy-source", source);
            request.send().assert_status(200);
            g.get("copy").assert_body(key);
        }
    }
    for bad in ["", "/", "bucket-only"] {
        let reply = g.alice.request("PUT", &g.path("copy")).header("x-amz-copy-source", bad).send();
        assert_eq!(reply.status, 400, "{bad:?}: {reply}");
    }
    copy(&g, "no such", "copy", &[]).assert_error(404, "NoSuchKey");
    let version = format!("/{}/..?versionId=nope", g.bucket);
    let versioned = g.alice.request("PUT", &g.path("copy")).header("x-amz-copy-source", version).send();
    versioned.assert_error(400, "InvalidArgument");
}

#[test]
fn the_source_has_conditions() {
    let g = Ground::new();
    let etag = format!("\"{}\"", g.put("s", "x").etag());
    let now = g.get("s").header("last-modified").expect("a date");
    let (past, future) = ("Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    for (name, value, status) in [
        ("x-amz-copy-source-if-match", etag.as_str(), 200),
        ("x-amz-copy-source-if-match", "\"0\"", 412),
        ("x-amz-copy-source-if-none-match", "\"0\"", 200),
        ("x-amz-copy-source-if-none-match", &etag, 412),
        ("x-amz-copy-source-if-modified-since", past, 200),
        ("x-amz-copy-source-if-modified-since", &now, 412),
        // One that has not come yet is none.
        ("x-amz-copy-source-if-modified-since", future, 200),
        ("x-amz-copy-source-if-unmodified-since", future, 200),
        ("x-amz-copy-source-if-unmodified-since", past, 412),
    ] {
        let reply = copy(&g, "s", "copy", &[(name, value)]);
        assert_eq!(reply.status, status, "{name}: {value}: {reply}");
        if status == 412 {
            assert_eq!(reply.element("Condition").map(|c| c.to_lowercase()).as_deref(), Some(name), "{reply}");
            assert!(reply.element("Condition").is_some_and(|c| c.starts_with("x-amz-copy-source-If-")), "{reply}");
        }
        assert_eq!(g.keys("").contains(&"copy".to_owned()), status == 200, "{name}: {value}");
        g.alice.delete(&g.path("copy")).assert_status(204);
    }
}

/// AWS: `If-Match` and `If-None-Match` are about what the copy replaces.
#[test]
fn the_destination_has_conditions() {
    let g = Ground::new();
    g.put("s", "source");
    let etag = g.put("d", "old").etag();
    copy(&g, "s", "d", &[("if-none-match", "*")]).assert_error(412, "PreconditionFailed");
    copy(&g, "s", "d", &[("if-match", "\"0\"")]).assert_error(412, "PreconditionFailed");
    copy(&g, "s", "none", &[("if-match", &etag)]).assert_error(404, "NoSuchKey");
    copy(&g, "s", "d", &[("if-match", &etag), ("if-none-match", "\"0\"")]).assert_error(501, "NotImplemented");
    g.get("d").assert_body("old");
    copy(&g, "s", "d", &[("if-match", &etag)]).assert_status(200);
    copy(&g, "s", "none", &[("if-none-match", "*")]).assert_status(200);
    g.get("d").assert_body("source");
}

#[test]
fn a_copy_is_private_unless_it_asks_for_a_list() {
    let g = Ground::new();
    g.alice.request("PUT", &g.path("s")).header("x-amz-acl", "public-read").body("x").send().assert_status(200);
    let (alice, acl) = (id(&g.alice), |key: &str| g.alice.get(&format!("{}?acl", g.path(key))).assert_status(200));
    copy(&g, "s", "d", &[]).assert_status(200);
    assert_grants(&acl("d"), &[(&alice, "FULL_CONTROL")]);
    copy(&g, "d", "e", &[("x-amz-acl", "authenticated-read")]).assert_status(200);
    assert_grants(&acl("e"), &[(AUTHENTICATED, "READ"), (&alice, "FULL_CONTROL")]);
    own(&g, "BucketOwnerEnforced").assert_status(200);
    for name in ["public-read", "private"] {
        copy(&g, "s", "d", &[("x-amz-acl", name)]).assert_error(400, "AccessControlListNotSupported");
    }
    copy(&g, "s", "d", &[("x-amz-acl", "bucket-owner-full-control")]).assert_status(200);
}

#[test]
fn what_clients_restate_is_taken_and_the_rest_is_refused() {
    let g = Ground::new();
    g.put("s", "x");
    // s3cmd sends the storage class on every copy.
    copy(&g, "s", "d", &[("x-amz-storage-class", "STANDARD"), ("x-amz-acl", "private")]).assert_status(200);
    copy(&g, "s", "d", &[("x-amz-acl", "open")]).assert_error(400, "InvalidArgument");
    copy(&g, "s", "d", &[("x-amz-server-side-encryption", "AES256")]).assert_error(501, "NotImplemented");
    copy(&g, "s", &"k".repeat(1025), &[]).assert_error(400, "KeyTooLongError");
    let large = [("x-amz-metadata-directive", "REPLACE"), ("x-amz-meta-a", &*"x".repeat(2048))];
    copy(&g, "s", "d", &large).assert_error(400, "MetadataTooLarge");
}

#[test]
fn a_foreign_source_or_destination_is_denied() {
    let g = Ground::new();
    let bobs = fresh_bucket_name();
    g.bob.put(&format!("/{bobs}"), "").assert_status(200);
    g.bob.put(&format!("/{bobs}/secret"), "bob's").assert_status(200);
    g.put("mine", "x");
    let steal = g.alice.request("PUT", &g.path("stolen")).header("x-amz-copy-source", format!("/{bobs}/secret"));
    steal.send().assert_error(403, "AccessDenied");
    let plant = g.alice.request("PUT", &format!("/{bobs}/planted"));
    let plant = plant.header("x-amz-copy-source", format!("/{}/mine", g.bucket));
    plant.send().assert_error(403, "AccessDenied");
    // An owner that is expected and is not, on either side.
    let id = "0".repeat(64);
    copy(&g, "mine", "d", &[("x-amz-source-expected-bucket-owner", &id)]).assert_error(403, "AccessDenied");
    copy(&g, "mine", "d", &[("x-amz-expected-bucket-owner", &id)]).assert_error(403, "AccessDenied");
    assert_eq!(g.keys(""), ["mine"]);
}

#[test]
fn a_checksum_goes_along_or_is_made_anew() {
    let g = Ground::new();
    for body in [b"123456789".to_vec(), bytes(2_500_000)] {
        let crc32 = data_encoding::BASE64.encode(&crc_fast::crc32_iso_hdlc(&body).to_be_bytes());
        let crc32c = data_encoding::BASE64.encode(&crc_fast::crc32_iscsi(&body).to_be_bytes());
        let put = g.alice.request("PUT", &g.path("source")).header("x-amz-checksum-crc32", &crc32).body(body.clone());
        put.send().assert_status(200);
        let same = copy(&g, "source", "copy", &[]).assert_status(200);
        assert_eq!(
            (same.element("ChecksumCRC32"), same.element("ChecksumType")),
            (Some(crc32), Some("FULL_OBJECT".into()))
        );
        let other = copy(&g, "source", "copy", &[("x-amz-checksum-algorithm", "CRC32C")]).assert_status(200);
        assert_eq!((other.element("ChecksumCRC32C"), other.element("ChecksumCRC32")), (Some(crc32c.clone()), None));
        let read = g.alice.request("GET", &g.path("copy")).header("x-amz-checksum-mode", "ENABLED").send();
        read.assert_status(200).assert_header("x-amz-checksum-crc32c", &crc32c).assert_body(body.clone());
        for algorithm in Algorithm::ALL {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(&body);
            let made = copy(&g, "source", "copy", &[("x-amz-checksum-algorithm", algorithm.name())]).assert_status(200);
            assert_eq!(made.element(algorithm.element()), Some(hasher.finish().value), "{algorithm:?}");
        }
    }
    copy(&g, "source", "copy", &[("x-amz-checksum-algorithm", "MD4")]).assert_error(400, "InvalidRequest");
    copy(&g, "none", "copy", &[("x-amz-checksum-algorithm", "SHA1")]).assert_error(404, "NoSuchKey");
    // A new checksum is a change.
    copy(&g, "source", "source", &[("x-amz-checksum-algorithm", "SHA256")]).assert_status(200);
}

#[test]
fn a_class_and_a_redirect_belong_to_one_object() {
    let g = Ground::new();
    let (class, redirect) = ("x-amz-storage-class", "x-amz-website-redirect-location");
    let put = g.alice.request("PUT", &g.path("s")).header(class, "STANDARD_IA").header(redirect, "/a").body("x");
    put.send().assert_status(200);
    copy(&g, "s", "plain", &[]).assert_status(200);
    g.get("plain").assert_no_header(class).assert_no_header(redirect);
    copy(&g, "s", "other", &[(class, "ONEZONE_IA"), (redirect, "/b")]).assert_status(200);
    g.get("other").assert_header(class, "ONEZONE_IA").assert_header(redirect, "/b");
    copy(&g, "s", "s", &[(class, "STANDARD")]).assert_status(200);
    g.get("s").assert_no_header(class);
    copy(&g, "s", "x", &[(class, "FAST")]).assert_error(400, "InvalidStorageClass");
}

#[test]
fn a_missing_source_is_named() {
    let g = Ground::new();
    let reply = copy(&g, "no source", "x", &[]).assert_error(404, "NoSuchKey");
    assert_eq!(reply.element("Key").as_deref(), Some("no source"));
    let from = |source: &str| g.alice.request("PUT", &g.path("x")).header("x-amz-copy-source", source).send();
    let never = format!("/{}/no%20source?versionId={}", g.bucket, "0".repeat(32));
    from(&never).assert_error(404, "NoSuchVersion");
    let absent = fresh_bucket_name();
    let reply = from(&format!("/{absent}/k")).assert_error(404, "NoSuchBucket");
    assert_eq!(reply.element("BucketName"), Some(absent));
    assert!(g.keys("").is_empty());
}

#[test]
fn a_copy_has_a_lock_of_its_own() {
    let g = locks::ground();
    locks::put_retained(&g, "source", "COMPLIANCE");
    let copy = |key: &str| {
        let source = format!("/{}/source", g.bucket);
        g.alice.request("PUT", &g.path(key)).header("x-amz-copy-source", source)
    };
    let free = locks::version(&copy("free").send().assert_status(200));
    g.alice.head(&g.path("free")).assert_no_header("x-amz-object-lock-mode");
    locks::remove(&g, "free", &free, false).assert_status(204);
    copy("half").header("x-amz-object-lock-mode", "GOVERNANCE").send().assert_error(400, "InvalidArgument");
    let held = copy("held").header("x-amz-object-lock-legal-hold", "ON").send().assert_status(200);
    locks::remove(&g, "held", &locks::version(&held), true).assert_error(403, "AccessDenied");
    let kept = copy("kept").header("x-amz-object-lock-mode", "GOVERNANCE");
    let kept = kept.header("x-amz-object-lock-retain-until-date", locks::FAR).send().assert_status(200);
    locks::remove(&g, "kept", &locks::version(&kept), false).assert_error(403, "AccessDenied");
}
