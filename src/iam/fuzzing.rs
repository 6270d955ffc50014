//! Requests to IAM and STS, and the policies in them. Input: the parameters of one.

use super::actions;
use super::parameters::Parameters;
use super::simulate;
use crate::accounts::PolicyRef;
use crate::policy::{Facts, Kind, Policy, Question, Who};
use crate::s3::auth::Service;
use crate::s3::xml::Document;

/// Lists of policies, and parameters that are one.
const POLICIES: [(&str, Kind<'static>); 3] =
    [("PolicyDocument", Kind::Identity), ("AssumeRolePolicyDocument", Kind::Trust), ("Policy", Kind::Session)];

struct Nothing;

impl Facts for Nothing {
    fn values(&self, _key: &str) -> Option<Vec<String>> {
        None
    }
}

pub(crate) fn queries(input: &[u8]) {
    let Ok(parameters) = Parameters::parse(input) else { return };
    for service in [Service::Iam, Service::Sts] {
        if let Ok(action) = actions::find(service, &parameters) {
            assert_eq!(parameters.get("Action"), Some(action.name), "what is asked for is what is done");
        }
    }
    if let Ok(tags) = parameters.tags() {
        assert_eq!(tags.len(), parameters.members("Tags", ".Key").len());
    }
    assert!(
        parameters.page().is_ok_and(|entries| (1..=1_000).contains(&entries)) || parameters.get("MaxItems").is_some()
    );
    for (name, kind) in POLICIES {
        let Some(text) = parameters.get(name) else { continue };
        let question = Question { who: &Who::Anonymous, action: "s3:GetObject", resource: "*", facts: &Nothing };
        let stored = Policy::stored(text.as_bytes(), kind).judge(&question);
        if let Ok(sent) = Policy::parse(text.as_bytes(), kind) {
            assert_eq!(sent.judge(&question), stored, "what is stored means what was sent");
        }
    }
    if let Some(PolicyRef::Own { account, path, name }) = parameters.get("PolicyArn").and_then(PolicyRef::parse) {
        let again = format!("arn:aws:iam::{account}:policy{path}{name}");
        assert_eq!(parameters.get("PolicyArn"), Some(again.as_str()));
    }
    let mut out = Document::with_attributes("SimulateCustomPolicyResponse", &[]);
    out.open("SimulateCustomPolicyResult");
    if simulate::sent_along(&parameters, &mut out).is_ok() {
        out.close();
        let text = String::from_utf8(out.finish().to_vec()).expect("an answer is text");
        let asked = parameters.members("ActionNames", "").len() * parameters.members("ResourceArns", "").len().max(1);
        assert!(text.matches("<EvalDecision>").count() <= asked, "no more is told than was asked for");
    }
}
