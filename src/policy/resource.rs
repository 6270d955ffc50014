//! What a statement is about. Source: AWS IAM User Guide, "IAM JSON policy elements: Resource"; AWS S3, "Policy
//! resources for Amazon S3".

use super::arn::ArnPattern;
use super::json::Json;
use super::pattern::Syntax;
use super::{Effect, Facts, Kind, PolicyError};

/// What S3 says of the resources of a bucket's policy.
const INVALID: &str = "Policy has invalid resource";

/// The resources of a statement.
#[derive(Debug, Clone)]
pub(super) enum Resources {
    /// Whatever is asked for.
    Any,
    /// These.
    Only(Vec<ArnPattern>),
    /// All but these.
    AllBut(Vec<ArnPattern>),
}

/// What of a bucket the resources of a statement can be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Reach {
    pub bucket: bool,
    pub objects: bool,
}

impl Resources {
    /// Reads the value of `Resource`, or (`but`) of `NotResource`.
    ///
    /// # Errors
    /// There is none, or one that is no ARN, or (`strict`) one of another bucket.
    pub fn parse(value: &Json, but: bool, rules: Rules<'_>) -> Result<(Self, Reach), PolicyError> {
        let field = if but { "NotResource" } else { "Resource" };
        let texts = value.texts().ok_or_else(|| match rules.kind {
            Kind::Bucket { .. } => PolicyError(INVALID.to_owned()),
            _ => super::document::missing(field),
        })?;
        let mut patterns = Vec::with_capacity(texts.len());
        let mut reach = Reach { bucket: but, objects: but };
        for text in texts {
            let invalid = || match rules.kind {
                Kind::Bucket { .. } => PolicyError(INVALID.to_owned()),
                _ => PolicyError(format!("Resource {text} must be in ARN format or \"*\".")),
            };
            patterns.push(pattern(text, rules)?.ok_or_else(invalid)?);
            if let Kind::Bucket { name } = rules.kind {
                let part = part_of(text, name);
                if part.is_none() && rules.strict {
                    return Err(invalid());
                }
                let part = part.unwrap_or_default();
                reach = Reach { bucket: reach.bucket || part.bucket, objects: reach.objects || part.objects };
            }
        }
        Ok((if but { Self::AllBut(patterns) } else { Self::Only(patterns) }, reach))
    }

    /// Whether the statement is about a resource. A variable that has no value stands for nothing: no resource is like
    /// it, and what such a pattern leaves out (`NotResource`) is denied, but not allowed.
    pub fn cover(&self, resource: &str, effect: Effect, facts: &dyn Facts) -> bool {
        match self {
            Self::Any => true,
            Self::Only(patterns) => patterns.iter().any(|pattern| pattern.matches(resource, facts) == Some(true)),
            Self::AllBut(patterns) => patterns.iter().all(|pattern| match pattern.matches(resource, facts) {
                Some(matches) => !matches,
                None => effect == Effect::Deny,
            }),
        }
    }

    /// The keys that its variables stand for.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let patterns = match self {
            Self::Any => &[],
            Self::Only(patterns) | Self::AllBut(patterns) => patterns.as_slice(),
        };
        patterns.iter().flat_map(ArnPattern::variables)
    }
}

/// By what rules a text is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules<'a> {
    pub kind: Kind<'a>,
    /// Variables are known: the version is 2012-10-17.
    pub variables: bool,
    /// What could be evaluated is refused all the same when it can mean nothing.
    pub strict: bool,
}

impl<'a> Rules<'a> {
    /// The kind of policy whose variables are known, if any are.
    pub fn variables(self) -> Option<Kind<'a>> {
        self.variables.then_some(self.kind)
    }
}

fn pattern(text: &str, rules: Rules<'_>) -> Result<Option<ArnPattern>, PolicyError> {
    // Only what comes after the fifth colon can have variables.
    let fixed = text.splitn(6, ':').take(5).all(|part| !part.contains("${"));
    let syntax = Syntax { wildcards: true, variables: rules.variables(), folded: false };
    match fixed || !rules.variables {
        true => ArnPattern::parse(text, syntax),
        false => Ok(None),
    }
}

/// What of this bucket a resource of its policy is; `None` when it is another's. `bucket*` and `*` are both the bucket
/// and its objects.
fn part_of(text: &str, bucket: &str) -> Option<Reach> {
    let name = text.strip_prefix("arn:aws:s3:::")?;
    if name.strip_prefix(bucket).is_some_and(|key| key == "/") {
        return Some(Reach { bucket: false, objects: true });
    }
    let (whole, below) = (after(name, bucket), after(name, &format!("{bucket}/")));
    let reach = Reach {
        bucket: whole.last() == Some(&true),
        // A key has at least one character.
        objects: below.split_last().is_some_and(|(_, before_end)| before_end.contains(&true)),
    };
    (reach != Reach::default()).then_some(reach)
}

/// For each place in a pattern, its end included, whether a text can have matched what is before it.
fn after(pattern: &str, text: &str) -> Vec<bool> {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut places = vec![false; pattern.len() + 1];
    if let Some(first) = places.first_mut() {
        *first = true;
    }
    skip_asterisks(&pattern, &mut places);
    for c in text.chars() {
        let mut next = vec![false; places.len()];
        for (at, of_pattern) in pattern.iter().enumerate() {
            let to = match of_pattern {
                '*' => at,
                '?' => at + 1,
                other if *other == c => at + 1,
                _ => continue,
            };
            if places.get(at) == Some(&true)
                && let Some(place) = next.get_mut(to)
            {
                *place = true;
            }
        }
        skip_asterisks(&pattern, &mut next);
        places = next;
    }
    places
}

/// An asterisk may stand for nothing.
fn skip_asterisks(pattern: &[char], places: &mut [bool]) {
    for (at, _) in pattern.iter().enumerate().filter(|(_, c)| **c == '*') {
        if let Some([here, behind]) = places.get_mut(at..at + 2) {
            *behind |= *here;
        }
    }
}
