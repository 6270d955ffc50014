//! What is no request, or too much of one: an S3 error like any other, then the connection ends.

use std::time::SystemTime;

use crate::client::{Client, Form, Reply};
use crate::harness::{ALICE, Server};
use crate::ops::{Ground, bytes, client};

/// What every answer has to carry.
#[track_caller]
fn assert_marked(reply: &Reply) {
    for name in ["x-amz-request-id", "x-amz-id-2", "server", "date"] {
        assert!(reply.header(name).is_some_and(|value| !value.is_empty()), "no {name} in {reply}");
    }
    let date = reply.header("date").expect("was there a moment ago");
    let date = httpdate::parse_http_date(&date).unwrap_or_else(|_| panic!("{date} is no date"));
    let off = SystemTime::now().duration_since(date).unwrap_or_else(|e| e.duration());
    assert!(off.as_secs() < 60, "the date is {off:?} off");
}

/// Sends bytes on a connection of their own; the only answer to them, after which the server closes.
#[track_caller]
fn refusal(alice: &Client, wire: &[u8]) -> Reply {
    let mut connection = alice.connect();
    // The server need not read all of it.
    let _ = connection.send(wire);
    let reply = connection.read(wire.starts_with(b"HEAD ")).expect("answers");
    assert!(connection.is_closed_by_server(), "the connection goes on after {reply}");
    assert_marked(&reply);
    reply.assert_header("connection", "close")
}

/// A head of this many headers of this many bytes each.
fn head(headers: usize, bytes_each: usize) -> Vec<u8> {
    let mut head = b"GET / HTTP/1.1\r\nHost: localhost\r\n".to_vec();
    for i in 0..headers {
        head.extend(format!("x-{i:04}: {}\r\n", "v".repeat(bytes_each)).bytes());
    }
    [head, b"\r\n".to_vec()].concat()
}

#[test]
fn an_overlong_head_is_refused_in_s3s_words() {
    let alice = client(Server::shared(), ALICE);
    for wire in [head(1, 40_000), head(20, 2_000), head(97, 1), head(1, 1_000_000), head(5_000, 1)] {
        refusal(&alice, &wire).assert_error(400, "RequestHeaderSectionTooLarge");
    }
    let endless = head(1, 100_000);
    refusal(&alice, &endless[..endless.len() - 4]).assert_error(400, "RequestHeaderSectionTooLarge");
    let mut just_fits = alice.connect();
    just_fits.send(&head(90, 300)).expect("sends");
    just_fits.read(false).expect("answers").assert_error(403, "AccessDenied");
}

/// AWS bounds the bytes of metadata and not the number of its headers; here a request has 96 headers.
#[test]
fn metadata_in_more_headers_than_a_request_has_is_refused_whole() {
    let g = Ground::new();
    let put = |count: usize, body: Vec<u8>| {
        let request = g.alice.request("PUT", &g.path("k"));
        (0..count).fold(request, |request, i| request.header(&format!("x-amz-meta-{i}"), "v")).body(body)
    };
    // Beside Host, Authorization, Content-Length, and the date and the digest of V4.
    put(91, b"kept".to_vec()).send().assert_status(200);
    let metadata = |reply: Reply| reply.headers.iter().filter(|(name, _)| name.starts_with("x-amz-meta-")).count();
    assert_eq!(metadata(g.get("k")), 91);
    for body in [b"new".to_vec(), bytes(1 << 20)] {
        let refused = refusal(&g.alice, &put(92, body).wire().bytes());
        refused.assert_error(400, "RequestHeaderSectionTooLarge");
    }
    // Asked before the body is sent, on a connection that has served others.
    let mut connection = g.alice.connect();
    connection.send(&g.alice.request("GET", &g.path("k")).wire().bytes()).expect("sends");
    connection.read(false).expect("answers").assert_body("kept");
    connection.send(&put(91, bytes(1 << 20)).expect_continue().wire().head_bytes()).expect("sends");
    connection.read_one(false).expect("answers").assert_error(400, "RequestHeaderSectionTooLarge");
    assert!(connection.is_closed_by_server());
    assert_eq!(metadata(g.get("k").assert_body("kept")), 91);
    // A form's fields are no headers.
    let form = (0..97).fold(Form::new(&g.alice, &g.bucket), |form, i| form.field(&format!("x-amz-meta-{i}"), "v"));
    form.send().assert_status(204);
    assert_eq!(metadata(g.get("k")), 97);
}

#[test]
fn what_is_no_http_is_refused_in_s3s_words() {
    let alice = client(Server::shared(), ALICE);
    for (wire, status, code) in [
        ("GARBAGE\r\n\r\n", 400, "BadRequest"),
        ("GET /\r\n\r\n", 400, "BadRequest"),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400, "BadRequest"),
        ("G{}T / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "BadRequest"),
        ("GET / HTTP/1.1\r\nHost: a\r\nbad name: x\r\n\r\n", 400, "BadRequest"),
        ("GET / HTTP/1.1\r\nHost: a\r\nx: a\r\n folded\r\n\r\n", 400, "BadRequest"),
        ("GET / HTTP/1.1\r\nHost: a\r\nx: a\0b\r\n\r\n", 400, "BadRequest"),
        ("GET / HTTP/1.1\r\n\r\n", 400, "BadRequest"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "BadRequest"),
        ("GET http://a:b:c/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, "InvalidURI"),
        ("PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400, "BadRequest"),
        ("PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", 400, "BadRequest"),
        ("PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx", 400, "BadRequest"),
        ("PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nx", 400, "BadRequest"),
        (
            "PUT /b/k HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "BadRequest",
        ),
        (
            "PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            400,
            "BadRequest",
        ),
        ("PUT /b/k HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "BadRequest"),
        ("PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501, "NotImplemented"),
        ("PUT /b/k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 501, "NotImplemented"),
        ("POST /b/k HTTP/1.0\r\n\r\n", 411, "MissingContentLength"),
        ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405, "MethodNotAllowed"),
    ] {
        refusal(&alice, wire.as_bytes()).assert_error(status, code);
    }
    refusal(&alice, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").assert_error(400, "BadRequest");
    refusal(&alice, b"HEAD / HTTP/1.1\r\n\r\n").assert_status(400).assert_body("");
}

#[test]
fn a_bad_request_after_good_ones_does_not_take_their_answers() {
    let g = Ground::new();
    g.put("a", "first");
    let good = g.alice.request("GET", &g.path("a")).wire().bytes();
    let mut connection = g.alice.connect();
    connection.send(&[&good[..], b"\r\n", &good[..], b"nonsense\r\n\r\n", &good[..]].concat()).expect("sends");
    connection.read(false).expect("answers").assert_body("first");
    connection.read(false).expect("answers").assert_body("first");
    connection.read(false).expect("answers").assert_error(400, "BadRequest");
    assert!(connection.is_closed_by_server());
}

#[test]
fn a_body_whose_chunks_are_broken_gets_one_answer() {
    let g = Ground::new();
    let wire = g.alice.request("PUT", &g.path("k")).body("whole").transfer_chunked().wire();
    for body in ["5\r\nwhole0\r\n\r\n", "g\r\n", "\r\n", "5\rx", "ffffffffffffffffff\r\n", "5\r\nwhole\r\n0\r\n\rx"] {
        let reply = refusal(&g.alice, &[wire.head_bytes(), body.as_bytes().to_vec()].concat());
        reply.assert_error(400, "IncompleteBody");
    }
    let endless = format!("1;{}", "x".repeat(100_000));
    refusal(&g.alice, &[wire.head_bytes(), endless.into_bytes()].concat()).assert_error(400, "IncompleteBody");
    assert!(g.keys("").is_empty());
}

#[test]
fn every_answer_says_when_and_by_whom_it_was_made() {
    let g = Ground::new();
    g.put("k", "data");
    let ask = |method: &str, key: &str| g.alice.request(method, &g.path(key));
    for (request, status) in [
        (ask("GET", "k"), 200),
        (ask("HEAD", "k"), 200),
        (ask("GET", "k").header("range", "bytes=1-2"), 206),
        (ask("GET", "k").header("if-none-match", "*"), 304),
        (ask("PUT", "k").body("x").header("content-md5", "nonsense"), 400),
        (g.alice.keys(ALICE.access, "wrong").request("GET", &g.path("k")), 403),
        (ask("GET", "none"), 404),
        (ask("HEAD", "none"), 404),
        (ask("PUT", "k").body("x").header("if-none-match", "*"), 412),
        (ask("GET", "k").header("range", "bytes=9-"), 416),
        (ask("DELETE", "k"), 204),
        (g.alice.request("GET", &g.root()), 200),
    ] {
        let reply = request.send();
        assert_marked(&reply);
        reply.assert_status(status);
    }
}
