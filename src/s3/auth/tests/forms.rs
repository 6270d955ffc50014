//! Signatures of forms.

use super::{ACCESS, Ask, NOW, OneKey, SECRET, run, sign};
use crate::s3::auth::Caller;
use crate::s3::auth::form::identify;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::form::Fields;
use crate::s3::request::Method;
use crate::s3::services::Rules;

/// The policy of AWS's example, "Browser-based upload using HTTP POST", as it is sent.
fn published_policy() -> String {
    let lines = [
        r#"{ "expiration": "2015-12-30T12:00:00.000Z","#,
        r#"  "conditions": ["#,
        r#"    {"bucket": "sigv4examplebucket"},"#,
        r#"    ["starts-with", "$key", "user/user1/"],"#,
        r#"    {"acl": "public-read"},"#,
        r#"    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},"#,
        r#"    ["starts-with", "$Content-Type", "image/"],"#,
        r#"    {"x-amz-meta-uuid": "14365123651274"},"#,
        r#"    {"x-amz-server-side-encryption": "AES256"},"#,
        r#"    ["starts-with", "$x-amz-meta-tag", ""],"#,
        "",
        r#"    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},"#,
        r#"    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},"#,
        r#"    {"x-amz-date": "20151229T000000Z" }"#,
        "  ]",
        "}",
    ];
    data_encoding::BASE64.encode(lines.join("\r\n").as_bytes())
}

const PUBLISHED_SIGNATURE: &str = "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e";

pub(super) fn v4() -> Vec<(&'static str, String)> {
    vec![
        ("X-Amz-Credential", format!("{ACCESS}/20151229/us-east-1/s3/aws4_request")),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("X-Amz-Date", "20151229T000000Z".to_owned()),
        ("Policy", published_policy()),
        ("X-Amz-Signature", PUBLISHED_SIGNATURE.to_owned()),
    ]
}

pub(super) fn v2() -> Vec<(&'static str, String)> {
    let (access, secret) = (ACCESS.to_owned(), SECRET.to_owned());
    let signer = sign::Signer { access, secret, region: String::new(), service: "s3" };
    let policy = published_policy();
    let signature = signer.v2_of(&policy);
    vec![("AWSAccessKeyId", ACCESS.to_owned()), ("policy", policy), ("signature", signature)]
}

/// Whether the form has a policy (that is, whether it is signed).
pub(super) fn signed_by(pairs: &[(&str, String)], rules: &Rules) -> Result<bool, S3Error> {
    let mut fields = Fields::default();
    pairs.iter().for_each(|(n, v)| fields.add((*n).to_owned(), v.clone()));
    let sender = run(identify(&fields, &OneKey { v2: None, secret: SECRET }, rules))?;
    assert_eq!(matches!(sender.signed.caller, Caller::Principal(_)), sender.policy.is_some());
    Ok(sender.policy.is_some())
}

pub(super) fn rules() -> Rules {
    Ask::new(Method::Post, "/b", NOW).rules
}

fn refusal(pairs: &[(&str, String)]) -> (S3ErrorCode, String) {
    let error = signed_by(pairs, &rules()).expect_err("is refused");
    (error.code, error.fields.into_iter().find(|(n, _)| *n == "ArgumentName").map(|(_, v)| v).unwrap_or_default())
}

fn changed(mut pairs: Vec<(&'static str, String)>, name: &str, value: &str) -> Vec<(&'static str, String)> {
    pairs.iter_mut().filter(|(n, _)| *n == name).for_each(|(_, v)| *v = value.to_owned());
    pairs
}

#[test]
fn the_published_form() {
    assert_eq!(signed_by(&v4(), &rules()).ok(), Some(true));
    assert_eq!(signed_by(&v2(), &rules()).ok(), Some(true));
}

#[test]
fn only_a_form_without_any_of_it_is_anonymous() {
    assert_eq!(signed_by(&[("key", "k".to_owned()), ("policy", published_policy())], &rules()).ok(), Some(false));
    for (all, names) in [
        (v4(), vec!["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "Policy"]),
        (v2(), vec!["AWSAccessKeyId", "Signature", "Policy"]),
    ] {
        for name in names {
            let mut rest = all.clone();
            rest.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
            assert_eq!(refusal(&rest), (S3ErrorCode::InvalidArgument, name.to_owned()));
        }
    }
    assert_eq!(refusal(&[v4(), v2()].concat()).0, S3ErrorCode::InvalidArgument);
    assert_eq!(refusal(&[("x-amz-security-token", "t".to_owned())]).0, S3ErrorCode::AccessDenied);
}

#[test]
fn what_was_not_signed_is_refused() {
    let other = data_encoding::BASE64.encode(b"{}");
    for (all, policy, signature) in [(v4(), "Policy", "X-Amz-Signature"), (v2(), "policy", "signature")] {
        let mismatch = S3ErrorCode::SignatureDoesNotMatch;
        assert_eq!(refusal(&changed(all.clone(), policy, &other)).0, mismatch);
        let line_end = published_policy() + "\n";
        assert_eq!(refusal(&changed(all.clone(), policy, &line_end)).0, mismatch, "another text of the same policy");
        assert_eq!(refusal(&changed(all.clone(), signature, "")).0, mismatch);
        let upper = all.iter().find(|(n, _)| *n == signature).map(|(_, v)| v.to_uppercase()).expect("is there");
        assert_eq!(refusal(&changed(all.clone(), signature, &upper)).0, mismatch);
        let with_token = [all, vec![("x-amz-security-token", "t".to_owned())]].concat();
        assert_eq!(refusal(&with_token).0, S3ErrorCode::InvalidToken);
    }
    assert_eq!(refusal(&changed(v2(), "AWSAccessKeyId", "other")).0, S3ErrorCode::InvalidAccessKeyId);
    let other = "other/20151229/us-east-1/s3/aws4_request";
    assert_eq!(refusal(&changed(v4(), "X-Amz-Credential", other)).0, S3ErrorCode::InvalidAccessKeyId);
}

#[test]
fn fields_have_their_forms() {
    for (name, value) in [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA1"),
        ("X-Amz-Credential", "x"),
        ("X-Amz-Credential", "/20151229/us-east-1/s3/aws4_request"),
        ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/iam/aws4_request"),
        ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20151228/us-east-1/s3/aws4_request"),
        ("X-Amz-Date", "2015-12-29"),
    ] {
        let (code, _) = refusal(&changed(v4(), name, value));
        assert_eq!(code, S3ErrorCode::InvalidArgument, "{name}: {value}");
    }
    assert_eq!(refusal(&changed(v4(), "X-Amz-Date", "2015")), (S3ErrorCode::InvalidArgument, "X-Amz-Date".to_owned()));
}

#[test]
fn installations_may_be_stricter() {
    let strict = Rules { strict_region: true, region: "eu-west-1".into(), ..rules() };
    let error = signed_by(&v4(), &strict).expect_err("is for another region");
    assert_eq!(error.code, S3ErrorCode::InvalidArgument);
    assert!(error.fields.contains(&("Region", "eu-west-1".to_owned())));
    let without_v2 = Rules { signature_v2: false, ..rules() };
    assert_eq!(signed_by(&v2(), &without_v2).expect_err("V2 is off").code, S3ErrorCode::InvalidRequest);
}
