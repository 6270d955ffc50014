//! Variables in resources and in conditions.

use super::*;

const HOME: &str =
    r#""Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/home/${aws:username}/*""#;

fn identity(members: &str) -> Policy {
    Policy::parse(one(members).as_bytes(), Kind::Identity).unwrap()
}

fn gets(policy: &Policy, key: &str, facts: &[(&str, &[&str])]) -> Verdict {
    ask(policy, &bob(), "s3:GetObject", &format!("arn:aws:s3:::photos/{key}"), &known(facts))
}

#[test]
fn a_resource_can_be_ones_own() {
    let policy = identity(HOME);
    assert_eq!(gets(&policy, "home/bob/a", &[("aws:username", &["bob"])]), DIRECT);
    assert_eq!(gets(&policy, "home/eve/a", &[("aws:username", &["bob"])]), Verdict::Silent);
    assert_eq!(gets(&policy, "home/bobby/a", &[("aws:username", &["bob"])]), Verdict::Silent);
}

#[test]
fn a_value_is_no_pattern() {
    let policy = identity(HOME);
    assert_eq!(gets(&policy, "home/bob/a", &[("aws:username", &["*"])]), Verdict::Silent);
    assert_eq!(gets(&policy, "home/*/a", &[("aws:username", &["*"])]), DIRECT);
    assert_eq!(
        gets(&policy, "home/b/a", &[("aws:username", &["${aws:userid}"]), ("aws:userid", &["b"])]),
        Verdict::Silent
    );
}

#[test]
fn a_variable_without_a_value_is_like_nothing() {
    let policy = identity(HOME);
    for absent in [&[][..], &[("aws:username", &[][..])], &[("aws:username", &["bob", "eve"][..])]] {
        for key in ["home/bob/a", "home//a", "home/${aws:username}/a"] {
            assert_eq!(gets(&policy, key, absent), Verdict::Silent, "{key} {absent:?}");
        }
    }
    let deny = |element: &str, effect: &str| {
        let members = format!(
            r#""Effect":"{effect}","Action":"s3:GetObject","{element}":"arn:aws:s3:::photos/${{aws:username}}/*""#
        );
        gets(&identity(&members), "bob/a", &[])
    };
    assert_eq!(deny("Resource", "Deny"), Verdict::Silent);
    assert_eq!(deny("NotResource", "Deny"), Verdict::Deny, "nothing is left out");
    assert_eq!(deny("NotResource", "Allow"), Verdict::Silent, "nobody knows what is left out");
}

#[test]
fn conditions_without_a_value_allow_nothing() {
    let with = |effect: &str, operator: &str| {
        let members = format!(
            r#""Effect":"{effect}","Action":"s3:GetObject","Resource":"*","Condition":{{"{operator}":{{"s3:prefix":"${{aws:username}}"}}}}"#
        );
        gets(&identity(&members), "a", &[("s3:prefix", &["bob"])])
    };
    assert_eq!(with("Allow", "StringEquals"), Verdict::Silent);
    assert_eq!(with("Allow", "StringNotEquals"), Verdict::Silent);
    assert_eq!(with("Deny", "StringEquals"), Verdict::Silent);
    assert_eq!(with("Deny", "StringNotEquals"), Verdict::Deny);
}

#[test]
fn conditions_know_variables() {
    let facts: &[(&str, &[&str])] = &[("s3:prefix", &["home/bob/x"]), ("aws:username", &["bob"])];
    assert!(holds(r#"{"StringLike":{"s3:prefix":["","home/${aws:username}/*"]}}"#, facts));
    assert!(!holds(r#"{"StringLike":{"s3:prefix":["","home/${aws:username}"]}}"#, facts));
    assert!(holds(r#"{"StringEqualsIgnoreCase":{"s3:prefix":"HOME/${AWS:UserName}/x"}}"#, facts));
    assert!(holds(r#"{"StringEquals":{"s3:prefix":"home/${ aws:username }/x"}}"#, facts));
    let arn: &[(&str, &[&str])] = &[("aws:principalarn", &["arn:aws:iam::1:user/bob"]), ("aws:username", &["bob"])];
    assert!(holds(r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:user/${aws:username}"}}"#, arn));
}

#[test]
fn a_variable_can_have_a_default() {
    let condition = r#"{"StringEquals":{"s3:prefix":"${aws:PrincipalTag/team, 'no, } team'}/x"}}"#;
    assert!(holds(condition, &[("s3:prefix", &["no, } team/x"])]));
    assert!(holds(condition, &[("s3:prefix", &["red/x"]), ("aws:principaltag/team", &["red"])]));
    assert!(!holds(condition, &[("s3:prefix", &["no, } team/x"]), ("aws:principaltag/team", &["red"])]));
}

#[test]
fn wildcards_and_dollars_can_be_meant_as_they_are() {
    let like = r#"{"StringLike":{"s3:prefix":"a${*}b${?}c${$}{x}*"}}"#;
    assert!(holds(like, &[("s3:prefix", &["a*b?c${x}y"])]));
    assert!(!holds(like, &[("s3:prefix", &["aXbXc${x}y"])]));
    assert!(holds(r#"{"StringEquals":{"s3:prefix":"$ $a {}"}}"#, &[("s3:prefix", &["$ $a {}"])]));
}

#[test]
fn the_first_version_has_no_variables() {
    for version in ["", r#""Version":"2008-10-17","#] {
        let text = format!("{{{version}\"Statement\":{{{HOME}}}}}");
        let policy = Policy::parse(text.as_bytes(), Kind::Identity).unwrap();
        assert_eq!(gets(&policy, "home/bob/a", &[("aws:username", &["bob"])]), Verdict::Silent);
        assert_eq!(gets(&policy, "home/${aws:username}/a", &[("aws:username", &["bob"])]), DIRECT);
    }
}

#[test]
fn variables_that_mean_nothing_are_refused() {
    for text in [
        "${aws:username",
        "${aws:user}",
        "${username}",
        "${}",
        "${aws:username,x}",
        "${aws:username,'x}",
        "${aws:username,'x'y}",
        "${**}",
        "${ec2:Region}",
    ] {
        let condition = format!(r#"{{"StringLike":{{"s3:prefix":"a{text}"}}}}"#);
        let expected = format!("Policy has an invalid variable: {text}");
        assert_eq!(refused(&one(&on_condition(&condition))), expected);
    }
    let number = on_condition(r#"{"NumericEquals":{"s3:max-keys":"${aws:username}"}}"#);
    assert!(refused(&one(&number)).contains("is not a valid number"));
    let account = r#""Effect":"Allow","Action":"*","Resource":"arn:aws:iam::${aws:PrincipalAccount}:user/x""#;
    assert!(refused_as(&one(account), Kind::Identity).contains("must be in ARN format"));
}
