//! Uploads: opened, listed, given parts, given up. Publishing them is `completion`'s.

use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt};
use prost::Message;
use uuid::Uuid;

use super::Core;
use super::change::unmapped;
use super::listing::ROWS_MIN;
use super::reshard::Change;
use super::rows::{Closing, UPLOAD_ABORTED, UPLOAD_COMPLETED, UPLOAD_COMPLETING, UPLOAD_OPEN, key_of, successor};
use super::session::{Cas, Failure, Look, corrupt, jittered, unavailable};
use super::shards::Stretch;
use super::statements::Statement;
use super::views::View;
use crate::storage::{
    AbortUpload, Bucket, BucketId, COMPLETED_UPLOAD_SECONDS, CreateUpload, NewUpload, ObjectAttrs, ObjectKey,
    PAGE_ENTRIES_MAX, Page, Part, PartAttrs, PutPart, Result, StorageError, TenantId, Timestamp, Upload, UploadId,
    UploadScan, UploadState,
};

/// Uploads that a page verifies at a time.
const VERIFIED_AT_ONCE: usize = 16;
/// How often registering a part is tried.
const ATTEMPTS_MAX: u32 = 6;
/// First pause between tries; doubles.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
/// An index row without an upload is removed after this, microseconds: no request lives for a day.
const ORPHANED_AFTER: i64 = 24 * 3600 * 1_000_000;
/// The revision of an upload that can never be opened, made when its bucket was found empty.
const FORBIDDEN: Uuid = Uuid::max();

/// An upload's own columns, read.
#[derive(Debug, Clone)]
pub(super) struct UploadRow {
    /// Changes with each change of the state.
    pub(super) rev: Uuid,
    /// `UPLOAD_…`.
    pub(super) state: i8,
    /// When the state was set.
    pub(super) changed: Timestamp,
    /// What is or was being published.
    pub(super) closing: Closing,
    bucket: Uuid,
    /// What it is to become; one that can never be opened has nothing.
    upload: Option<Upload>,
}

/// What became of opening an upload.
enum Opening {
    Opened,
    /// The bucket may have changed; nothing was opened.
    OldView,
    /// A deletion of the bucket has made this upload impossible.
    Forbidden,
}

type Columns = (
    Option<Uuid>,
    Option<i8>,
    Option<i64>,
    Option<Uuid>,
    Option<Bytes>,
    Option<Bytes>,
    Option<Vec<u8>>,
    Option<i64>,
    Option<Bytes>,
);

impl UploadRow {
    fn of(id: UploadId, columns: Columns) -> Result<Option<Self>> {
        let (rev, state, changed, bucket, key, attrs, initiator, initiated, closing) = match columns {
            (None, None, None, None, None, None, None, None, None) => return Ok(None),
            (Some(a), Some(b), Some(c), Some(d), Some(e), Some(f), Some(g), Some(h), Some(i)) => {
                (a, b, c, d, e, f, g, h, i)
            }
            _ => return Err(corrupt("an upload", format!("a column of {id} is missing"))),
        };
        let closing = Closing::decode(closing).map_err(|e| corrupt("an upload", e))?;
        let mut row = Self { rev, state, changed: Timestamp(changed), closing, bucket, upload: None };
        if rev != FORBIDDEN {
            row.upload = Some(Upload {
                id,
                key: key_of(&key)?,
                attrs: ObjectAttrs::decode(attrs).map_err(|e| corrupt("an upload", e))?,
                initiator: TenantId::from_slice(&initiator).ok_or_else(|| corrupt("an upload", "its initiator"))?,
                initiated: Timestamp(initiated),
                state: row.public_state()?,
            });
        }
        Ok(Some(row))
    }

    fn public_state(&self) -> Result<UploadState> {
        if self.state != UPLOAD_COMPLETED {
            return Ok(UploadState::Open);
        }
        let fingerprint = self.closing.fingerprint.as_ref().try_into().map_err(|e| corrupt("an upload", e))?;
        Ok(UploadState::Completed { fingerprint, attrs: self.published()? })
    }

    /// The object that a completed upload became.
    pub(super) fn published(&self) -> Result<ObjectAttrs> {
        self.closing.attrs.clone().ok_or_else(|| corrupt("a completed upload", "it does not say what it became"))
    }

    /// It takes parts, or is being published.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, UPLOAD_OPEN | UPLOAD_COMPLETING)
    }

    /// A completed upload is answered for a while.
    pub(super) fn is_remembered(&self) -> bool {
        let age = Timestamp::now().0.saturating_sub(self.changed.0) / 1_000_000;
        self.state == UPLOAD_COMPLETED && age < i64::try_from(COMPLETED_UPLOAD_SECONDS).unwrap_or(i64::MAX)
    }

    fn is_of(&self, bucket: BucketId, key: &ObjectKey) -> bool {
        self.bucket == bucket.0 && self.upload.as_ref().is_some_and(|upload| upload.key == *key)
    }
}

impl Core {
    pub(super) async fn upload_row(&self, id: UploadId) -> Result<Option<UploadRow>> {
        self.upload_by(&self.cluster.st.upload_serial, id).await
    }

    async fn upload_by(&self, statement: &Statement, id: UploadId) -> Result<Option<UploadRow>> {
        let row: Option<Columns> = self.cluster.row(statement, (id.0,)).await?;
        row.map_or(Ok(None), |row| UploadRow::of(id, row))
    }

    pub(super) async fn create_upload(self: &Arc<Self>, bucket: &Bucket, new: NewUpload) -> Result<CreateUpload> {
        let mut upload = Upload {
            id: UploadId::fresh(),
            key: new.key,
            attrs: new.attrs,
            initiator: new.initiator,
            initiated: new.initiated,
            state: UploadState::Open,
        };
        for _ in 0..ATTEMPTS_MAX {
            let key = upload.key.as_bytes();
            let (view, stretch) = futures::try_join!(self.live_view(bucket), self.stretch_to_write(bucket.id, key))?;
            let Some(view) = view else { return Ok(CreateUpload::NoSuchBucket) };
            let Some(stretch) = stretch else { return Err(unmapped(bucket)) };
            match self.open_upload(bucket, &upload, &view, &stretch).await? {
                Opening::Opened => return Ok(CreateUpload::Created(upload)),
                Opening::OldView => {}
                // A deletion that may have been taken back since: only this id is lost for ever.
                Opening::Forbidden => upload.id = UploadId::fresh(),
            }
        }
        Err(unavailable(format!("bucket {} changes", bucket.name)))
    }

    async fn open_upload(
        self: &Arc<Self>,
        bucket: &Bucket,
        upload: &Upload,
        view: &View,
        stretch: &Stretch,
    ) -> Result<Opening> {
        let st = &self.cluster.st;
        let key = upload.key.as_bytes();
        // As with a head: the index row first, then the lease, then the LWT, so that a bucket's deletion sees it.
        self.index_upload(stretch, key, upload.id).await?;
        if !self.still_live(view).await? || !self.still_there(stretch).await? {
            return Ok(Opening::OldView);
        }
        let rev = Uuid::new_v4();
        let values = (
            rev,
            UPLOAD_OPEN,
            Timestamp::now().0,
            bucket.id.0,
            key,
            upload.attrs.encode_to_vec(),
            upload.initiator.0.as_slice(),
            upload.initiated.0,
            Closing::default().encode_to_vec(),
            upload.id.0,
            None::<Uuid>,
        );
        let ours = |row: &super::session::CasRow| row.uuid("rev") == Some(rev);
        let look = || self.look_at_upload(upload.id, rev, None);
        match self.cluster.cas(&st.upload_open, values, ours, look).await? {
            Cas::Applied => Ok(Opening::Opened),
            Cas::Refused(_) => Ok(Opening::Forbidden),
        }
    }

    fn look_at_upload(
        &self,
        id: UploadId,
        ours: Uuid,
        expected: Option<Uuid>,
    ) -> futures::future::BoxFuture<'_, Result<Look>> {
        async move {
            let now = self.upload_row(id).await?.map(|row| row.rev);
            Ok(match now {
                rev if rev == Some(ours) => Look::Ours,
                rev if rev == expected => Look::AsExpected,
                _ => Look::Other,
            })
        }
        .boxed()
    }

    /// Sets an upload's state if its revision is `expected`; the new revision, or `None` when another was faster.
    pub(super) async fn mark_upload(
        &self,
        id: UploadId,
        expected: Uuid,
        state: i8,
        closing: &Closing,
    ) -> Result<Option<Uuid>> {
        let rev = Uuid::new_v4();
        let values = (rev, state, Timestamp::now().0, closing.encode_to_vec(), id.0, Some(expected));
        let ours = |row: &super::session::CasRow| row.uuid("rev") == Some(rev);
        let look = || self.look_at_upload(id, rev, Some(expected));
        let cas = self.cluster.cas(&self.cluster.st.upload_mark, values, ours, look).await?;
        Ok(matches!(cas, Cas::Applied).then_some(rev))
    }

    pub(super) async fn upload(&self, bucket: &Bucket, key: &ObjectKey, id: UploadId) -> Result<Option<Upload>> {
        let row = self.upload_by(&self.cluster.st.upload_read, id).await?;
        let row = row.filter(|row| row.is_of(bucket.id, key) && (row.is_open() || row.is_remembered()));
        Ok(row.and_then(|row| row.upload))
    }

    pub(super) async fn put_part(&self, upload: &Upload, part: Part) -> Result<PutPart> {
        let st = &self.cluster.st;
        let encoded = part.attrs.encode_to_vec();
        let mut pause = PAUSE;
        let mut last = String::new();
        let mut doubt = false;
        for _ in 0..ATTEMPTS_MAX {
            // Registering the same part again does no harm, so an unknown outcome is simply tried again.
            let values = (&encoded, upload.id.0, i32::from(part.number), UPLOAD_OPEN);
            match self.cluster.cas_once(&st.part_set, values).await {
                Ok(Cas::Applied) => return Ok(PutPart::Registered),
                Ok(Cas::Refused(_)) if doubt => return Err(StorageError::OutcomeUnknown(last)),
                Ok(Cas::Refused(_)) => return Ok(PutPart::NoSuchUpload),
                Err(Failure::Unsent(reason)) => last = reason,
                Err(Failure::Unknown(reason)) => (last, doubt) = (reason, true),
            }
            tokio::time::sleep(jittered(pause)).await;
            pause *= 2;
        }
        Err(if doubt { StorageError::OutcomeUnknown(last) } else { unavailable(last) })
    }

    pub(super) async fn list_parts(&self, upload: &Upload, after: u16, limit: usize) -> Result<Page<Part>> {
        let limit = limit.clamp(1, PAGE_ENTRIES_MAX);
        let wanted = i32::try_from(limit + 1).unwrap_or(i32::MAX);
        let values = (upload.id.0, i32::from(after), wanted);
        let rows: Vec<(i32, Option<Bytes>)> = self.cluster.rows(&self.cluster.st.parts_after, values).await?;
        let mut entries = Vec::with_capacity(rows.len());
        for (number, part) in rows {
            let part =
                part.ok_or_else(|| corrupt("a part", format!("number {number} of {} has no content", upload.id)))?;
            let number = u16::try_from(number).map_err(|e| corrupt("a part's number", e))?;
            let attrs = PartAttrs::decode(part).map_err(|e| corrupt("a part", e))?;
            entries.push(Part { number, attrs });
        }
        let more = entries.len() > limit;
        entries.truncate(limit);
        Ok(Page { entries, more })
    }

    pub(super) async fn list_uploads(self: &Arc<Self>, bucket: &Bucket, scan: &UploadScan) -> Result<Page<Upload>> {
        let limit = scan.limit.clamp(1, PAGE_ENTRIES_MAX);
        let upper = successor(&scan.prefix);
        let upper = upper.as_deref();
        let mut entries = Vec::new();
        let mut from = (scan.from.clone(), scan.after_upload.map_or(Bytes::new(), |id| id.bytes()));
        if from.0 < scan.prefix {
            from = (scan.prefix.clone(), Bytes::new());
        }
        loop {
            // One more than asked for tells whether there are more.
            let missing = limit + 1 - entries.len();
            let wanted = missing.max(ROWS_MIN);
            let read = |at: Stretch| {
                let (bucket, from) = (bucket.id, &from);
                async move { self.upload_index(bucket, at.read, from, wanted).await }
            };
            let Some((stretch, rows)) = self.in_stretch(bucket.id, &from.0, read).await? else {
                return self.gone_or_unmapped(bucket).await;
            };
            let full = rows.len() == wanted;
            let until = stretch.until(upper);
            let last = rows.last().map(|(key, id)| (key.to_vec(), id.clone()));
            let within: Vec<_> = rows.into_iter().filter(|(key, _)| until.is_none_or(|until| key < until)).collect();
            let next = match last {
                Some(last) if full && within.len() == wanted => Some(last),
                _ => stretch.next(upper).map(|next| (next, Bytes::new())),
            };
            let verified = within.into_iter().map(|(key, id)| self.verified_upload(&stretch, key, id));
            let found = futures::stream::iter(verified).buffered(VERIFIED_AT_ONCE);
            let open = found.try_filter_map(|upload| futures::future::ready(Ok(upload)));
            entries.extend(open.take(missing).try_collect::<Vec<Upload>>().await?);
            if entries.len() > limit {
                entries.truncate(limit);
                return Ok(Page { entries, more: true });
            }
            match next {
                Some(next) => from = next,
                None => return Ok(Page { entries, more: false }),
            }
        }
    }

    pub(super) async fn upload_index(
        &self,
        bucket: BucketId,
        shard: Uuid,
        (key, id): &(Vec<u8>, Bytes),
        limit: usize,
    ) -> Result<Vec<(Bytes, Bytes)>> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        self.cluster.rows(&self.cluster.st.uploads_from, (bucket.0, shard, key, id, limit)).await
    }

    /// The upload that an index row speaks of, if it is open; a row that speaks of none is removed when that is sure.
    async fn verified_upload(self: &Arc<Self>, stretch: &Stretch, key: Bytes, id: Bytes) -> Result<Option<Upload>> {
        let id = UploadId::from_slice(&id).ok_or_else(|| corrupt("an upload's id", "it has not 16 bytes"))?;
        let row = self.upload_by(&self.cluster.st.upload_read, id).await?;
        let gone = match &row {
            Some(row) if row.is_open() => return Ok(row.upload.clone()),
            Some(_) => true,
            None => made_at(id).is_none_or(|at| Timestamp::now().0 - at > ORPHANED_AFTER),
        };
        if gone {
            self.unlist_upload_later(stretch.clone(), key, id).await;
        }
        Ok(None)
    }

    async fn unlist_upload_later(self: &Arc<Self>, stretch: Stretch, key: Bytes, id: UploadId) {
        let core = Arc::clone(self);
        self.background
            .start(async move {
                if let Err(error) = core.drop_upload(&stretch, &key, id).await {
                    tracing::debug!(upload = %id, %error, "the index row of a closed upload was left");
                }
                core.weigh_now_and_then(&stretch, &key, Change::Dropped).await;
            })
            .await;
    }

    /// Closes the door for uploads that have an index row and are not open yet; false when one is open.
    pub(super) async fn no_upload_can_open(&self, stretch: &Stretch) -> Result<bool> {
        let mut from = (stretch.shard.lower.to_vec(), Bytes::new());
        loop {
            let rows = self.upload_index(stretch.shard.bucket, stretch.read, &from, PAGE_ENTRIES_MAX).await?;
            // What is beyond the stretch was moved, and is looked at there.
            for (_, id) in rows.iter().filter(|(key, _)| stretch.shard.covers(key)) {
                let id = UploadId::from_slice(id).ok_or_else(|| corrupt("an upload's id", "it has not 16 bytes"))?;
                if !self.forbid_upload(id).await? {
                    return Ok(false);
                }
            }
            match rows.last() {
                Some((key, id)) if rows.len() == PAGE_ENTRIES_MAX => from = (key.to_vec(), id.clone()),
                _ => return Ok(true),
            }
        }
    }

    /// Makes an upload that was never opened impossible; false when it is open.
    async fn forbid_upload(&self, id: UploadId) -> Result<bool> {
        if let Some(row) = self.upload_row(id).await? {
            return Ok(!row.is_open());
        }
        self.log_upload(id).await?;
        let values = (
            FORBIDDEN,
            UPLOAD_ABORTED,
            Timestamp::now().0,
            Uuid::nil(),
            Bytes::new(),
            Bytes::new(),
            Bytes::new(),
            0_i64,
            Closing::default().encode_to_vec(),
            id.0,
            None::<Uuid>,
        );
        let ours = |row: &super::session::CasRow| row.uuid("rev") == Some(FORBIDDEN);
        let look = || self.look_at_upload(id, FORBIDDEN, None);
        match self.cluster.cas(&self.cluster.st.upload_open, values, ours, look).await? {
            Cas::Applied => Ok(true),
            Cas::Refused(_) => Ok(self.upload_row(id).await?.is_none_or(|row| !row.is_open())),
        }
    }

    pub(super) async fn abort_upload(self: &Arc<Self>, bucket: &Bucket, upload: &Upload) -> Result<AbortUpload> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(row) = self.settled_upload(upload).await? else { return Ok(AbortUpload::NoSuchUpload) };
            if row.state != UPLOAD_OPEN || row.bucket != bucket.id.0 {
                return Ok(AbortUpload::NoSuchUpload);
            }
            self.log_upload(upload.id).await?;
            if self.mark_upload(upload.id, row.rev, UPLOAD_ABORTED, &Closing::default()).await?.is_some() {
                self.unlist_closed(bucket, upload).await;
                return Ok(AbortUpload::Aborted);
            }
        }
        Err(unavailable(format!("upload {} is changed by others", upload.id)))
    }

    /// Takes a closed upload out of the index, later. A row that stays is removed by whoever lists it.
    pub(super) async fn unlist_closed(self: &Arc<Self>, bucket: &Bucket, upload: &Upload) {
        let key = Bytes::copy_from_slice(upload.key.as_bytes());
        match self.stretch_to_write(bucket.id, &key).await {
            Ok(Some(stretch)) => self.unlist_upload_later(stretch, key, upload.id).await,
            // The bucket is gone, and its rows with it.
            Ok(None) => {}
            Err(error) => tracing::debug!(upload = %upload.id, %error, "the index row of a closed upload was left"),
        }
    }
}

/// When an id of version 7 was made, microseconds since 1970.
fn made_at(id: UploadId) -> Option<i64> {
    let (seconds, nanos) = id.0.get_timestamp()?.to_unix();
    i64::try_from(seconds).ok()?.checked_mul(1_000_000)?.checked_add(i64::from(nanos / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(state: i8) -> Columns {
        let closing = Closing { fingerprint: vec![7; 32].into(), attrs: Some(ObjectAttrs::default()), manifest: None };
        (
            Some(Uuid::new_v4()),
            Some(state),
            Some(1),
            Some(Uuid::new_v4()),
            Some(Bytes::from_static(b"k")),
            Some(Bytes::new()),
            Some(vec![1; 32]),
            Some(2),
            Some(closing.encode_to_vec().into()),
        )
    }

    #[test]
    fn an_upload_that_lost_a_column_is_damaged_and_not_another_one() {
        let id = UploadId::fresh();
        let none = UploadRow::of(id, (None, None, None, None, None, None, None, None, None));
        assert!(matches!(none, Ok(None)));
        let damaged = |change: fn(&mut Columns)| {
            let mut row = columns(UPLOAD_OPEN);
            change(&mut row);
            matches!(UploadRow::of(id, row), Err(StorageError::Corrupt(_)))
        };
        assert!(!damaged(|_| {}));
        let lost: [fn(&mut Columns); 9] = [
            |row| row.0 = None,
            |row| row.1 = None,
            |row| row.2 = None,
            |row| row.3 = None,
            |row| row.4 = None,
            |row| row.5 = None,
            |row| row.6 = None,
            |row| row.7 = None,
            |row| row.8 = None,
        ];
        for (column, lose) in lost.into_iter().enumerate() {
            assert!(damaged(lose), "column {column}");
        }
    }

    #[test]
    fn a_completed_upload_says_what_it_became() {
        let id = UploadId::fresh();
        assert!(UploadRow::of(id, columns(UPLOAD_COMPLETED)).is_ok());
        let mut row = columns(UPLOAD_COMPLETED);
        row.8 = Some(Closing { fingerprint: vec![7; 32].into(), ..Closing::default() }.encode_to_vec().into());
        assert!(matches!(UploadRow::of(id, row), Err(StorageError::Corrupt(_))));
    }
}
