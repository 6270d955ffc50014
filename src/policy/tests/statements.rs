//! Effects, actions and resources.

use super::*;

fn asked(policy: &Policy, action: &str, resource: &str) -> Verdict {
    ask(policy, &bob(), action, resource, &Known::default())
}

#[test]
fn what_no_statement_is_about_is_left_open() {
    assert_eq!(asked(&Policy::default(), "s3:GetObject", "arn:aws:s3:::photos/a"), Verdict::Silent);
    let policy =
        bucket_policy(r#""Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*""#);
    assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos/a/b"), DIRECT);
    assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos/"), DIRECT);
    assert_eq!(asked(&policy, "s3:PutObject", "arn:aws:s3:::photos/a"), Verdict::Silent);
    assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos"), Verdict::Silent);
    assert_eq!(asked(&policy, "s3:GetObjectVersion", "arn:aws:s3:::photos/a"), Verdict::Silent);
}

#[test]
fn a_denial_wins_wherever_it_stands() {
    let allow = r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/*"}"#;
    let deny = r#"{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::photos/*"}"#;
    for (first, second) in [(allow, deny), (deny, allow)] {
        let policy = parse(&format!(r#"{{"Statement":[{first},{second}]}}"#)).unwrap();
        assert_eq!(asked(&policy, "s3:PutObject", "arn:aws:s3:::photos/a"), Verdict::Deny);
        assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos/a"), DIRECT);
    }
}

#[test]
fn a_statement_may_stand_alone() {
    let text = r#"{"Version":"2008-10-17","Id":"x","Statement":{"Sid":"a b","Effect":"Deny","Principal":"*",
        "Action":["s3:GetObject","s3:PutObject"],"Resource":["arn:aws:s3:::photos/*"]}}"#;
    let policy = parse(text).unwrap();
    assert_eq!(asked(&policy, "s3:PutObject", "arn:aws:s3:::photos/a"), Verdict::Deny);
}

#[test]
fn actions_know_wildcards_and_no_case() {
    let holds = |actions: &str, action: &str| {
        let members = r#""Effect":"Allow","Principal":"*","Resource":"arn:aws:s3:::photos*","Action""#;
        asked(&bucket_policy(&format!("{members}:{actions}")), action, "arn:aws:s3:::photos/a") == DIRECT
    };
    assert!(holds(r#""*""#, "s3:GetObject"));
    assert!(holds(r#""s3:*""#, "s3:GetObject"));
    assert!(holds(r#""S3:getOBJECT""#, "s3:GetObject"));
    assert!(holds(r#""s3:Get*""#, "s3:GetObject") && !holds(r#""s3:Get*""#, "s3:PutObject"));
    assert!(holds(r#""s3:?etObject""#, "s3:GetObject") && !holds(r#""s3:?etObject""#, "s3:etObject"));
    assert!(holds(r#"["s3:ListBucket","s3:*Object"]"#, "s3:PutObject"));
    assert!(!holds(r#"["s3:ListBucket","s3:*Object"]"#, "s3:PutObjectAcl"));
}

#[test]
fn not_action_is_about_all_others() {
    let policy = bucket_policy(
        r#""Effect":"Deny","Principal":"*","NotAction":["s3:Get*","s3:ListBucket"],"Resource":"arn:aws:s3:::photos*""#,
    );
    assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos/a"), Verdict::Silent);
    assert_eq!(asked(&policy, "s3:ListBucket", "arn:aws:s3:::photos"), Verdict::Silent);
    assert_eq!(asked(&policy, "s3:DeleteObject", "arn:aws:s3:::photos/a"), Verdict::Deny);
}

#[test]
fn resources_know_wildcards() {
    let holds = |resource: &str, asked_for: &str| {
        let members = format!(r#""Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"{resource}""#);
        asked(&bucket_policy(&members), "s3:GetObject", asked_for) == DIRECT
    };
    assert!(holds("arn:aws:s3:::photos/a*", "arn:aws:s3:::photos/a/b:c"));
    assert!(!holds("arn:aws:s3:::photos/a*", "arn:aws:s3:::photos/A"));
    assert!(holds("arn:aws:s3:::photos/*.j?g", "arn:aws:s3:::photos/x/y.jög"));
    assert!(!holds("arn:aws:s3:::photos/*.j?g", "arn:aws:s3:::photos/x.jpeg"));
    assert!(holds("arn:aws:s3:::photos/a/../b", "arn:aws:s3:::photos/a/../b"));
    assert!(!holds("arn:aws:s3:::photos/a/../b", "arn:aws:s3:::photos/b"));
    assert!(holds("arn:aws:s3:::photos", "arn:aws:s3:::photos"));
    assert!(!holds("arn:aws:s3:::photos", "arn:aws:s3:::photos/a"));
}

#[test]
fn not_resource_is_about_all_others() {
    let policy = bucket_policy(
        r#""Effect":"Deny","Principal":"*","Action":"s3:GetObject","NotResource":["arn:aws:s3:::photos/public/*"]"#,
    );
    assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos/public/a"), Verdict::Silent);
    assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos/private"), Verdict::Deny);
}

#[test]
fn an_asterisk_does_not_reach_from_one_part_of_an_arn_into_another() {
    let text = one(r#""Effect":"Allow","Action":"*","Resource":["arn:aws:s3:*:*:photos/*","arn:*:iam::*:user/bob"]"#);
    let policy = Policy::parse(text.as_bytes(), Kind::Identity).unwrap();
    assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos/a"), DIRECT);
    assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::other/x:y:photos/a"), Verdict::Silent);
    assert_eq!(asked(&policy, "iam:GetUser", "arn:aws:iam::123456789012:user/bob"), DIRECT);
    assert_eq!(asked(&policy, "iam:GetUser", "nonsense"), Verdict::Silent);
}

#[test]
fn policies_of_identities_name_nobody() {
    let text = one(r#""Effect":"Allow","Action":["s3:*","ec2:RunInstances"],"Resource":"*""#);
    for kind in [Kind::Identity, Kind::Session] {
        let policy = Policy::parse(text.as_bytes(), kind).unwrap();
        assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::any/a"), DIRECT);
        assert_eq!(asked(&policy, "iam:GetUser", "arn:aws:s3:::any/a"), Verdict::Silent);
        assert!(!policy.is_public());
    }
}

#[test]
fn policies_of_roles_name_no_resource() {
    let text =
        one(r#""Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole""#);
    let policy = Policy::parse(text.as_bytes(), Kind::Trust).unwrap();
    let role = "arn:aws:iam::999999999999:role/reader";
    assert_eq!(asked(&policy, "sts:AssumeRole", role), BY_ACCOUNT);
    assert_eq!(ask(&policy, &Who::Anonymous, "sts:AssumeRole", role, &Known::default()), Verdict::Silent);
}

#[test]
fn what_cannot_be_read_denies_everything() {
    let kind = Kind::Bucket { name: BUCKET };
    let condition = |condition: &str| one(&on_condition(condition));
    for text in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        r#"{"Statement":[]}"#.to_owned(),
        one(r#""Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/*","Until":"2050""#),
        condition(r#"{"StringResembles":{"s3:prefix":"a"}}"#),
        condition(r#"{"StringEquals":{"s3:phase-of-the-moon":"full"}}"#),
    ] {
        let policy = Policy::stored(text.as_bytes(), kind);
        assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos/a"), Verdict::Deny, "{text}");
        assert!(!policy.is_public() && !policy.reads_object_tags());
    }
}

#[test]
fn what_is_stored_may_name_actions_of_later_versions() {
    let text = one(
        r#""Effect":"Allow","Principal":"*","Action":["s3:GetObject","s3:GetHologram"],"Resource":"arn:aws:s3:::photos/*""#,
    );
    assert_eq!(refused(&text), "Policy has invalid action");
    let policy = Policy::stored(text.as_bytes(), Kind::Bucket { name: BUCKET });
    assert_eq!(asked(&policy, "s3:GetObject", "arn:aws:s3:::photos/a"), DIRECT);
}

#[test]
fn every_action_is_known_by_its_name() {
    assert!(crate::policy::actions::all_s3().all(crate::policy::actions::is_known));
    assert!(!crate::policy::actions::is_known("s3:Get*") && !crate::policy::actions::is_known("GetObject"));
    let mut names: Vec<&str> = crate::policy::actions::all_s3().collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), crate::policy::actions::all_s3().count());
}
