//! URLs that a tenant makes and somebody else uses, with no more than a bare HTTP client.

use super::bucket;
use crate::client::{How, now};

const QUERY: [How; 2] = [How::V2Query, How::V4Query];

#[test]
fn a_url_stores_and_reads_for_anybody() {
    let alice = bucket("auth-url");
    let anybody = alice.anonymous();
    for how in QUERY {
        let presign = |method, target: &str| alice.how(how).presign(method, target);
        anybody.put(&presign("PUT", "/auth-url/a%20b+c"), b"data").assert_status(200);
        anybody.get(&presign("GET", "/auth-url/a%20b+c")).assert_status(200).assert_body(b"data");
        anybody.head(&presign("HEAD", "/auth-url/a%20b+c")).assert_status(200);
        anybody.get(&presign("GET", "/auth-url?prefix=a%20b&list-type=2")).assert_status(200);
        let url = presign("GET", "/auth-url/a%20b+c?response-content-type=text%2Fx");
        anybody.get(&url).assert_status(200).assert_header("content-type", "text/x");
        anybody.delete(&presign("DELETE", "/auth-url/a%20b+c")).assert_status(204);
        let inside = alice.bucket_host("auth-url", "localhost");
        let url = inside.how(how).presign("PUT", "/k");
        inside.anonymous().put(&url, b"1").assert_status(200);
    }
}

#[test]
fn a_url_is_for_its_method_key_and_overrides() {
    let alice = bucket("auth-url-scope");
    alice.put("/auth-url-scope/k", b"data").assert_status(200);
    for how in QUERY {
        let url = alice.how(how).presign("GET", "/auth-url-scope/k");
        let anybody = alice.anonymous();
        anybody.delete(&url).assert_error(403, "SignatureDoesNotMatch");
        anybody.get(&url.replacen("/k", "/l", 1)).assert_error(403, "SignatureDoesNotMatch");
        anybody.get(&format!("{url}&acl")).assert_error(403, "SignatureDoesNotMatch");
        anybody.get(&format!("{url}&tagging")).assert_error(403, "SignatureDoesNotMatch");
        let url = format!("{url}&response-content-type=text%2Fhtml");
        anybody.get(&url).assert_error(403, "SignatureDoesNotMatch");
    }
    alice.get("/auth-url-scope/k").assert_status(200);
}

#[test]
fn urls_expire() {
    let alice = bucket("auth-expire");
    alice.put("/auth-expire/k", b"data").assert_status(200);
    for how in QUERY {
        let url = |at, seconds| alice.how(how).request("GET", "/auth-expire/k").at(at).expires(seconds).presigned();
        alice.anonymous().get(&url(now() - 60, 120)).assert_status(200);
        let expired = alice.anonymous().get(&url(now() - 120, 60)).assert_error(403, "AccessDenied");
        assert_eq!(expired.element("Message").as_deref(), Some("Request has expired"));
        assert!(expired.element("ServerTime").is_some());
    }
    let week = |seconds| alice.v4_presigned().request("GET", "/auth-expire/k").expires(seconds).presigned();
    alice.anonymous().get(&week(604_800)).assert_status(200);
    for seconds in [0, -1, 604_801] {
        alice.anonymous().get(&week(seconds)).assert_error(403, "AccessDenied");
    }
    let years = alice.v2_presigned().request("GET", "/auth-expire/k").expires(10 * 365 * 86_400).presigned();
    alice.anonymous().get(&years).assert_status(200);
}

#[test]
fn parameters_that_stand_for_headers_are_acted_on() {
    let alice = bucket("auth-hoisted");
    let anybody = alice.anonymous();
    for (how, key) in [(How::V2Query, "/auth-hoisted/v2"), (How::V4Query, "/auth-hoisted/v4")] {
        let put = || alice.how(how).request("PUT", key);
        let url = put()
            .in_query("x-amz-meta-colour", "dark blue")
            .in_query("x-amz-storage-class", "STANDARD")
            .in_query("x-amz-acl", "private")
            .presigned();
        anybody.put(&url, b"data").assert_status(200);
        alice.head(key).assert_status(200).assert_header("x-amz-meta-colour", "dark blue");
        let changed = anybody.request("PUT", &url).body(b"x").header("x-amz-meta-colour", "red").send();
        changed.assert_error(403, "AccessDenied");
        anybody.request("PUT", &url).body(b"data").header("x-amz-meta-colour", "dark blue").send().assert_status(200);
        let refused = anybody.put(&url.replace("x-amz-acl=private", "x-amz-acl=public-read"), b"x");
        refused.assert_error(403, "SignatureDoesNotMatch");
        // CRC32 of "data" is 0xADF3F363.
        let url = put().in_query("x-amz-checksum-crc32", "rfPzYw==").presigned();
        anybody.put(&url, b"data").assert_status(200);
        anybody.put(&url, b"atad").assert_error(400, "BadDigest");
        // aws-sdk-js v3 has no body when it signs, and says so with the CRC32 of nothing.
        let url = put().in_query("x-amz-checksum-crc32", "AAAAAA==").presigned();
        anybody.put(&url, b"data").assert_status(200);
        let sent = anybody.request("PUT", &url).body(b"data").header("x-amz-checksum-crc32", "AAAAAA==").send();
        sent.assert_error(400, "BadDigest");
        let url = put().in_query("x-amz-security-token", "t").presigned();
        anybody.put(&url, b"data").assert_error(400, "InvalidToken");
        let url = put().in_query("x-amz-copy-source", &format!("{key}-none")).presigned();
        anybody.put(&url, b"").assert_error(404, "NoSuchKey");
        alice.get(key).assert_body(b"data");
    }
    let url = alice.v2_presigned().request("PUT", "/auth-hoisted/type").in_query("content-type", "text/x").presigned();
    anybody.put(&url, b"data").assert_status(200);
    alice.head("/auth-hoisted/type").assert_header("content-type", "text/x");
    anybody.request("PUT", &url).body(b"").header("Content-Type", "text/html").send().assert_error(403, "AccessDenied");
}

#[test]
fn what_was_signed_into_a_url_as_a_header_must_be_sent() {
    let alice = bucket("auth-url-header");
    for how in QUERY {
        let url = alice.how(how).request("PUT", "/auth-url-header/k").header("x-amz-meta-a", "b").presigned();
        alice.anonymous().put(&url, b"data").assert_error(403, "SignatureDoesNotMatch");
        let put =
            |value: &str| alice.anonymous().request("PUT", &url).body(b"data").header("x-amz-meta-a", value).send();
        put("c").assert_error(403, "SignatureDoesNotMatch");
        put("b").assert_status(200);
        alice.head("/auth-url-header/k").assert_header("x-amz-meta-a", "b");
    }
}
