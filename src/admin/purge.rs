//! Emptying a bucket: versions, delete markers and uploads, a bounded step to a request. What a lock keeps stays; there is
//! no force.

use std::sync::Arc;

use super::call::Call;
use super::error::Result;
use super::sweep::{each, head_of, step};
use super::types::{Purge, Purged};
use crate::s3::lock::{self, Keeps};
use crate::storage::{
    AbortUpload, Bucket, Decision, HeadChange, ListedVersion, ObjectRecord, RetentionMode, Storage, StorageError,
    Timestamp, UploadScan,
};

/// Uploads that the last step aborts before it asks to be called again.
const STEP_UPLOADS: usize = 100;

/// What became of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Removed,
    Locked(Keeps),
    /// Somebody else has removed it.
    Gone,
}

impl Outcome {
    fn kept(&self) -> Option<Keeps> {
        match self {
            Self::Locked(keeps) => Some(*keeps),
            Self::Removed | Self::Gone => None,
        }
    }
}

/// Versions first; once those are through, uploads, and no version that they become meanwhile is overlooked: the listing
/// that a client makes afterwards shows it.
pub(super) async fn purge(call: Call, purge: Purge) -> Result<Purged> {
    let (storage, bucket) = (&call.admin.storage, call.bucket().await?);
    let step = step(storage, &bucket, purge.after.as_deref()).await?;
    let outcomes = each(step.versions, |version| remove(storage, &bucket, version)).await?;
    let removed = outcomes.iter().filter(|outcome| **outcome == Outcome::Removed).count() as u64;
    let kept: Vec<Keeps> = outcomes.iter().filter_map(Outcome::kept).collect();
    let count = |of: &dyn Fn(&Keeps) -> bool| kept.iter().filter(|keeps| of(keeps)).count() as u64;
    let (mut aborted, mut next) = (0, step.next);
    if next.is_none() {
        let scan = UploadScan { limit: STEP_UPLOADS, ..UploadScan::default() };
        let uploads = storage.metadata.list_uploads(&bucket, &scan).await?;
        for upload in &uploads.entries {
            if storage.metadata.abort_upload(&bucket, upload).await? == AbortUpload::Aborted {
                aborted += 1;
            }
        }
        // The versions are behind us: the next step goes on with uploads alone.
        next = uploads.more.then(|| super::sweep::END.to_owned());
    }
    Ok(Purged {
        removed,
        aborted,
        locked: kept.len() as u64,
        legal_hold: count(&|keeps| keeps.legal_hold),
        governance: count(&|keeps| keeps.retention == Some(RetentionMode::Governance)),
        compliance: count(&|keeps| keeps.retention == Some(RetentionMode::Compliance)),
        next,
    })
}

async fn remove(
    storage: &Storage,
    bucket: &Bucket,
    version: ListedVersion,
) -> std::result::Result<Outcome, StorageError> {
    let wanted = version.attrs.version_ref();
    let now = Timestamp::now();
    let read = head_of(storage, bucket, &version).await?;
    let mut locked = None;
    let mut decide = |head: &crate::storage::Head| {
        let is_it = |record: &&Arc<ObjectRecord>| record.attrs.version_ref() == wanted;
        let found = head.named.as_ref().or(head.current.as_ref()).filter(is_it);
        let of_lock = found.map(|record| record.attrs.lock.as_ref());
        locked = of_lock.filter(|lock| !lock::may_remove(*lock, now, false)).map(|lock| lock::keeps(lock, now));
        match found {
            Some(_) if locked.is_none() => Decision::Remove(wanted),
            _ => Decision::Leave,
        }
    };
    let changed = storage.metadata.change_head(read, &mut decide).await?;
    Ok(match changed {
        HeadChange::Applied { .. } => Outcome::Removed,
        HeadChange::Left(_) | HeadChange::NoSuchBucket | HeadChange::BlobGone => {
            locked.map_or(Outcome::Gone, Outcome::Locked)
        }
    })
}
