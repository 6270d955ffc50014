//! What conditions see of the connection: TLS, and the address behind a proxy. These servers are of their own.

use serde_json::json;

use crate::client::Request;
use crate::harness::Server;
use crate::ops::Ground;
use crate::ops::bucket::put_bucket_policy::put;
use crate::wire::{ask, certificate, tls};

fn reading(g: &Ground, condition: &serde_json::Value) -> String {
    let resource = format!("arn:aws:s3:::{}/*", g.bucket);
    let statement = json!({
        "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": resource, "Condition": condition,
    });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

#[test]
fn a_trusted_proxy_says_where_a_request_comes_from_and_how() {
    let trusting = Server::with(&[("server", "trusted_proxies = [\"127.0.0.0/8\"]")]);
    for (server, believed) in [(&trusting, true), (Server::shared(), false)] {
        let g = Ground::on(server);
        g.put("k", "x");
        let status = |header: (&str, &str)| {
            let get = g.bob.request("GET", &g.path("k"));
            get.late_header(header.0, header.1).send().status
        };
        put(&g, reading(&g, &json!({ "IpAddress": { "aws:SourceIp": "198.51.100.0/24" } }))).assert_status(204);
        assert_eq!(status(("x-forwarded-for", "198.51.100.7")), if believed { 200 } else { 403 });
        for (name, value) in [
            ("x-forwarded-for", "198.51.100.7, 203.0.113.7"),
            ("x-real-ip", "198.51.100.7"),
            ("forwarded", "for=198.51.100.7"),
        ] {
            assert_eq!(status((name, value)), 403, "{name}: {value}");
        }
        put(&g, reading(&g, &json!({ "Bool": { "aws:SecureTransport": "true" } }))).assert_status(204);
        assert_eq!(status(("x-forwarded-proto", "https")), if believed { 200 } else { 403 });
        assert_eq!(status(("x-forwarded-proto", "http")), 403);
        // How a proxy's client speaks TLS, nobody knows.
        put(&g, reading(&g, &json!({ "NumericGreaterThan": { "s3:TlsVersion": "0" } }))).assert_status(204);
        assert_eq!(status(("x-forwarded-proto", "https")), 403);
    }
}

#[test]
fn a_condition_sees_the_version_of_tls() {
    let files = tempfile::tempdir().expect("makes a folder");
    let trusted = certificate(files.path());
    let at = |name: &str| files.path().join(name);
    let lines = format!("tls_certificate_file = {:?}\ntls_key_file = {:?}", at("cert.pem"), at("key.pem"));
    let server = Server::with(&[("server", &lines)]);
    let (alice, bob) =
        (crate::ops::client(&server, crate::harness::ALICE), crate::ops::client(&server, crate::harness::BOB));
    let g = Ground { alice, bob, bucket: crate::ops::fresh_bucket_name() };
    let send = |request: Request, version| {
        let mut stream = tls(&server, &trusted, version).expect("shakes hands");
        let answer = ask(&mut stream, &request.wire().bytes());
        answer.split(' ').nth(1).expect("a status").parse::<u16>().expect("a number")
    };
    let (old, new) = (&rustls::version::TLS12, &rustls::version::TLS13);
    for target in [g.root(), g.path("k")] {
        assert_eq!(send(g.alice.request("PUT", &target).body(""), new), 200);
    }
    for (condition, by_old, by_new) in [
        (json!({ "NumericGreaterThanEquals": { "s3:TlsVersion": "1.3" } }), 403, 200),
        (json!({ "NumericLessThan": { "s3:TlsVersion": "1.3" } }), 200, 403),
        (json!({ "Bool": { "aws:SecureTransport": "true" } }), 200, 200),
        (json!({ "Bool": { "aws:SecureTransport": "false" } }), 403, 403),
    ] {
        let put = g.alice.request("PUT", &format!("{}?policy", g.root())).body(reading(&g, &condition));
        assert_eq!(send(put, new), 204, "{condition}");
        for (version, status) in [(old, by_old), (new, by_new)] {
            assert_eq!(send(g.bob.request("GET", &g.path("k")), version), status, "{condition} {version:?}");
        }
    }
}
