//! Signatures in headers and queries, in every URL style.

use super::{SIGNED, alice, bob, bucket};
use crate::client::{Client, How, encode, now};
use crate::harness::{ALICE, Server};

const ODD_KEYS: [&str; 8] = ["plain", "a b", "a+b", "%41", "ä/ö//ü", "/../x", "~(!)*'", "?acl&x=y"];

#[test]
fn every_signature_works_in_every_url_style() {
    let alice = bucket("auth-styles");
    let inside = alice.bucket_host("auth-styles", "localhost");
    let origin = format!("http://auth-styles.localhost:{}", Server::shared().s3.port());
    for how in SIGNED {
        for key in ODD_KEYS {
            let (path, key) = (format!("/auth-styles/{}", encode(key)), format!("/{}", encode(key)));
            alice.how(how).put(&path, path.as_bytes()).assert_status(200);
            alice.how(how).get(&path).assert_status(200).assert_body(&path);
            inside.how(how).get(&key).assert_status(200).assert_body(&path);
            inside.how(how).request("GET", &key).absolute(&origin).send().assert_status(200).assert_body(&path);
            inside.how(how).delete(&key).assert_status(204);
        }
        alice.how(how).get("/auth-styles?prefix=a%20b&max-keys=1").assert_status(200);
        alice.how(how).get("/auth-styles?location").assert_status(200);
        alice.how(how).get("/").assert_status(200);
        inside.how(how).get("/").assert_status(200);
    }
}

#[test]
fn a_wrong_secret_is_not_anonymous() {
    let alice = bucket("auth-wrong");
    alice.put("/auth-wrong/k", b"data").assert_status(200);
    for how in SIGNED {
        let thief = alice.keys(ALICE.access, "guessed").how(how);
        thief.get("/auth-wrong/k").assert_error(403, "SignatureDoesNotMatch");
        thief.put("/auth-wrong/k", b"other").assert_error(403, "SignatureDoesNotMatch");
        thief.get("/").assert_error(403, "SignatureDoesNotMatch");
        assert!(thief.head("/auth-wrong/k").assert_status(403).body.is_empty());
        alice.keys("AKIDSTRANGER", ALICE.secret).how(how).get("/").assert_error(403, "InvalidAccessKeyId");
    }
    let denied = alice.keys(ALICE.access, "guessed").get("/auth-wrong/k");
    assert_eq!(denied.element("AWSAccessKeyId").as_deref(), Some(ALICE.access));
    assert!(denied.element("StringToSign").is_some_and(|text| text.starts_with("AWS4-HMAC-SHA256\n")));
    assert!(denied.element("CanonicalRequest").is_some_and(|text| text.starts_with("GET\n/auth-wrong/k\n")));
    assert!(!denied.text().contains(ALICE.secret));
    alice.get("/auth-wrong/k").assert_body(b"data");
}

#[test]
fn a_signature_is_for_one_request_only() {
    let alice = bucket("auth-one");
    alice.put("/auth-one/a", b"a").assert_status(200);
    for how in SIGNED {
        let alice = alice.how(how);
        let changed = |from: &'static str, to: &'static str| {
            alice.request("GET", "/auth-one/a").tamper(move |wire| wire.head = wire.head.replacen(from, to, 1)).send()
        };
        changed("GET", "GET").assert_status(200);
        changed("GET", "DELETE").assert_error(403, "SignatureDoesNotMatch");
        changed("/auth-one/a", "/auth-one/b").assert_error(403, "SignatureDoesNotMatch");
        changed("/auth-one/a", "/auth-one//a").assert_error(403, "SignatureDoesNotMatch");
    }
    alice.get("/auth-one/a").assert_status(200);
}

#[test]
fn nobody_and_others_stay_outside() {
    let alice = bucket("auth-others");
    alice.put("/auth-others/k", b"data").assert_status(200);
    alice.anonymous().get("/auth-others/k").assert_error(403, "AccessDenied");
    alice.anonymous().get("/").assert_error(403, "AccessDenied");
    for how in SIGNED {
        bob().how(how).get("/auth-others/k").assert_error(403, "AccessDenied");
        bob().how(how).delete("/auth-others/k").assert_error(403, "AccessDenied");
    }
    alice.get("/auth-others/k").assert_status(200);
}

#[test]
fn one_mechanism_only() {
    let url = alice().v2_presigned().presign("GET", "/");
    alice().get(&url).assert_error(400, "InvalidArgument");
    let url = alice().v4_presigned().presign("GET", "/");
    alice().v2().get(&url).assert_error(400, "InvalidArgument");
    alice().anonymous().get("/?AWSAccessKeyId=x&X-Amz-Signature=x").assert_error(400, "InvalidArgument");
    alice().anonymous().get("/?Signature=x").assert_error(403, "AccessDenied");
    alice().anonymous().get("/?X-Amz-Credential=x").assert_error(400, "AuthorizationQueryParametersError");
    alice()
        .anonymous()
        .request("GET", "/")
        .header("Authorization", "Bearer x")
        .send()
        .assert_error(400, "InvalidArgument");
}

#[test]
fn clocks_may_differ_by_a_quarter_of_an_hour() {
    for how in [How::V2Header, How::V4Header] {
        for off in [-1000, 1000] {
            let skewed = alice().how(how).request("GET", "/").at(now() + off).send();
            assert!(skewed.assert_error(403, "RequestTimeTooSkewed").element("ServerTime").is_some());
            alice().how(how).request("GET", "/").at(now() + off * 8 / 10).send().assert_status(200);
        }
    }
}

#[test]
fn unsigned_amz_headers_are_refused() {
    let alice = bucket("auth-unsigned");
    bob().put("/auth-unsigned-bob", b"").assert_status(200);
    bob().put("/auth-unsigned-bob/secret", b"secret").assert_status(200);
    let refused = |reply: crate::client::Reply, header: &str| {
        let denied = reply.assert_error(403, "AccessDenied");
        assert_eq!(denied.element("HeadersNotSigned").as_deref(), Some(header), "{denied}");
    };
    for header in ["x-amz-copy-source", "x-amz-acl", "x-amz-meta-a"] {
        let put = || alice.request("PUT", "/auth-unsigned/k").body(b"");
        refused(put().late_header(header, "/auth-unsigned-bob/secret").send(), header);
        let url = alice.v4_presigned().presign("PUT", "/auth-unsigned/k");
        let put = alice.anonymous().request("PUT", &url).body(b"");
        refused(put.header(header, "/auth-unsigned-bob/secret").send(), header);
        let url = alice.v2_presigned().presign("PUT", "/auth-unsigned/k");
        let put = alice.anonymous().request("PUT", &url).body(b"").header(header, "/auth-unsigned-bob/secret");
        put.send().assert_error(403, "SignatureDoesNotMatch");
        let put = alice.v2().request("PUT", "/auth-unsigned/k").body(b"").late_header(header, "x");
        put.send().assert_error(403, "SignatureDoesNotMatch");
    }
    alice.get("/auth-unsigned/k").assert_error(404, "NoSuchKey");
}

#[test]
fn tokens_of_long_lived_keys_are_refused() {
    for how in [How::V2Header, How::V4Header] {
        let request = alice().how(how).request("GET", "/").header("x-amz-security-token", "t");
        request.send().assert_error(400, "InvalidToken");
    }
}

#[test]
fn any_region_is_taken_unless_the_server_is_strict() {
    for region in ["US", "default", "eu-central-1"] {
        alice().region(region).get("/").assert_status(200);
    }
    let server = Server::with(&[("server", "strict_region = true\nregion = \"ch-1\"")]);
    let client = Client::new(server.s3, ALICE.access, ALICE.secret);
    let refused = client.get("/").assert_error(400, "AuthorizationHeaderMalformed");
    assert_eq!(refused.element("Region").as_deref(), Some("ch-1"));
    client.region("ch-1").get("/").assert_status(200);
}

#[test]
fn tampered_signatures_leave_the_connection_alive() {
    let alice = alice();
    let mut connection = alice.connect();
    for _ in 0..3 {
        let bad = alice.keys(ALICE.access, "guessed").request("GET", "/").wire();
        connection.send(&bad.bytes()).expect("sends");
        connection.read(false).expect("an answer").assert_error(403, "SignatureDoesNotMatch");
        connection.send(&alice.request("GET", "/").wire().bytes()).expect("sends");
        connection.read(false).expect("an answer").assert_status(200);
    }
}

#[test]
fn malformed_credentials_are_refused_one_by_one_and_harm_nobody() {
    let long = "x".repeat(4000);
    let heads = [
        "Authorization: AWS",
        "Authorization: AWS :",
        "Authorization: AWS ::::",
        "Authorization: AWS4-HMAC-SHA256",
        "Authorization: AWS4-HMAC-SHA256 ,,,=",
        "Authorization: AWS4-HMAC-SHA256 Credential=////,SignedHeaders=;;;,Signature=",
        "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request,SignedHeaders=host,Signature=\u{e4}",
        "Authorization: \u{ff}\u{fe}",
        "Authorization:",
        &format!("Authorization: AWS {long}:{long}"),
        "Authorization: AWS a:b\r\nAuthorization: AWS a:b",
        "Authorization: AWS a:b\r\nx-amz-date: \u{ff}",
        "Authorization: AWS a:b\r\nDate: Fri, 99 Foo 99999 99:99:99 GMT",
        "Authorization: AWS a:b\r\nDate: Thu, 01 Jan -2026 00:00:00 GMT",
    ];
    for head in heads {
        let text: Vec<u8> =
            format!("GET / HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n").chars().map(latin1).collect();
        let mut connection = alice().connect();
        connection.send(&text).expect("sends");
        let reply = connection.read(false).expect("an answer");
        assert!((400..500).contains(&reply.status), "{head}: {reply}");
        assert!(reply.code().is_some(), "{head}: {reply}");
    }
    for query in [
        "X-Amz-Algorithm=&X-Amz-Credential=&X-Amz-Date=&X-Amz-Expires=&X-Amz-SignedHeaders=&X-Amz-Signature=",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%2F%2F%2F%2F&X-Amz-Date=x&X-Amz-Expires=x\
         &X-Amz-SignedHeaders=%3B&X-Amz-Signature=x",
        "AWSAccessKeyId=&Expires=&Signature=",
        "AWSAccessKeyId=a&Expires=99999999999999999999999&Signature=%00",
        "X-Amz-Signature=%ff",
    ] {
        let reply = alice().anonymous().get(&format!("/?{query}"));
        assert!((400..500).contains(&reply.status), "{query}: {reply}");
    }
    alice().get("/").assert_status(200);
}

fn latin1(c: char) -> u8 {
    u8::try_from(u32::from(c)).expect("Latin-1")
}

#[test]
fn logs_hold_no_secret() {
    let server = Server::with(&[("log", "level = \"trace\"")]);
    for how in SIGNED {
        let client = Client::new(server.s3, ALICE.access, ALICE.secret).how(how);
        client.put("/auth-logged", b"").assert_status(200);
        client.get("/auth-logged?location").assert_status(200);
        client.keys(ALICE.access, "guessed-secret").get("/").assert_error(403, "SignatureDoesNotMatch");
    }
    let log = server.log();
    for secret in [ALICE.secret, "guessed-secret"] {
        assert!(!log.contains(secret), "the log holds a secret");
    }
    let signatures = log.match_indices("Signature=").map(|(at, name)| &log[at + name.len()..]);
    assert!(signatures.clone().count() > 0);
    assert!(signatures.clone().all(|value| value.starts_with("REDACTED")), "the log holds a URL that is still good");
}

#[test]
fn v2_can_be_switched_off() {
    let server = Server::with(&[("server", "signature_v2 = false")]);
    let client = Client::new(server.s3, ALICE.access, ALICE.secret);
    client.get("/").assert_status(200);
    client.v4_presigned().get("/").assert_status(200);
    for how in [How::V2Header, How::V2Query] {
        client.how(how).get("/").assert_error(400, "InvalidRequest");
    }
}
