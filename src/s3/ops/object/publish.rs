//! Making an object visible: the one change of its head, under the conditions of the request.

use std::sync::Arc;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::precondition::WriteConditions;
use crate::s3::services::Services;
use crate::storage::{Decision, Head, HeadChange, HeadRead, ObjectRecord};

/// Publishes a record if the conditions hold at that moment.
///
/// # Errors
/// What the conditions say, `NoSuchBucket`, what the store fails with.
pub async fn publish(
    read: HeadRead,
    record: Arc<ObjectRecord>,
    conditions: &WriteConditions,
    services: &Services,
) -> Result<(), S3Error> {
    change(read, &mut |_| Decision::Put(Arc::clone(&record)), conditions, services).await
}

/// Removes the current version if the conditions hold at that moment; one that is not there stays so.
///
/// # Errors
/// As [`publish`].
pub async fn remove(read: HeadRead, conditions: &WriteConditions, services: &Services) -> Result<(), S3Error> {
    let mut decide = |head: &Head| if head.current.is_some() { Decision::Delete } else { Decision::Leave };
    change(read, &mut decide, conditions, services).await
}

async fn change(
    read: HeadRead,
    wanted: &mut (dyn FnMut(&Head) -> Decision + Send),
    conditions: &WriteConditions,
    services: &Services,
) -> Result<(), S3Error> {
    let mut refusal = None;
    let mut decide = |head: &Head| match conditions.judge(head.current.as_ref().map(|r| &r.attrs)) {
        Ok(()) => {
            refusal = None;
            wanted(head)
        }
        Err(error) => {
            refusal = Some(error);
            Decision::Leave
        }
    };
    let outcome = services.storage.metadata.change_head(read, &mut decide).await?;
    match outcome {
        HeadChange::Applied { .. } => Ok(()),
        HeadChange::Left(_) => refusal.map_or(Ok(()), Err),
        HeadChange::NoSuchBucket => Err(S3ErrorCode::NoSuchBucket.into()),
        HeadChange::BlobGone => Err(S3ErrorCode::ServiceUnavailable
            .because("The upload took too long and its data was reclaimed. Send it again.")
            .header("retry-after", "1")),
    }
}
