//! ARNs as patterns: each of the six parts is a pattern of its own, so that no asterisk reaches from the account into
//! the name. Source: AWS IAM User Guide, "ARN condition operators" and "IAM JSON policy elements: Resource".

use super::pattern::{Pattern, Syntax};
use super::{Facts, PolicyError};

/// `arn:partition:service:region:account:resource`.
const PARTS: usize = 6;

/// What an ARN is held against.
#[derive(Debug, Clone)]
pub(super) enum ArnPattern {
    /// `*`.
    Any,
    /// Its six parts.
    Parts(Vec<Pattern>),
}

impl ArnPattern {
    /// Reads `*` or an ARN; `None` when the text is neither.
    ///
    /// # Errors
    /// A variable in it is invalid.
    pub fn parse(text: &str, syntax: Syntax<'_>) -> Result<Option<Self>, PolicyError> {
        if text == "*" {
            return Ok(Some(Self::Any));
        }
        let parts = parts(text, syntax.variables.is_some());
        if parts.len() != PARTS || parts.first() != Some(&"arn") || parts.last().is_none_or(|name| name.is_empty()) {
            return Ok(None);
        }
        let patterns = parts.into_iter().map(|part| Pattern::parse(part, syntax)).collect::<Result<_, _>>()?;
        Ok(Some(Self::Parts(patterns)))
    }

    /// Whether it matches an ARN; `None` when a variable in it has no value.
    pub fn matches(&self, arn: &str, facts: &dyn Facts) -> Option<bool> {
        let Self::Parts(patterns) = self else { return Some(true) };
        let mut parts = arn.splitn(PARTS, ':');
        for pattern in patterns {
            let Some(part) = parts.next() else { return Some(false) };
            if !pattern.matches(part, facts)? {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Whether only one ARN matches it, whoever asks.
    pub fn is_fixed(&self) -> bool {
        self.patterns().iter().all(Pattern::is_fixed) && !matches!(self, Self::Any)
    }

    /// Whether the account in it is a fixed one.
    pub fn has_fixed_account(&self) -> bool {
        self.patterns().get(4).is_some_and(Pattern::is_fixed)
    }

    /// The keys that its variables stand for.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.patterns().iter().flat_map(Pattern::variables)
    }

    fn patterns(&self) -> &[Pattern] {
        match self {
            Self::Any => &[],
            Self::Parts(patterns) => patterns,
        }
    }
}

/// Splits at colons, but not at those of variables.
fn parts(text: &str, variables: bool) -> Vec<&str> {
    let mut parts = Vec::with_capacity(PARTS);
    let (mut from, mut inside) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '$' if variables && text.get(at..).is_some_and(|rest| rest.starts_with("${")) => inside = true,
            '}' => inside = false,
            ':' if !inside && parts.len() < PARTS - 1 => {
                parts.push(text.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}
