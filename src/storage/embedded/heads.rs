//! Object heads: reading, changing and listing them.
//!
//! # Why small reads run on the caller's thread
//! An index lookup and a read of some kilobytes that the page cache holds take a few microseconds; handing them to
//! another thread and back costs several times that. Larger inline bodies do go to a blocking thread.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::OwnedRwLockReadGuard;
use tokio::task::spawn_blocking;

use super::blobs::Pin;
use super::committer::NewRow;
use super::index::{Location, Row};
use super::segments::Room;
use super::shared::Shared;
use super::{keys, rows};
use crate::storage::{
    Bucket, Data, Decision, Fetch, Head, HeadChange, HeadRead, InodeId, ListedObject, ObjectKey, ObjectRecord,
    PAGE_ENTRIES_MAX, Page, Result, Rev, Scan, StorageError, Timestamp,
};

/// Records up to this many bytes are read on the caller's thread.
const READ_INLINE_BYTES_MAX: u32 = 32 << 10;
/// How often a lookup is repeated because compaction has moved the record meanwhile.
const LOOKUPS_MAX: usize = 16;

pub(super) async fn read(shared: &Arc<Shared>, bucket: &Bucket, key: &ObjectKey, fetch: Fetch) -> Result<Head> {
    let row_key = keys::head(bucket.id, key.as_bytes());
    for _ in 0..LOOKUPS_MAX {
        let Some(row) = shared.index.get(&row_key)? else { return Ok(Head::default()) };
        let mut head = rows::decode_head(&row.value)?;
        let Some(record) = head.current.as_mut().filter(|record| record.data == Data::NotRead) else {
            return Ok(head);
        };
        if fetch == Fetch::Attrs {
            return Ok(head);
        }
        if let Some(data) = inline(shared, row.location).await? {
            Arc::make_mut(record).data = Data::Inline(data);
            return Ok(head);
        }
    }
    Err(StorageError::Unavailable("an object's record was moved again and again while it was read".into()))
}

async fn inline(shared: &Arc<Shared>, location: Location) -> Result<Option<Bytes>> {
    if location.bytes <= READ_INLINE_BYTES_MAX {
        return shared.segments.read(location);
    }
    let shared = shared.clone();
    let job = spawn_blocking(move || shared.segments.read(location));
    job.await.map_err(|_| StorageError::Unavailable("a disk job was cut off".into()))?
}

/// The head as `decide` sees it.
fn current(shared: &Shared, row_key: &[u8]) -> Result<Head> {
    shared.index.get(row_key)?.map_or(Ok(Head::default()), |row: Row| rows::decode_head(&row.value))
}

/// What a decision makes of a head.
pub(super) enum Planned {
    /// These rows, and a pin on the blob they refer to.
    Write {
        previous: Head,
        head: Head,
        rows: Vec<NewRow>,
        pin: Option<(Pin, InodeId)>,
    },
    /// It was absent and is to be absent.
    Nothing(Head),
    Left(Head),
    BlobGone,
}

/// Asks `decide` once; the caller holds the key's lock, so no other writer can be faster.
pub(super) fn plan(
    shared: &Arc<Shared>,
    row_key: Vec<u8>,
    decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
) -> Result<Planned> {
    let previous = current(shared, &row_key)?;
    let rev = Rev::fresh();
    let ts = Timestamp(Timestamp::now().0.max(previous.ts.0 + 1));
    match decide(&previous) {
        Decision::Leave => Ok(Planned::Left(previous)),
        Decision::Delete if previous.current.is_none() => Ok(Planned::Nothing(previous)),
        Decision::Delete => {
            let head = Head { rev: Some(rev), ts, current: None };
            Ok(Planned::Write { previous, head, rows: vec![NewRow::delete(row_key)], pin: None })
        }
        Decision::Put(record) => {
            let Some(pin) = pinned(shared, &record)? else { return Ok(Planned::BlobGone) };
            let (value, data) = rows::encode_head(rev, ts, &record)?;
            let row = NewRow { key: row_key, value: Some(value), data };
            let head = Head { rev: Some(rev), ts, current: Some(record) };
            Ok(Planned::Write { previous, head, rows: vec![row], pin })
        }
    }
}

/// Keeps the blob of a record that is about to be published; `None` when it is gone.
#[expect(clippy::option_option, reason = "no blob to keep, or a blob that is gone")]
fn pinned(shared: &Arc<Shared>, record: &ObjectRecord) -> Result<Option<Option<(Pin, InodeId)>>> {
    let Data::Stored(placement) = &record.data else { return Ok(Some(None)) };
    let inode = rows::inode_of(placement)?;
    Ok(Pin::take(shared, inode)?.map(|pin| Some((pin, inode))))
}

/// Where the rows of a change may go: deletes also fit on a full disk.
pub(super) fn room(rows: &[NewRow]) -> Room {
    if rows.iter().any(|row| row.value.is_some()) { Room::Data } else { Room::Delete }
}

pub(super) async fn change(
    shared: &Arc<Shared>,
    read: HeadRead,
    decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
) -> Result<HeadChange> {
    let Some(entered) = shared.buckets.enter(read.bucket.id).await else { return Ok(HeadChange::NoSuchBucket) };
    let row_key = keys::head(read.bucket.id, read.key.as_bytes());
    let lock = shared.locks.key(&row_key).await;
    match plan(shared, row_key, decide)? {
        Planned::Left(head) => Ok(HeadChange::Left(head)),
        Planned::Nothing(head) => Ok(HeadChange::Applied { previous: head.clone(), head }),
        Planned::BlobGone => Ok(HeadChange::BlobGone),
        Planned::Write { previous, head, rows, pin } => {
            let room = room(&rows);
            let applied = applied(shared, pin, entered, lock);
            shared.commit(rows, room, applied).await?;
            Ok(HeadChange::Applied { previous, head })
        }
    }
}

/// What is to happen when the commit is in the index: the blob is published, the locks open.
pub(super) fn applied(
    shared: &Arc<Shared>,
    pin: Option<(Pin, InodeId)>,
    entered: OwnedRwLockReadGuard<bool>,
    locks: impl Send + 'static,
) -> Box<dyn FnOnce() + Send> {
    let shared = shared.clone();
    Box::new(move || {
        if let Some((pin, inode)) = pin {
            shared.blobs.set_published(inode);
            drop(pin);
        }
        drop((entered, locks));
    })
}

pub(super) fn list(shared: &Shared, bucket: &Bucket, scan: &Scan) -> Result<Page<ListedObject>> {
    let limit = scan.limit.clamp(1, PAGE_ENTRIES_MAX);
    let prefix = keys::head(bucket.id, &scan.prefix);
    let from = keys::head(bucket.id, &scan.from).max(prefix.clone());
    let mut found = shared.index.scan(&from, keys::after_prefix(&prefix).as_deref(), limit + 1)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let skip = keys::head(bucket.id, b"").len();
    let listed = |(key, row): (Vec<u8>, Row)| {
        let text = key.get(skip..).and_then(|key| std::str::from_utf8(key).ok());
        let key = text.and_then(|key| ObjectKey::parse(key).ok());
        let key = key.ok_or_else(|| StorageError::Corrupt("a key of the index is no object key".into()))?;
        let head = rows::decode_head(&row.value)?;
        Ok(ListedObject { key, attrs: head.current.map(|record| record.attrs.clone()).unwrap_or_default() })
    };
    Ok(Page { entries: found.into_iter().map(listed).collect::<Result<_>>()?, more })
}
