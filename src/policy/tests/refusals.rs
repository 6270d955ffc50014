//! What is no policy, and what is said about it.

use super::*;

const NO_OBJECT: &str = "Policies must be valid JSON and the first byte must be '{'";
const NOT_JSON: &str = "This policy contains invalid Json";

fn bucket(members: &str) -> String {
    refused(&one(members))
}

#[test]
fn what_is_no_document() {
    for text in ["", " {}", "\u{feff}{}", "[]", "\"\""] {
        assert_eq!(refused(text), NO_OBJECT, "{text}");
    }
    for text in [
        "{",
        "{} {}",
        "{'Statement':[]}",
        r#"{"Statement":[],}"#,
        r#"{"Statement":NaN}"#,
        "{\"Statement\":\"\u{1}\"}",
        r#"{"Statement":"\ud800"}"#,
    ] {
        assert_eq!(refused(text), NOT_JSON, "{text}");
    }
    assert!(Policy::parse(b"{\"Statement\":\"\xff\"}", Kind::Identity).is_err());
    let deep = format!(r#"{{"Statement":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let kind = Kind::Bucket { name: BUCKET };
    assert!(Policy::parse(deep.as_bytes(), kind).is_err());
    assert_eq!(Policy::stored(deep.as_bytes(), kind).statements.len(), 0);
}

#[test]
fn what_a_document_has_to_have() {
    for (text, why) in [
        ("{}", "Missing required field Statement"),
        (r#"{"Version":"2012-10-17"}"#, "Missing required field Statement"),
        (r#"{"Statement":[]}"#, "Could not parse the policy: Statement is empty!"),
        (r#"{"Statement":["x"]}"#, "Invalid policy syntax."),
        (r#"{"Statement":null}"#, "Invalid policy syntax."),
        (r#"{"Version":"2013-10-17","Statement":[]}"#, "The policy must contain a valid version string"),
        (r#"{"Version":2012,"Statement":[]}"#, "The policy must contain a valid version string"),
        (r#"{"Id":7,"Statement":[]}"#, "Invalid policy syntax."),
        (r#"{"statement":[]}"#, "Unknown field statement"),
        (r#"{"Statement":[],"Comment":"x"}"#, "Unknown field Comment"),
        (r#"{"Statement":[],"Statement":[]}"#, "Duplicate field Statement"),
        (r#"{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}"#, "Duplicate field Effect"),
        (r#"{"Statement":[{"Effect":"Allow","Ef\u0066ect":"Deny"}]}"#, "Duplicate field Effect"),
    ] {
        assert_eq!(refused(text), why, "{text}");
    }
}

#[test]
fn what_a_statement_has_to_have() {
    let rest = r#""Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*""#;
    for (members, why) in [
        (rest.to_owned(), "Missing required field Effect"),
        (format!(r#""Effect":"allow",{rest}"#), "Invalid effect: allow"),
        (format!(r#""Effect":true,{rest}"#), "Invalid effect: true"),
        (format!(r#""Effect":["Allow"],{rest}"#), "Invalid policy syntax."),
        (format!(r#""Effect":"Allow","Until":"x",{rest}"#), "Unknown field Until"),
        (format!(r#""Effect":"Allow","Sid":7,{rest}"#), "Invalid policy syntax."),
        (format!(r#""Effect":"Allow","Condition":[],{rest}"#), "Invalid policy syntax."),
        (format!(r#""Effect":"Allow","NotAction":"s3:*",{rest}"#), "Statement cannot have both Action and NotAction"),
        (
            format!(r#""Effect":"Allow","NotPrincipal":"*",{rest}"#),
            "Statement cannot have both Principal and NotPrincipal",
        ),
        (
            format!(r#""Effect":"Allow","NotResource":"*",{rest}"#),
            "Statement cannot have both Resource and NotResource",
        ),
        (r#""Effect":"Allow","Principal":"*","Action":"s3:*""#.to_owned(), "Missing required field Resource"),
        (
            r#""Effect":"Allow","Principal":"*","Resource":"arn:aws:s3:::photos/*""#.to_owned(),
            "Missing required field Action",
        ),
        (
            r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::photos/*""#.to_owned(),
            "Missing required field Principal",
        ),
        (r#""Effect":"Allow","Principal":"*","Action":[],"Resource":"*""#.to_owned(), "Policy has invalid action"),
        (r#""Effect":"Allow","Principal":"*","Action":"s3:*","Resource":[]"#.to_owned(), "Policy has invalid resource"),
    ] {
        assert_eq!(bucket(&members), why, "{members}");
    }
    let twice =
        r#"{"Sid":"a","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}"#;
    let text = format!(r#"{{"Statement":[{twice},{twice}]}}"#);
    assert_eq!(refused(&text), "Statement IDs (SID) in a single policy must be unique.");
    let nameless = twice.replace(r#""Sid":"a""#, r#""Sid":"""#);
    assert!(parse(&format!(r#"{{"Statement":[{nameless},{nameless}]}}"#)).is_ok());
}

#[test]
fn actions_that_there_are_not() {
    for action in [
        "s3:GetObjects",
        "s3:HeadObject",
        "s3:ListObjects",
        "s3:Fetch*",
        "s3:",
        "s3",
        "GetObject",
        "",
        "s3: GetObject",
        "s3:*:*",
        "*:*",
        "*:GetObject",
        "s?:GetObject",
        "ec2:RunInstances",
        "iam:*",
        "s3:Get${aws:username}",
    ] {
        let members = format!(
            r#""Effect":"Allow","Principal":"*","Action":["s3:GetObject","{action}"],"Resource":"arn:aws:s3:::photos/*""#
        );
        assert_eq!(bucket(&members), "Policy has invalid action", "{action}");
        assert_eq!(bucket(&members.replace("\"Action\"", "\"NotAction\"")), "Policy has invalid action", "{action}");
    }
}

#[test]
fn resources_of_others() {
    for resource in [
        "*",
        "photos",
        "photos/*",
        "",
        "arn:aws:s3:::photo",
        "arn:aws:s3:::photos2",
        "arn:aws:s3:::photos2/*",
        "arn:aws:s3:::?hoto",
        "arn:aws:s3:::photo?2/*",
        "arn:aws:s3:::PHOTOS/*",
        "arn:aws:s3:::photos?",
        "arn:aws:s3:::${aws:username}",
        "arn:aws:s3::123456789012:photos",
        "arn:aws:s3:eu-west-1::photos",
        "arn:*:s3:::photos",
        "arn:aws:s3:::",
        "arn:aws:s3:photos",
        "arn:aws:sqs:::photos",
    ] {
        for element in ["Resource", "NotResource"] {
            let members = format!(
                r#""Effect":"Deny","Principal":"*","Action":"s3:*","{element}":["arn:aws:s3:::photos/*","{resource}"]"#
            );
            assert_eq!(bucket(&members), "Policy has invalid resource", "{resource}");
        }
    }
}

#[test]
fn wildcards_that_fit_the_bucket_are_of_the_bucket() {
    for (resource, of_bucket, of_objects) in [
        ("*", true, true),
        ("*/*", false, true),
        ("phot*", true, true),
        ("ph?tos", true, false),
        ("*s", true, true),
        ("*os/a*/b", false, true),
        ("p*/?", false, true),
        ("??????/*", false, true),
        ("p*h*o*t*o*s*", true, true),
    ] {
        let may = |action: &str| {
            let resource = format!("arn:aws:s3:::{resource}");
            let members = format!(r#""Effect":"Allow","Principal":"*","Action":"{action}","Resource":"{resource}""#);
            parse(&one(&members)).is_ok()
        };
        assert_eq!((may("s3:ListBucket"), may("s3:GetObject")), (of_bucket, of_objects), "{resource}");
    }
    let many = |resource: &str| {
        let members = format!(
            r#""Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::{resource}""#
        );
        parse(&one(&members)).is_ok()
    };
    assert!(many(&"*".repeat(18_000)));
    assert!(!many(&"*p".repeat(9_000)));
}

#[test]
fn actions_that_cannot_be_done_to_the_resources() {
    let why = |action: &str, resource: &str| {
        let members = format!(r#""Effect":"Allow","Principal":"*","Action":{action},"Resource":"{resource}""#);
        parse(&one(&members)).err().map(|error| error.0)
    };
    let refusal = Some("Action does not apply to any resource(s) in statement".to_owned());
    let (bucket, objects) = ("arn:aws:s3:::photos", "arn:aws:s3:::photos/a*");
    assert_eq!(why(r#""s3:GetObject""#, bucket), refusal);
    assert_eq!(why(r#""s3:ListBucket""#, objects), refusal);
    assert_eq!(why(r#"["s3:GetObject","s3:ListBucket"]"#, objects), refusal);
    assert_eq!(why(r#""s3:*Object""#, bucket), refusal);
    assert_eq!(why(r#""s3:ListAllMyBuckets""#, bucket), refusal);
    assert_eq!(why(r#""s3:ListAllMyBuckets""#, objects), refusal);
    for (action, resource) in [
        (r#""s3:GetObject""#, objects),
        (r#""s3:ListBucket""#, bucket),
        (r#""s3:Get*""#, bucket),
        (r#""s3:Get*""#, objects),
        (r#"["s3:*","*"]"#, bucket),
        (r#"["s3:GetObject","s3:ListBucket"]"#, "arn:aws:s3:::photos*"),
    ] {
        assert_eq!(why(action, resource), None, "{action} {resource}");
    }
    let others = r#""Effect":"Deny","Principal":"*","NotAction":"s3:GetObject","Resource":"arn:aws:s3:::photos""#;
    assert!(parse(&one(others)).is_ok());
}

#[test]
fn condition_keys_that_none_of_the_actions_has() {
    let why = |action: &str, resource: &str, key: &str| {
        let element = if action.starts_with('!') { "NotAction" } else { "Action" };
        let action = action.trim_start_matches('!');
        let members = format!(
            r#""Effect":"Deny","Principal":"*","{element}":{action},"Resource":"{resource}","Condition":{{"StringNotLikeIfExists":{{"{key}":"1"}}}}"#
        );
        parse(&one(&members)).err().map(|error| error.0)
    };
    let refusal = Some("Conditions do not apply to combination of actions and resources in statement".to_owned());
    let (bucket, objects, both) = ("arn:aws:s3:::photos", "arn:aws:s3:::photos/*", "arn:aws:s3:::photos*");
    for (action, resource, key) in [
        (r#""s3:GetObject""#, objects, "s3:prefix"),
        (r#""s3:Get*""#, objects, "S3:Prefix"),
        (r#""s3:*""#, objects, "s3:prefix"),
        (r#""s3:*""#, bucket, "s3:ExistingObjectTag/Team"),
        (r#"["s3:DeleteObject","s3:PutObject"]"#, objects, "s3:ExistingObjectTag/Team"),
        (r#"!["s3:PutObject*","s3:BypassGovernanceRetention"]"#, objects, "s3:RequestObjectTagKeys"),
        (r#""s3:GetObject""#, objects, "s3:VersionId"),
        (r#""s3:ListBucket""#, bucket, "s3:x-amz-acl"),
        (r#""s3:PutObjectAcl""#, objects, "s3:x-amz-server-side-encryption"),
        (r#""s3:DeleteObject""#, objects, "s3:if-none-match"),
    ] {
        assert_eq!(why(action, resource, key), refusal, "{action} {resource} {key}");
    }
    for (action, resource, key) in [
        (r#"["s3:GetObject","s3:ListBucket"]"#, both, "s3:prefix"),
        (r#""s3:List*""#, bucket, "s3:max-keys"),
        (r#""*""#, both, "s3:ExistingObjectTag/Team"),
        (r#"!"s3:GetObject""#, objects, "s3:if-none-match"),
        (r#"["s3:GetObject","s3:PutObject"]"#, objects, "s3:x-amz-acl"),
        (r#""s3:GetObjectVersion""#, objects, "s3:VersionId"),
        (r#""s3:GetObject""#, objects, "s3:TlsVersion"),
        (r#""s3:GetObject""#, objects, "aws:PrincipalTag/Team"),
        (r#""s3:GetObject""#, objects, "s3:DataAccessPointArn"),
    ] {
        assert_eq!(why(action, resource, key), None, "{action} {resource} {key}");
    }
    let stored = one(
        r#""Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*","Condition":{"Null":{"s3:prefix":"true"}}"#,
    );
    assert!(
        !Policy::stored(stored.as_bytes(), Kind::Bucket { name: BUCKET }).unreadable,
        "what is stored stays as it is"
    );
}

#[test]
fn conditions_that_mean_nothing() {
    for operator in [
        "StringEqual",
        "StringEqualsIfExist",
        "IfExistsStringEquals",
        "ForSomeValues:StringEquals",
        "ForAnyValue:",
        "ForAnyValue:ForAllValues:StringEquals",
        "IfExists",
        "NullIfExists",
        "BoolNotEquals",
        "",
    ] {
        let condition = format!(r#"{{"{operator}":{{"s3:prefix":"a"}}}}"#);
        assert_eq!(bucket(&on_condition(&condition)), format!("Invalid Condition type : {operator}"));
    }
    for condition in [
        "7",
        r#"{"StringEquals":"a"}"#,
        r#"{"StringEquals":{"s3:prefix":null}}"#,
        r#"{"StringEquals":{"s3:prefix":[]}}"#,
        r#"{"StringEquals":{"s3:prefix":["a",["b"]]}}"#,
        r#"{"StringEquals":{"s3:prefix":{"a":"b"}}}"#,
    ] {
        assert_eq!(bucket(&on_condition(condition)), "Invalid policy syntax.", "{condition}");
    }
    let twice = r#"{"StringEquals":{"s3:prefix":"a","s3:prefix":"b"}}"#;
    assert_eq!(bucket(&on_condition(twice)), "Duplicate field s3:prefix");
}

#[test]
fn values_of_another_type() {
    for (operator, what, values) in [
        ("NumericEquals", "number", &["x", "", "1e3", "0x1", "NaN", "1.", ".5", "1 "][..]),
        ("DateLessThan", "date", &["x", "", "21.11.2026", "2026-11-21 12:00:00Z", "2026-11-21T12:00:00", "2026-02-30"]),
        ("Bool", "truth value", &["yes", "1", ""]),
        ("Null", "truth value", &["absent", "0"]),
        ("BinaryEquals", "Base64", &["x", "===="]),
        (
            "IpAddress",
            "IP address or CIDR range",
            &["x", "*", "192.0.2.0/33", "192.0.2/24", "192.0.2.0/", "::/129", "::ffff:0.0.0.0/95"],
        ),
        ("ArnLike", "ARN", &["x", "arn:aws:s3", "bucket/*", "arn:aws:iam::1:"]),
    ] {
        for value in values {
            for variant in [operator.to_owned(), format!("ForAnyValue:{operator}")] {
                let condition = format!(r#"{{"{variant}":{{"aws:UserAgent":{value:?}}}}}"#);
                let expected =
                    format!("The value \"{value}\" of the condition key aws:UserAgent is not a valid {what}");
                assert_eq!(bucket(&on_condition(&condition)), expected);
            }
        }
    }
}

#[test]
fn documents_that_are_too_long() {
    let why = "Policy exceeds the maximum allowed document size.";
    let of_bucket = |bytes: usize| {
        let text = one(&on_condition(r#"{"StringEquals":{"s3:prefix":"PREFIX"}}"#));
        text.replace("PREFIX", &"x".repeat(bytes - text.len() + "PREFIX".len()))
    };
    assert!(parse(&of_bucket(20 * 1024)).is_ok());
    assert_eq!(refused(&of_bucket(20 * 1024 + 1)), why);
    let of_identity = |chars: usize| {
        let text = one(r#""Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::NAME""#);
        let text = text.replace("NAME", &"ü".repeat(chars - text.len() + "NAME".len()));
        text.replace(',', " , \n")
    };
    for (kind, most) in [(Kind::Identity, 10_240), (Kind::Session, 2_048)] {
        assert!(Policy::parse(of_identity(most).as_bytes(), kind).is_ok(), "{kind:?}");
        assert_eq!(refused_as(&of_identity(most + 1), kind), why, "{kind:?}");
    }
    let padded = of_identity(1_000).replace('\n', &"\n".repeat(60_000));
    assert_eq!(refused_as(&padded, Kind::Identity), why);
}

#[test]
fn what_identities_and_roles_cannot_say() {
    for kind in [Kind::Identity, Kind::Session] {
        for (members, why) in [
            (
                r#""Effect":"Allow","Principal":"*","Action":"*","Resource":"*""#,
                "Policy document should not specify a principal.",
            ),
            (r#""Effect":"Allow","Action":"*""#, "Missing required field Resource"),
            (r#""Effect":"Allow","Resource":"*""#, "Missing required field Action"),
            (
                r#""Effect":"Allow","Action":"GetObject","Resource":"*""#,
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
            ),
            (
                r#""Effect":"Allow","Action":"*","Resource":"photos/*""#,
                "Resource photos/* must be in ARN format or \"*\".",
            ),
            (
                r#""Sid":"a b","Effect":"Allow","Action":"*","Resource":"*""#,
                "Statement IDs (SID) must be alpha-numeric.",
            ),
        ] {
            assert_eq!(refused_as(&one(members), kind), why);
        }
    }
    let principal = r#""Principal":{"AWS":"123456789012"}"#;
    for (members, why) in [
        (
            format!(r#""Effect":"Allow",{principal},"Action":"sts:AssumeRole","Resource":"*""#),
            "Has prohibited field Resource",
        ),
        (
            format!(r#""Effect":"Allow",{principal},"Action":"s3:*""#),
            "AssumeRole policy may only specify STS AssumeRole actions.",
        ),
        (r#""Effect":"Allow","Action":"sts:AssumeRole""#.to_owned(), "Missing required field Principal"),
    ] {
        assert_eq!(refused_as(&one(&members), Kind::Trust), why);
    }
}
