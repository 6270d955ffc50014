//! Who may do what. Every decision is made here; only here are permits minted. What counts is in `judge`, with the order
//! in which it does.

mod acl;
mod asked;
mod document;
mod judge;
mod object;
mod payer;
mod permit;
mod standing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use asked::{Asked, Origin, global_fact};
pub use document::{weighs_document, with_document};
pub use judge::{Ground, of_principal};
pub use payer::CHARGED;
pub use permit::{Permit, SourcePermit};
pub use standing::{Policies, Standing, switches_of_account};

use crate::policy::Policy;
use crate::s3::auth;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, Level};
use crate::s3::precondition::WriteConditions;
use crate::s3::request::Headers;
use crate::s3::services::Services;
use crate::s3::target::{ACCOUNT_HEADER, Target};
use crate::storage::names::KeyError;
use crate::storage::{Bucket, ObjectKey, Tag, VersionRef};
use judge::{Case, is_denied, judge};
use object::Looked;

/// What gives the right to bring tags along with a new object, beside policies: the list that lets write it, as in Ceph's
/// gateway; AWS takes no list for it. The tags of what is there are another matter.
const TAGS_OF_NEW: AclRight = AclRight::BucketWrite;

/// What stands about the bucket that a request is about; `None` if it is about none that is there.
///
/// # Errors
/// `NoSuchBucket`; what the store fails with.
pub async fn standing(asked: &Asked, target: &Target, services: &Services) -> Result<Option<Arc<Standing>>, S3Error> {
    match &target.bucket {
        Some(name) if asked.row.action != Action::CreateBucket && asked.row.level != Level::Service => {
            Standing::of(name, asked, services).await.map(Some)
        }
        _ => Ok(None),
    }
}

/// Decides whether a caller may call an operation on a target, about whose bucket this [`standing`] was read, and mints
/// the permit.
///
/// # Errors
/// `AccessDenied`; what the store fails with.
pub async fn decide(
    asked: Asked,
    standing: Option<Arc<Standing>>,
    target: &Target,
    services: &Services,
) -> Result<Permit, S3Error> {
    let asked = Arc::new(asked);
    let row = asked.row;
    let key = target.key.as_deref().map(parse_key).transpose()?;
    let Some(standing) = standing else { return alone(asked, target.bucket.as_deref()) };
    expected_owner(&asked.headers, "x-amz-expected-bucket-owner", &standing.bucket)?;
    let version = object::named(row, target)?;
    let question = Question { asked, standing, key, version, etag: None };
    let permit = question.of_row(services).await?;
    // AWS, API_PutBucketPolicy: to other accounts the policy is not there, even if it lets them.
    if row.action.is_on_policy() && question.asked.tenant() != Some(question.standing.bucket.owner) {
        return Err(S3ErrorCode::MethodNotAllowed.into());
    }
    for (action, right) in further(&question.asked) {
        if judge(&question.case(action, right)).is_none() {
            return Err(question.refusal());
        }
    }
    let conditions = match row.name {
        "DeleteObject" => WriteConditions::parse_delete(&question.asked.headers)?,
        name if asked::creates(name) == Some(true) => WriteConditions::parse(&question.asked.headers)?,
        _ => WriteConditions::default(),
    };
    question.may_compare(&conditions, services).await?;
    let charged = payer::charged(question.asked.tenant(), &question.standing.bucket, &question.asked.headers)?;
    Ok(permit.charging(charged))
}

/// Decides what is about no bucket that is there: one's account, or a name.
fn alone(asked: Arc<Asked>, bucket: Option<&str>) -> Result<Permit, S3Error> {
    let row = asked.row;
    let own = || asked.principal().map(|principal| principal.account.to_string());
    if row.level == Level::Account && asked.headers.get(ACCOUNT_HEADER).map(|named| named.trim().to_owned()) != own() {
        return Err(S3ErrorCode::AccessDenied.into());
    }
    let more = further(&asked);
    let all = std::iter::once(row.action).chain(more.into_iter().map(|(action, _)| action));
    for action in all {
        if !judge::may_alone(&asked, action, bucket) {
            return Err(S3ErrorCode::AccessDenied.into());
        }
    }
    Ok(Permit::mint(asked, row.action, Ground::Account))
}

/// Decides whether the holder of a permit may read the source of a copy.
///
/// # Errors
/// As [`decide`].
pub async fn decide_source(
    permit: &Permit,
    bucket: &str,
    key: &str,
    version: Option<VersionRef>,
    services: &Services,
) -> Result<SourcePermit, S3Error> {
    let asked = Arc::clone(permit.asked());
    let standing = Standing::of(bucket, &asked, services).await?;
    expected_owner(&asked.headers, "x-amz-source-expected-bucket-owner", &standing.bucket)?;
    let question = Question { asked, standing, key: Some(parse_key(key)?), version, etag: None };
    let read = question.decide(Action::GetObject, AclRight::ObjectRead, services).await?;
    // Tags are copied with the object unless they are replaced, and reading them is a right of its own.
    if question.asked.copies_tags() && object::has_tags(&read, version) {
        let seen = read.seen(version, crate::storage::Fetch::Attrs);
        let looked = Looked::of(seen.as_ref(), version);
        let case = Case { object: looked.object(), ..question.case(Action::GetObjectTagging, AclRight::ObjectRead) };
        judge(&case).ok_or_else(|| question.refusal())?;
    }
    let charged = payer::charged(question.asked.tenant(), &question.standing.bucket, &question.asked.headers)?;
    Ok(SourcePermit::mint(read.charging(charged), version))
}

/// The permit by what its holder and the bucket are now: reading a document may have taken hours.
///
/// # Errors
/// As [`decide`]; `NoSuchBucket`; as [`auth::identify`] for a key that works no more.
pub async fn renewed(permit: Permit, services: &Services) -> Result<Permit, S3Error> {
    let (begun, before) = (permit.bucket()?, permit.asked());
    let caller = auth::again(&before.caller, &before.headers, services.credentials.as_ref()).await?;
    let asked = Arc::new(Asked { caller, ..Asked::clone(before) });
    let standing = Standing::of(begun.name.as_str(), &asked, services).await?;
    if standing.bucket.id != begun.id {
        return Err(S3Error::from(S3ErrorCode::NoSuchBucket).field("BucketName", begun.name.as_str()));
    }
    expected_owner(&asked.headers, "x-amz-expected-bucket-owner", &standing.bucket)?;
    let question = Question { asked, standing, key: permit.key().ok().cloned(), version: permit.version(), etag: None };
    Ok(question.of_row(services).await?.charging(permit.is_charged()))
}

/// Decides whether the holder of a permit for DeleteObjects may delete this key, or this version of it, on these
/// conditions.
///
/// # Errors
/// As [`decide`].
pub async fn decide_key(
    permit: &Permit,
    key: &str,
    version: Option<VersionRef>,
    conditions: &WriteConditions,
    services: &Services,
) -> Result<Permit, S3Error> {
    let (asked, standing) = (Arc::clone(permit.asked()), Arc::clone(permit.standing()?));
    let question =
        Question { asked, standing, key: Some(parse_key(key)?), version, etag: conditions.etag().map(str::to_owned) };
    let allowed = question.decide(Action::DeleteObject, AclRight::BucketWrite, services).await?;
    question.may_compare(conditions, services).await?;
    Ok(allowed)
}

/// Decides whether the holder of a permit may do this as well, to what the permit is about. Only the account can, or
/// whom the bucket policy lets.
///
/// # Errors
/// `AccessDenied`.
pub fn also(permit: &Permit, action: Action) -> Result<(), S3Error> {
    beside(permit, Arc::clone(permit.asked()), action, AclRight::Owner)
}

/// Decides whether the holder of a permit to copy may give the source's tags to the copy (AWS, "Required permissions for
/// Amazon S3 API operations").
///
/// # Errors
/// `AccessDenied`.
pub fn may_tag(permit: &Permit, tags: &[Tag]) -> Result<(), S3Error> {
    if tags.is_empty() {
        return Ok(());
    }
    beside(permit, Arc::new(document::with_tags(permit.asked(), tags)), Action::PutObjectTagging, TAGS_OF_NEW)
}

fn beside(permit: &Permit, asked: Arc<Asked>, action: Action, right: AclRight) -> Result<(), S3Error> {
    let (standing, key) = (Arc::clone(permit.standing()?), permit.key().ok().cloned());
    let question = Question { asked, standing, key, version: permit.version(), etag: None };
    let case = Case { object: permit.object(), ..question.case(action, right) };
    judge(&case).map(drop).ok_or_else(|| question.refusal())
}

/// Whether a policy, on the bucket that a permit is about, would deny its holder this right on the bucket.
///
/// # Errors
/// `InternalError` when the operation names no bucket.
pub fn would_deny(permit: &Permit, policy: &Policy, action: Action) -> Result<bool, S3Error> {
    let (asked, standing) = (Arc::clone(permit.asked()), Arc::clone(permit.standing()?));
    let question = Question { asked, standing, key: None, version: None, etag: None };
    Ok(judge::denied(&question.case(action, AclRight::Owner), policy))
}

/// Rights that a request needs beside its operation's, because of what its headers ask for (AWS, "Required permissions
/// for Amazon S3 API operations").
fn further(asked: &Asked) -> Vec<(Action, AclRight)> {
    let headers = &asked.headers;
    let lists = headers.has("x-amz-acl") || headers.iter().any(|(name, _)| name.starts_with("x-amz-grant-"));
    let mut needed = Vec::new();
    match asked.row.name {
        "PutObject" | "PostObject" | "CopyObject" | "CreateMultipartUpload" => {
            if lists {
                needed.push((Action::PutObjectAcl, AclRight::NewObjectAcp));
            }
            if !asked.copies_tags() && headers.bytes("x-amz-tagging").is_some_and(|tags| !tags.is_empty()) {
                needed.push((Action::PutObjectTagging, TAGS_OF_NEW));
            }
        }
        "CreateBucket" => {
            if lists {
                needed.push((Action::PutBucketAcl, AclRight::Owner));
            }
            if headers.get("x-amz-bucket-object-lock-enabled").is_some_and(|on| on.eq_ignore_ascii_case("true")) {
                needed.push((Action::PutBucketObjectLockConfiguration, AclRight::Owner));
                needed.push((Action::PutBucketVersioning, AclRight::Owner));
            }
            if document::tags_bucket(asked) {
                needed.push((Action::TagResource, AclRight::Owner));
            }
            if headers.has("x-amz-object-ownership") {
                needed.push((Action::PutBucketOwnershipControls, AclRight::Owner));
            }
        }
        _ => {}
    }
    needed
}

/// What is asked about one bucket, or one key of it.
struct Question {
    asked: Arc<Asked>,
    standing: Arc<Standing>,
    key: Option<ObjectKey>,
    version: Option<VersionRef>,
    etag: Option<String>,
}

impl Question {
    fn case(&self, action: Action, right: AclRight) -> Case<'_> {
        let key = self.key.as_ref().map(ObjectKey::as_str);
        let (asked, standing, version, etag) = (&self.asked, &self.standing, self.version, self.etag.as_deref());
        Case { asked, standing, action, right, key, object: None, version, etag, prefix: None }
    }

    /// Decides about the operation.
    async fn of_row(&self, services: &Services) -> Result<Permit, S3Error> {
        let row = self.asked.row;
        match row.name {
            // Each of its keys has a decision of its own.
            "DeleteObjects" => {
                Ok(Permit::mint(Arc::clone(&self.asked), row.action, Ground::Account)
                    .on(Arc::clone(&self.standing), None))
            }
            _ => self.decide(row.action, row.acl, services).await,
        }
    }

    /// Decides, with the object at hand where it matters.
    async fn decide(&self, action: Action, right: AclRight, services: &Services) -> Result<Permit, S3Error> {
        let action = if self.version.is_some() { action.of_version() } else { action };
        let seen = match &self.key {
            Some(key) if object::matters(&self.asked, &self.standing, right) => {
                Some(object::look(&self.asked, &self.standing, key, self.version, action, services).await?)
            }
            _ => None,
        };
        let looked = Looked::of(seen.as_ref().map(|seen| &seen.head), self.version);
        let case = Case { object: looked.object(), ..self.case(action, right) };
        let cases = || std::iter::once(action).chain(action.with()).map(|action| Case { action, ..case });
        let ground = match looked {
            // As AWS: that there is no such object may be known to whoever may list the bucket, and to nobody else. As in
            // Ceph's gateway, the key is the prefix of that listing.
            Looked::Nothing if object::is_objects(right) => {
                let prefix = self.key.as_ref().map(ObjectKey::as_str);
                let lists = self.case(Action::ListBucket, AclRight::BucketRead);
                let lists = Case { key: None, version: None, prefix, ..lists };
                if cases().any(|case| is_denied(&case)) { None } else { judge(&lists) }
            }
            _ => cases().map(|case| judge(&case)).reduce(|first, beside| beside.and(first)).flatten(),
        };
        let ground = ground.ok_or_else(|| self.refusal())?;
        let permit = Permit::mint(Arc::clone(&self.asked), action, ground);
        let permit = permit.on(Arc::clone(&self.standing), self.key.clone());
        Ok(permit.on_version(self.version).having_seen(seen))
    }

    /// A write that depends on the ETag, the time or the size of what is there tells it, and needs the right to read it
    /// (AWS, "Add preconditions to S3 operations with conditional requests").
    async fn may_compare(&self, conditions: &WriteConditions, services: &Services) -> Result<(), S3Error> {
        if conditions.tell_etag() {
            self.may_read(None, services).await?;
        }
        if conditions.tell_shape() {
            self.may_read(self.version, services).await?;
        }
        Ok(())
    }

    async fn may_read(&self, version: Option<VersionRef>, services: &Services) -> Result<(), S3Error> {
        let right = AclRight::ObjectRead;
        let action = if version.is_some() { Action::GetObjectVersion } else { Action::GetObject };
        let case = Case { version, ..self.case(action, right) };
        let Some(key) = self.key.as_ref().filter(|_| object::matters(&self.asked, &self.standing, right)) else {
            return judge(&case).map(drop).ok_or_else(|| self.refusal());
        };
        let seen = object::look(&self.asked, &self.standing, key, version, action, services).await?;
        let looked = Looked::of(Some(&seen.head), version);
        // What is not there has no ETag to tell.
        if matches!(looked, Looked::Nothing) {
            return Ok(());
        }
        judge(&Case { object: looked.object(), ..case }).map(drop).ok_or_else(|| self.refusal())
    }

    /// As AWS: whoever signs and is told that the bucket is another's may also know where it is.
    fn refusal(&self) -> S3Error {
        let error = S3Error::from(S3ErrorCode::AccessDenied);
        match self.asked.principal() {
            Some(_) => error.header("x-amz-bucket-region", self.standing.bucket.region.clone()),
            None => error,
        }
    }
}

/// A client that says whose bucket it expects must not be answered by another's (AWS, "Verifying bucket ownership").
fn expected_owner(headers: &Headers, name: &str, bucket: &Bucket) -> Result<(), S3Error> {
    match headers.get(name) {
        Some(expected) if !expected.eq_ignore_ascii_case(&bucket.owner.to_string()) => {
            Err(S3ErrorCode::AccessDenied.into())
        }
        _ => Ok(()),
    }
}

fn parse_key(key: &str) -> Result<ObjectKey, S3Error> {
    ObjectKey::parse(key).map_err(|error| match error {
        KeyError::TooLong => S3Error::from(S3ErrorCode::KeyTooLongError)
            .field("Size", key.len().to_string())
            .field("MaxSizeAllowed", crate::storage::names::KEY_BYTES_MAX.to_string()),
        KeyError::Empty => S3ErrorCode::InvalidArgument.because("An object key has at least one byte."),
    })
}
