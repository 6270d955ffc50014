//! A corpus of policies, by what of the language they show.

mod conditions;
mod held;
mod keys;
mod principals;
mod properties;
mod public;
mod refusals;
mod statements;
mod variables;

use std::collections::BTreeMap;

use super::{Facts, Kind, Policy, PolicyError, Question, Verdict, Who};

/// The bucket of all bucket policies here.
const BUCKET: &str = "photos";
/// The account that asks, if nothing else is said.
const ACCOUNT: &str = "123456789012";
/// The ARN of the user who asks, if nothing else is said.
const BOB: &str = "arn:aws:iam::123456789012:user/staff/bob";

const DIRECT: Verdict = Verdict::Allow { direct: true };
const BY_ACCOUNT: Verdict = Verdict::Allow { direct: false };

/// Facts that a test writes down: keys in any case.
#[derive(Debug, Clone, Default)]
struct Known(BTreeMap<String, Vec<String>>);

impl Facts for Known {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        assert_eq!(key, key.to_ascii_lowercase(), "keys are asked for in lower case");
        self.0.get(key).cloned()
    }
}

fn known(facts: &[(&str, &[&str])]) -> Known {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    Known(facts.iter().map(|(key, values)| (key.to_ascii_lowercase(), owned(values))).collect())
}

fn canonical(digit: char) -> String {
    digit.to_string().repeat(64)
}

fn user(account: &str, arn: &str) -> Who {
    Who::Principal {
        account: account.to_owned(),
        canonical: canonical('a'),
        arn: arn.to_owned(),
        also: Vec::new(),
        user_id: "AIDAEXAMPLEEXAMPLE00".to_owned(),
    }
}

fn bob() -> Who {
    user(ACCOUNT, BOB)
}

fn session() -> Who {
    Who::Principal {
        account: ACCOUNT.to_owned(),
        canonical: canonical('a'),
        arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/reader/nightly"),
        also: vec![format!("arn:aws:iam::{ACCOUNT}:role/reader")],
        user_id: "AROAEXAMPLEEXAMPLE00:nightly".to_owned(),
    }
}

fn parse(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse(text.as_bytes(), Kind::Bucket { name: BUCKET })
}

/// A policy of the bucket with one statement, of these members.
fn bucket_policy(members: &str) -> Policy {
    let text = one(members);
    parse(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn one(members: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{{members}}}]}}"#)
}

/// A statement that lets anybody do everything, under a condition.
fn on_condition(condition: &str) -> String {
    format!(
        r#""Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos*","Condition":{condition}"#
    )
}

fn ask(policy: &Policy, who: &Who, action: &str, resource: &str, facts: &Known) -> Verdict {
    policy.judge(&Question { who, action, resource, facts })
}

/// Whether a condition holds of facts.
fn holds(condition: &str, facts: &[(&str, &[&str])]) -> bool {
    let policy = bucket_policy(&on_condition(condition));
    ask(&policy, &Who::Anonymous, "s3:GetObject", "arn:aws:s3:::photos/a", &known(facts)) == DIRECT
}

fn refused(text: &str) -> String {
    refused_as(text, Kind::Bucket { name: BUCKET })
}

fn refused_as(text: &str, kind: Kind<'_>) -> String {
    Policy::parse(text.as_bytes(), kind).map(|_| ()).expect_err(text).0
}
