//! Which policies are public: AWS's examples, and what its words say.

use super::*;

fn public(condition: &str) -> bool {
    bucket_policy(&on_condition(condition)).is_public()
}

fn named(principal: &str) -> bool {
    let members = format!(
        r#""Effect":"Allow","Principal":{principal},"Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*""#
    );
    bucket_policy(&members).is_public()
}

#[test]
fn whoever_lets_anybody_in_is_public() {
    assert!(named(r#""*""#) && named(r#"{"AWS":"*"}"#) && named(r#"{"AWS":["123456789012","*"]}"#));
    assert!(!named(r#"{"AWS":"123456789012"}"#));
    assert!(!named(r#"{"AWS":"arn:aws:iam::123456789012:user/bob"}"#));
    assert!(!named(r#"{"Service":"cloudtrail.amazonaws.com"}"#));
    assert!(!Policy::default().is_public());
}

#[test]
fn whoever_lets_all_but_some_in_is_public() {
    let policy = bucket_policy(
        r#""Effect":"Allow","NotPrincipal":{"AWS":"123456789012"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*""#,
    );
    assert!(policy.is_public());
}

#[test]
fn denials_make_nothing_public_and_nothing_private() {
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/*"}"#;
    assert!(!parse(&format!(r#"{{"Statement":[{deny}]}}"#)).unwrap().is_public());
    let allow = format!("{{{}}}", on_condition("{}"));
    assert!(parse(&format!(r#"{{"Statement":[{deny},{allow}]}}"#)).unwrap().is_public());
}

#[test]
fn a_fixed_value_of_who_or_where_is_private() {
    assert!(public(r#"{"StringLike":{"aws:SourceVpc":"vpc-*"}}"#));
    assert!(!public(r#"{"StringEquals":{"aws:SourceVpc":"vpc-91237329"}}"#));
    assert!(!public(r#"{"StringLike":{"aws:SourceVpc":"vpc-91237329"}}"#));
    for key in [
        "aws:PrincipalOrgID",
        "aws:PrincipalAccount",
        "aws:SourceVpce",
        "aws:SourceOwner",
        "aws:SourceAccount",
        "aws:userid",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3:DataAccessPointAccount",
    ] {
        assert!(!public(&format!(r#"{{"StringEquals":{{"{key}":["a","b"]}}}}"#)), "{key}");
        assert!(!public(&format!(r#"{{"ForAnyValue:StringEquals":{{"{key}":"a"}}}}"#)), "{key}");
        assert!(public(&format!(r#"{{"StringLike":{{"{key}":["a","b*"]}}}}"#)), "{key}");
        assert!(public(&format!(r#"{{"StringEquals":{{"{key}":"${{aws:username}}"}}}}"#)), "{key}");
        for operator in [
            "StringNotEquals",
            "StringEqualsIfExists",
            "ForAllValues:StringEquals",
            "ForAnyValue:StringEqualsIfExists",
            "StringNotEqualsIfExists",
        ] {
            assert!(public(&format!(r#"{{"{operator}":{{"{key}":"a"}}}}"#)), "{operator} {key}");
        }
        assert!(public(&format!(r#"{{"Null":{{"{key}":"false"}}}}"#)), "{key}");
    }
    assert!(public(r#"{"StringLike":{"aws:userid":"AROAEXAMPLE:*"}}"#));
}

#[test]
fn a_fixed_arn_is_private() {
    for key in ["aws:SourceArn", "aws:PrincipalArn"] {
        for operator in ["ArnEquals", "ArnLike", "StringEquals"] {
            assert!(!public(&format!(r#"{{"{operator}":{{"{key}":"arn:aws:s3:::source"}}}}"#)), "{operator} {key}");
        }
        assert!(public(&format!(r#"{{"ArnLike":{{"{key}":"arn:aws:s3:::source*"}}}}"#)), "{key}");
        assert!(public(&format!(r#"{{"ArnLike":{{"{key}":"*"}}}}"#)), "{key}");
        assert!(public(&format!(r#"{{"ArnNotEquals":{{"{key}":"arn:aws:s3:::source"}}}}"#)), "{key}");
    }
    let points = |account: &str| {
        public(&format!(r#"{{"ArnLike":{{"s3:DataAccessPointArn":"arn:aws:s3:us-west-2:{account}:accesspoint/*"}}}}"#))
    };
    assert!(!points("123456789012") && points("*"));
}

#[test]
fn ranges_of_addresses_are_private_unless_they_are_broad() {
    let ip = |ranges: &str| public(&format!(r#"{{"IpAddress":{{"aws:SourceIp":{ranges}}}}}"#));
    assert!(!ip(r#""203.0.113.0/24""#) && !ip(r#""203.0.113.7""#) && !ip(r#""10.0.0.0/8""#));
    assert!(!ip(r#"["192.168.0.0/16","2001:db8::/32"]"#));
    assert!(ip(r#""0.0.0.0/0""#) && ip(r#""0.0.0.0/1""#) && ip(r#""64.0.0.0/7""#));
    assert!(ip(r#""::/0""#) && ip(r#""2001:db8::/31""#) && ip(r#""::ffff:0.0.0.0/96""#));
    assert!(ip(r#"["203.0.113.0/24","0.0.0.0/1"]"#), "one broad range is enough");
    assert!(public(r#"{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#));
    assert!(public(r#"{"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}"#));
    assert!(public(r#"{"IpAddress":{"aws:VpcSourceIp":"203.0.113.0/24"}}"#));
}

#[test]
fn other_conditions_leave_it_public() {
    for condition in [
        r#"{"Bool":{"aws:SecureTransport":"true"}}"#,
        r#"{"StringEquals":{"s3:prefix":"a"}}"#,
        r#"{"StringLike":{"aws:Referer":"https://example.com/*"}}"#,
        r#"{"StringEquals":{"aws:username":"bob"}}"#,
        r#"{"StringEquals":{"s3:ExistingObjectTag/public":"yes"}}"#,
        r#"{"DateLessThan":{"aws:CurrentTime":"2027-01-01T00:00:00Z"}}"#,
    ] {
        assert!(public(condition), "{condition}");
    }
    assert!(!public(r#"{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:SourceVpc":"vpc-1"}}"#));
}

#[test]
fn one_public_statement_makes_all_of_it_public() {
    let allow = |principal: &str| {
        format!(
            r#"{{"Effect":"Allow","Principal":{principal},"Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*"}}"#
        )
    };
    let (service, account) = (allow(r#"{"Service":"cloudtrail.amazonaws.com"}"#), allow(r#"{"AWS":"123456789012"}"#));
    assert!(!parse(&format!(r#"{{"Statement":[{service},{account}]}}"#)).unwrap().is_public());
    let all = allow(r#""*""#);
    assert!(parse(&format!(r#"{{"Statement":[{service},{account},{all}]}}"#)).unwrap().is_public());
}
