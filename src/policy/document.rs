//! From a document to statements. Source: AWS IAM User Guide, "Grammar of the IAM JSON policy language". The words of
//! refusals are those of S3 and IAM as far as they are known.

use super::action::Actions;
use super::applicable;
use super::condition::Condition;
use super::json::Json;
use super::principal::Principals;
use super::resource::{Reach, Resources, Rules};
use super::{Effect, Kind, PolicyError, Statement};

/// The longest policy of a bucket, bytes (AWS S3, "Bucket policies").
const BUCKET_BYTES_MAX: usize = 20 * 1024;
/// The longest policy of an identity, characters without white space (AWS IAM, "IAM and AWS STS quotas": a role's).
const IDENTITY_CHARS_MAX: usize = 10_240;
/// The longest policy of a session or of who may assume a role, characters without white space (the same).
const SESSION_CHARS_MAX: usize = 2_048;
/// The longest text with its white space, bytes (AWS IAM, `PolicyDocument` of PutRolePolicy).
const TEXT_BYTES_MAX: usize = 131_072;

/// Reads a policy; `strict` refuses what could be evaluated, too, when it can mean nothing.
///
/// # Errors
/// What is wrong first.
pub(super) fn statements(text: &[u8], kind: Kind<'_>, strict: bool) -> Result<Vec<Statement>, PolicyError> {
    if strict {
        bounded(text, kind)?;
    }
    let members = Json::parse(text)?;
    let mut list = None;
    let mut variables = false;
    for (name, value) in &members {
        match (name.as_str(), value) {
            ("Version", Json::Text(version)) if version == "2012-10-17" => variables = true,
            ("Version", Json::Text(version)) if version == "2008-10-17" => {}
            ("Version", _) => return Err(error("The policy must contain a valid version string")),
            ("Id", Json::Text(_)) => {}
            ("Statement", value) => list = Some(value),
            ("Id", _) => return Err(error("Invalid policy syntax.")),
            (unknown, _) => return Err(PolicyError(format!("Unknown field {unknown}"))),
        }
    }
    let rules = Rules { kind, variables, strict };
    let items = match list.ok_or_else(|| missing("Statement"))? {
        Json::List(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    if items.is_empty() {
        return Err(error("Could not parse the policy: Statement is empty!"));
    }
    let mut sids = Vec::new();
    items.iter().map(|item| statement(item, rules, &mut sids)).collect()
}

/// A field that there has to be.
pub(super) fn missing(field: &str) -> PolicyError {
    PolicyError(format!("Missing required field {field}"))
}

fn error(why: &str) -> PolicyError {
    PolicyError(why.to_owned())
}

fn bounded(text: &[u8], kind: Kind<'_>) -> Result<(), PolicyError> {
    let chars = || text.iter().filter(|b| !b.is_ascii_whitespace() && **b & 0xc0 != 0x80).count();
    let fits = match kind {
        Kind::Bucket { .. } => text.len() <= BUCKET_BYTES_MAX,
        Kind::Identity => text.len() <= TEXT_BYTES_MAX && chars() <= IDENTITY_CHARS_MAX,
        Kind::Session | Kind::Trust => text.len() <= TEXT_BYTES_MAX && chars() <= SESSION_CHARS_MAX,
    };
    match fits {
        true => Ok(()),
        false => Err(error("Policy exceeds the maximum allowed document size.")),
    }
}

/// What a statement has, each at most once; a `Not…` stands for what it is the contrary of.
#[derive(Default)]
struct Elements<'a> {
    effect: Option<&'a Json>,
    principal: Option<(&'a Json, bool)>,
    action: Option<(&'a Json, bool)>,
    resource: Option<(&'a Json, bool)>,
    condition: Option<&'a Json>,
}

fn statement<'a>(value: &'a Json, rules: Rules<'_>, sids: &mut Vec<&'a str>) -> Result<Statement, PolicyError> {
    let Json::Object(members) = value else { return Err(error("Invalid policy syntax.")) };
    let elements = elements(members, rules, sids)?;
    let effect = match elements.effect.ok_or_else(|| missing("Effect"))? {
        Json::Text(text) if text == "Allow" => Effect::Allow,
        Json::Text(text) if text == "Deny" => Effect::Deny,
        Json::Text(text) | Json::Bare(text) => return Err(PolicyError(format!("Invalid effect: {text}"))),
        Json::Null | Json::List(_) | Json::Object(_) => return Err(error("Invalid policy syntax.")),
    };
    let principals = match (elements.principal, rules.kind) {
        (Some((value, but)), Kind::Bucket { .. } | Kind::Trust) => Principals::parse(value, but)?,
        (None, Kind::Bucket { .. } | Kind::Trust) => return Err(missing("Principal")),
        (None, Kind::Identity | Kind::Session) => Principals::Holder,
        (Some(_), Kind::Identity | Kind::Session) => {
            return Err(error("Policy document should not specify a principal."));
        }
    };
    let (action, but) = elements.action.ok_or_else(|| missing("Action"))?;
    let actions = Actions::parse(action, but, rules.kind, rules.strict)?;
    let (resources, reach) = match (elements.resource, rules.kind) {
        (Some(_), Kind::Trust) => return Err(error("Has prohibited field Resource")),
        (None, Kind::Trust) => (Resources::Any, Reach::default()),
        (Some((value, but)), _) => Resources::parse(value, but, rules)?,
        (None, _) => return Err(missing("Resource")),
    };
    let conditions = elements.condition.map_or(Ok(Vec::new()), |value| Condition::parse(value, rules))?;
    if rules.strict && matches!(rules.kind, Kind::Bucket { .. }) {
        fit_together(&actions, reach, &conditions)?;
    }
    Ok(Statement { effect, principals, actions, resources, conditions })
}

/// Refuses a statement that would never hold: an action that none of the resources knows, a condition key that none of
/// the actions has.
fn fit_together(actions: &Actions, reach: Reach, conditions: &[Condition]) -> Result<(), PolicyError> {
    if !actions.apply_to(reach) {
        return Err(error("Action does not apply to any resource(s) in statement"));
    }
    let known = |condition: &Condition| {
        applicable::actions_of(condition.key()).is_none_or(|names| actions.include_any(names, reach))
    };
    if !conditions.iter().all(known) {
        return Err(error("Conditions do not apply to combination of actions and resources in statement"));
    }
    Ok(())
}

fn elements<'a>(
    members: &'a [(String, Json)],
    rules: Rules<'_>,
    sids: &mut Vec<&'a str>,
) -> Result<Elements<'a>, PolicyError> {
    let mut elements = Elements::default();
    for (name, value) in members {
        let pair = match name.as_str() {
            "Sid" => {
                sids.push(sid(value, rules, sids)?);
                continue;
            }
            "Effect" => {
                elements.effect = Some(value);
                continue;
            }
            "Condition" => {
                elements.condition = Some(value);
                continue;
            }
            "Principal" | "NotPrincipal" => &mut elements.principal,
            "Action" | "NotAction" => &mut elements.action,
            "Resource" | "NotResource" => &mut elements.resource,
            unknown => return Err(PolicyError(format!("Unknown field {unknown}"))),
        };
        if pair.replace((value, name.starts_with("Not"))).is_some() {
            let bare = name.trim_start_matches("Not");
            return Err(PolicyError(format!("Statement cannot have both {bare} and Not{bare}")));
        }
    }
    Ok(elements)
}

/// IAM's are of letters and digits; S3's may have spaces.
fn sid<'a>(value: &'a Json, rules: Rules<'_>, known: &[&str]) -> Result<&'a str, PolicyError> {
    let sid = value.text().ok_or_else(|| error("Invalid policy syntax."))?;
    let strict = rules.strict && !matches!(rules.kind, Kind::Bucket { .. });
    if strict && !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(error("Statement IDs (SID) must be alpha-numeric."));
    }
    if rules.strict && !sid.is_empty() && known.contains(&sid) {
        return Err(error("Statement IDs (SID) in a single policy must be unique."));
    }
    Ok(sid)
}
