//! Publishing an upload: open → completing(manifest) → the head's LWT → completed. Moves no data.
//!
//! # Why the state between
//! A completion may stop anywhere. Whoever finds one that stopped takes it over by a fresh revision *before* it reads
//! and fences the head: the one that stopped, should it wake, finds the revision gone after it has read the head again,
//! or its LWT refused.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;

use super::Core;
use super::change::Outcome;
use super::heads::Fenced;
use super::rows::{BlobHome, Closing, HeadRow, UPLOAD_COMPLETED, UPLOAD_COMPLETING, UPLOAD_OPEN};
use super::session::{corrupt, jittered, unavailable};
use super::uploads::UploadRow;
use crate::storage::{
    CompleteUpload, Decision, Fingerprint, Head, HeadChange, HeadRead, Placement, Result, StorageError, Timestamp,
    Upload, UploadId,
};

/// A completion that has been under way for this long has stopped.
const STOPPED_AFTER: Duration = Duration::from_secs(60);
/// How long others wait for a completion that is under way.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pause between looks at it.
const PAUSE: Duration = Duration::from_millis(50);
/// How often a completion starts again because the upload changed under it.
const ATTEMPTS_MAX: u32 = 20;

impl Core {
    pub(super) async fn complete_upload(
        self: &Arc<Self>,
        upload: &Upload,
        fingerprint: Fingerprint,
        manifest: &Placement,
        read: HeadRead,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
    ) -> Result<CompleteUpload> {
        let bucket = read.bucket.clone();
        for _ in 0..ATTEMPTS_MAX {
            let Some(row) = self.settled_upload(upload).await? else { return Ok(CompleteUpload::NoSuchUpload) };
            if row.state == UPLOAD_COMPLETED && row.is_remembered() && row.closing.fingerprint == fingerprint[..] {
                return Ok(CompleteUpload::Already(row.closing.attrs.unwrap_or_default()));
            }
            if row.state != UPLOAD_OPEN {
                return Ok(CompleteUpload::NoSuchUpload);
            }
            if self.live_view(&bucket).await?.is_none() {
                return Ok(CompleteUpload::NoSuchBucket);
            }
            let attrs = match decide(&read.head) {
                Decision::Put(record) => Some(record.attrs.clone()),
                Decision::Leave => return Ok(CompleteUpload::Left(read.head)),
                Decision::Delete => return Err(corrupt("a completion", "it cannot delete the object")),
            };
            let fingerprint = fingerprint.to_vec().into();
            let closing = Closing { manifest: Some(manifest.clone()), fingerprint, attrs };
            if let Some(rev) = self.mark_upload(upload.id, row.rev, UPLOAD_COMPLETING, &closing).await? {
                return self.publish(upload, rev, closing, read, decide).await;
            }
        }
        Err(unavailable(format!("upload {} is changed by others", upload.id)))
    }

    /// From the state `completing` under `rev` on.
    async fn publish(
        self: &Arc<Self>,
        upload: &Upload,
        rev: uuid::Uuid,
        closing: Closing,
        read: HeadRead,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
    ) -> Result<CompleteUpload> {
        let (bucket, id) = (read.bucket.clone(), upload.id);
        let guard = || async move { Ok(self.upload_row(id).await?.is_some_and(|row| row.rev == rev)) }.boxed();
        let mut published = closing.clone();
        // The decision may be another on a newer head; what is remembered is the last.
        let decide = &mut |head: &Head| {
            let decision = decide(head);
            if let Decision::Put(record) = &decision {
                published.attrs = Some(record.attrs.clone());
            }
            decision
        };
        let reopened = match self.change_head(read, decide, Some(&guard)).await? {
            Outcome::Changed(HeadChange::Applied { previous, head }) => {
                self.log_upload(id).await?;
                return match self.mark_upload(id, rev, UPLOAD_COMPLETED, &published).await? {
                    Some(_) => {
                        self.unlist_closed(&bucket, upload).await?;
                        Ok(CompleteUpload::Completed { previous, head })
                    }
                    None => self.taken_over(upload, &closing, previous, head).await,
                };
            }
            Outcome::Changed(HeadChange::Left(head)) => Ok(CompleteUpload::Left(head)),
            Outcome::Changed(HeadChange::NoSuchBucket) => Ok(CompleteUpload::NoSuchBucket),
            Outcome::Changed(HeadChange::BlobGone) => Err(unavailable("the manifest was reclaimed meanwhile")),
            Outcome::Overtaken => return Err(StorageError::OutcomeUnknown("the completion was taken over".to_owned())),
        };
        self.mark_upload(id, rev, UPLOAD_OPEN, &Closing::default()).await?;
        reopened
    }

    /// Our head was published, but somebody took the upload over before we could say so.
    async fn taken_over(
        self: &Arc<Self>,
        upload: &Upload,
        closing: &Closing,
        previous: Head,
        head: Head,
    ) -> Result<CompleteUpload> {
        let row = self.settled_upload(upload).await?;
        match row {
            Some(row) if row.state == UPLOAD_COMPLETED && row.closing.manifest == closing.manifest => {
                Ok(CompleteUpload::Completed { previous, head })
            }
            _ => Err(StorageError::OutcomeUnknown("the completion was taken over".to_owned())),
        }
    }

    /// The upload as it is when no completion is under way: others' are waited for, stopped ones are taken over.
    /// `None` when there is none.
    pub(super) async fn settled_upload(self: &Arc<Self>, upload: &Upload) -> Result<Option<UploadRow>> {
        let began = tokio::time::Instant::now();
        loop {
            let Some(row) = self.upload_row(upload.id).await? else { return Ok(None) };
            if row.state != UPLOAD_COMPLETING {
                return Ok(Some(row));
            }
            if self.stopped(&row) {
                self.recover_completion(upload.id, &row).await?;
                continue;
            }
            if began.elapsed() > PATIENCE {
                return Err(unavailable(format!("upload {} is being completed by another request", upload.id)));
            }
            tokio::time::sleep(jittered(PAUSE)).await;
        }
    }

    /// Whether a completion that is under way must have stopped.
    pub(super) fn stopped(&self, row: &UploadRow) -> bool {
        let age = Timestamp::now().0.saturating_sub(row.changed.0);
        row.state == UPLOAD_COMPLETING && age > i64::try_from(STOPPED_AFTER.as_micros()).unwrap_or(i64::MAX)
    }

    /// Finishes what a stopped completion left: completed when its head is there, open again when it is not.
    pub(super) async fn recover_completion(self: &Arc<Self>, id: UploadId, row: &UploadRow) -> Result<()> {
        let Some(rev) = self.mark_upload(id, row.rev, UPLOAD_COMPLETING, &row.closing).await? else { return Ok(()) };
        let manifest = row.closing.manifest.as_ref().ok_or_else(|| corrupt("an upload", "it has no manifest"))?;
        let home =
            <BlobHome as prost::Message>::decode(manifest.home.clone()).map_err(|e| corrupt("a blob's home", e))?;
        let holds = |head: &HeadRow| Ok(head.placement()?.is_some_and(|held| held.inode == manifest.inode));
        let fenced = self.fence(home.bucket_id()?, home.key.as_bytes(), 0, holds).await?;
        match fenced {
            Fenced::Left => {
                self.log_upload(id).await?;
                self.mark_upload(id, rev, UPLOAD_COMPLETED, &row.closing).await?;
            }
            Fenced::Done(_) => {
                self.mark_upload(id, rev, UPLOAD_OPEN, &Closing::default()).await?;
            }
        }
        Ok(())
    }
}
