//! The rules of V2, client by client.

use super::{ACCESS, Ask, NOW, sign, signer};
use crate::s3::auth::SignatureKind;
use crate::s3::error::S3ErrorCode::{
    AccessDenied, InvalidAccessKeyId, InvalidArgument, InvalidRequest, InvalidToken, RequestTimeTooSkewed,
    SignatureDoesNotMatch,
};
use crate::s3::request::Method::{Get, Put};

/// A GET whose string to sign has these lines after the method.
fn by_hand(target: &str, lines: &str) -> Ask {
    let signature = signer().v2_of(&format!("GET\n{lines}"));
    Ask::new(Get, target, NOW)
        .with("Host", "localhost")
        .with("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
        .with("Authorization", &format!("AWS {ACCESS}:{signature}"))
}

fn resource(target: &str, resource: &str) -> Ask {
    by_hand(target, &format!("\n\nThu, 01 Jan 2026 00:00:00 GMT\n{resource}"))
}

#[test]
fn every_sub_resource_is_signed() {
    let names = "acl accelerate defaultObjectAcl intelligent-tiering policyStatus select select-type storageClass \
                 analytics cors delete encryption inventory lifecycle location logging metrics notification partNumber \
                 policy publicAccessBlock replication requestPayment restore tagging torrent uploadId uploads versionId \
                 versioning versions website object-lock legal-hold retention ownershipControls response-content-type \
                 response-content-language response-expires response-cache-control response-content-disposition \
                 response-content-encoding";
    for name in names.split_ascii_whitespace() {
        resource(&format!("/b/k?{name}"), &format!("/b/k?{name}")).accepted();
        resource(&format!("/b/k?prefix=p&{name}=a%20b"), &format!("/b/k?{name}=a b")).accepted();
    }
    resource("/b/k?uploadId=2&partNumber=1", "/b/k?partNumber=1&uploadId=2").accepted();
    resource("/b/k?acl", "/b/k").refused_as(SignatureDoesNotMatch);
    resource("/b/k?prefix=p", "/b/k?prefix=p").refused_as(SignatureDoesNotMatch);
}

#[test]
fn s3cmd_does_not_sign_overrides_and_encodes_values() {
    resource("/b/k?response-content-type=text%2Fplain", "/b/k").accepted();
    resource("/b/k?uploadId=a%2Fb", "/b/k?uploadId=a%2Fb").accepted();
    resource("/b/k?uploads", "/b/k?uploads=").accepted();
    resource("/b/k?encryption", "/b/k").accepted();
}

#[test]
fn botocore_does_not_sign_newer_sub_resources() {
    let names = ["encryption", "legal-hold", "ownershipControls", "policyStatus", "publicAccessBlock", "retention"];
    for name in names {
        resource(&format!("/b?{name}"), "/b/").accepted();
        resource(&format!("/b/k?{name}&versionId=1"), "/b/k?versionId=1").accepted();
    }
    resource("/b?acl&policyStatus", "/b/").refused_as(SignatureDoesNotMatch);
}

#[test]
fn rclone_omits_some_and_leaves_empty_values_bare() {
    for name in ["cors", "lifecycle", "tagging", "website"] {
        resource(&format!("/b?{name}"), "/b").accepted();
    }
    resource("/b/k?uploads=", "/b/k?uploads").accepted();
}

#[test]
fn what_a_client_does_not_sign_must_be_signed_in_urls_that_change_hands() {
    for name in ["response-content-type=text/html", "tagging", "encryption", "legal-hold", "cors"] {
        let mut ask = Ask::new(Get, "/b/k", NOW).presigned_v2(60);
        ask.accepted();
        ask.target.push('&');
        ask.target.push_str(name);
        ask.refused_as(SignatureDoesNotMatch);
    }
}

#[test]
fn a_bucket_is_signed_with_and_without_its_slash() {
    resource("/b", "/b").accepted();
    resource("/b", "/b/").accepted();
    resource("/b/", "/b").accepted();
    resource("/b?acl", "/b/?acl").accepted();
    resource("/b/k", "/b/k/").refused_as(SignatureDoesNotMatch);
    resource("/b/k/", "/b/k").refused_as(SignatureDoesNotMatch);
    resource("/", "/").accepted();
}

#[test]
fn virtual_host_requests_sign_the_bucket_before_the_path() {
    for signed in ["/b/", "/b"] {
        let signature = signer().v2_of(&format!("GET\n\n\nThu, 01 Jan 2026 00:00:00 GMT\n{signed}"));
        let ask = Ask::new(Get, "/", NOW)
            .with("Host", "b.localhost:7480")
            .with("Date", "Thu, 01 Jan 2026 00:00:00 GMT")
            .with("Authorization", &format!("AWS {ACCESS}:{signature}"));
        ask.accepted();
    }
    let mut ask = resource("http://b.localhost/k?acl", "/b/k?acl");
    ask.accepted();
    ask.target = "http://c.localhost/k?acl".to_owned();
    ask.refused_as(SignatureDoesNotMatch);
}

#[test]
fn the_path_is_signed_as_sent() {
    for path in ["/b//a/./../b", "/b/%C3%A4", "/b/%c3%a4", "/b/a+b", "/b/a%2Bb", "/b/a%2fb"] {
        resource(path, path).accepted();
    }
    resource("/b/a%2Fb", "/b/a/b").refused_as(SignatureDoesNotMatch);
}

#[test]
fn the_date_line_is_empty_beside_x_amz_date() {
    let with = |date: &str| Ask::new(Get, "/b/k", NOW).with("Date", "nonsense").with("x-amz-date", date).signed_v2();
    for date in [
        "Thu, 01 Jan 2026 00:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:00 +0000",
        "Thu, 01 Jan 2026 00:00:00 -0000",
        "Thursday, 01-Jan-26 00:00:00 GMT",
        "Thu Jan  1 00:00:00 2026",
        "20260101T000000Z",
    ] {
        with(date).accepted();
    }
    with("yesterday").refused_as(AccessDenied);
    Ask::new(Get, "/b", NOW).with("Host", "h").with("Authorization", "AWS a:b").refused_as(AccessDenied);
}

#[test]
fn the_clock_may_be_fifteen_minutes_off() {
    for off in [-900, 900] {
        let mut ask = Ask::new(Get, "/b/k", NOW).signed_v2();
        ask.now += off;
        ask.accepted();
        ask.now += off.signum();
        let refusal = ask.refused_as(RequestTimeTooSkewed);
        assert!(refusal.fields.iter().any(|(name, value)| *name == "MaxAllowedSkewMilliseconds" && value == "900000"));
    }
}

#[test]
fn repeated_headers_are_joined_and_folds_collapsed() {
    let lines = "\n\nThu, 01 Jan 2026 00:00:00 GMT\nx-amz-meta-a:1,2 3\nx-amz-meta-b:\n/b/k";
    let ask = by_hand("/b/k", lines).with("X-Amz-Meta-B", "").with("x-amz-meta-A", "1").with("X-AMZ-META-a", "2   3");
    ask.accepted();
    let kept = lines.replace("2 3", "2   3");
    by_hand("/b/k", &kept).with("x-amz-meta-b", "").with("x-amz-meta-a", "1").with("x-amz-meta-a", "2   3").accepted();
}

#[test]
fn nextcloud_drops_empty_headers() {
    let lines = "\n\nThu, 01 Jan 2026 00:00:00 GMT\nx-amz-acl:private\n/b";
    by_hand("/b/", lines).with("x-amz-acl", "private").with("x-amz-security-token", "").accepted();
}

#[test]
fn an_added_or_changed_header_breaks_it() {
    let ask = Ask::new(Put, "/b/k", NOW).with("Content-Type", "a/b").with("Content-MD5", "x").signed_v2();
    assert_eq!(ask.accepted().how, SignatureKind::V2Header);
    ask.with("x-amz-copy-source", "/other/secret").refused_as(SignatureDoesNotMatch);
    let ask = Ask::new(Put, "/b/k", NOW).signed_v2();
    ask.with("Content-Type", "text/html").refused_as(SignatureDoesNotMatch);
}

#[test]
fn who_is_refused_and_how() {
    let ask = || Ask::new(Get, "/b/k", NOW).signed_v2();
    let mut other = ask();
    other.method = Put;
    let refusal = other.refused_as(SignatureDoesNotMatch);
    let fields: Vec<&str> = refusal.fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(fields, ["AWSAccessKeyId", "StringToSign", "SignatureProvided", "StringToSignBytes"]);
    assert!(!format!("{refusal:?}").contains(super::SECRET));
    let stranger = sign::Signer { access: "AKIDSTRANGER".to_owned(), ..signer() };
    let blank = Ask::new(Get, "/b/k", NOW).with("Date", "Thu, 01 Jan 2026 00:00:00 GMT").with("Host", "localhost");
    let signature = stranger.v2(&blank.subject(&blank.sent()), None, "Thu, 01 Jan 2026 00:00:00 GMT");
    blank.with("Authorization", &format!("AWS AKIDSTRANGER:{signature}")).refused_as(InvalidAccessKeyId);
    for text in ["AWS", "AWS ", "AWS key", "AWS :sig", "AWS key:", "Basic a:b", "AWS4-HMAC-SHA1 x", "aws k:s"] {
        let refusal = Ask::new(Get, "/b/k", NOW).with("Date", NOW).with("Authorization", text).refused();
        assert!([InvalidArgument, InvalidRequest].contains(&refusal.code), "{text}: {refusal:?}");
    }
    Ask::new(Get, "/b/k", NOW).with("x-amz-security-token", "t").signed_v2().refused_as(InvalidToken);
}

#[test]
fn v2_can_be_switched_off_for_all_and_for_a_key() {
    for (installation, key, taken) in [
        (true, None, true),
        (true, Some(false), false),
        (false, None, false),
        (false, Some(true), true),
        (false, Some(false), false),
    ] {
        for mut ask in [Ask::new(Get, "/b", NOW).signed_v2(), Ask::new(Get, "/b", NOW).presigned_v2(9)] {
            ask.rules.signature_v2 = installation;
            ask.key_v2 = key;
            match ask.identify() {
                Ok(_) => assert!(taken),
                Err(refusal) => assert!(!taken && refusal.code == InvalidRequest, "{refusal:?}"),
            }
        }
    }
}
