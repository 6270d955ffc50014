//! UploadPart.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the part is stored | the_last_upload_of_a_number_counts |
//! | 400 BadDigest | the digest or checksum differs | a_part_that_does_not_verify_is_no_part, checksums::parts_bring_the_checksum_that_was_declared |
//! | 400 InvalidDigest | `Content-MD5` is none | a_part_that_does_not_verify_is_no_part |
//! | 400 EntityTooLarge | larger than a part may be | a_part_has_the_limit_of_a_put |
//! | 400 IncompleteBody | fewer bytes than announced | a_part_that_does_not_verify_is_no_part |
//! | 400 InvalidArgument | a number outside 1 to 10,000 | numbers_go_from_1_to_10000 |
//! | 400 InvalidRequest | another checksum than was declared; no digest where it will be locked | checksums::parts_bring_the_checksum_that_was_declared, complete_multipart_upload::a_lock_comes_with_the_upload_or_from_the_bucket |
//! | 400 XAmzContentSHA256Mismatch | the signed hash is of another body | a_part_that_does_not_verify_is_no_part |
//! | 403 AccessDenied | the caller has no right to it | a_part_that_does_not_verify_is_no_part |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchUpload | there is no such upload of this key, or it is closed | only_into_an_open_upload_of_this_key, everywhere::an_upload_that_is_not_there |
//! | 411 MissingContentLength | no length | a_part_has_the_limit_of_a_put |

use crate::client::Payload;
use crate::harness::Server;
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, bytes, md5_base64};

#[test]
fn numbers_go_from_1_to_10000() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    upload.part(1, "a");
    upload.part(10_000, "b");
    for number in ["0", "10001", "-1", "x", "", "99999999999"] {
        let reply = g.alice.put(&upload.target(&format!("partNumber={number}&")), "x");
        reply.assert_error(400, "InvalidArgument");
    }
    let parts = g.alice.get(&upload.target("")).assert_status(200).elements("PartNumber");
    assert_eq!(parts, ["1", "10000"]);
}

#[test]
fn only_into_an_open_upload_of_this_key() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let elsewhere = format!("{}?partNumber=1&uploadId={}", g.path("other"), upload.id);
    g.alice.put(&elsewhere, "x").assert_error(404, "NoSuchUpload");
    for id in ["nonsense", "", "0123456789abcdef0123456789abcdef"] {
        let target = format!("{}?partNumber=1&uploadId={id}", g.path("k"));
        g.alice.put(&target, "x").assert_error(404, "NoSuchUpload");
    }
    let part = upload.part(1, "x");
    upload.complete(&[part]).assert_status(200);
    g.alice.put(&upload.target("partNumber=2&"), "x").assert_error(404, "NoSuchUpload");
    g.get("k").assert_body("x");
}

#[test]
fn a_part_that_does_not_verify_is_no_part() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let target = upload.target("partNumber=1&");
    let wrong = g.alice.request("PUT", &target).header("content-md5", md5_base64(b"other")).body("x");
    wrong.send().assert_error(400, "BadDigest");
    let none = g.alice.request("PUT", &target).header("content-md5", "nonsense").body("x");
    none.send().assert_error(400, "InvalidDigest");
    let wrong = g.alice.request("PUT", &target).payload(Payload::Claimed("0".repeat(64))).body("x");
    wrong.send().assert_error(400, "XAmzContentSHA256Mismatch");
    let cut = g.alice.request("PUT", &target).payload(Payload::Unsigned).body(bytes(100_000)).wire();
    let mut connection = g.alice.connect();
    connection.send(&cut.bytes()[..50_000]).expect("sends");
    connection.finish();
    // An answer may not come any more; if one does, it is this.
    if let Ok(reply) = connection.read(false) {
        reply.assert_error(400, "IncompleteBody");
    }
    assert!(g.alice.get(&upload.target("")).assert_status(200).elements("PartNumber").is_empty());
    g.bob.put(&target, "x").assert_error(403, "AccessDenied");
}

#[test]
fn the_last_upload_of_a_number_counts() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let first = upload.part(1, "first");
    let second = upload.part(1, "second one");
    assert_eq!(g.alice.get(&upload.target("")).assert_status(200).elements("Size"), ["10"]);
    upload.complete(&[first]).assert_error(400, "InvalidPart");
    upload.complete(&[second]).assert_status(200);
    g.get("k").assert_body("second one");
}

#[test]
fn chunked_and_v2_bodies_make_parts_too() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let chunks = g.alice.request("PUT", &upload.target("partNumber=1&")).payload(Payload::SignedChunks);
    let etag = chunks.body(bytes(150_000)).send().assert_status(200).etag();
    g.alice.v2().put(&upload.target("partNumber=2&"), "x").assert_status(200);
    let sizes = g.alice.get(&upload.target("")).assert_status(200).elements("Size");
    assert_eq!(sizes, ["150000", "1"]);
    upload.complete(&[(1, etag)]).assert_status(200);
    g.get("k").assert_body(bytes(150_000));
}

#[test]
fn a_part_has_the_limit_of_a_put() {
    let server = Server::with(&[("limits", "body_bytes_max = 100000")]);
    let g = Ground::on(&server);
    let upload = Multipart::open(&g, "k");
    let part = || g.alice.request("PUT", &upload.target("partNumber=1&"));
    let large = part().expect_continue().body(bytes(100_001)).send();
    assert!(!large.continued, "{large}");
    large.assert_error(400, "EntityTooLarge");
    let without = part().body("").tamper(|wire| wire.head = wire.head.replace("Content-Length: 0\r\n", ""));
    without.send().assert_error(411, "MissingContentLength");
    part().body(bytes(100_000)).send().assert_status(200);
    assert_eq!(g.alice.get(&upload.target("")).assert_status(200).elements("Size"), ["100000"]);
}
