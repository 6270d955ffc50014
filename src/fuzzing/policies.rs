//! Policies and questions to them. Input: lines: a kind, an action, a resource, an ARN, then facts (`key=value`) up to an
//! empty line; the rest is a policy.

use std::collections::BTreeMap;

use serde_json::json;

use super::Input;
use crate::policy::{Facts, Kind, Policy, Question, Verdict, Who, rename_principals};

/// Keys that say who asks, or from where.
const IDENTIFYING: [&str; 2] = ["aws:", "s3:dataaccesspoint"];

struct Known(BTreeMap<String, Vec<String>>);

impl Facts for Known {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        self.0.get(key).cloned()
    }
}

pub(super) fn check(input: &[u8]) {
    let mut parts = Input(input);
    let kind = match parts.text().as_str() {
        "identity" => Kind::Identity,
        "session" => Kind::Session,
        "trust" => Kind::Trust,
        _ => Kind::Bucket { name: "photos" },
    };
    let (action, resource, arn) = (parts.text(), parts.text(), parts.text());
    let mut facts = Known(BTreeMap::new());
    for (key, value) in parts.pairs('=') {
        facts.0.entry(key.to_ascii_lowercase()).or_default().push(value);
    }
    let text = parts.0;
    let stored = Policy::stored(text, kind);
    let who = somebody(arn);
    let ask = |policy: &Policy, who: &Who, facts: &Known| {
        policy.judge(&Question { who, action: &action, resource: &resource, facts })
    };
    let verdict = ask(&stored, &who, &facts);
    match Policy::parse(text, kind) {
        Ok(parsed) => {
            assert_eq!(ask(&parsed, &who, &facts), verdict, "what is stored means what was sent");
            assert_eq!(parsed.is_public(), stored.is_public());
            assert_eq!(rename_principals(text, |_| None), text, "what is called as before reads as before");
            let renamed = rename_principals(text, |_| Some("AIDAEXAMPLEEXAMPLE00".to_owned()));
            assert!(serde_json::from_slice::<serde_json::Value>(&renamed).is_ok(), "it is a document still");
        }
        Err(error) => assert!(!error.0.is_empty()),
    }
    if let Some(denying) = with_denial(text, kind) {
        assert_eq!(ask(&Policy::stored(&denying, kind), &who, &facts), Verdict::Deny, "a denial wins");
    }
    let anonymous = ask(&stored, &Who::Anonymous, &facts);
    assert_ne!(anonymous, Verdict::Allow { direct: false }, "who did not sign has no account");
    if matches!(kind, Kind::Bucket { .. }) && !stored.is_public() {
        facts.0.retain(|key, _| !IDENTIFYING.iter().any(|family| key.starts_with(family)) && !key.contains("kms"));
        let unknown = ask(&stored, &Who::Anonymous, &facts);
        assert!(
            !matches!(unknown, Verdict::Allow { .. }),
            "what is not public lets nobody in whom nothing is known of"
        );
    }
}

fn somebody(arn: String) -> Who {
    let account: String = arn.split(':').nth(4).unwrap_or_default().to_owned();
    Who::Principal { canonical: account.repeat(5), account, also: Vec::new(), user_id: arn.clone(), arn }
}

/// The policy with one more statement, which denies everything to everybody.
fn with_denial(text: &[u8], kind: Kind<'_>) -> Option<Vec<u8>> {
    let mut document: serde_json::Value = serde_json::from_slice(text).ok()?;
    let statements = document.get_mut("Statement")?.as_array_mut()?;
    statements.push(match kind {
        Kind::Bucket { .. } => json!({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}),
        Kind::Identity | Kind::Session => json!({"Effect": "Deny", "Action": "*", "Resource": "*"}),
        Kind::Trust => json!({"Effect": "Deny", "Principal": "*", "NotAction": "sts:x"}),
    });
    serde_json::to_vec(&document).ok()
}
