//! Each condition key, with a condition that people write on it, a value that it takes and one that it does not.

use super::*;
use crate::policy::{actions, applicable, keys};

const KEYS: &[(&str, &str, &str, &str, &str)] = &[
    ("IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.7", "198.51.100.7"),
    ("Bool", "aws:SecureTransport", "true", "true", "false"),
    ("StringLike", "aws:Referer", "https://example.com/*", "https://example.com/a", "https://example.org/a"),
    ("StringLike", "aws:UserAgent", "*Boto3*", "Boto3/1.2 md/x", "curl/8"),
    ("DateLessThan", "aws:CurrentTime", "2027-01-01T00:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z"),
    ("NumericLessThan", "aws:EpochTime", "1800000000", "1795262400", "1800000000"),
    ("DateGreaterThan", "aws:EpochTime", "2026-01-01T00:00:00Z", "1795262400", "1000000000"),
    ("StringEquals", "aws:username", "bob", "bob", "Bob"),
    ("StringEquals", "aws:principaltype", "User", "User", "AssumedRole"),
    ("StringLike", "aws:userid", "AROAEXAMPLE:*", "AROAEXAMPLE:nightly", "AIDAEXAMPLE"),
    ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", "arn:aws:iam::1:role/a", "arn:aws:iam::1:user/a"),
    ("StringEquals", "aws:PrincipalAccount", "123456789012", "123456789012", "999999999999"),
    ("StringLike", "s3:prefix", "home/*", "home/bob/", "etc/"),
    ("StringEquals", "s3:delimiter", "/", "/", "-"),
    ("NumericLessThanEquals", "s3:max-keys", "10", "10", "1000"),
    ("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control", "bucket-owner-full-control", "public-read"),
    ("StringLike", "s3:x-amz-grant-full-control", "*id=*", "id=\"aa\"", "uri=\"x\""),
    ("StringEquals", "s3:x-amz-grant-read", "id=aa", "id=aa", "id=bb"),
    ("StringEquals", "s3:x-amz-grant-read-acp", "id=aa", "id=aa", "id=bb"),
    ("StringEquals", "s3:x-amz-grant-write", "id=aa", "id=aa", "id=bb"),
    ("StringEquals", "s3:x-amz-grant-write-acp", "id=aa", "id=aa", "id=bb"),
    ("StringLike", "s3:x-amz-copy-source", "photos/public/*", "photos/public/a", "photos/private/a"),
    ("StringEquals", "s3:x-amz-metadata-directive", "COPY", "COPY", "REPLACE"),
    ("StringEquals", "s3:x-amz-server-side-encryption", "AES256", "AES256", "aws:kms"),
    ("StringEquals", "s3:x-amz-server-side-encryption-aws-kms-key-id", "k1", "k1", "k2"),
    ("StringEquals", "s3:x-amz-server-side-encryption-customer-algorithm", "AES256", "AES256", "none"),
    ("StringEquals", "s3:ExistingObjectTag/Team", "red", "red", "blue"),
    ("StringEquals", "s3:RequestObjectTag/Team", "red", "red", "blue"),
    ("ForAllValues:StringEquals", "s3:RequestObjectTagKeys", "Team", "Team", "Owner"),
    ("StringEquals", "s3:VersionId", "v1", "v1", "v2"),
    ("StringEquals", "s3:LocationConstraint", "eu-west-1", "eu-west-1", "us-west-2"),
    ("StringEquals", "s3:object-lock-mode", "COMPLIANCE", "COMPLIANCE", "GOVERNANCE"),
    ("StringEquals", "s3:object-lock-legal-hold", "ON", "ON", "OFF"),
    ("NumericLessThan", "s3:object-lock-remaining-retention-days", "10", "9", "10"),
    ("DateLessThan", "s3:object-lock-retain-until-date", "2030-01-01", "2029-12-31T00:00:00Z", "2030-01-01T00:00:00Z"),
    ("Null", "s3:if-none-match", "false", "*", ""),
    ("Null", "s3:if-match", "false", "\"etag\"", ""),
    ("StringEquals", "s3:signatureversion", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256", "AWS"),
    ("StringEquals", "s3:authType", "REST-HEADER", "REST-HEADER", "REST-QUERY-STRING"),
    ("NumericLessThan", "s3:signatureAge", "600000", "599999", "600000"),
    ("NumericGreaterThanEquals", "s3:TlsVersion", "1.2", "1.3", "1.1"),
    ("StringEquals", "s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD", "UNSIGNED-PAYLOAD", "abc"),
    ("StringEquals", "s3:x-amz-storage-class", "STANDARD_IA", "STANDARD_IA", "STANDARD"),
    ("Bool", "s3:ObjectCreationOperation", "true", "true", "false"),
    ("StringEquals", "s3:x-amz-object-ownership", "ObjectWriter", "ObjectWriter", "BucketOwnerEnforced"),
    ("StringEquals", "s3:ResourceAccount", "123456789012", "123456789012", "999999999999"),
    ("StringEquals", "aws:ResourceAccount", "123456789012", "123456789012", "999999999999"),
];

#[test]
fn each_key_is_known_and_asked_for() {
    for (operator, key, value, good, bad) in KEYS {
        let condition = format!(r#"{{"{operator}":{{"{key}":{value:?}}}}}"#);
        assert!(holds(&condition, &[(key, &[good])]), "{condition} takes {good}");
        let bad: &[&str] = if bad.is_empty() { &[] } else { &[bad] };
        assert!(!holds(&condition, &[(key, bad)]), "{condition} does not take {bad:?}");
        assert!(!holds(&condition, &[("aws:other", &[good])]) || operator.starts_with("ForAll"), "{condition}");
    }
}

/// Keys of what this server has none of can be written, and are absent.
#[test]
fn keys_of_what_there_is_none_of_are_absent() {
    for key in [
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:VpcSourceIp",
        "aws:PrincipalOrgID",
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:PrincipalTag/Team",
        "aws:RequestedRegion",
        "aws:MultiFactorAuthPresent",
        "aws:ViaAWSService",
        "aws:TokenIssueTime",
        "aws:CalledVia",
        "s3:DataAccessPointArn",
        "s3:DataAccessPointAccount",
    ] {
        assert!(!holds(&format!(r#"{{"StringEquals":{{"{key}":"x"}}}}"#), &[]), "{key}");
        assert!(holds(&format!(r#"{{"StringNotEquals":{{"{key}":"x"}}}}"#), &[]), "{key}");
    }
}

#[test]
fn a_bucket_knows_no_keys_of_other_services() {
    for key in
        ["ec2:Region", "s3:Colour", "aws:Colour", "SourceIp", "s3:ExistingObjectTag/", "s3:ExistingObjectTag", ""]
    {
        let condition = format!(r#"{{"StringEquals":{{"{key}":"x"}}}}"#);
        assert_eq!(refused(&one(&on_condition(&condition))), "Policy has an invalid condition key", "{key}");
    }
    for (key, known) in [("ec2:Region", true), ("sts:ExternalId", true), ("s3:Colour", false), ("aws:Colour", false)] {
        let members =
            format!(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{{"StringEquals":{{"{key}":"x"}}}}"#);
        assert_eq!(Policy::parse(one(&members).as_bytes(), Kind::Identity).is_ok(), known, "{key}");
    }
}

#[test]
fn keys_go_with_actions_that_there_are() {
    for (key, actions) in applicable::rows() {
        let written = if key.ends_with('/') { format!("{key}x") } else { key.to_owned() };
        assert!(keys::is_known(&written, Kind::Bucket { name: BUCKET }), "{key}");
        for action in actions {
            assert!(actions::is_known(action), "{key}: {action}");
        }
    }
}

#[test]
fn whoever_needs_an_objects_tags_says_so() {
    let reads = |members: &str| bucket_policy(members).reads_object_tags();
    assert!(reads(&on_condition(r#"{"StringEquals":{"s3:ExistingObjectTag/Team":"red"}}"#)));
    assert!(reads(&on_condition(r#"{"Null":{"s3:existingobjecttag/team":"true"}}"#)));
    assert!(reads(&on_condition(r#"{"StringEquals":{"aws:username":"${s3:ExistingObjectTag/Owner}"}}"#)));
    assert!(reads(
        r#""Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/${s3:ExistingObjectTag/a}""#
    ));
    assert!(!reads(&on_condition(r#"{"StringEquals":{"s3:RequestObjectTag/Team":"red"}}"#)));
    assert!(!Policy::default().reads_object_tags());
}
