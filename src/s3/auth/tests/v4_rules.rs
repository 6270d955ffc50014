//! The rules of V4, and of authentication as such.

use super::{ACCESS, Ask, NOW, UNSIGNED, sign, signer};
use crate::s3::auth::{Caller, Payload, SignatureKind};
use crate::s3::error::S3ErrorCode::{
    AccessDenied, AuthorizationHeaderMalformed, InvalidAccessKeyId, InvalidArgument, InvalidRequest, InvalidToken,
    MissingContentLength, NotImplemented, RequestTimeTooSkewed, SignatureDoesNotMatch,
};
use crate::s3::request::Headers;
use crate::s3::request::Method::{Get, Put};

fn get(target: &str) -> Ask {
    Ask::new(Get, target, NOW)
}

/// A signed GET whose `Authorization` is changed afterwards.
fn changed(from: &str, to: &str) -> Ask {
    let good = get("/b/k").signed_v4();
    let mut ask = get("/b/k");
    for (name, value) in good.headers.iter() {
        let text = std::str::from_utf8(value).expect("text");
        let text = if name == "authorization" { text.replace(from, to) } else { text.to_owned() };
        ask = ask.with(name, &text);
    }
    ask
}

#[test]
fn any_region_unless_strict() {
    for region in ["US", "default", "eu-central-1", "a b"] {
        let mut ask = get("/b/k").host().with("x-amz-date", NOW).with("x-amz-content-sha256", UNSIGNED);
        let signer = sign::Signer { region: region.to_owned(), ..signer() };
        let headers = ask.sent();
        let (authorization, _) = signer.v4_header(&ask.subject(&headers), UNSIGNED);
        ask = ask.with("Authorization", &authorization);
        ask.accepted();
        ask.rules.strict_region = true;
        let refusal = ask.refused_as(AuthorizationHeaderMalformed);
        assert!(refusal.fields.contains(&("Region", "us-east-1".to_owned())));
    }
    let mut ask = get("/b/k").signed_v4();
    ask.rules.strict_region = true;
    ask.accepted();
}

#[test]
fn the_scope_is_of_the_day_for_s3_and_ends_well() {
    for (from, to) in [
        ("/s3/", "/iam/"),
        ("/s3/", "/sts/"),
        ("/20260101/", "/20260102/"),
        ("/20260101/", "/2026010/"),
        ("aws4_request", "aws5_request"),
        ("/aws4_request", ""),
        ("Credential=AKIAIOSFODNN7EXAMPLE/", "Credential=/"),
        ("Credential=", "credential="),
        ("SignedHeaders=", "SignedHeaders=,Other="),
        ("Signature=", "Signature=,Signature="),
        (", Signature=", ", Signature= ,"),
    ] {
        changed(from, to).refused_as(AuthorizationHeaderMalformed);
    }
    changed("", "").accepted();
    changed(", ", ",").accepted();
}

#[test]
fn who_is_refused_and_how() {
    changed(ACCESS, "AKIDSTRANGER").refused_as(InvalidAccessKeyId);
    let refusal = changed("Signature=", "Signature=0").refused_as(SignatureDoesNotMatch);
    let fields: Vec<&str> = refusal.fields.iter().map(|(name, _)| *name).collect();
    let want = [
        "AWSAccessKeyId",
        "StringToSign",
        "SignatureProvided",
        "StringToSignBytes",
        "CanonicalRequest",
        "CanonicalRequestBytes",
    ];
    assert_eq!(fields, want);
    assert!(!format!("{refusal:?}").contains(super::SECRET));
    get("/b/k").with("x-amz-security-token", "t").signed_v4().refused_as(InvalidToken);
    changed("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256").refused_as(InvalidRequest);
    changed("AWS4-HMAC-SHA256 ", "Bearer ").refused_as(InvalidArgument);
}

#[test]
fn one_way_of_signing_only() {
    for target in
        ["/b?Signature=x", "/b?AWSAccessKeyId=x", "/b?X-Amz-Signature=x", "/b?x-amz-algorithm=AWS4-HMAC-SHA256"]
    {
        get(target).signed_v4().refused_as(InvalidArgument);
        get(target).signed_v2().refused_as(InvalidArgument);
    }
    get("/b?Signature=x&X-Amz-Signature=x").refused_as(InvalidArgument);
    let twice = get("/b").signed_v4();
    let again = twice.headers.get("authorization").expect("signed").to_owned();
    twice.with("Authorization", &again).refused_as(InvalidArgument);
}

#[test]
fn anonymous_is_only_what_has_no_credential_material() {
    let identity = get("/b/k?prefix=x&Expires=1").host().identify().expect("nobody");
    assert!(matches!(identity.caller, Caller::Anonymous));
    assert_eq!(identity.how, SignatureKind::Anonymous);
    for target in [
        "/b?Signature=x",
        "/b?signature=x",
        "/b?AWSAccessKeyId=x",
        "/b?awsaccesskeyid",
        "/b?X-Amz-Credential=x",
        "/b?X-Amz-SignedHeaders=host",
        "/b?x-amz-signature",
        "/b?X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "/b?X-Amz-Security-Token=t",
        "/b?x%2Damz%2Dsignature=1",
    ] {
        assert!(get(target).host().refused().code.status() < 500, "{target}");
    }
    get("/b").with("x-amz-security-token", "t").refused_as(AccessDenied);
    get("/b").with("Authorization", "").refused_as(AccessDenied);
    get("/b").with("Authorization", "Basic x").refused_as(InvalidArgument);
}

/// Signed with this as the only date.
fn dated(date: &str) -> (Ask, String) {
    let ask = get("/b/k").host().with("Date", date).with("x-amz-content-sha256", UNSIGNED);
    let headers = ask.sent();
    let (authorization, _) = signer().v4_header(&ask.subject(&headers), UNSIGNED);
    (ask.with("Authorization", &authorization), authorization)
}

#[test]
fn the_date_comes_from_either_header() {
    for date in ["Thu, 01 Jan 2026 00:00:00 -0000", "Thu, 01 Jan 2026 00:00:00 +0000", "20260101T000000Z"] {
        dated(date).0.accepted();
    }
    for date in ["", "yesterday", "Thu, 01 Jan 2026", "2026-01-01T00:00:00Z", "Thu, 01 Jan 1969 00:00:00 GMT"] {
        dated(date).0.refused_as(AccessDenied);
    }
    let (mut ask, authorization) = dated("Thu, 01 Jan 2026 00:00:00 GMT");
    ask.accepted();
    for off in [-901, 901] {
        ask.now += off;
        ask.refused_as(RequestTimeTooSkewed);
        ask.now -= off;
    }
    get("/b/k").with("x-amz-date", "2026-01-01").signed_v4().refused_as(AccessDenied);
    let authorization = authorization.as_str();
    get("/b/k")
        .host()
        .with("x-amz-content-sha256", UNSIGNED)
        .with("Authorization", authorization)
        .refused_as(AccessDenied);
}

#[test]
fn paths_are_signed_raw_and_a_literal_plus_is_tolerated() {
    for path in
        ["/b//a", "/b/./a", "/b/../a", "/b/a/", "/b/a%20b", "/b/%25%2F", "/b/~-_.", "/b/a+b", "/b/(x)!*'", "/b/%7e"]
    {
        get(path).signed_v4().accepted();
    }
    for (signed, sent) in [("/b/a%2Bb", "/b/a+b"), ("/b/~", "/b/%7E"), ("/b/%28x%29", "/b/(x)")] {
        let mut ask = get(signed).signed_v4();
        ask.target = sent.to_owned();
        ask.accepted();
    }
    for (signed, sent) in [("/b//a", "/b/a"), ("/b/x/../a", "/b/a"), ("/b/a%20b", "/b/a+b"), ("/b/%2541", "/b/%41")] {
        let mut ask = get(signed).signed_v4();
        ask.target = sent.to_owned();
        ask.refused_as(SignatureDoesNotMatch);
    }
}

#[test]
fn queries_are_signed_decoded_and_sorted() {
    let mut ask = get("/b?prefix=a%2Fb&delimiter=%2F&list-type=2&x&y=").signed_v4();
    ask.accepted();
    ask.target = "/b?y&x=&list-type=2&delimiter=/&prefix=a/b".to_owned();
    ask.accepted();
    ask.target.push_str("&marker=1");
    ask.refused_as(SignatureDoesNotMatch);
}

#[test]
fn every_amz_header_and_the_host_must_be_signed() {
    for header in ["x-amz-copy-source", "x-amz-acl", "x-amz-meta-a", "x-amz-storage-class", "x-amz-security-token"] {
        let refusal = get("/b/k").signed_v4().with(header, "v").refused_as(AccessDenied);
        assert_eq!(refusal.fields, [("HeadersNotSigned", header.to_owned())]);
    }
    let refusal = changed("SignedHeaders=host;", "SignedHeaders=").refused_as(AccessDenied);
    assert_eq!(refusal.fields, [("HeadersNotSigned", "host".to_owned())]);
    get("/b/k").signed_v4().with("Content-Type", "text/plain").with("x-amz-user-agent", "js").accepted();
}

#[test]
fn signed_headers_hold_whatever_their_spaces() {
    get("/b/k").with("x-amz-meta-a", "a   b").with("x-amz-meta-a", "c").signed_v4().accepted();
    let mut ask =
        get("/b/k").host().with("x-amz-date", NOW).with("x-amz-content-sha256", UNSIGNED).with("x-amz-meta-a", "a   b");
    let signed: Vec<(String, String)> = [
        ("host", "localhost:7480"),
        ("x-amz-content-sha256", UNSIGNED),
        ("x-amz-date", NOW),
        ("x-amz-meta-a", "a   b"),
    ]
    .map(|(n, v)| (n.to_owned(), v.to_owned()))
    .to_vec();
    let block: String = signed.iter().map(|(n, v)| format!("{n}:{v}\n")).collect();
    let names = "host;x-amz-content-sha256;x-amz-date;x-amz-meta-a";
    let request = format!("GET\n/b/k\n\n{block}\n{names}\n{UNSIGNED}");
    let scope = signer().scope(ask.now);
    let to_sign = format!("AWS4-HMAC-SHA256\n{NOW}\n{scope}\n{}", sign::sha256(request.as_bytes()));
    let signature = signer().v4_of(&to_sign, ask.now);
    let text = format!("AWS4-HMAC-SHA256 Credential={ACCESS}/{scope}, SignedHeaders={names}, Signature={signature}");
    ask = ask.with("Authorization", &text);
    ask.accepted();
}

/// boto3 signs a header's characters as UTF-8 and sends them as Latin-1.
#[test]
fn latin_1_may_be_signed_as_utf_8() {
    let sent = |signed: &str, sent: &'static [u8]| {
        let mut ask = get("/b/k").with("x-amz-meta-a", signed).signed_v4();
        let mut headers = Headers::default();
        for (name, value) in ask.headers.iter() {
            headers.push(name, if name == "x-amz-meta-a" { sent.into() } else { value.clone() });
        }
        ask.headers = headers;
        ask
    };
    sent("a  \u{e9}", b"a  \xe9").accepted();
    sent("\u{e9}", "\u{e9}".as_bytes()).accepted();
    for (signed, bytes) in [("\u{e9}", &b"\xe8"[..]), ("\u{e9}", b"e"), ("e", b"\xe9"), ("\u{201c}", b"\x93")] {
        sent(signed, bytes).refused_as(SignatureDoesNotMatch);
    }
}

#[test]
fn the_host_of_an_absolute_target_is_the_signed_one() {
    let mut ask = get("/k").with("Host", "b.localhost").signed_v4();
    ask.target = "http://b.localhost/k".to_owned();
    ask.accepted();
    ask.target = "http://c.localhost/k".to_owned();
    ask.refused_as(SignatureDoesNotMatch);
}

#[test]
fn payload_modes() {
    let put = |hash: &str| Ask::new(Put, "/b/k", NOW).with("x-amz-content-sha256", hash);
    assert!(matches!(put(UNSIGNED).signed_v4().accepted().payload, Payload::Unsigned));
    let hash = sign::sha256(b"x");
    assert!(matches!(put(&hash).signed_v4().accepted().payload, Payload::Sha256(h) if h == hash));
    for mode in ["nonsense", "", "STREAMING-UNSIGNED-PAYLOAD", &hash[1..]] {
        put(mode).signed_v4().refused_as(InvalidArgument);
    }
    put("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD").signed_v4().refused_as(NotImplemented);
    put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD").signed_v4().refused_as(MissingContentLength);
    for length in ["-1", "+1", "", "a", "99999999999999999999"] {
        let put = put("STREAMING-UNSIGNED-PAYLOAD-TRAILER").with("x-amz-decoded-content-length", length);
        put.signed_v4().refused_as(MissingContentLength);
    }
    let chunks = || put("STREAMING-AWS4-HMAC-SHA256-PAYLOAD").with("x-amz-decoded-content-length", "1");
    chunks().signed_v2().refused_as(InvalidRequest);
    chunks().host().refused_as(InvalidRequest);
    let mut bare = get("/b/k").host().with("x-amz-date", NOW);
    let headers = bare.sent();
    let (text, _) = signer().v4_header(&bare.subject(&headers), UNSIGNED);
    bare = bare.with("Authorization", &text);
    bare.refused_as(InvalidRequest);
}
