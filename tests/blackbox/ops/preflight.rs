//! The question of browsers, which carries no signature of its own.

use super::bucket::put_bucket_cors::{put, rule};
use crate::client::Reply;
use crate::harness::Server;
use crate::ops::Ground;

/// Asks as a browser does, with these headers.
fn ask(g: &Ground, target: &str, headers: &[(&str, &str)]) -> Reply {
    let request = g.alice.anonymous().request("OPTIONS", target);
    headers.iter().fold(request, |request, (name, value)| request.header(name, *value)).send()
}

const ORIGIN: (&str, &str) = ("origin", "https://a.example");

fn wants(method: &str) -> (&str, &str) {
    ("access-control-request-method", method)
}

fn sends(headers: &str) -> (&str, &str) {
    ("access-control-request-headers", headers)
}

#[test]
fn it_is_answered_before_any_signature_is_looked_at() {
    let g = Ground::new();
    for client in [g.alice.v4_presigned(), g.alice.v2_presigned()] {
        for method in ["GET", "PUT"] {
            g.alice.delete(&format!("{}?cors", g.root())).assert_status(204);
            let link = client.presign(method, &g.path("k"));
            ask(&g, &link, &[]).assert_error(400, "BadRequest");
            ask(&g, &link, &[ORIGIN, wants(method)]).assert_error(403, "AccessForbidden");
            put(&g, &rule(&["example"], &[method], "")).assert_status(200);
            ask(&g, &link, &[]).assert_error(400, "BadRequest");
            let reply = ask(&g, &link, &[("origin", "example"), wants(method)]).assert_status(200).assert_body("");
            reply
                .assert_header("access-control-allow-origin", "example")
                .assert_header("access-control-allow-methods", method);
        }
    }
}

#[test]
fn a_refusal_says_why_as_s3_does() {
    let g = Ground::new();
    let refused = |target: &str, headers: &[(&str, &str)], resource: &str, method: &str| {
        let reply = ask(&g, target, headers).assert_error(403, "AccessForbidden");
        assert_eq!(reply.element("ResourceType").as_deref(), Some(resource), "{reply}");
        assert_eq!(reply.element("Method").as_deref(), Some(method), "{reply}");
        reply.clone().assert_no_header("access-control-allow-origin").assert_no_header("vary");
        reply.element("Message").expect("has a message")
    };
    let none = "/no-such-bucket-here/k";
    ask(&g, none, &[wants("GET")]).assert_error(400, "BadRequest");
    assert_eq!(refused(none, &[ORIGIN], "BUCKET", "OPTIONS"), "CORSResponse: Bucket not found");
    assert_eq!(refused("/", &[ORIGIN, wants("GET")], "BUCKET", "GET"), "CORSResponse: Bucket not found");
    let not_enabled = "CORSResponse: CORS is not enabled for this bucket.";
    assert_eq!(refused(&g.path("k"), &[ORIGIN, wants("PUT")], "BUCKET", "PUT"), not_enabled);
    put(&g, &rule(&["https://a.example"], &["GET"], "")).assert_status(200);
    let reply = ask(&g, &g.path("k"), &[ORIGIN]).assert_error(400, "BadRequest");
    assert_eq!(reply.element("Message").as_deref(), Some("Invalid Access-Control-Request-Method: null"));
    let why = "CORSResponse: This CORS request is not allowed.";
    assert!(refused(&g.path("k"), &[ORIGIN, wants("PUT")], "OBJECT", "PUT").starts_with(why));
    for method in ["get", "PATCH", "OPTIONS", "<b>"] {
        let reply = ask(&g, &g.root(), &[ORIGIN, wants(method)]).assert_error(400, "BadRequest");
        let message = reply.element("Message").expect("has a message");
        assert!(message.starts_with("Invalid Access-Control-Request-Method: "), "{message}");
    }
    let slash = [("origin", "https://a.example/"), wants("GET")];
    assert!(refused(&g.root(), &slash, "BUCKET", "GET").starts_with(why));
    assert!(refused(&g.root(), &[ORIGIN, wants("GET"), sends("x-amz-meta-a")], "BUCKET", "GET").starts_with(why));
}

#[test]
fn the_first_rule_that_matches_answers_with_all_it_allows() {
    let g = Ground::new();
    let upload = "<AllowedHeader>Content-Type</AllowedHeader><AllowedHeader>X-Amz-*</AllowedHeader>\
        <ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>600</MaxAgeSeconds>";
    let rules = rule(&["https://*.example"], &["PUT", "POST"], upload)
        + &rule(&["*"], &["GET", "HEAD"], "<AllowedHeader>*</AllowedHeader>")
        + &rule(&["https://sos.example"], &["*"], "");
    put(&g, &rules).assert_status(200);
    ask(&g, &g.path("k"), &[ORIGIN, wants("PUT"), sends("Content-Type,x-amz-META-a")])
        .assert_status(200)
        .assert_header("content-length", "0")
        .assert_header("access-control-allow-origin", "https://a.example")
        .assert_header("access-control-allow-credentials", "true")
        .assert_header("access-control-allow-methods", "PUT, POST")
        .assert_header("access-control-allow-headers", "content-type, x-amz-meta-a")
        .assert_header("access-control-expose-headers", "ETag")
        .assert_header("access-control-max-age", "600")
        .assert_header("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
    ask(&g, &g.root(), &[ORIGIN, wants("GET"), sends("Range, x-other")])
        .assert_status(200)
        .assert_header("access-control-allow-origin", "*")
        .assert_header("access-control-allow-methods", "GET, HEAD")
        .assert_header("access-control-allow-headers", "range, x-other")
        .assert_no_header("access-control-allow-credentials")
        .assert_no_header("access-control-max-age");
    ask(&g, &g.root(), &[("origin", "https://sos.example"), wants("DELETE")])
        .assert_status(200)
        .assert_header("access-control-allow-methods", "GET, PUT, HEAD, POST, DELETE");
    ask(&g, &g.root(), &[ORIGIN, wants("PUT"), sends("authorization")]).assert_error(403, "AccessForbidden");
}

#[test]
fn header_names_that_could_split_an_answer_are_not_reflected() {
    let g = Ground::new();
    put(&g, &rule(&["*", "https://*"], &["GET"], "<AllowedHeader>*</AllowedHeader>")).assert_status(200);
    for headers in ["x\ty", "a, b c", "x:y", "a;b", "\"x\"", "ä"] {
        let reply = ask(&g, &g.root(), &[ORIGIN, wants("GET"), sends(headers)]).assert_error(400, "BadRequest");
        assert!(reply.element("Message").is_some_and(|it| it.ends_with("contains invalid character.")), "{reply}");
    }
    for origin in ["https://a b", "https://ä", "https://a\tb"] {
        ask(&g, &g.root(), &[("origin", origin), wants("GET")]).assert_error(403, "AccessForbidden");
    }
}

#[test]
fn the_rules_of_the_installation_hold_where_a_bucket_has_none() {
    let rules = "allowed_origins = [\"https://panel.example\"]\nallowed_methods = [\"*\"]\nallowed_headers = [\"*\"]\n\
        expose_headers = [\"ETag\"]\nmax_age_seconds = 60";
    let server = Server::with(&[("[cors]", rules)]);
    let g = Ground::on(&server);
    let panel = ("origin", "https://panel.example");
    for target in [g.root(), g.path("k"), "/".to_owned(), "/no-such-bucket-here".to_owned()] {
        ask(&g, &target, &[panel, wants("DELETE"), sends("authorization")])
            .assert_status(200)
            .assert_header("access-control-allow-origin", "https://panel.example")
            .assert_header("access-control-allow-headers", "authorization");
        ask(&g, &target, &[ORIGIN, wants("GET")]).assert_error(403, "AccessForbidden");
    }
    g.alice.get(&format!("{}?cors", g.root())).assert_error(404, "NoSuchCORSConfiguration");
    let listed = g.alice.request("GET", "/").header("origin", "https://panel.example").send();
    listed.assert_status(200).assert_header("access-control-expose-headers", "ETag");
    put(&g, &rule(&["https://a.example"], &["GET"], "")).assert_status(200);
    ask(&g, &g.root(), &[panel, wants("GET")]).assert_error(403, "AccessForbidden");
    ask(&g, &g.root(), &[ORIGIN, wants("GET")]).assert_status(200);
}
