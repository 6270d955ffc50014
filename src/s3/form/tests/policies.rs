//! The policy language.

use std::ops::RangeInclusive;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::form::Fields;
use crate::s3::form::policy::{Policy, Subject};

const V4: &[&str] = &["x-amz-signature"];

fn encoded(document: &str) -> String {
    data_encoding::BASE64.encode(document.as_bytes())
}

/// A policy with these conditions, good until 2007-12-01T12:00:00Z.
fn policy(conditions: &str) -> Result<Policy, S3Error> {
    Policy::parse(&encoded(&format!(
        "{{\"expiration\": \"2007-12-01T12:00:00.000Z\", \"conditions\": [{conditions}]}}"
    )))
}

fn judge_at(now: i64, conditions: &str, pairs: &[(&str, &str)]) -> Result<RangeInclusive<u64>, S3Error> {
    let mut fields = Fields::default();
    pairs.iter().for_each(|(n, v)| fields.add((*n).to_owned(), (*v).to_owned()));
    policy(conditions)?.judge(&Subject { fields: &fields, bucket: "johnsmith", uncovered: V4, now })
}

/// The message of the refusal; nothing when the form is accepted. The condition about the bucket is there.
fn judge(conditions: &str, pairs: &[(&str, &str)]) -> String {
    let conditions =
        format!("{{\"bucket\": \"johnsmith\"}}{}{conditions}", if conditions.is_empty() { "" } else { ", " });
    match judge_at(0, &conditions, pairs) {
        Ok(_) => String::new(),
        Err(error) => {
            assert_eq!(error.code, S3ErrorCode::AccessDenied);
            error.message.replace("Invalid according to Policy: ", "")
        }
    }
}

#[test]
fn equal_and_starts_with() {
    for (condition, value, holds) in [
        ("{\"acl\": \"public-read\"}", "public-read", true),
        ("{\"acl\": \"public-read\"}", "private", false),
        ("{\"acl\": \"public-read\"}", "Public-Read", false),
        ("{\"ACL\": \"public-read\"}", "public-read", true),
        ("[\"eq\", \"$acl\", \"public-read\"]", "public-read", true),
        ("[\"EQ\", \"$aCl\", \"public-read\"]", "public-read", true),
        ("[\"eq\", \"$acl\", \"\"]", "x", false),
        ("[\"starts-with\", \"$acl\", \"public\"]", "public-read", true),
        ("[\"Starts-With\", \"$acl\", \"\"]", "anything", true),
        ("[\"starts-with\", \"$acl\", \"private\"]", "public-read", false),
        ("[\"eq\", \"acl\", \"public-read\"]", "public-read", false),
    ] {
        let said = judge(condition, &[("acl", value)]);
        assert_eq!(said.is_empty(), holds, "{condition} of {value}: {said}");
    }
}

#[test]
fn a_failed_condition_is_shown_as_the_policy_has_it() {
    let said = judge("[\"Starts-With\",  \"$Key\", \"a\\\"b\"]", &[("key", "x")]);
    assert_eq!(said, "Policy Condition failed: [\"Starts-With\", \"$Key\", \"a\\\"b\"]");
    let said = judge("{\"Key\": \"y\"}", &[("key", "x")]);
    assert_eq!(said, "Policy Condition failed: [\"eq\", \"$Key\", \"y\"]");
}

#[test]
fn a_condition_needs_its_field() {
    assert_eq!(
        judge("[\"starts-with\", \"$Content-Type\", \"\"]", &[]),
        "Policy Condition failed: [\"starts-with\", \"$Content-Type\", \"\"]"
    );
}

#[test]
fn a_field_needs_its_condition() {
    assert_eq!(judge("", &[("key", "x")]), "Extra input fields: key");
    assert_eq!(judge("{\"key\": \"x\"}", &[("key", "x"), ("StorageClass", "y")]), "Extra input fields: StorageClass");
    let free = [("Policy", "p"), ("x-amz-signature", "s"), ("X-Ignore-this", "y"), ("x-amz-checksum-sha256", "c")];
    assert_eq!(judge("", &free), "");
    // The signature of the other version is a field like any other.
    assert_eq!(judge("", &[("AWSAccessKeyId", "x")]), "Extra input fields: AWSAccessKeyId");
}

#[test]
fn the_bucket_is_where_the_form_is_sent() {
    let refusal = |conditions: &str, pairs: &[(&str, &str)]| {
        judge_at(0, conditions, pairs).map_err(|e| (e.code, e.message.into_owned()))
    };
    let extra = (S3ErrorCode::AccessDenied, "Invalid according to Policy: Extra input fields: bucket".to_owned());
    assert_eq!(refusal("", &[]), Err(extra));
    assert!(refusal("[\"starts-with\", \"$bucket\", \"john\"]", &[]).is_ok());
    assert!(refusal("{\"bucket\": \"other\"}", &[("bucket", "other")]).is_err());
    assert!(refusal("{\"bucket\": \"johnsmith\"}", &[("bucket", "johnsmith")]).is_ok());
    assert!(refusal("{\"bucket\": \"johnsmith\"}", &[("bucket", "other")]).is_err());
}

#[test]
fn a_content_type_with_commas_is_a_list() {
    let images = "[\"starts-with\", \"$Content-Type\", \"image/\"]";
    assert_eq!(judge(images, &[("Content-Type", "image/jpg,image/png,image/gif")]), "");
    assert_ne!(judge(images, &[("Content-Type", "image/jpg,text/plain")]), "");
    assert_eq!(judge("[\"starts-with\", \"$key\", \"a\"]", &[("key", "a,b")]), "");
}

#[test]
fn sizes_are_narrowed_by_every_range() {
    let sizes = |conditions: &str| {
        judge_at(0, &format!("{{\"bucket\": \"johnsmith\"}}, {conditions}"), &[]).map_err(|e| (e.code, e.message))
    };
    assert_eq!(sizes("[\"content-length-range\", 5, 10]"), Ok(5..=10));
    assert_eq!(sizes("[\"content-length-range\", \"5\", \"10\"]"), Ok(5..=10));
    assert_eq!(sizes("[\"content-length-range\", 0, 7], [\"Content-Length-Range\", 5, 10]"), Ok(5..=7));
    let (code, message) = sizes("[\"content-length-range\", \"test\", \"10\"]").expect_err("is no number");
    assert_eq!(code, S3ErrorCode::AccessDenied);
    assert!(message.ends_with("Policy Condition failed: [\"content-length-range\", \"test\", \"10\"]"), "{message}");
    for bad in ["-1, 0", "0", "0, 512.0", "0, 1, 2", "null, 1", "0, 18446744073709551616"] {
        let (code, _) = sizes(&format!("[\"content-length-range\", {bad}]")).expect_err(bad);
        assert_eq!(code, S3ErrorCode::InvalidPolicyDocument, "{bad}");
    }
}

#[test]
fn a_policy_ends_when_it_says() {
    let end = 1_196_510_400;
    let bucket = "{\"bucket\": \"johnsmith\"}";
    assert!(judge_at(end, bucket, &[]).is_ok());
    let refusal = judge_at(end + 1, bucket, &[]).expect_err("is over");
    assert_eq!(
        (refusal.code, refusal.message.as_ref()),
        (S3ErrorCode::AccessDenied, "Invalid according to Policy: Policy expired.")
    );
}

#[test]
fn what_is_no_policy_is_said_to_be_none() {
    let with = |rest: &str| format!("{{\"expiration\": \"2030-01-01T00:00:00Z\", {rest}}}");
    for (document, what) in [
        ("".to_owned(), "Invalid JSON."),
        ("[]".to_owned(), "Invalid JSON."),
        ("{}".to_owned(), "Policy missing expiration."),
        ("{\"expiration\": 5, \"conditions\": []}".to_owned(), "Invalid 'expiration' value: '5'"),
        (
            "{\"expiration\": \"2030-01-01 00:00:00+00:00\", \"conditions\": []}".to_owned(),
            "Invalid 'expiration' value: '2030-01-01 00:00:00+00:00'",
        ),
        ("{\"expiration\": \"2030-01-01T00:00:00Z\"}".to_owned(), "Policy missing conditions."),
        ("{\"EXPIRATION\": \"2030-01-01T00:00:00Z\", \"conditions\": []}".to_owned(), "Unexpected: 'EXPIRATION'"),
        (with("\"CONDITIONS\": []"), "Unexpected: 'CONDITIONS'"),
        (with("\"conditions\": {}"), "Invalid 'conditions' value: must be a List."),
        (
            with("\"conditions\": [{}]"),
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        (
            with("\"conditions\": [{\"a\": \"1\", \"b\": \"2\"}]"),
            "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
        ),
        (with("\"conditions\": [{\"a\": 1}]"), "Invalid Simple-Condition: value must be a string."),
        (with("\"conditions\": [[]]"), "Invalid Condition: missing operation identifier."),
        (with("\"conditions\": [[\"near\", \"$a\", \"b\"]]"), "Invalid Condition: unknown operation 'near'."),
        (with("\"conditions\": [[\"eq\", \"$a\"]]"), "Invalid eq: wrong number of arguments."),
        (with("\"conditions\": [[\"eq\", \"$a\", 1]]"), "Invalid JSON."),
        (with("\"conditions\": [\"a\"]"), "Invalid Condition: must be a List or Object."),
    ] {
        let error = Policy::parse(&encoded(&document)).expect_err(&document);
        assert_eq!(error.code, S3ErrorCode::InvalidPolicyDocument, "{document}");
        assert_eq!(error.message, format!("Invalid Policy: {what}"), "{document}");
    }
    assert_eq!(Policy::parse("{}").expect_err("no Base64").code, S3ErrorCode::InvalidPolicyDocument);
}

#[test]
fn what_the_documentation_writes_is_read() {
    // Line breaks in the Base64, a comma after the last condition, and escapes that JSON does not have.
    let conditions = "{\"bucket\": \"johnsmith\" }, [\"starts-with\", \"$key\", \"\\$a\\v,]\"],\n  ";
    let whole =
        encoded(&format!("{{ \"expiration\": \"2007-12-01T12:00:00.000Z\",\n \"conditions\": [ {conditions} ] }}"));
    let (start, end) = whole.split_at(60);
    let parsed = Policy::parse(&format!("{start}\r\n{end}\n")).expect("is a policy");
    let mut fields = Fields::default();
    fields.add("key".to_owned(), "$a\u{b},]b".to_owned());
    parsed.judge(&Subject { fields: &fields, bucket: "johnsmith", uncovered: V4, now: 0 }).expect("is allowed");
    // A backslash that JSON itself escapes stays one.
    assert_eq!(judge("[\"starts-with\", \"$key\", \"\\\\$foo\"]", &[("key", "\\$foo.txt")]), "");
}

proptest::proptest! {
    #[test]
    fn no_document_panics(text in "[\\[\\]{}\",:$\\\\a-z0-9 ]{0,60}") {
        let _ = Policy::parse(&encoded(&text));
        let _ = policy(&text);
        let _ = Policy::parse(&text);
    }
}
