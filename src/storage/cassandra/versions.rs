//! Noncurrent versions: rows of the head's own partition, written by the head's own LWT, and the index of keys that
//! have any.
//!
//! # Why only some keys are in the index
//! An object whose one version is current is told by its listing row. Only a key with noncurrent versions or a delete
//! marker needs a row that says so, and ListObjectVersions asks the heads of those; a bucket without versioning pays
//! nothing. The row is there before the LWT that makes it necessary, and goes after the one that makes it needless.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::Core;
use super::listing::{ASKING_TOO_LONG, IndexRow, ROWS_MIN, as_listed};
use super::rows::{HeadRow, key_of, successor, version_columns, version_of};
use super::session::{corrupt, unavailable};
use super::shards::Stretch;
use super::views::View;
use crate::storage::versions::{Beside, Plan, beside as beside_of, has_versions};
use crate::storage::{
    Bucket, BucketId, Data, Decision, Head, ListedVersion, ObjectKey, ObjectRecord, PAGE_ENTRIES_MAX, Page, Result,
    Timestamp, VersionRef, VersionScan,
};

/// Heads that one page reads at a time.
const HEADS_AT_ONCE: usize = 16;
/// Versions of one key that are read at once.
const VERSIONS_AT_ONCE: i32 = 500;
/// How often something is read again because it changes under the reader.
const ATTEMPTS_MAX: u32 = 10;
/// What a row of the index holds; only its being there means anything.
pub(super) const VERSIONED: i8 = 1;

/// Rows of versions that come or go with a head's LWT.
#[derive(Debug, Clone)]
pub(super) enum VersionRows {
    /// None.
    None,
    /// The version that was current gets a row.
    Demote {
        /// Its place.
        seq: i64,
        /// Its columns.
        attrs: Bytes,
        /// Its columns.
        inline: Bytes,
    },
    /// The row at this place goes.
    Drop(i64),
    /// Both.
    DemoteAndDrop {
        /// The place of the version that gets a row.
        seq: i64,
        /// Its columns.
        attrs: Bytes,
        /// Its columns.
        inline: Bytes,
        /// The place of the one that goes.
        drop: i64,
    },
    /// The row at this place has other attributes.
    Rewrite {
        /// Its place.
        seq: i64,
        /// Its new column.
        attrs: Bytes,
    },
}

impl VersionRows {
    /// Of a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let promoted = plan.current.as_ref().filter(|_| plan.promoted);
        let drop = plan.dropped.as_ref().or(promoted).map(|record| record.attrs.seq);
        let demoted = plan.demoted.as_ref().map(|record| (record.attrs.seq, version_columns(record)));
        match (demoted, drop, &plan.rewritten) {
            (Some((seq, (attrs, inline))), None, _) => Self::Demote { seq, attrs, inline },
            (Some((seq, (attrs, inline))), Some(drop), _) => Self::DemoteAndDrop { seq, attrs, inline, drop },
            (None, Some(drop), _) => Self::Drop(drop),
            (None, None, Some(record)) => Self::Rewrite { seq: record.attrs.seq, attrs: version_columns(record).0 },
            (None, None, None) => Self::None,
        }
    }
}

type Columns = (Option<Bytes>, Option<Bytes>);

/// Both columns are there or none: a version that lost its bytes must not pass for an empty one.
fn read_version((attrs, inline): Columns) -> Result<ObjectRecord> {
    let missing = || corrupt("a version", "a column is missing");
    version_of(attrs.ok_or_else(missing)?, &inline.ok_or_else(missing)?)
}

/// A version whose bytes were not asked for.
fn read_version_attrs(attrs: Option<Bytes>) -> Result<ObjectRecord> {
    version_of(attrs.ok_or_else(|| corrupt("a version", "a column is missing"))?, &Bytes::new())
}

impl Core {
    /// A head that was read, with the version of it that is named.
    pub(super) async fn with_version(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        mut head: Head,
        version: VersionRef,
    ) -> Result<Head> {
        let mut settled = None;
        for _ in 0..ATTEMPTS_MAX {
            if let Some(current) = head.current.as_ref().filter(|record| record.attrs.version_ref() == version) {
                head.named = Some(Arc::clone(current));
                return Ok(head);
            }
            let seq = match version {
                VersionRef::Null => head.null_seq,
                VersionRef::Id(id) => Some(id.seq).filter(|_| head.older > 0),
            };
            let Some(seq) = seq else { return Ok(head) };
            let found = self.version_at(bucket, key.as_bytes(), seq).await;
            if let Ok(Some(record)) = found {
                head.named = Some(Arc::new(record)).filter(|record| record.attrs.version_ref() == version);
                return Ok(head);
            }
            if settled == Some(head.rev) {
                return found.map(|_| head);
            }
            // It may have become the current one since the head was read, or be on its way to a quorum: reading at
            // SERIAL ends what is under way, and then what is missing is missing.
            head = self.head_row_serial(bucket, key.as_bytes()).await?.head()?;
            settled = Some(head.rev);
        }
        Err(unavailable(format!("the versions of {key} change too fast")))
    }

    async fn version_at(&self, bucket: BucketId, key: &[u8], seq: i64) -> Result<Option<ObjectRecord>> {
        let row: Option<Columns> = self.cluster.row(&self.cluster.st.noncurrent_read, (bucket.0, key, seq)).await?;
        row.map(read_version).transpose()
    }

    /// What has to be read for a plan; `None` inside when it is not there, so that the head must have changed.
    pub(super) async fn beside(
        &self,
        bucket: BucketId,
        key: &ObjectKey,
        head: &Head,
        decision: &Decision,
    ) -> Result<std::result::Result<Option<Arc<ObjectRecord>>, Overtaken>> {
        let found = match beside_of(head, decision) {
            Beside::Nothing => return Ok(Ok(None)),
            Beside::At(seq) => self.version_at(bucket, key.as_bytes(), seq).await?,
            Beside::Newest => {
                let row: Option<Columns> = self
                    .cluster
                    .row(&self.cluster.st.noncurrent_below, (bucket.0, key.as_bytes(), i64::MAX, 1_i32))
                    .await?;
                row.map(read_version).transpose()?
            }
        };
        Ok(found.map(|record| Some(Arc::new(record))).ok_or(Overtaken))
    }

    /// Whether a head, or a noncurrent version beside it, is in this blob.
    pub(super) async fn holds(&self, bucket: BucketId, key: &[u8], row: &HeadRow, inode: &Bytes) -> Result<bool> {
        if row.placement()?.is_some_and(|held| held.inode == *inode) {
            return Ok(true);
        }
        if row.older()? == 0 {
            return Ok(false);
        }
        let mut below = i64::MAX;
        loop {
            let page = self.versions_below(bucket, key, below, VERSIONS_AT_ONCE).await?;
            let Some((last, _)) = page.last() else { return Ok(false) };
            below = *last;
            if page.iter().any(|(_, r)| matches!(&r.data, Data::Stored(held) if held.inode == *inode)) {
                return Ok(true);
            }
        }
    }

    /// Noncurrent versions whose place is below `below`, the newest first, without their inline bytes.
    async fn versions_below(
        &self,
        bucket: BucketId,
        key: &[u8],
        below: i64,
        limit: i32,
    ) -> Result<Vec<(i64, ObjectRecord)>> {
        let values = (bucket.0, key, below, limit);
        let rows: Vec<(i64, Option<Bytes>)> =
            self.cluster.rows(&self.cluster.st.noncurrent_attrs_below, values).await?;
        rows.into_iter().map(|(seq, attrs)| Ok((seq, read_version_attrs(attrs)?))).collect()
    }

    pub(super) async fn list_versions(
        self: &Arc<Self>,
        bucket: &Bucket,
        scan: &VersionScan,
    ) -> Result<Page<ListedVersion>> {
        let view = self.view(&bucket.name).await?.filter(|view| view.bucket.id == bucket.id);
        let Some(view) = view else { return Ok(Page { entries: Vec::new(), more: false }) };
        let limit = scan.limit.clamp(1, PAGE_ENTRIES_MAX);
        let upper = successor(&scan.prefix);
        let upper = upper.as_deref();
        let mut from = scan.from.clone().max(scan.prefix.clone());
        let mut entries = Vec::new();
        loop {
            let missing = limit + 1 - entries.len();
            let read = |at: Stretch| {
                let (bucket, from) = (bucket.id.0, &from);
                async move { self.keys_page(bucket, at.read, from, at.until(upper), missing.max(ROWS_MIN)).await }
            };
            let Some((stretch, (keys, next))) = self.in_stretch(bucket.id, &from, read).await? else {
                return self.gone_or_unmapped(bucket).await;
            };
            let found = keys.into_iter().map(|(key, source)| self.versions_of(&view, key, source, scan, missing));
            let mut found = futures::stream::iter(found).buffered(HEADS_AT_ONCE);
            while let Some(of_key) = found.try_next().await? {
                entries.extend(of_key);
                if entries.len() > limit {
                    entries.truncate(limit);
                    return Ok(Page { entries, more: true });
                }
            }
            match next.or_else(|| stretch.next(upper)) {
                Some(next) => from = next,
                None => return Ok(Page { entries, more: false }),
            }
        }
    }

    /// Keys of one shard that have an object or a version, with the row that says so, and where to go on.
    async fn keys_page(
        &self,
        bucket: Uuid,
        shard: Uuid,
        from: &[u8],
        upper: Option<&[u8]>,
        wanted: usize,
    ) -> Result<(BTreeMap<Bytes, Source>, Option<Vec<u8>>)> {
        // Before and after: a key that gets its first version meanwhile is in the one, one that loses its last marker
        // in the other.
        let before = self.versioned_rows(bucket, shard, from, upper, wanted).await?;
        let listed = self.index_rows(bucket, shard, from, upper, wanted).await?;
        let after = self.versioned_rows(bucket, shard, from, upper, wanted).await?;
        // A full page says nothing about what comes behind it.
        let full = |rows: &[(Bytes, i64)]| rows.last().filter(|_| rows.len() == wanted).map(|(key, _)| key.clone());
        let ends =
            [listed.last().filter(|_| listed.len() == wanted).map(|row| row.key.clone()), full(&before), full(&after)];
        let end = ends.into_iter().flatten().min();
        let within = |key: &Bytes| end.as_ref().is_none_or(|end| key <= end);
        let mut keys: BTreeMap<Bytes, Source> = listed
            .into_iter()
            .filter(|row| within(&row.key))
            .map(|row| (row.key.clone(), Source::Listed(row)))
            .collect();
        for (key, at) in before.into_iter().chain(after).filter(|(key, _)| within(key)) {
            keys.insert(key, Source::Versioned(at));
        }
        Ok((keys, end.map(|end| [&end, &[0][..]].concat())))
    }

    /// Up to `limit` versions of a key.
    async fn versions_of(
        self: &Arc<Self>,
        view: &Arc<View>,
        key: Bytes,
        source: Source,
        scan: &VersionScan,
        limit: usize,
    ) -> Result<Vec<ListedVersion>> {
        let name = key_of(&key)?;
        let below = scan.below.filter(|_| key.as_ref() == scan.from.as_slice()).unwrap_or(i64::MAX);
        let entry = |attrs, latest| ListedVersion { key: name.clone(), attrs, latest };
        if let Source::Listed(row) = &source
            && let Some(attrs) = row.attrs()?
        {
            return Ok(if attrs.seq < below { vec![entry(attrs, true)] } else { Vec::new() });
        }
        for _ in 0..ATTEMPTS_MAX {
            let head = self.head_row(view.bucket.id, &key).await?.head()?;
            if let Source::Versioned(at) = source
                && !has_versions(head.older, head.current.as_deref())
                && Timestamp::now().0 - at > ASKING_TOO_LONG
            {
                // A crash left this row.
                self.repair_later(view, &key, at).await;
            }
            let Some(current) = &head.current else { return Ok(Vec::new()) };
            let mut versions = Vec::new();
            if current.attrs.seq < below {
                versions.push(entry(as_listed(&current.attrs), true));
            }
            if head.older == 0 || versions.len() == limit {
                return Ok(versions);
            }
            let (below, left) = (below.min(current.attrs.seq), limit - versions.len());
            let left = i32::try_from(left).unwrap_or(i32::MAX);
            let older = self.versions_below(view.bucket.id, &key, below, left).await?;
            // What was noncurrent may have become current, and be in neither.
            if self.head_row(view.bucket.id, &key).await?.rev == head.rev.map(|rev| rev.0) {
                versions.extend(older.into_iter().map(|(_, record)| entry(as_listed(&record.attrs), false)));
                return Ok(versions);
            }
        }
        Err(unavailable(format!("the versions of {name} change too fast")))
    }

    /// Rows of the index from `from` on and below `upper`, with their times.
    pub(super) async fn versioned_rows(
        &self,
        bucket: Uuid,
        shard: Uuid,
        from: &[u8],
        upper: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<(Bytes, i64)>> {
        let st = &self.cluster.st;
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        let rows: Vec<(Bytes, Option<i64>)> = match upper {
            Some(upper) => self.cluster.rows(&st.versioned_between, (bucket, shard, from, upper, limit)).await?,
            None => self.cluster.rows(&st.versioned_from, (bucket, shard, from, limit)).await?,
        };
        Ok(rows.into_iter().map(|(key, at)| (key, at.unwrap_or_default())).collect())
    }
}

/// What says that a key has something to list.
enum Source {
    /// Its listing row, which tells everything where it does not ask.
    Listed(IndexRow),
    /// Its row among the keys with versions, of this time.
    Versioned(i64),
}

/// The head that a plan was made for is no longer the one.
pub(super) struct Overtaken;
