//! Copies a shard's index rows to where they are moved, each column with its own timestamp. Decides nothing.
//!
//! # Why the timestamps
//! Writers write both sides meanwhile. With the timestamps that they had, copied rows lose against whatever is newer,
//! deletions too, in whichever order they arrive; so copying twice, or by two at once, does no harm.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::Core;
use super::log::{Entry, Kind};
use super::rows::FOR_EVER;
use super::session::corrupt;
use super::shards::Shard;
use super::versions::VERSIONED;
use crate::storage::Result;

/// Rows read at once.
const ROWS_AT_ONCE: i32 = 1_000;
/// Rows written at a time: a copy is not to be noticed by those who wait.
const WRITTEN_AT_ONCE: usize = 32;
/// An upload's row has no column whose timestamp could be read. Any deletion is newer than this, and a row that should
/// not be there speaks of an upload that is closed.
const UPLOAD_TIMESTAMP: i64 = 1;

/// Key, state, attributes, and the timestamps of both.
type Listed = (Bytes, Option<i8>, Option<Bytes>, Option<i64>, Option<i64>);

/// What is copied from where to where: `[from, upper)`.
struct Range<'a> {
    bucket: Uuid,
    source: Uuid,
    target: Uuid,
    lower: &'a [u8],
    upper: Option<&'a [u8]>,
}

impl Range<'_> {
    fn holds(&self, key: &[u8]) -> bool {
        self.upper.is_none_or(|upper| key < upper)
    }
}

impl Core {
    /// Copies what a shard has into the targets of its move.
    pub(super) async fn copy_rows(&self, shard: &Shard) -> Result<()> {
        for (index, (lower, target)) in shard.targets.iter().enumerate() {
            if *target == shard.id {
                continue;
            }
            let upper = shard.targets.get(index + 1).map(|(lower, _)| lower).or(shard.upper.as_ref());
            let range = Range {
                bucket: shard.bucket.0,
                source: shard.id,
                target: *target,
                lower,
                upper: upper.map(AsRef::as_ref),
            };
            self.copy_listed(&range).await?;
            self.copy_versioned(&range).await?;
            self.copy_uploads(&range).await?;
        }
        Ok(())
    }

    async fn copy_listed(&self, range: &Range<'_>) -> Result<()> {
        let st = &self.cluster.st;
        let mut from = range.lower.to_vec();
        loop {
            let rows: Vec<Listed> =
                self.cluster.rows(&st.listing_copied, (range.bucket, range.source, &from, ROWS_AT_ONCE)).await?;
            let next = rows.last().filter(|_| full(&rows)).map(|last| [&last.0, &[0][..]].concat());
            let within = rows.into_iter().filter(|row| range.holds(&row.0)).map(|row| self.copy_one(range, row));
            futures::stream::iter(within).buffer_unordered(WRITTEN_AT_ONCE).try_collect::<()>().await?;
            match next {
                Some(next) if range.holds(&next) => from = next,
                _ => return Ok(()),
            }
        }
    }

    async fn copy_one(&self, range: &Range<'_>, (key, state, attrs, state_at, attrs_at): Listed) -> Result<()> {
        let st = &self.cluster.st;
        let (bucket, target) = (range.bucket, range.target);
        match (state.zip(state_at), attrs.zip(attrs_at)) {
            (Some((state, at)), Some((attrs, same))) if at == same => {
                self.cluster.write(&st.listing_set, (at, state, attrs, bucket, target, &key)).await
            }
            (Some((state, at)), attrs) => {
                self.cluster.write(&st.listing_intent, (at, state, bucket, target, &key)).await?;
                match attrs {
                    Some((attrs, at)) => self.cluster.write(&st.listing_attrs, (at, attrs, bucket, target, &key)).await,
                    None => Ok(()),
                }
            }
            // A row without a state could not be told from one that is current.
            (None, _) => Err(corrupt("a listing row", "it has no state")),
        }
    }

    async fn copy_versioned(&self, range: &Range<'_>) -> Result<()> {
        let mut from = range.lower.to_vec();
        let limit = usize::try_from(ROWS_AT_ONCE).unwrap_or(usize::MAX);
        loop {
            let rows = self.versioned_rows(range.bucket, range.source, &from, range.upper, limit).await?;
            let next = rows.last().filter(|_| full(&rows)).map(|(last, _)| [last, &[0][..]].concat());
            let writes = rows.into_iter().map(|(key, at)| async move {
                let values = (at, VERSIONED, range.bucket, range.target, &key);
                self.cluster.write(&self.cluster.st.versioned_add, values).await
            });
            futures::stream::iter(writes).buffer_unordered(WRITTEN_AT_ONCE).try_collect::<()>().await?;
            match next {
                Some(next) => from = next,
                None => return Ok(()),
            }
        }
    }

    async fn copy_uploads(&self, range: &Range<'_>) -> Result<()> {
        let mut after = (range.lower.to_vec(), Bytes::new());
        let limit = usize::try_from(ROWS_AT_ONCE).unwrap_or(usize::MAX);
        let bucket = crate::storage::BucketId(range.bucket);
        loop {
            let rows = self.upload_index(bucket, range.source, &after, limit).await?;
            let next = rows.last().filter(|(key, _)| full(&rows) && range.holds(key));
            let next = next.map(|(key, id)| (key.to_vec(), id.clone()));
            let within = rows.into_iter().filter(|(key, _)| range.holds(key));
            let writes = within.map(|(key, id)| async move {
                let values = (range.bucket, range.target, &key, &id, UPLOAD_TIMESTAMP);
                self.cluster.write(&self.cluster.st.uploads_copy, values).await
            });
            futures::stream::iter(writes).buffer_unordered(WRITTEN_AT_ONCE).try_collect::<()>().await?;
            match next {
                Some(next) => after = next,
                None => return Ok(()),
            }
        }
    }

    /// Before a move settles: its source is known to the reclaimer, so that it is deleted whatever happens to us.
    pub(super) async fn log_retired(&self, shard: &Shard) -> Result<()> {
        if shard.targets.iter().any(|(_, target)| *target == shard.id) {
            return Ok(());
        }
        self.log(&Entry {
            kind: Kind::Shard.into(),
            id: shard.bucket.bytes(),
            shard: Bytes::copy_from_slice(shard.id.as_bytes()),
            key: shard.lower.clone(),
            ..Entry::default()
        })
        .await
    }

    /// Deletes a shard's partitions, each with one tombstone: nothing will ever be written there again.
    pub(super) async fn purge_shard(&self, bucket: Uuid, shard: Uuid) -> Result<()> {
        let st = &self.cluster.st;
        for statement in [&st.listing_purge, &st.versioned_purge, &st.uploads_purge] {
            self.cluster.write(statement, (FOR_EVER, bucket, shard)).await?;
        }
        Ok(())
    }
}

fn full<T>(rows: &[T]) -> bool {
    i32::try_from(rows.len()).is_ok_and(|read| read == ROWS_AT_ONCE)
}
