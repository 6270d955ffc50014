//! Bodies that prove themselves, and bodies that fail to: those leave nothing behind.

use super::{SIGNED, bucket};
use crate::client::{Client, How, Payload, Request};

const CHUNKED: [Payload; 3] = [Payload::SignedChunks, Payload::SignedChunksTrailer, Payload::UnsignedChunksTrailer];

fn data(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|i| u8::try_from(i % 251).expect("small")).collect()
}

fn put(client: &Client, target: &str, payload: &Payload, body: Vec<u8>) -> Request {
    client.request("PUT", target).body(body).payload(payload.clone()).chunk_bytes(8192)
}

#[test]
fn every_payload_mode_stores_the_bytes() {
    let alice = bucket("auth-modes");
    for bytes in [0, 1, 8192, 100_000, 3_000_000] {
        for payload in CHUNKED.iter().chain(&[Payload::Exact, Payload::Unsigned]) {
            for transfer_chunked in [false, true] {
                let mut request = put(&alice, "/auth-modes/k", payload, data(bytes));
                if transfer_chunked {
                    request = request.transfer_chunked();
                }
                request.send().assert_status(200);
                let got = alice.get("/auth-modes/k").assert_status(200).assert_body(data(bytes));
                got.assert_no_header("content-encoding");
                alice.delete("/auth-modes/k").assert_status(204);
            }
        }
    }
}

#[test]
fn other_content_encodings_stay() {
    let alice = bucket("auth-encodings");
    for (sent, kept) in [("aws-chunked,gzip", "gzip"), ("gzip,aws-chunked", "gzip"), ("gzip", "gzip")] {
        let request = put(&alice, "/auth-encodings/k", &Payload::SignedChunks, data(10));
        request.header("content-encoding", sent).send().assert_status(200);
        alice.head("/auth-encodings/k").assert_header("content-encoding", kept);
    }
}

#[test]
fn a_tampered_body_leaves_the_old_object() {
    let alice = bucket("auth-tampered");
    alice.put("/auth-tampered/k", b"old").assert_status(200);
    let flip = |at_end: usize| {
        move |wire: &mut crate::client::Wire| {
            let at = wire.body.len() - at_end;
            wire.body[at] ^= 1;
        }
    };
    for bytes in [20_000, 3_000_000] {
        let request = |payload| put(&alice, "/auth-tampered/k", &payload, data(bytes));
        let reply = request(Payload::SignedChunks).tamper(flip(5000)).send();
        reply.assert_error(403, "SignatureDoesNotMatch");
        let trailed = request(Payload::SignedChunksTrailer).trailer("x-amz-checksum-crc32", "AAAAAA==");
        trailed.tamper(flip(10)).send().assert_error(403, "SignatureDoesNotMatch");
        request(Payload::Exact).tamper(flip(1)).send().assert_error(400, "XAmzContentSHA256Mismatch");
        let claimed = Payload::Claimed("0".repeat(64));
        request(claimed).send().assert_error(400, "XAmzContentSHA256Mismatch");
        let trailed = request(Payload::UnsignedChunksTrailer).trailer("x-amz-checksum-crc32", "AAAAAA==");
        trailed.send().assert_error(400, "BadDigest");
        let short = request(Payload::SignedChunks).header("x-amz-decoded-content-length", (bytes + 1).to_string());
        short.send().assert_error(400, "IncompleteBody");
        alice.get("/auth-tampered/k").assert_status(200).assert_body(b"old");
    }
}

#[test]
fn an_unsigned_trailer_does_not_excuse_the_signature() {
    let alice = bucket("auth-trailer");
    let request = || put(&alice, "/auth-trailer/k", &Payload::UnsignedChunksTrailer, data(100));
    request().send().assert_status(200);
    alice.delete("/auth-trailer/k").assert_status(204);
    let forged = request().tamper(|wire| wire.head = wire.head.replace("Signature=", "Signature=0"));
    forged.send().assert_error(403, "SignatureDoesNotMatch");
    // Credentials without a signature, in the query.
    let claimed = format!("/auth-trailer/k?X-Amz-Credential={}", crate::harness::ALICE.access);
    let request = put(&alice.anonymous(), &claimed, &Payload::UnsignedChunksTrailer, data(100));
    request.send().assert_error(400, "AuthorizationQueryParametersError");
    let request = put(&alice.anonymous(), "/auth-trailer/k", &Payload::UnsignedChunksTrailer, data(100));
    request.send().assert_error(403, "AccessDenied");
    alice.get("/auth-trailer/k").assert_error(404, "NoSuchKey");
}

#[test]
fn a_body_cut_short_leaves_nothing() {
    let alice = bucket("auth-cut");
    for payload in CHUNKED.iter().chain(&[Payload::Exact, Payload::Unsigned]) {
        for bytes in [1000, 1_000_000] {
            let wire = put(&alice, "/auth-cut/k", payload, data(bytes)).wire();
            let mut connection = alice.connect();
            connection.send(&wire.head_bytes()).expect("sends");
            connection.send(&wire.body[..wire.body.len() - 100]).expect("sends");
            connection.finish();
            if let Ok(reply) = connection.read(false) {
                assert_eq!(reply.status, 400, "{reply}");
            }
            alice.get("/auth-cut/k").assert_error(404, "NoSuchKey");
        }
    }
}

#[test]
fn authentication_comes_before_100_continue() {
    let alice = bucket("auth-continue");
    for how in SIGNED {
        let put = |client: &Client| client.how(how).request("PUT", "/auth-continue/k").body(data(100_000));
        for spelling in ["100-continue", "100-Continue"] {
            assert!(put(&alice).expect_as(spelling).send().assert_status(200).continued);
        }
        let thief = alice.keys(crate::harness::ALICE.access, "guessed");
        let refused = put(&thief).expect_continue().send().assert_error(403, "SignatureDoesNotMatch");
        assert!(!refused.continued);
    }
    let none = alice.request("PUT", "/auth-continue-none/k").body(b"x").expect_continue().send();
    assert!(!none.assert_error(404, "NoSuchBucket").continued);
}

#[test]
fn pieces_of_any_size_are_one_body() {
    let alice = bucket("auth-pieces");
    for payload in &CHUNKED {
        let wire = put(&alice, "/auth-pieces/k", payload, data(20_000)).wire();
        let mut connection = alice.connect();
        for piece in wire.bytes().chunks(97) {
            connection.send(piece).expect("sends");
        }
        connection.read(false).expect("an answer").assert_status(200);
        alice.get("/auth-pieces/k").assert_body(data(20_000));
    }
    assert_eq!(alice.how(How::Anonymous).get("/auth-pieces/k").status, 403);
}
