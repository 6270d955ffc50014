//! The one place that removes for a lifecycle rule: a decision on the head as it is, under the bucket's settings as they
//! are.

use std::sync::Arc;

use bytes::Bytes;

use crate::s3::lifecycle::{Calendar, Position, Rules};
use crate::s3::lock;
use crate::storage::{
    Bucket, Data, Decision, Fetch, Head, HeadChange, ObjectAttrs, ObjectKey, ObjectRecord, Rev, Storage, StorageError,
    Timestamp, VersionId, VersionRef, Versioning,
};

/// A version that seems to be due.
pub(super) struct Removal<'a> {
    pub(super) rules: &'a Rules,
    pub(super) calendar: Calendar,
    pub(super) now: Timestamp,
    pub(super) key: &'a ObjectKey,
    /// As a listing showed it.
    pub(super) seen: &'a ObjectAttrs,
    /// Where it was then.
    pub(super) position: Position,
    /// The head's revision, read before that listing.
    pub(super) rev: Rev,
}

/// What became of it.
pub(super) enum Outcome {
    /// It is gone, or covered by a delete marker; the head's revision now.
    Removed(Option<Rev>),
    /// It stays, or somebody else has changed its key: the next round looks again.
    Left,
}

impl Removal<'_> {
    /// Removes it, if that is right.
    pub(super) async fn run(&self, storage: &Storage, seen: &Bucket) -> Result<Outcome, StorageError> {
        // A round may take hours: what counts is how the bucket is configured now.
        let bucket = storage.metadata.bucket(&seen.name).await?;
        let same = |now: &Bucket| now.id == seen.id && now.settings.lifecycle == seen.settings.lifecycle;
        let Some(bucket) = bucket.filter(same) else { return Ok(Outcome::Left) };
        let read = match (self.position, bucket.settings.versioning()) {
            (Position::Noncurrent { .. }, _) => {
                let version = self.seen.version_ref();
                storage.metadata.read_version(&bucket, self.key, version, Fetch::Attrs).await?
            }
            // A null delete marker takes the null version's place, wherever that is.
            (Position::Current { .. }, Versioning::Suspended) => {
                storage.metadata.read_version(&bucket, self.key, VersionRef::Null, Fetch::Attrs).await?
            }
            (Position::Current { .. }, _) => storage.metadata.read_head(&bucket, self.key, Fetch::Attrs).await?,
        };
        match storage.metadata.change_head(read, &mut |head| self.decide(&bucket, head)).await? {
            HeadChange::Applied { head, .. } => {
                let version = self.seen.version_ref();
                tracing::info!(bucket = %bucket.name, key = %self.key, ?version, position = ?self.position, "a version was expired by a lifecycle rule");
                Ok(Outcome::Removed(head.rev))
            }
            HeadChange::Left(_) | HeadChange::NoSuchBucket | HeadChange::BlobGone => Ok(Outcome::Left),
        }
    }

    /// What is right for this head.
    pub(super) fn decide(&self, bucket: &Bucket, head: &Head) -> Decision {
        if head.rev != Some(self.rev) {
            return Decision::Leave;
        }
        let (found, position) = match self.position {
            Position::Current { .. } => (&head.current, Position::Current { alone: head.older == 0 }),
            noncurrent @ Position::Noncurrent { .. } => (&head.named, noncurrent),
        };
        let same = |record: &&Arc<ObjectRecord>| {
            record.attrs.version_ref() == self.seen.version_ref() && record.attrs.seq == self.seen.seq
        };
        let Some(record) = found.as_ref().filter(same) else { return Decision::Leave };
        if !self.rules.is_due(self.key.as_str(), &record.attrs, position, self.calendar, self.now) {
            return Decision::Leave;
        }
        let versioning = bucket.settings.versioning();
        let covered = matches!(position, Position::Current { .. }) && !record.attrs.delete_marker;
        match (covered, versioning) {
            (true, Versioning::Enabled) => self.cover(bucket, head, VersionId::fresh(0).bytes()),
            (true, Versioning::Suspended) => self.cover(bucket, head, Bytes::new()),
            _ if !lock::may_remove(record.attrs.lock.as_ref(), self.now, false) => Decision::Leave,
            _ => Decision::Remove(record.attrs.version_ref()),
        }
    }

    fn cover(&self, bucket: &Bucket, head: &Head, version: Bytes) -> Decision {
        let attrs = ObjectAttrs {
            version,
            delete_marker: true,
            modified_micros: Timestamp::now().0,
            owner: Bytes::copy_from_slice(&bucket.owner.0),
            ..ObjectAttrs::default()
        };
        if !lock::may_put(head, &attrs, self.now) {
            return Decision::Leave;
        }
        Decision::Put(Arc::new(ObjectRecord { attrs, data: Data::Inline(Bytes::new()) }))
    }
}
