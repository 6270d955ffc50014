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
use super::blocks::{blocks_of, inode_of};
use super::change::Outcome;
use super::judge::Judgement;
use super::rows::{BlobHome, Closing, UPLOAD_COMPLETED, UPLOAD_COMPLETING, UPLOAD_OPEN};
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
                return Ok(CompleteUpload::Already(row.published()?));
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
                Decision::Remove(_) | Decision::Rewrite(_) => {
                    return Err(corrupt("a completion", "it can only put an object"));
                }
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
        let reopened = match self.change_head(read, decide, Some(&guard)).await {
            // The head was not changed, so nobody has to wait until this completion counts as stopped.
            Err(error @ StorageError::Unavailable(_)) => Err(error),
            Err(error) => return Err(error),
            Ok(Outcome::Changed(HeadChange::Applied { previous, head })) => {
                published.attrs = head.current.as_ref().map(|record| record.attrs.clone());
                // The object is there: whatever fails from here on, something was changed.
                self.log_upload(id).await.map_err(outcome_unknown)?;
                let marked = self.mark_upload(id, rev, UPLOAD_COMPLETED, &published).await.map_err(outcome_unknown)?;
                return match marked {
                    Some(_) => {
                        self.unlist_closed(&bucket, upload).await;
                        Ok(CompleteUpload::Completed { previous, head })
                    }
                    None => self.taken_over(upload, &closing, previous, head).await,
                };
            }
            Ok(Outcome::Changed(HeadChange::Left(head))) => Ok(CompleteUpload::Left(head)),
            Ok(Outcome::Changed(HeadChange::NoSuchBucket)) => Ok(CompleteUpload::NoSuchBucket),
            Ok(Outcome::Changed(HeadChange::BlobGone)) => Err(unavailable("the manifest was reclaimed meanwhile")),
            Ok(Outcome::Overtaken) => {
                return Err(StorageError::OutcomeUnknown("the completion was taken over".to_owned()));
            }
        };
        let marked = self.mark_upload(id, rev, UPLOAD_OPEN, &Closing::default()).await;
        let answer = reopened?;
        marked.map(|_| answer)
    }

    /// Our head was published, but somebody took the upload over before we could say so.
    async fn taken_over(
        self: &Arc<Self>,
        upload: &Upload,
        closing: &Closing,
        previous: Head,
        head: Head,
    ) -> Result<CompleteUpload> {
        let row = self.settled_upload(upload).await.map_err(outcome_unknown)?;
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

    /// Finishes what a stopped completion left: completed when its manifest is in use, open again when it never can be.
    ///
    /// Judging the manifest like any blob is what makes this safe: the object may have been published, copied and
    /// deleted since, and then the copy is all that speaks for the parts. A manifest that is judged dead can neither be
    /// published nor copied any more, so the parts are the upload's alone again; its own blocks go before that is said,
    /// so that nobody takes it for the one that the parts went along with.
    pub(super) async fn recover_completion(self: &Arc<Self>, id: UploadId, row: &UploadRow) -> Result<()> {
        let Some(rev) = self.mark_upload(id, row.rev, UPLOAD_COMPLETING, &row.closing).await? else { return Ok(()) };
        let manifest = row.closing.manifest.as_ref().ok_or_else(|| corrupt("an upload", "it has no manifest"))?;
        let home =
            <BlobHome as prost::Message>::decode(manifest.home.clone()).map_err(|e| corrupt("a blob's home", e))?;
        for _ in 0..ATTEMPTS_MAX {
            match self.try_blob(manifest, &home).await? {
                Judgement::Overtaken => tokio::time::sleep(jittered(PAUSE)).await,
                Judgement::Live => {
                    self.log_upload(id).await?;
                    self.mark_upload(id, rev, UPLOAD_COMPLETED, &row.closing).await?;
                    return Ok(());
                }
                Judgement::Dead => {
                    self.erase_blocks(inode_of(manifest)?, blocks_of(manifest.manifest_bytes)).await?;
                    self.mark_upload(id, rev, UPLOAD_OPEN, &Closing::default()).await?;
                    return Ok(());
                }
            }
        }
        Err(unavailable(format!("the manifest of upload {id} is judged by others")))
    }
}

/// After a change was made, an error never says that nothing was changed.
fn outcome_unknown(error: StorageError) -> StorageError {
    match error {
        StorageError::Unavailable(reason) => StorageError::OutcomeUnknown(reason),
        other => other,
    }
}
