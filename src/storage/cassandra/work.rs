//! Background work over all buckets: an index of those that have some, and turns that front ends take.
//!
//! # Why the index is written first and tidied last
//! A bucket's row is there before the LWT that gives the bucket rules, so that a bucket with rules is never missed. A
//! row that speaks of no such bucket is removed a day after it was written, at the timestamp it was read with: a row
//! that is written anew meanwhile stays.

use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt};
use uuid::Uuid;

use super::Core;
use super::session::{Cas, Look, corrupt};
use crate::storage::work::Work;
use crate::storage::{Bucket, BucketName, BucketSettings, PAGE_ENTRIES_MAX, Page, Result, StorageError, Timestamp};

/// Slots of buckets.
pub(super) const SLOTS: u32 = 8;
/// Rows read at once, most of which speak of buckets that have rules.
const ROWS_AT_ONCE: i32 = 200;
/// Buckets read at a time.
const VERIFIED_AT_ONCE: usize = 16;
/// No request lives as long as this, microseconds.
const ORPHANED_AFTER: i64 = 24 * 3600 * 1_000_000;

/// A name, a life of it, and when the row was written, microseconds.
type Row = (String, Uuid, Option<i64>);

fn slot_of(bucket: Uuid) -> i32 {
    let last = bucket.as_bytes().last().copied().unwrap_or_default();
    i32::try_from(u32::from(last) % SLOTS).unwrap_or_default()
}

impl Core {
    /// Before a bucket's settings become these: makes sure that one with rules will be found.
    pub(super) async fn expect_lifecycle(&self, bucket: &Bucket, settings: &BucketSettings) -> Result<()> {
        if settings.lifecycle.is_empty() {
            return Ok(());
        }
        let id = bucket.id.0;
        let values = (slot_of(id), bucket.name.as_str(), id, Timestamp::now().0);
        self.cluster.write(&self.cluster.st.lifecycle_add, values).await
    }

    pub(super) async fn buckets_with_lifecycle(
        &self,
        slot: u32,
        after: Option<&BucketName>,
        limit: usize,
    ) -> Result<Page<Bucket>> {
        let limit = limit.clamp(1, PAGE_ENTRIES_MAX);
        let slot = i32::try_from(slot).unwrap_or(i32::MAX);
        // A name may have rows of several lives; after a name means after all of them.
        let mut after = after.map_or((String::new(), Uuid::nil()), |name| (name.as_str().to_owned(), Uuid::max()));
        let mut entries = Vec::new();
        loop {
            let values = (slot, after.0.as_str(), after.1, ROWS_AT_ONCE);
            let rows: Vec<Row> = self.cluster.rows(&self.cluster.st.lifecycle_after, values).await?;
            let whole = i32::try_from(rows.len()).is_ok_and(|read| read < ROWS_AT_ONCE);
            if let Some((name, id, _)) = rows.last() {
                after = (name.clone(), *id);
            }
            let verified = rows.into_iter().map(|row| self.with_lifecycle(slot, row));
            let found: Vec<Option<Bucket>> =
                futures::stream::iter(verified).buffered(VERIFIED_AT_ONCE).try_collect().await?;
            entries.extend(found.into_iter().flatten());
            if entries.len() > limit {
                entries.truncate(limit);
                return Ok(Page { entries, more: true });
            }
            if whole {
                return Ok(Page { entries, more: false });
            }
        }
    }

    /// The bucket that a row speaks of, if it has rules; a row that has been wrong for long is removed.
    async fn with_lifecycle(&self, slot: i32, (name, id, written): Row) -> Result<Option<Bucket>> {
        let name = BucketName::existing(&name).ok_or_else(|| corrupt("a bucket's name", &name))?;
        let found = self.bucket_row(&name).await?.map(|row| row.bucket);
        let found = found.filter(|bucket| bucket.id.0 == id && !bucket.settings.lifecycle.is_empty());
        let Some(written) = written.filter(|at| found.is_none() && Timestamp::now().0 - at > ORPHANED_AFTER) else {
            return Ok(found);
        };
        if let Err(error) =
            self.cluster.write(&self.cluster.st.lifecycle_drop, (written, slot, name.as_str(), id)).await
        {
            tracing::debug!(bucket = %name, %error, "a row of a bucket without rules was left");
        }
        Ok(found)
    }

    pub(super) async fn work(&self, name: &str) -> Result<Work> {
        type Columns = (Option<Uuid>, Option<i64>, Option<Bytes>);
        let row: Option<Columns> = self.cluster.row(&self.cluster.st.work_read, (name,)).await?;
        let (owner, until, note) = row.unwrap_or_default();
        let others = owner.is_some_and(|owner| owner != self.me);
        let taken = others && until.is_some_and(|until| until > Timestamp::now().0);
        Ok(Work { note: note.unwrap_or_default(), taken, until })
    }

    pub(super) async fn take_work(&self, name: &str, seen: &Work, lease: Duration) -> Result<bool> {
        if seen.taken {
            return Ok(false);
        }
        let end = Timestamp::now().0.saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX));
        let values = (self.me, end, name, seen.until);
        let mine = |row: &super::session::CasRow| row.uuid("owner") == Some(self.me);
        let look = || async { Ok(Look::AsExpected) }.boxed();
        match self.cluster.cas(&self.cluster.st.work_take, values, mine, look).await {
            Ok(cas) => Ok(matches!(cas, Cas::Applied)),
            // Another was there at the same time; it is the other's turn.
            Err(StorageError::OutcomeUnknown(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn leave_work(&self, name: &str, note: Bytes) -> Result<()> {
        let values = (Timestamp::now().0, note, name, self.me);
        let look = || async { Ok(Look::AsExpected) }.boxed();
        match self.cluster.cas(&self.cluster.st.work_leave, values, |_| false, look).await {
            // Whether it is written down or done again by another makes no difference.
            Ok(_) | Err(StorageError::OutcomeUnknown(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
