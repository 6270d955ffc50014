//! URLs that change hands.

use super::{Ask, NOW, UNSIGNED, sign, signer};
use crate::s3::auth::SignatureKind;
use crate::s3::error::S3ErrorCode::{
    AccessDenied, AuthorizationQueryParametersError, InvalidAccessKeyId, InvalidArgument, InvalidToken,
    SignatureDoesNotMatch,
};
use crate::s3::request::Method::{Get, Put};

/// What a presigned PUT may carry in its query, as the header it stands for.
const HOISTED: &[(&str, &str)] = &[
    ("x-amz-acl", "public-read"),
    ("x-amz-meta-a", "b c"),
    ("x-amz-storage-class", "STANDARD"),
    ("x-amz-checksum-crc32", "rfPzYw=="),
    ("x-amz-copy-source", "/b/other%2Fkey"),
];

fn with_query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={}", sign::encode(v, false))).collect();
    format!("/b/k?{}", pairs.join("&"))
}

/// A V2 URL whose query stands for headers, as botocore makes it: they are signed as headers.
fn v2_hoisted(pairs: &[(&str, &str)], date_seconds: i64) -> Ask {
    let mut signed = Ask::new(Put, "/b/k", NOW);
    for (name, value) in pairs {
        signed = signed.with(name, value);
    }
    let expires = signed.now + date_seconds;
    let signature = signer().v2(&signed.subject(&signed.sent()), None, &expires.to_string());
    let mut ask = Ask::new(Put, &with_query(pairs), NOW).host();
    ask.target = format!(
        "{}&AWSAccessKeyId={}&Expires={expires}&Signature={}",
        ask.target,
        super::ACCESS,
        sign::encode(&signature, false)
    );
    ask
}

#[test]
fn v2_parameters_stand_for_headers() {
    let mut pairs = HOISTED.to_vec();
    pairs.extend([("content-type", "text/plain"), ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==")]);
    let ask = v2_hoisted(&pairs, 60);
    let identity = ask.accepted();
    assert_eq!(identity.how, SignatureKind::V2Query);
    for (name, value) in &pairs {
        assert_eq!(identity.headers.get(name), Some(*value), "{name}");
    }
    assert!(!identity.headers.has("x-amz-signature"));
    let same = v2_hoisted(&pairs, 60).with("x-amz-acl", "public-read").with("Content-Type", "text/plain");
    assert_eq!(same.accepted().headers.all("x-amz-acl").count(), 1);
    v2_hoisted(&pairs, 60).with("x-amz-acl", "private").refused_as(AccessDenied);
    v2_hoisted(&pairs, 60).with("Content-Type", "text/html").refused_as(AccessDenied);
    v2_hoisted(&pairs, 60).with("x-amz-meta-new", "x").refused_as(SignatureDoesNotMatch);
    let mut ask = v2_hoisted(&pairs, 60);
    ask.target = ask.target.replace("public-read", "public-read-write");
    ask.refused_as(SignatureDoesNotMatch);
    v2_hoisted(&[("x-amz-security-token", "t")], 60).refused_as(InvalidToken);
}

#[test]
fn v4_parameters_stand_for_headers() {
    let ask = Ask::new(Put, &with_query(HOISTED), NOW).presigned_v4(60);
    let identity = ask.accepted();
    assert_eq!(identity.how, SignatureKind::V4Query);
    for (name, value) in HOISTED {
        assert_eq!(identity.headers.get(name), Some(*value), "{name}");
    }
    assert!(!identity.headers.has("x-amz-signature") && !identity.headers.has("x-amz-credential"));
    let twice = |value| Ask::new(Put, &with_query(HOISTED), NOW).presigned_v4(60).with("x-amz-acl", value);
    twice("public-read").accepted();
    twice("private").refused_as(AccessDenied);
    let token = Ask::new(Put, "/b/k?X-Amz-Security-Token=t", NOW).presigned_v4(60);
    token.refused_as(InvalidToken);
}

#[test]
fn v4_signed_headers_may_come_from_the_query() {
    let mut ask = Ask::new(Put, "/b/k?x-amz-acl=private", NOW).host();
    let target = format!(
        "{}&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={NOW}&X-Amz-Expires=60\
         &X-Amz-SignedHeaders=host%3Bx-amz-acl",
        ask.target,
        sign::encode(&format!("{}/{}", super::ACCESS, signer().scope(ask.now)), false)
    );
    let signed = [("host", "localhost:7480"), ("x-amz-acl", "private")].map(|(n, v)| (n.to_owned(), v.to_owned()));
    let subject = sign::Subject { method: "PUT", target: &target, headers: &Vec::new(), time: ask.now };
    let signature = signer().v4(&subject, &signed, UNSIGNED);
    ask.target = format!("{target}&X-Amz-Signature={signature}");
    ask.accepted();
}

#[test]
fn v4_adding_to_a_url_is_refused() {
    let url = || Ask::new(Put, "/b/k", NOW).presigned_v4(60);
    url().accepted();
    url().with("Content-Type", "text/plain").with("x-amz-user-agent", "x").accepted();
    for header in ["x-amz-copy-source", "x-amz-acl", "x-amz-content-sha256", "x-amz-decoded-content-length"] {
        let value = if header == "x-amz-content-sha256" { UNSIGNED } else { "1" };
        let refusal = url().with(header, value).refused_as(AccessDenied);
        assert_eq!(refusal.fields, [("HeadersNotSigned", header.to_owned())]);
    }
    for addition in ["acl", "x-amz-acl=public-read", "versionId=1", "X-Amz-Meta-a=b"] {
        let mut ask = url();
        ask.target = format!("{}&{addition}", ask.target);
        ask.refused_as(SignatureDoesNotMatch);
    }
    let mut ask = url();
    ask.target = ask.target.replace("X-Amz-Signature=", "X-Amz-Signature=0&X-Amz-Signature=");
    ask.refused_as(AuthorizationQueryParametersError);
}

#[test]
fn v4_signed_headers_are_part_of_the_url() {
    let ask = Ask::new(Put, "/b/k", NOW).with("x-amz-meta-a", "b").presigned_v4(60);
    ask.accepted();
    let mut without = Ask::new(Put, "", NOW).host();
    without.target = ask.target.clone();
    without.refused_as(SignatureDoesNotMatch);
}

#[test]
fn v4_expiry_and_clock() {
    let url = |seconds| Ask::new(Get, "/b/k", NOW).presigned_v4(seconds);
    for seconds in [1, 60, 604_800] {
        let mut ask = url(seconds);
        ask.accepted();
        ask.now += seconds;
        ask.accepted();
        ask.now += 1;
        assert_eq!(ask.refused_as(AccessDenied).message, "Request has expired");
    }
    for seconds in [0, -1, 604_801, i64::MAX] {
        url(seconds).refused_as(AccessDenied);
    }
    let mut early = url(60);
    early.now -= 900;
    early.accepted();
    early.now -= 1;
    assert_eq!(early.refused_as(AccessDenied).message, "Request is not yet valid");
}

#[test]
fn v4_parameters_are_complete_and_sound() {
    let good = Ask::new(Get, "/b/k", NOW).presigned_v4(60).target;
    for (from, to) in [
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS4-HMAC-SHA1"),
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256&", ""),
        ("X-Amz-Date=", "X-Amz-Dat="),
        ("X-Amz-Expires=60", "X-Amz-Expires=soon"),
        ("X-Amz-Expires=60", "X-Amz-Expires="),
        ("X-Amz-Expires=60", "X-Amz-Expires=60&x-amz-expires=60"),
        ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="),
        ("%2Fs3%2F", "%2Fsts%2F"),
        ("%2F20260101%2F", "%2F20260102%2F"),
        ("aws4_request", "aws4"),
        ("&X-Amz-Signature", "&X-Amz-Signatur"),
    ] {
        assert!(good.contains(from), "{from}");
        let ask = Ask::new(Get, &good.replace(from, to), NOW).host();
        ask.refused_as(AuthorizationQueryParametersError);
    }
    Ask::new(Get, &good.replace(super::ACCESS, "AKID"), NOW).host().refused_as(InvalidAccessKeyId);
    let refusal = Ask::new(Get, &good.replace("=host", "=date"), NOW).host().refused_as(AccessDenied);
    assert_eq!(refusal.fields, [("HeadersNotSigned", "host".to_owned())]);
    let mut strict = Ask::new(Get, &good, NOW).host();
    strict.rules.region = "eu-central-1".into();
    strict.accepted();
    strict.rules.strict_region = true;
    let refusal = strict.refused_as(AuthorizationQueryParametersError);
    assert!(refusal.fields.contains(&("Region", "eu-central-1".to_owned())));
}

#[test]
fn v2_expiry_is_unbounded_unless_capped() {
    let mut ask = Ask::new(Put, "/b/k", NOW).presigned_v2(10 * 365 * 86_400);
    ask.accepted();
    ask.rules.v2_expires_seconds_max = Some(604_800);
    ask.refused_as(AccessDenied);
    let mut ask = Ask::new(Put, "/b/k", NOW).presigned_v2(604_800);
    ask.rules.v2_expires_seconds_max = Some(604_800);
    ask.accepted();
    ask.now += 604_801;
    assert_eq!(ask.refused_as(AccessDenied).message, "Request has expired");
}

#[test]
fn v2_parameters_are_complete_and_sound() {
    let good = Ask::new(Get, "/b/k", NOW).presigned_v2(60).target;
    for (from, to) in [
        ("Expires=", "Expire="),
        ("Expires=", "Expires=-"),
        ("Expires=", "Expires=%2B"),
        ("Expires=", "Expires=99999999999999999999"),
        ("Expires=", "Expires=1&Expires="),
        ("Signature=", "Signatur="),
        ("Signature=", "Signature=a&Signature="),
        ("AWSAccessKeyId=", "AWSAccessKey="),
    ] {
        Ask::new(Get, &good.replace(from, to), NOW).host().refused_as(AccessDenied);
    }
    Ask::new(Get, &good.replace(super::ACCESS, "AKID"), NOW).host().refused_as(InvalidAccessKeyId);
    Ask::new(Get, &good.replace("/b/k", "/b/l"), NOW).host().refused_as(SignatureDoesNotMatch);
}

#[test]
fn a_plus_in_a_v2_signature_need_not_be_encoded() {
    let bare = (0..200).map(|i| Ask::new(Get, &format!("/b/{i}"), NOW).presigned_v2(60));
    let mut ask = bare.into_iter().find(|ask| ask.target.contains("%2B")).expect("some signature has a plus");
    ask.target = ask.target.replace("%2B", "+");
    ask.accepted();
}

#[test]
fn a_parameter_cannot_smuggle_a_second_header() {
    v2_hoisted(&[("x-amz-meta-a", "b\nx-amz-meta-c:d")], 60).refused_as(InvalidArgument);
    Ask::new(Put, "/b/k?x-amz-meta-a=b%0D%0Ac", NOW).presigned_v4(60).refused_as(InvalidArgument);
}
