//! UploadPart.

use crate::client::Payload;
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
    let wrong = g.alice.request("PUT", &target).payload(Payload::Claimed("0".repeat(64))).body("x");
    wrong.send().assert_error(400, "XAmzContentSHA256Mismatch");
    let cut = g.alice.request("PUT", &target).payload(Payload::Unsigned).body(bytes(100_000)).wire();
    let mut connection = g.alice.connect();
    connection.send(&cut.bytes()[..50_000]).expect("sends");
    drop(connection);
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
