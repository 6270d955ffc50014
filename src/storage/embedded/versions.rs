//! The versions of a key: where each has its row, and the rows that a plan changes.
//!
//! # Why a version with an id has a row of its own from the start
//! Overwriting it then moves no bytes: the head says which one is current, and the row stays where it is. Only the null
//! version lives in the head itself, so that buckets without versioning pay nothing; it is copied once, when it is
//! overwritten by a version with an id.

use std::sync::Arc;

use super::committer::NewRow;
use super::heads::{inline, moving};
use super::shared::Shared;
use super::{keys, rows};
use crate::storage::versions::{Beside, Plan, beside as beside_of};
use crate::storage::{
    Bucket, BucketId, Data, Decision, Fetch, Head, HeadRead, ListedVersion, ObjectAttrs, ObjectKey, ObjectRecord,
    PAGE_ENTRIES_MAX, Page, Result, Rev, StorageError, Timestamp, VersionRef, VersionScan,
};

/// How often a lookup is repeated because compaction has moved the record meanwhile.
const LOOKUPS_MAX: usize = 16;

/// The key of a current version's own row, if it has one.
pub(super) fn own_row(bucket: BucketId, key: &ObjectKey, attrs: &ObjectAttrs) -> Option<Vec<u8>> {
    (!attrs.version.is_empty()).then(|| keys::version(bucket, key.as_bytes(), attrs.seq))
}

/// The head, and a version that is asked for by name.
pub(super) async fn read(
    shared: &Arc<Shared>,
    bucket: &Bucket,
    key: &ObjectKey,
    version: VersionRef,
    fetch: Fetch,
) -> Result<Head> {
    for _ in 0..LOOKUPS_MAX {
        let mut head = super::heads::read(shared, bucket, key, fetch).await?;
        if let Some(current) = head.current.as_ref().filter(|record| record.attrs.version_ref() == version) {
            head.named = Some(current.clone());
            return Ok(head);
        }
        let Some(seq) = place(&head, version) else { return Ok(head) };
        let row_key = keys::version(bucket.id, key.as_bytes(), seq);
        if let Some(mut record) = at(shared, bucket.id, key, seq)? {
            if record.attrs.version_ref() != version {
                return Ok(head);
            }
            if fetch == Fetch::WithInline && record.data == Data::NotRead {
                record.data = Data::Inline(bytes(shared, &row_key).await?);
            }
            head.named = Some(Arc::new(record));
            return Ok(head);
        }
        // It may have become the current one since the head was read.
        let now = shared.index.get(&keys::head(bucket.id, key.as_bytes()))?;
        let now = now.map_or(Ok(Head::default()), |row| rows::decode_head(&row.value))?;
        if now.rev == head.rev {
            return Ok(head);
        }
    }
    Err(moving())
}

/// Where a noncurrent version would be.
fn place(head: &Head, version: VersionRef) -> Option<i64> {
    match version {
        VersionRef::Null => head.null_seq,
        VersionRef::Id(id) => Some(id.seq),
    }
}

/// The version that has a row at a place; inline bytes are [`Data::NotRead`].
fn at(shared: &Shared, bucket: BucketId, key: &ObjectKey, seq: i64) -> Result<Option<ObjectRecord>> {
    let row = shared.index.get(&keys::version(bucket, key.as_bytes(), seq))?;
    row.map(|row| rows::decode_version(&row.value)).transpose()
}

/// The bytes beside the row of this key.
async fn bytes(shared: &Arc<Shared>, row_key: &[u8]) -> Result<bytes::Bytes> {
    for _ in 0..LOOKUPS_MAX {
        let Some(row) = shared.index.get(row_key)? else { break };
        if let Some(bytes) = inline(shared, row_key, row).await? {
            return Ok(bytes);
        }
    }
    Err(moving())
}

/// The version of this name, as a decision sees it.
pub(super) fn named(
    shared: &Shared,
    bucket: BucketId,
    key: &ObjectKey,
    head: &Head,
    version: VersionRef,
) -> Result<Option<Arc<ObjectRecord>>> {
    let is = |record: &ObjectRecord| record.attrs.version_ref() == version;
    if let Some(current) = head.current.as_ref().filter(|record| is(record)) {
        return Ok(Some(current.clone()));
    }
    let Some(seq) = place(head, version) else { return Ok(None) };
    Ok(at(shared, bucket, key, seq)?.filter(is).map(Arc::new))
}

/// What has to be read for a plan.
pub(super) fn beside(
    shared: &Shared,
    bucket: BucketId,
    key: &ObjectKey,
    head: &Head,
    decision: &Decision,
) -> Result<Option<Arc<ObjectRecord>>> {
    let found = match beside_of(head, decision) {
        Beside::Nothing => return Ok(None),
        Beside::At(seq) => at(shared, bucket, key, seq)?,
        Beside::Newest => {
            let current = head.current.as_ref().map_or(i64::MAX, |record| record.attrs.seq);
            older(shared, bucket, key, current, 1)?.pop()
        }
    };
    let missing = || StorageError::Corrupt(format!("a version of {key} that its head speaks of is missing"));
    Ok(Some(Arc::new(found.ok_or_else(missing)?)))
}

/// Versions with rows of their own whose place is below `seq`, the newest first.
fn older(shared: &Shared, bucket: BucketId, key: &ObjectKey, seq: i64, limit: usize) -> Result<Vec<ObjectRecord>> {
    let from = [&keys::version(bucket, key.as_bytes(), seq)[..], &[0]].concat();
    let end = keys::after_prefix(&keys::versions(bucket, key.as_bytes()));
    let found = shared.index.scan(&from, end.as_deref(), limit)?;
    found.iter().map(|(_, row)| rows::decode_version(&row.value)).collect()
}

/// The head after a plan, and the rows to write.
pub(super) async fn enact(
    shared: &Arc<Shared>,
    read: &HeadRead,
    previous: &Head,
    plan: Plan,
    ts: Timestamp,
) -> Result<(Head, Vec<NewRow>)> {
    let (bucket, key) = (read.bucket.id, &read.key);
    let head_key = keys::head(bucket, key.as_bytes());
    let mut rows = Vec::new();
    let mut head =
        Head { rev: Some(Rev::fresh()), ts, current: None, older: plan.older, null_seq: plan.null_seq, named: None };
    if let Some(mut current) = plan.current.clone() {
        let own = own_row(bucket, key, &current.attrs);
        let was = previous.current.as_ref().is_some_and(|before| before.attrs.seq == current.attrs.seq);
        if current.data == Data::NotRead && (own.is_none() || plan.current_changed && was) {
            // A row that is written again is written with its bytes.
            let from = match &own {
                Some(own) => own.clone(),
                None if plan.promoted => keys::version(bucket, key.as_bytes(), current.attrs.seq),
                None => head_key.clone(),
            };
            Arc::make_mut(&mut current).data = Data::Inline(bytes(shared, &from).await?);
        }
        if let Some(own) = own.filter(|_| plan.current_changed && !plan.promoted) {
            rows.push(version_row(own, &current)?);
        }
        if plan.promoted && current.attrs.version.is_empty() {
            rows.push(NewRow::delete(keys::version(bucket, key.as_bytes(), current.attrs.seq)));
        }
        head.current = Some(current);
    }
    if let Some(demoted) = plan.demoted.as_ref().filter(|record| record.attrs.version.is_empty()) {
        let demoted = with_bytes(shared, demoted, &head_key).await?;
        rows.push(version_row(keys::version(bucket, key.as_bytes(), demoted.attrs.seq), &demoted)?);
    }
    if let Some(rewritten) = &plan.rewritten {
        let row_key = keys::version(bucket, key.as_bytes(), rewritten.attrs.seq);
        rows.push(version_row(row_key.clone(), &with_bytes(shared, rewritten, &row_key).await?)?);
    }
    if head.current.is_some() {
        let (value, data) = rows::encode_head(&head)?;
        rows.push(NewRow { key: head_key, value: Some(value), data });
    } else {
        rows.push(NewRow::delete(head_key));
    }
    // Last, so that a blob that moves from one row to another is never without a reference.
    for gone in [plan.replaced, plan.dropped].into_iter().flatten() {
        let own = keys::version(bucket, key.as_bytes(), gone.attrs.seq);
        if shared.index.get(&own)?.is_some() {
            rows.push(NewRow::delete(own));
        }
    }
    Ok((head, rows))
}

fn version_row(key: Vec<u8>, record: &ObjectRecord) -> Result<NewRow> {
    let (value, data) = rows::encode_version(record)?;
    Ok(NewRow { key, value: Some(value), data })
}

/// The record with the bytes that are beside the row of this key.
async fn with_bytes(shared: &Arc<Shared>, record: &Arc<ObjectRecord>, row_key: &[u8]) -> Result<ObjectRecord> {
    let mut record = record.as_ref().clone();
    if record.data == Data::NotRead {
        record.data = Data::Inline(bytes(shared, row_key).await?);
    }
    Ok(record)
}

pub(super) fn list(shared: &Shared, bucket: &Bucket, scan: &VersionScan) -> Result<Page<ListedVersion>> {
    let limit = scan.limit.clamp(1, PAGE_ENTRIES_MAX);
    let prefix = keys::head(bucket.id, &scan.prefix);
    let end = keys::after_prefix(&prefix);
    let first = keys::head(bucket.id, &scan.from);
    let mut from = first.clone().max(prefix);
    let mut entries = Vec::new();
    loop {
        let wanted = limit + 1 - entries.len();
        let found = shared.index.scan(&from, end.as_deref(), wanted)?;
        let whole = found.len() < wanted;
        if let Some((last, _)) = found.last() {
            from = [last, &[0][..]].concat();
        }
        for (row_key, row) in found {
            let key = super::heads::object_key(&row_key)?;
            let head = rows::decode_head(&row.value)?;
            let below = scan.below.filter(|_| row_key == first).unwrap_or(i64::MAX);
            push_versions(shared, bucket.id, &key, &head, below, limit + 1 - entries.len(), &mut entries)?;
            if entries.len() > limit {
                entries.truncate(limit);
                return Ok(Page { entries, more: true });
            }
        }
        if whole {
            return Ok(Page { entries, more: false });
        }
    }
}

/// Up to `limit` versions of one key whose place is below `below`.
fn push_versions(
    shared: &Shared,
    bucket: BucketId,
    key: &ObjectKey,
    head: &Head,
    below: i64,
    limit: usize,
    entries: &mut Vec<ListedVersion>,
) -> Result<()> {
    let Some(current) = &head.current else { return Ok(()) };
    let mut left = limit;
    if current.attrs.seq < below {
        entries.push(ListedVersion { key: key.clone(), attrs: current.attrs.clone(), latest: true });
        left -= 1;
    }
    if head.older > 0 && left > 0 {
        for record in older(shared, bucket, key, below.min(current.attrs.seq), left)? {
            entries.push(ListedVersion { key: key.clone(), attrs: record.attrs, latest: false });
        }
    }
    Ok(())
}
