//! Making an object visible, or gone: the one change of its head, under the conditions of the request.

use std::sync::Arc;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lock;
use crate::s3::ops::object::version;
use crate::s3::precondition::WriteConditions;
use crate::s3::services::Services;
use crate::storage::{
    Bucket, Decision, Fetch, Head, HeadChange, HeadRead, ObjectKey, ObjectRecord, Timestamp, VersionRef,
};

/// Reads the head of a key that is to be written. This comes before the first byte is stored: a store that reclaims by
/// fencing depends on it. Where the write may replace the null version, that is read as well.
///
/// # Errors
/// What the store fails with.
pub async fn begin(bucket: &Bucket, key: &ObjectKey, services: &Services) -> Result<HeadRead, S3Error> {
    let replaced = version::of_new(bucket).is_empty().then_some(VersionRef::Null);
    version::head(bucket, key, replaced, Fetch::Attrs, services).await
}

/// The bucket as it is configured by now: reading the bytes of a write may have taken hours.
///
/// # Errors
/// `NoSuchBucket`, what the store fails with.
pub async fn bucket_now(begun: &Bucket, services: &Services) -> Result<Bucket, S3Error> {
    let now = services.storage.metadata.bucket(&begun.name).await?;
    now.filter(|now| now.id == begun.id)
        .ok_or_else(|| S3Error::from(S3ErrorCode::NoSuchBucket).field("BucketName", begun.name.as_str()))
}

/// What a write makes of a head: the record, if the conditions hold and it replaces nothing that is locked.
///
/// # Errors
/// What the conditions say; `AccessDenied`.
pub fn put(
    head: &Head,
    record: &Arc<ObjectRecord>,
    conditions: &WriteConditions,
    now: Timestamp,
) -> Result<Decision, S3Error> {
    conditions.judge(head.object().map(|r| &r.attrs))?;
    if !lock::may_put(head, &record.attrs, now) {
        return Err(lock::refused());
    }
    Ok(Decision::Put(Arc::clone(record)))
}

/// Publishes a record if [`put`] allows it at that moment; the version as the store made it. `read` is from [`begin`].
///
/// # Errors
/// As [`put`], `NoSuchBucket`, what the store fails with.
pub async fn publish(
    read: HeadRead,
    record: Arc<ObjectRecord>,
    conditions: &WriteConditions,
    services: &Services,
) -> Result<Arc<ObjectRecord>, S3Error> {
    let now = Timestamp::now();
    let mut decide = |head: &Head| put(head, &record, conditions, now);
    let head = change(read, &mut decide, services).await?;
    head.current.ok_or_else(|| S3ErrorCode::InternalError.because("What was published is not there."))
}

/// Changes a head as `wanted` says, unless that refuses; the head as it is then.
///
/// # Errors
/// What `wanted` refuses with, `NoSuchBucket`, what the store fails with.
pub async fn change(
    read: HeadRead,
    wanted: &mut (dyn FnMut(&Head) -> Result<Decision, S3Error> + Send),
    services: &Services,
) -> Result<Head, S3Error> {
    let mut refusal = None;
    let mut decide = |head: &Head| {
        let decision = wanted(head);
        refusal = decision.as_ref().err().cloned();
        decision.unwrap_or(Decision::Leave)
    };
    let outcome = services.storage.metadata.change_head(read, &mut decide).await?;
    match outcome {
        HeadChange::Applied { head, .. } => Ok(head),
        HeadChange::Left(head) => refusal.map_or(Ok(head), Err),
        HeadChange::NoSuchBucket => Err(S3ErrorCode::NoSuchBucket.into()),
        HeadChange::BlobGone => Err(S3ErrorCode::ServiceUnavailable
            .because("The upload took too long and its data was reclaimed. Send it again.")
            .header("retry-after", "1")),
    }
}
