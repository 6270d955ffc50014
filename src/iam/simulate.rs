//! What policies would say about calls that nobody makes. Source: AWS API_SimulatePrincipalPolicy and
//! API_SimulateCustomPolicy.

use std::collections::BTreeMap;

use super::Call;
use super::entities::end;
use super::error::Refusal;
use super::managed_policies::AWS;
use super::parameters::Parameters;
use crate::accounts::{Entity, EntityKind};
use crate::policy::{Facts, Kind, Policy, Question, Verdict, Who};
use crate::s3::xml::Document;

/// A policy, and what it is called in answers.
struct Source {
    id: String,
    /// What holds it: `user`, `group`, `role`, or who manages it.
    family: &'static str,
    policy: Policy,
}

/// What the caller says of the calls, by the names of condition keys in lower case.
struct Context(BTreeMap<String, Vec<String>>);

impl Facts for Context {
    fn values(&self, key: &str) -> Option<Vec<String>> {
        self.0.get(key).cloned()
    }
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::sender(400, "InvalidInput", message)
}

/// The policies that are sent along.
fn sent(parameters: &Parameters) -> Result<Vec<Source>, Refusal> {
    let texts = parameters.members("PolicyInputList", "");
    let parsed = texts.iter().enumerate().map(|(i, text)| {
        let policy = Policy::parse(text.as_bytes(), Kind::Identity).map_err(|error| invalid(error.0))?;
        Ok(Source { id: format!("PolicyInputList.{}", i + 1), family: "none", policy })
    });
    parsed.collect()
}

fn context(parameters: &Parameters) -> Context {
    let mut known = BTreeMap::new();
    for (i, key) in parameters.members("ContextEntries", ".ContextKeyName").iter().enumerate() {
        let values = parameters.members(&format!("ContextEntries.member.{}.ContextKeyValues", i + 1), "");
        known.insert(key.to_ascii_lowercase(), values);
    }
    Context(known)
}

/// The user, group or role whose policies are asked.
async fn source(call: &Call<'_>) -> Result<(EntityKind, Entity), Refusal> {
    let arn = call.parameters.required("PolicySourceArn")?;
    let own = arn.strip_prefix(&call.arn("", "", "")).and_then(|rest| rest.split_once('/'));
    let kind = |noun: &str| EntityKind::ALL.into_iter().find(|kind| kind.noun() == noun);
    let named = own.and_then(|(noun, path)| Some((kind(noun)?, path.rsplit('/').next()?)));
    let (kind, name) = named.ok_or_else(|| invalid(format!("{arn} is no user, group or role of this account.")))?;
    let entity = call.accounts.entity(call.tenant(), kind, name).await?;
    if call.arn(kind.noun(), &entity.path, &entity.name) != arn {
        return Err(Refusal::sender(404, "NoSuchEntity", format!("{arn} cannot be found.")));
    }
    Ok((kind, entity))
}

async fn of_entity(call: &Call<'_>, kind: EntityKind, entity: &Entity) -> Result<Vec<Source>, Refusal> {
    let mut sources = Vec::new();
    for policy in &entity.inline {
        sources.push(Source {
            id: format!("{}_{}_{}", kind.noun(), entity.name, policy.name),
            family: kind.noun(),
            policy: Policy::stored(policy.document.as_bytes(), Kind::Identity),
        });
    }
    for arn in &entity.attached {
        let policy = call.accounts.policy(call.tenant(), arn).await?;
        sources.push(Source {
            id: policy.name.clone(),
            family: if arn.starts_with(AWS) { "aws-managed" } else { "user-managed" },
            policy: Policy::stored(policy.document().as_bytes(), Kind::Identity),
        });
    }
    Ok(sources)
}

pub(super) async fn principal(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let (kind, entity) = source(call).await?;
    let mut sources = of_entity(call, kind, &entity).await?;
    for group in call.accounts.groups_of(call.tenant(), &entity).await? {
        sources.extend(of_entity(call, EntityKind::Group, &group).await?);
    }
    sources.extend(sent(&call.parameters)?);
    let mut context = context(&call.parameters);
    // What is known of who would call, unless the caller says otherwise.
    let arn = call.arn(kind.noun(), &entity.path, &entity.name);
    let own = [("aws:principalarn", arn), ("aws:principalaccount", call.principal.account.to_string())];
    let users = [("aws:username", entity.name.clone()), ("aws:userid", entity.id.clone())];
    for (key, value) in own.into_iter().chain(users.into_iter().filter(|_| kind == EntityKind::User)) {
        context.0.entry(key.to_owned()).or_insert_with(|| vec![value]);
    }
    evaluate(&call.parameters, out, &sources, &context)
}

pub(super) async fn custom(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    sent_along(&call.parameters, out)
}

/// What the policies that are sent along would say.
pub(super) fn sent_along(parameters: &Parameters, out: &mut Document) -> Result<(), Refusal> {
    parameters.required("PolicyInputList.member.1")?;
    evaluate(parameters, out, &sent(parameters)?, &context(parameters))
}

fn evaluate(parameters: &Parameters, out: &mut Document, sources: &[Source], context: &Context) -> Result<(), Refusal> {
    parameters.required("ActionNames.member.1")?;
    let actions = parameters.members("ActionNames", "");
    if let Some(wrong) = actions.iter().find(|action| !action.contains(':') || action.contains('*')) {
        return Err(invalid(format!("{wrong:?} is no name of an action.")));
    }
    let mut resources = parameters.members("ResourceArns", "");
    if resources.is_empty() {
        resources.push("*".to_owned());
    }
    let wrong = |marker: &str| invalid(format!("{marker:?} is no marker."));
    let after = parameters.get("Marker").map(|marker| marker.parse::<usize>().map_err(|_| wrong(marker)));
    let (after, limit) = (after.transpose()?.unwrap_or_default(), parameters.page()?);
    let pairs = actions.iter().flat_map(|action| resources.iter().map(move |resource| (action, resource)));
    out.open("EvaluationResults");
    for (action, resource) in pairs.clone().skip(after).take(limit) {
        out.open("member");
        out.text("EvalActionName", action);
        out.text("EvalResourceName", resource);
        decide(out, sources, &Question { who: &Who::Anonymous, action, resource, facts: context });
        out.close();
    }
    out.close();
    let next = after.saturating_add(limit);
    end(out, (next < actions.len() * resources.len()).then(|| next.to_string()).as_deref());
    Ok(())
}

/// Writes what all policies say together, and which of them say it.
fn decide(out: &mut Document, sources: &[Source], question: &Question<'_>) {
    let said: Vec<(&Source, Verdict)> = sources.iter().map(|source| (source, source.policy.judge(question))).collect();
    let denies = |verdict: Verdict| verdict == Verdict::Deny;
    let allows = |verdict: Verdict| matches!(verdict, Verdict::Allow { .. });
    let (decision, counts): (_, fn(Verdict) -> bool) = match said.as_slice() {
        said if said.iter().any(|(_, verdict)| denies(*verdict)) => ("explicitDeny", denies),
        said if said.iter().any(|(_, verdict)| allows(*verdict)) => ("allowed", allows),
        _ => ("implicitDeny", |_| false),
    };
    out.text("EvalDecision", decision);
    out.open("MatchedStatements");
    for (source, _) in said.iter().filter(|(_, verdict)| counts(*verdict)) {
        out.open("member");
        out.text("SourcePolicyId", &source.id);
        out.text("SourcePolicyType", source.family);
        out.close();
    }
    out.close();
}
