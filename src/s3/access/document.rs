//! Rights that depend on what a small document in the body says: which tags it puts, how long it locks, where it wants a
//! bucket. Such a request is decided when its document has been read.

use super::asked::Asked;
use super::standing::Standing;
use crate::s3::error::S3Error;
use crate::s3::lock::{hold_name, mode_name};
use crate::s3::operation::Action;
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::s3::time::iso8601_exact;
use crate::s3::xml;
use crate::storage::{Tag, Timestamp};

use super::asked::remaining_days;

/// What a document says, by the names of condition keys (lower case).
type Facts = Vec<(String, Vec<String>)>;

/// The keys of the tags that a request gives to a bucket.
const TAG_KEYS: &str = "aws:tagkeys";

/// Whether a decision may depend on the document: only policies look at it, and some operations' documents.
///
/// # Errors
/// `NoSuchBucket`; what the store fails with.
pub async fn weighs_document(asked: &Asked, target: &Target, services: &Services) -> Result<bool, S3Error> {
    if !has_facts(asked.row.action) {
        return Ok(false);
    }
    if asked.principal().is_some_and(|principal| !principal.is_unrestricted()) {
        return Ok(true);
    }
    match &target.bucket {
        Some(name) if asked.row.action != Action::CreateBucket => {
            Ok(Standing::of(name, asked, services).await?.policy.is_some())
        }
        _ => Ok(false),
    }
}

fn has_facts(action: Action) -> bool {
    matches!(
        action,
        Action::CreateBucket | Action::PutObjectTagging | Action::PutObjectRetention | Action::PutObjectLegalHold
    )
}

/// The request, with what its document says. A document that cannot be read says nothing; the operation refuses it.
#[must_use]
pub fn with_document(asked: Asked, document: &[u8]) -> Asked {
    let facts = match asked.row.action {
        Action::PutObjectTagging => xml::tagging::parse(document).ok().map(of_object_tags),
        Action::PutObjectRetention => retention(document, asked.origin.received),
        Action::PutObjectLegalHold => {
            let hold = xml::lock::parse_legal_hold(document).ok();
            hold.map(|on| vec![one("s3:object-lock-legal-hold", hold_name(on))])
        }
        Action::CreateBucket => {
            let location = xml::buckets::location_constraint(document).ok().flatten();
            let location = location.map(|location| one("s3:locationconstraint", &location));
            let tags = xml::buckets::tags(document).unwrap_or_default();
            Some(location.into_iter().chain(of_tags(tags, TAG_KEYS, "aws:requesttag/")).collect())
        }
        _ => None,
    };
    Asked { document: Some(facts.unwrap_or_default()), ..asked }
}

/// The request, as one that puts these tags.
pub(super) fn with_tags(asked: &Asked, tags: &[Tag]) -> Asked {
    Asked { document: Some(of_object_tags(tags.to_vec())), ..asked.clone() }
}

/// Whether a document gives tags to a new bucket.
pub(super) fn tags_bucket(asked: &Asked) -> bool {
    asked.document.iter().flatten().any(|(key, _)| key == TAG_KEYS)
}

fn of_object_tags(tags: Vec<Tag>) -> Facts {
    of_tags(tags, "s3:requestobjecttagkeys", "s3:requestobjecttag/")
}

fn of_tags(tags: Vec<Tag>, keys: &str, family: &str) -> Facts {
    let mut facts: Facts = Vec::new();
    if !tags.is_empty() {
        facts.push((keys.to_owned(), tags.iter().map(|tag| tag.key.clone()).collect()));
    }
    for tag in tags {
        let key = format!("{family}{}", tag.key.to_ascii_lowercase());
        match facts.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) => values.push(tag.value),
            None => facts.push((key, vec![tag.value])),
        }
    }
    facts
}

fn retention(document: &[u8], now: Timestamp) -> Option<Facts> {
    let retention = xml::lock::parse_retention(document).ok().flatten()?;
    Some(vec![
        one("s3:object-lock-mode", mode_name(retention.mode)),
        one("s3:object-lock-retain-until-date", &iso8601_exact(retention.until)),
        one("s3:object-lock-remaining-retention-days", &remaining_days(retention.until, now).to_string()),
    ])
}

fn one(key: &str, value: &str) -> (String, Vec<String>) {
    (key.to_owned(), vec![value.to_owned()])
}
