//! What is wrong gets S3's error, as XML, and harms neither the connection nor the store.

use crate::client::{Client, Payload, Reply, now};
use crate::harness::{ALICE, Server};
use crate::ops::{Ground, bytes, client, md5_base64};

/// The server goes on: a good request is answered, and nothing was stored.
#[track_caller]
fn unharmed(g: &Ground) {
    g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
    assert!(g.keys("").is_empty());
    g.alice.head(&g.root()).assert_status(200);
}

#[test]
fn wrong_keys_and_signatures() {
    let g = Ground::new();
    let bad_secret = g.alice.keys(ALICE.access, "wrong");
    let unknown = g.alice.keys("AKNOBODY00000000000", "wrong");
    for how in [Client::v4, Client::v2, Client::v4_presigned, Client::v2_presigned] {
        how(&bad_secret).put(&g.path("k"), "x").assert_error(403, "SignatureDoesNotMatch");
        how(&unknown).put(&g.path("k"), "x").assert_error(403, "InvalidAccessKeyId");
    }
    unharmed(&g);
}

#[test]
fn a_request_changed_after_signing() {
    let g = Ground::new();
    for client in [g.alice.v4(), g.alice.v2()] {
        let path = g.path("k");
        let other = client.request("PUT", &path).body("x").tamper(|w| w.head = w.head.replacen("/k ", "/kk ", 1));
        other.send().assert_error(403, "SignatureDoesNotMatch");
        let typed = client.request("PUT", &path).header("content-type", "text/a").body("x");
        let typed = typed.tamper(|wire| wire.head = wire.head.replace("text/a", "text/b"));
        typed.send().assert_error(403, "SignatureDoesNotMatch");
        let method = client.request("PUT", &path).body("").tamper(|w| w.head = w.head.replacen("PUT", "DELETE", 1));
        method.send().assert_error(403, "SignatureDoesNotMatch");
    }
    let added = g.alice.request("PUT", &g.path("k")).late_header("x-amz-meta-a", "1").body("x").send();
    added.assert_error(403, "AccessDenied");
    unharmed(&g);
}

#[test]
fn a_skewed_clock_and_an_expired_link() {
    let g = Ground::new();
    for client in [g.alice.v4(), g.alice.v2()] {
        for skew in [-16 * 60, 16 * 60] {
            let reply = client.request("PUT", &g.path("k")).at(now() + skew).body("x").send();
            reply.assert_error(403, "RequestTimeTooSkewed");
        }
        client.request("GET", &g.root()).at(now() - 14 * 60).send().assert_status(200);
    }
    for client in [g.alice.v4_presigned(), g.alice.v2_presigned()] {
        let reply = client.request("GET", &g.root()).at(now() - 100).expires(50).send();
        let reply = reply.assert_error(403, "AccessDenied");
        assert!(reply.element("Message").is_some_and(|m| m.contains("expired")), "{reply}");
    }
    unharmed(&g);
}

#[test]
fn bodies_that_are_not_what_was_signed() {
    let g = Ground::new();
    let path = g.path("k");
    let hash = g.alice.request("PUT", &path).body("right").tamper(|wire| wire.body = b"wrong".to_vec()).send();
    hash.assert_error(400, "XAmzContentSHA256Mismatch");
    let md5 = g.alice.v2().request("PUT", &path).header("content-md5", md5_base64(b"right")).body("right");
    md5.tamper(|wire| wire.body = b"wrong".to_vec()).send().assert_error(400, "BadDigest");
    unharmed(&g);
}

#[test]
fn chunks_that_are_not_what_was_signed() {
    let g = Ground::new();
    let path = g.path("k");
    for size in [1000, 300_000] {
        for payload in [Payload::SignedChunks, Payload::SignedChunksTrailer] {
            let chunked = || g.alice.request("PUT", &path).payload(payload.clone()).body(bytes(size));
            // A byte of the data, in the first and in the last chunk.
            let first = chunked().tamper(|wire| wire.body[200] ^= 1).send();
            first.assert_error(403, "SignatureDoesNotMatch");
            let last = chunked().tamper(|wire| {
                let at = wire.body.windows(5).rposition(|w| w == b"\r\n0;c").expect("a last chunk") - 1;
                wire.body[at] ^= 1;
            });
            last.send().assert_error(403, "SignatureDoesNotMatch");
            unharmed(&g);
        }
    }
    let wrong_crc = g.alice.request("PUT", &path).payload(Payload::UnsignedChunksTrailer);
    wrong_crc.trailer("x-amz-checksum-crc32", "AAAAAA==").body("x").send().assert_error(400, "BadDigest");
    unharmed(&g);
    let longer = g.alice.request("PUT", &path).payload(Payload::SignedChunks);
    let longer = longer.header("x-amz-decoded-content-length", "11").body("0123456789").send();
    assert!(longer.status == 400, "{longer}");
    unharmed(&g);
}

#[test]
fn a_chunked_body_that_stops() {
    let g = Ground::new();
    let wire = g.alice.request("PUT", &g.path("k")).payload(Payload::SignedChunks).body(bytes(300_000)).wire();
    let whole = wire.bytes();
    for sent in [wire.head.len() + 10, whole.len() / 2, whole.len() - 1] {
        let mut connection = g.alice.connect();
        connection.send(&whole[..sent]).expect("sends");
        connection.finish();
        if let Ok(reply) = connection.read(false) {
            assert!(reply.status == 400, "{reply}");
        }
        unharmed(&g);
    }
}

#[test]
fn names_and_documents() {
    let g = Ground::new();
    g.alice.put(&g.path(&"k".repeat(1025)), "x").assert_error(400, "KeyTooLongError");
    g.alice.get("/x").assert_error(404, "NoSuchBucket");
    g.alice.put("/X_Y", "").assert_error(400, "InvalidBucketName");
    g.alice.put(&format!("/{}-new", g.bucket), "<no").assert_error(400, "MalformedXML");
    g.alice.get(&format!("{}/%ff", g.root())).assert_error(400, "InvalidURI");
    g.alice.get(&format!("{}?prefix=%ff", g.root())).assert_error(400, "InvalidURI");
    let upload = crate::ops::multipart::Multipart::open(&g, "u");
    g.alice.put(&upload.target("partNumber=10001&"), "x").assert_error(400, "InvalidArgument");
    unharmed(&g);
}

#[test]
fn an_unknown_host_can_be_refused() {
    let server = Server::with(&[("server", "unknown_host = \"refuse\"")]);
    let g = Ground::on(&server);
    let reply = g.alice.host("evil.example").get("/");
    assert!(reply.status == 400 && reply.code().is_some(), "{reply}");
    g.alice.host("localhost").get("/").assert_status(200);
    g.alice.bucket_host(&g.bucket, "localhost").get("/").assert_status(200);
    // Elsewhere it is path-style, so that a LAN address works at the first try.
    client(Server::shared(), ALICE).host("nas.lan").get("/").assert_status(200);
}

#[test]
fn an_error_leaves_the_connection_usable_or_says_that_it_closes() {
    let g = Ground::new();
    let mut connection = g.alice.connect();
    let mut exchange = |wire: crate::client::Wire| -> Reply {
        if connection.send(&wire.bytes()).is_err() {
            connection = g.alice.connect();
            connection.send(&wire.bytes()).expect("sends");
        }
        let reply = connection.read(false).expect("answers");
        if reply.closed {
            connection = g.alice.connect();
        }
        reply
    };
    for _ in 0..3 {
        exchange(g.bob.request("PUT", &g.path("k")).body(bytes(200_000)).wire()).assert_error(403, "AccessDenied");
        exchange(g.alice.request("GET", &g.path("k")).wire()).assert_error(404, "NoSuchKey");
        exchange(g.alice.request("GET", &g.root()).wire()).assert_status(200);
    }
    unharmed(&g);
}

#[test]
fn what_is_no_http_gets_an_answer_or_a_closed_connection() {
    let g = Ground::new();
    for bytes in [&b"\x16\x03\x01\x02\x00"[..], b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\n\r\n\r\n\0\0\0\0"]
    {
        let mut connection = g.alice.connect();
        connection.send(bytes).expect("sends");
        connection.finish();
        let _ = connection.read(false);
    }
    let mut connection = g.alice.connect();
    let huge = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX-Huge: {}\r\n\r\n", "x".repeat(200_000));
    let _ = connection.send(huge.as_bytes());
    if let Ok(reply) = connection.read(false) {
        assert!((400..500).contains(&reply.status), "{reply}");
    }
    unharmed(&g);
}

#[test]
fn whoever_sends_no_credentials_may_know_that_a_bucket_is_not_there() {
    let g = Ground::new();
    g.put("k", "x");
    let nobody = g.alice.anonymous();
    for target in ["/no-such-bucket-here", "/no-such-bucket-here/k"] {
        nobody.get(target).assert_error(404, "NoSuchBucket");
        nobody.delete(target).assert_error(404, "NoSuchBucket");
    }
    for target in [g.root(), g.path("k"), g.path("none")] {
        nobody.get(&target).assert_error(403, "AccessDenied");
    }
    nobody.put("/a-bucket-of-nobody", "").assert_error(403, "AccessDenied");
    g.get("k").assert_body("x");
}
