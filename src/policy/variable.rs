//! `${aws:username}`: what of a request stands in a policy's text.
//! Source: AWS IAM User Guide, "IAM policy elements: Variables and tags".

use super::{Facts, Kind, PolicyError, keys};

/// A condition key whose value is put in its place.
#[derive(Debug, Clone)]
pub(super) struct Variable {
    /// Lower case.
    key: String,
    default: Option<String>,
}

/// What stands between `${` and `}`.
pub(super) enum Found {
    /// `*`, `?` or `$`, meant as they are.
    Literal(char),
    /// A key's name.
    Variable(Variable),
}

impl Variable {
    /// What it is for a request: the key's value, if it has one and no more; else what the policy says. A value is
    /// never read as a pattern.
    pub fn value(&self, facts: &dyn Facts) -> Option<String> {
        let one = facts.values(&self.key).and_then(|values| <[String; 1]>::try_from(values).ok());
        one.map(|[value]| value).or_else(|| self.default.clone())
    }

    /// The condition key, lower case.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Reads the variable that a text starts with; answers what comes after it.
///
/// # Errors
/// It has no end, or a name that means nothing in this kind of policy.
pub(super) fn parse<'t>(text: &'t str, kind: Kind<'_>) -> Result<(Found, &'t str), PolicyError> {
    let invalid = || {
        let shown: String = text.chars().take(64).collect();
        PolicyError(format!("Policy has an invalid variable: {shown}"))
    };
    let inside = text.strip_prefix("${").ok_or_else(invalid)?;
    for c in ['*', '?', '$'] {
        if let Some(rest) = inside.strip_prefix(c).and_then(|rest| rest.strip_prefix('}')) {
            return Ok((Found::Literal(c), rest));
        }
    }
    let end = inside.find([',', '}']).ok_or_else(invalid)?;
    let (name, rest) = inside.split_at(end);
    let key = name.trim().to_ascii_lowercase();
    if !keys::is_known(&key, kind) {
        return Err(invalid());
    }
    if let Some(rest) = rest.strip_prefix('}') {
        return Ok((Found::Variable(Variable { key, default: None }), rest));
    }
    let quoted = rest.strip_prefix(',').and_then(|rest| rest.trim_start().strip_prefix('\'')).ok_or_else(invalid)?;
    let (default, rest) = quoted.split_once('\'').ok_or_else(invalid)?;
    let rest = rest.trim_start().strip_prefix('}').ok_or_else(invalid)?;
    Ok((Found::Variable(Variable { key, default: Some(default.to_owned()) }), rest))
}
