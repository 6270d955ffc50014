//! What a statement lets or does not let anybody do. Source: AWS IAM User Guide, "IAM JSON policy elements: Action".

use super::actions::{self, Level};
use super::json::Json;
use super::pattern::{Pattern, Syntax};
use super::resource::Reach;
use super::{Facts, Kind, PolicyError};

/// What S3 says of the actions of a bucket's policy.
const INVALID: &str = "Policy has invalid action";

/// The actions of a statement.
#[derive(Debug, Clone)]
pub(super) struct Actions {
    /// They are those that it is not about.
    but: bool,
    /// Lower case: case makes no difference.
    patterns: Vec<Pattern>,
}

impl Actions {
    /// Reads the value of `Action`, or (`but`) of `NotAction`.
    ///
    /// # Errors
    /// There is none, or one that this kind of policy cannot have; `strict` refuses those of S3 that do not exist, too.
    pub fn parse(value: &Json, but: bool, kind: Kind<'_>, strict: bool) -> Result<Self, PolicyError> {
        let texts = value.texts().ok_or_else(|| match kind {
            Kind::Bucket { .. } => PolicyError(INVALID.to_owned()),
            _ => super::document::missing(if but { "NotAction" } else { "Action" }),
        })?;
        let mut patterns = Vec::with_capacity(texts.len());
        for text in texts {
            let lower = text.to_ascii_lowercase();
            let pattern = Pattern::parse(&lower, Syntax::WILDCARDS)?;
            may_stand(&lower, &pattern, kind, strict)?;
            patterns.push(pattern);
        }
        Ok(Self { but, patterns })
    }

    /// Whether the statement is about an action, written in lower case.
    pub fn cover(&self, action: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, action)) != self.but
    }

    /// Whether each of them can be done to what the resources are. Whatever is left out by `NotAction` can.
    pub fn apply_to(&self, reach: Reach) -> bool {
        let applies = |pattern: &Pattern| done_to(reach).any(|name| matches(pattern, &name.to_ascii_lowercase()));
        self.but || self.patterns.iter().all(applies)
    }

    /// Whether one of these is among them and can be done to what the resources are.
    pub fn include_any(&self, names: &[&str], reach: Reach) -> bool {
        done_to(reach).any(|name| names.contains(&name) && self.cover(&name.to_ascii_lowercase()))
    }
}

/// The actions that can be done to what the resources are.
fn done_to(reach: Reach) -> impl Iterator<Item = &'static str> {
    let reached = move |level: &Level| match level {
        Level::Bucket => reach.bucket,
        Level::Object => reach.objects,
        Level::Elsewhere => false,
    };
    actions::TABLE.iter().filter(move |(_, level)| reached(level)).map(|(name, _)| *name)
}

fn matches(pattern: &Pattern, action: &str) -> bool {
    pattern.matches(action, &NoFacts).unwrap_or(false)
}

/// Actions have no variables.
struct NoFacts;

impl Facts for NoFacts {
    fn values(&self, _key: &str) -> Option<Vec<String>> {
        None
    }
}

fn may_stand(lower: &str, pattern: &Pattern, kind: Kind<'_>, strict: bool) -> Result<(), PolicyError> {
    let refuse = |why: &str| Err(PolicyError(why.to_owned()));
    let shaped = shaped(lower);
    match kind {
        Kind::Bucket { .. } => {
            let ours = lower == "*" || (shaped && lower.starts_with("s3:"));
            let known = || actions::TABLE.iter().any(|(name, _)| matches(pattern, &name.to_ascii_lowercase()));
            match ours && (!strict || known()) {
                true => Ok(()),
                false => refuse(INVALID),
            }
        }
        Kind::Identity | Kind::Session if lower == "*" || shaped => Ok(()),
        Kind::Identity | Kind::Session => {
            refuse("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
        }
        Kind::Trust if shaped && lower.starts_with("sts:") => Ok(()),
        Kind::Trust => refuse("AssumeRole policy may only specify STS AssumeRole actions."),
    }
}

/// `service:Name`, in which the name may have wildcards; `*:*` is what `*` is.
fn shaped(lower: &str) -> bool {
    let Some((service, name)) = lower.split_once(':') else { return false };
    let service_holds = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let name_holds = |b: u8| b.is_ascii_alphanumeric() || b"*?-_".contains(&b);
    let service = !service.is_empty() && service.bytes().all(service_holds) || service == "*" && name == "*";
    service && !name.is_empty() && name.bytes().all(name_holds)
}
