//! What the answers to requests from web pages of other sites say, whatever the answers are.

use super::bucket::put_bucket_cors::{put, rule};
use crate::client::{Form, Reply, Request};
use crate::ops::{Ground, bytes};

const ORIGIN: &str = "https://a.example";

fn from(origin: &str, request: Request) -> Reply {
    request.header("origin", origin).send()
}

#[track_caller]
fn assert_open(reply: Reply, origin: &str) -> Reply {
    reply.assert_header("access-control-allow-origin", origin)
}

#[track_caller]
fn assert_closed(reply: Reply) -> Reply {
    for name in ["origin", "methods", "headers", "credentials"] {
        assert_eq!(reply.header(&format!("access-control-allow-{name}")), None, "{reply}");
    }
    reply.assert_no_header("access-control-expose-headers").assert_no_header("vary")
}

#[test]
fn origins_are_patterns_that_match_as_a_whole() {
    let g = Ground::new();
    let rules: String = ["*suffix", "start*end", "prefix*"].map(|origin| rule(&[origin], &["GET"], "")).concat();
    put(&g, &(rules + &rule(&["*.put"], &["PUT"], ""))).assert_status(200);
    let list = || g.alice.request("GET", &g.root());
    assert_closed(list().send().assert_status(200));
    for origin in ["foo.suffix", "startend", "start1end", "start12end", "prefix", "prefix.suffix"] {
        assert_open(from(origin, list()).assert_status(200), origin)
            .assert_header("access-control-allow-methods", "GET");
    }
    for origin in ["foo.bar", "foo.suffix.get", "0start12end", "bla.prefix", "foo.put"] {
        assert_closed(from(origin, list()).assert_status(200));
    }
    let put_object = |method: Option<&str>| {
        let request = g.alice.anonymous().request("PUT", &g.path("bar")).body("");
        method.into_iter().fold(request, |request, m| request.header("access-control-request-method", m))
    };
    assert_open(
        from("foo.suffix", g.alice.request("GET", &g.path("bar"))).assert_error(404, "NoSuchKey"),
        "foo.suffix",
    );
    // What is announced counts, as at AWS, also where it is not what is asked.
    assert_open(from("foo.suffix", put_object(Some("GET"))).assert_error(403, "AccessDenied"), "foo.suffix");
    for method in [Some("PUT"), Some("DELETE"), None] {
        assert_closed(from("foo.suffix", put_object(method)).assert_error(403, "AccessDenied"));
    }
    let refused = from("foo.put", put_object(None)).assert_error(403, "AccessDenied");
    assert_open(refused, "foo.put").assert_header("access-control-allow-methods", "PUT");
}

#[test]
fn what_everybody_may_read_is_read_by_pages_that_may_ask() {
    let g = Ground::new();
    g.alice.request("PUT", &format!("{}?acl", g.root())).header("x-amz-acl", "public-read").send().assert_status(200);
    g.alice.request("PUT", &g.path("k")).header("x-amz-acl", "public-read").body("x").send().assert_status(200);
    put(&g, &rule(&["*suffix"], &["GET"], "")).assert_status(200);
    let everybody = g.alice.anonymous();
    for (key, status) in [(None, 200), (Some("k"), 200), (Some("bar"), 404)] {
        let ask = || everybody.request("GET", &key.map_or(g.root(), |key| g.path(key)));
        assert_open(from("foo.suffix", ask()).assert_status(status), "foo.suffix");
        assert_closed(from("foo.suffix.get", ask()).assert_status(status));
        assert_closed(ask().send().assert_status(status));
    }
    let link = everybody.request("GET", &g.path("k")).header("if-none-match", "*");
    assert_open(from("foo.suffix", link).assert_status(304), "foo.suffix");
}

#[test]
fn every_answer_of_a_bucket_can_be_read_by_its_pages() {
    let g = Ground::new();
    let expose = "<ExposeHeader>ETag</ExposeHeader>";
    put(&g, &rule(&["https://*.example"], &["GET", "PUT", "HEAD", "POST", "DELETE"], expose)).assert_status(200);
    let body = bytes(600_000);
    let open = |request: Request, status: u16| {
        let reply = assert_open(from(ORIGIN, request).assert_status(status), ORIGIN);
        let reply = reply.assert_header("access-control-expose-headers", "ETag");
        reply
            .assert_header("access-control-allow-credentials", "true")
            .assert_header("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method")
    };
    open(g.alice.request("PUT", &g.path("k")).body(body.clone()).expect_continue(), 200);
    let got = open(g.alice.request("GET", &g.path("k")), 200).assert_body(&body);
    open(g.alice.request("GET", &g.path("k")).header("if-none-match", format!("\"{}\"", got.etag())), 304);
    open(g.alice.request("GET", &g.path("k")).header("range", "bytes=5-9"), 206);
    open(g.alice.request("HEAD", &g.path("k")), 200);
    open(g.alice.request("HEAD", &g.path("none")), 404);
    open(g.alice.request("GET", &g.path("none")), 404);
    open(g.alice.request("GET", &format!("{}?torrent", g.path("k"))), 501);
    open(g.bob.request("GET", &g.path("k")), 403);
    open(g.alice.anonymous().request("GET", &g.path("k")), 403);
    open(g.alice.keys("unknown", "secretsecret").request("GET", &g.path("k")), 403);
    open(g.alice.keys("unknown", "secretsecret").request("PUT", &g.path("k")).body("x").expect_continue(), 403);
    let wrong = g.alice.request("GET", &g.path("k")).late_header("x-amz-meta-a", "not signed");
    open(wrong, 403);
    let form = Form::bare(&g.alice, &g.bucket).field("key", "formed").file("f", "x");
    open(form.request(), 204);
    open(g.alice.request("DELETE", &g.path("k")), 204);
    assert_closed(from(ORIGIN, g.alice.request("GET", "/")).assert_status(200));
    assert_closed(from("https://example", g.alice.request("GET", &g.root())).assert_status(200));
}

#[test]
fn a_rule_for_every_site_answers_without_credentials() {
    let g = Ground::new();
    put(&g, &rule(&["*"], &["GET"], "")).assert_status(200);
    for origin in ["example.origin", "null", ORIGIN] {
        assert_open(from(origin, g.alice.request("GET", &g.root())), "*")
            .assert_no_header("access-control-allow-credentials");
    }
    assert_closed(from(ORIGIN, g.alice.request("PUT", &g.path("k")).body("x")).assert_status(200));
    assert_closed(from("two, origins", g.alice.request("GET", &g.root())).assert_status(200));
    let twice = g.alice.request("GET", &g.root()).header("origin", "https://b.example");
    assert_closed(from(ORIGIN, twice).assert_status(200));
}
