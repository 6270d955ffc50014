//! What rules have to be together. Source: AWS API_PutBucketLifecycleConfiguration; the messages are AWS's own.

use std::collections::HashSet;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lifecycle::rule::{Expiration, Predicates, Rule, Scope};

/// Longest id, characters.
const ID_CHARS_MAX: usize = 255;
/// Longest prefix, bytes: that of a key.
const PREFIX_BYTES_MAX: usize = 1024;
/// Most noncurrent versions that a rule keeps.
const NEWER_NONCURRENT_MAX: u32 = 100;

/// Checks each rule, and all of them together.
///
/// # Errors
/// `InvalidArgument` for ids and numbers, `InvalidRequest` for rules that make no sense.
pub fn check(rules: &[Rule]) -> Result<(), S3Error> {
    let mut ids = HashSet::new();
    let older_form = matches!(rules.first().and_then(|rule| rule.scope.as_ref()), Some(Scope::Prefix(_)));
    for rule in rules {
        if rule.id.chars().count() > ID_CHARS_MAX {
            return Err(argument("ID length should not exceed allowed limit of 255", "ID", &rule.id));
        }
        if !ids.insert(rule.id.as_str()) {
            let why = "Rule ID must be unique. Found same ID for more than one rule";
            return Err(argument(why, "ID", &rule.id));
        }
        match (&rule.scope, older_form) {
            (Some(Scope::Filter(_)), true) => return Err(request("Filter element can only be used in Lifecycle V2.")),
            (Some(Scope::Prefix(_)), false) => {
                return Err(request(
                    "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
                ));
            }
            _ => check_rule(rule, older_form)?,
        }
    }
    if older_form { check_overlaps(rules) } else { Ok(()) }
}

fn check_rule(rule: &Rule, older_form: bool) -> Result<(), S3Error> {
    if rule.expiration.is_none() && rule.noncurrent_days.is_none() && rule.abort_days.is_none() {
        return Err(request("At least one action needs to be specified in a rule"));
    }
    if let Some(kept) = rule.newer_noncurrent {
        if older_form {
            return Err(request("NewerNoncurrentVersions element can only be used in Lifecycle V2."));
        }
        if !(1..=NEWER_NONCURRENT_MAX).contains(&kept) {
            let why = "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and 100";
            return Err(argument(why, "NewerNoncurrentVersions", &kept.to_string()));
        }
    }
    if prefixes(rule).any(|prefix| prefix.len() > PREFIX_BYTES_MAX) {
        return Err(request("The maximum size of a prefix is 1024."));
    }
    let tagged = rule.predicates().any(|p| !p.tags.is_empty());
    let sized = rule.predicates().any(|p| p.larger_than.is_some() || p.smaller_than.is_some());
    let marker = matches!(rule.expiration, Some(Expiration::ExpiredDeleteMarker(_)));
    match (tagged, sized) {
        (true, _) if rule.abort_days.is_some() => {
            return Err(request("AbortIncompleteMultipartUpload cannot be specified with Tags."));
        }
        (_, true) if rule.abort_days.is_some() => {
            return Err(request("AbortIncompleteMultipartUpload cannot be specified with Object Size."));
        }
        (true, _) if marker => return Err(request("ExpiredObjectDeleteMarker cannot be specified with Tags.")),
        (_, true) if marker => return Err(request("ExpiredObjectDeleteMarker cannot be specified with Object Size.")),
        _ => {}
    }
    rule.predicates().try_for_each(check_predicates)
}

fn check_predicates(predicates: &Predicates) -> Result<(), S3Error> {
    let mut keys = HashSet::new();
    if !predicates.tags.iter().all(|tag| keys.insert(tag.key.as_str())) {
        return Err(request("Duplicate Tag Keys are not allowed."));
    }
    match (predicates.larger_than, predicates.smaller_than) {
        (Some(larger), Some(smaller)) if smaller <= larger => {
            Err(request("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'."))
        }
        (_, Some(0)) => Err(request("'ObjectSizeLessThan' has to be a value greater than 0.")),
        _ => Ok(()),
    }
}

/// In the older form, no two rules may do the same to one key.
fn check_overlaps(rules: &[Rule]) -> Result<(), S3Error> {
    for (at, rule) in rules.iter().enumerate() {
        for other in rules.iter().take(at) {
            let (Some(a), Some(b)) = (prefixes(other).next(), prefixes(rule).next()) else { continue };
            let Some(action) = shared_action(other, rule) else { continue };
            if a == b {
                return Err(request(format!("Found two rules with same prefix '{a}' for same action type '{action}'")));
            }
            if a.starts_with(b) || b.starts_with(a) {
                return Err(request(format!(
                    "Found overlapping prefixes '{a}' and '{b}' for same action type '{action}'"
                )));
            }
        }
    }
    Ok(())
}

fn shared_action(a: &Rule, b: &Rule) -> Option<&'static str> {
    let both = |does: fn(&Rule) -> bool| does(a) && does(b);
    if both(|rule| rule.expiration.is_some()) {
        Some("Expiration")
    } else if both(|rule| rule.noncurrent_days.is_some()) {
        Some("NoncurrentVersionExpiration")
    } else if both(|rule| rule.abort_days.is_some()) {
        Some("AbortIncompleteMultipartUpload")
    } else {
        None
    }
}

fn prefixes(rule: &Rule) -> impl Iterator<Item = &str> {
    let older = match &rule.scope {
        Some(Scope::Prefix(prefix)) => Some(prefix.as_str()),
        Some(Scope::Filter(_)) | None => None,
    };
    older.into_iter().chain(rule.predicates().filter_map(|p| p.prefix.as_deref()))
}

fn request(why: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3ErrorCode::InvalidRequest.because(why)
}

fn argument(why: &'static str, name: &'static str, value: &str) -> S3Error {
    S3ErrorCode::InvalidArgument.because(why).field("ArgumentName", name).field("ArgumentValue", value)
}
