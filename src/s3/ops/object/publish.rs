//! Making an object visible, or gone: the one change of its head, under the conditions of the request.

use std::sync::Arc;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::precondition::WriteConditions;
use crate::s3::services::Services;
use crate::storage::{Decision, Head, HeadChange, HeadRead, ObjectRecord};

/// Publishes a record if the conditions hold at that moment; the version as the store made it.
///
/// # Errors
/// What the conditions say, `NoSuchBucket`, what the store fails with.
pub async fn publish(
    read: HeadRead,
    record: Arc<ObjectRecord>,
    conditions: &WriteConditions,
    services: &Services,
) -> Result<Arc<ObjectRecord>, S3Error> {
    let mut decide = |head: &Head| {
        conditions.judge(head.object().map(|r| &r.attrs))?;
        Ok(Decision::Put(Arc::clone(&record)))
    };
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
