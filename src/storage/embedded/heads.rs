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
use super::index::Row;
use super::segments::Room;
use super::shared::Shared;
use super::{keys, rows, versions};
use crate::storage::versions::plan as plan_of;
use crate::storage::{
    Bucket, Data, Decision, Fetch, Head, HeadChange, HeadRead, InodeId, ListedObject, ObjectKey, ObjectRecord,
    PAGE_ENTRIES_MAX, Page, Result, Scan, StorageError, Timestamp,
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
        let own = versions::own_row(bucket.id, key, &record.attrs);
        let at = match &own {
            None => Some(row),
            Some(own) => shared.index.get(own)?,
        };
        if let Some(at) = at
            && let Some(data) = inline(shared, own.as_ref().unwrap_or(&row_key), at).await?
        {
            Arc::make_mut(record).data = Data::Inline(data);
            return Ok(head);
        }
    }
    Err(moving())
}

/// A record was moved by compaction each time it was looked up.
pub(super) fn moving() -> StorageError {
    StorageError::Unavailable("an object's record was moved again and again while it was read".into())
}

/// The bytes beside a row; `None` when they have been moved meanwhile.
pub(super) async fn inline(shared: &Arc<Shared>, row_key: &[u8], row: Row) -> Result<Option<Bytes>> {
    if row.location.bytes <= READ_INLINE_BYTES_MAX {
        return shared.segments.read(row_key, &row);
    }
    let (shared, row_key) = (shared.clone(), row_key.to_vec());
    let job = spawn_blocking(move || shared.segments.read(&row_key, &row));
    job.await.map_err(|_| StorageError::Unavailable("a disk job was cut off".into()))?
}

/// What a decision makes of a head.
pub(super) enum Planned {
    /// These rows, and a pin on the blob they refer to.
    Write {
        previous: Head,
        head: Head,
        rows: Vec<NewRow>,
        pin: Option<(Pin, InodeId)>,
        /// Where the rows may go: what removes also fits on a full disk.
        room: Room,
    },
    /// What it asks for is so already.
    Nothing(Head),
    Left(Head),
    BlobGone,
}

/// Asks `decide` once; the caller holds the key's lock, so no other writer can be faster.
pub(super) async fn plan(
    shared: &Arc<Shared>,
    read: &HeadRead,
    decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
) -> Result<Planned> {
    let (bucket, key) = (&read.bucket, &read.key);
    let row = shared.index.get(&keys::head(bucket.id, key.as_bytes()))?;
    let mut previous = row.map_or(Ok(Head::default()), |row| rows::decode_head(&row.value))?;
    if let Some(named) = read.named {
        previous.named = versions::named(shared, bucket.id, key, &previous, named)?;
    }
    let decision = decide(&previous);
    let pin = match &decision {
        Decision::Leave => return Ok(Planned::Left(previous)),
        Decision::Put(record) => match pinned(shared, record)? {
            Some(pin) => pin,
            None => return Ok(Planned::BlobGone),
        },
        Decision::Remove(_) | Decision::Rewrite(_) => None,
    };
    let ts = Timestamp(Timestamp::now().0.max(previous.ts.0 + 1));
    let beside = versions::beside(shared, bucket.id, key, &previous, &decision)?;
    let Some(plan) = plan_of(&previous, &decision, beside, ts) else { return Ok(Planned::Nothing(previous)) };
    let (head, rows) = versions::enact(shared, read, &previous, plan, ts).await?;
    let room = if matches!(decision, Decision::Remove(_)) { Room::Delete } else { Room::Data };
    Ok(Planned::Write { previous, head, rows, pin, room })
}

/// Keeps the blob of a record that is about to be published; `None` when it is gone.
#[expect(clippy::option_option, reason = "no blob to keep, or a blob that is gone")]
fn pinned(shared: &Arc<Shared>, record: &ObjectRecord) -> Result<Option<Option<(Pin, InodeId)>>> {
    let Data::Stored(placement) = &record.data else { return Ok(Some(None)) };
    let inode = rows::inode_of(placement)?;
    Ok(Pin::take(shared, inode)?.map(|pin| Some((pin, inode))))
}

pub(super) async fn change(
    shared: &Arc<Shared>,
    read: HeadRead,
    decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
) -> Result<HeadChange> {
    let Some(entered) = shared.buckets.enter(read.bucket.id).await else { return Ok(HeadChange::NoSuchBucket) };
    let lock = shared.locks.key(&keys::head(read.bucket.id, read.key.as_bytes())).await;
    match plan(shared, &read, decide).await? {
        Planned::Left(head) => Ok(HeadChange::Left(head)),
        Planned::Nothing(head) => Ok(HeadChange::Applied { previous: head.clone(), head }),
        Planned::BlobGone => Ok(HeadChange::BlobGone),
        Planned::Write { previous, head, rows, pin, room } => {
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

pub(super) async fn list(shared: &Arc<Shared>, bucket: &Bucket, scan: &Scan) -> Result<Page<ListedObject>> {
    let limit = scan.limit.clamp(1, PAGE_ENTRIES_MAX);
    let prefix = keys::head(bucket.id, &scan.prefix);
    let end = keys::after_prefix(&prefix);
    let from = keys::head(bucket.id, &scan.from).max(prefix);
    shared.scan(limit, move |shared| list_now(shared, from, end.as_deref(), limit)).await
}

fn list_now(shared: &Shared, mut from: Vec<u8>, end: Option<&[u8]>, limit: usize) -> Result<Page<ListedObject>> {
    let mut entries = Vec::new();
    loop {
        let wanted = limit + 1 - entries.len();
        let found = shared.index.scan(&from, end, wanted)?;
        let whole = found.len() < wanted;
        if let Some((last, _)) = found.last() {
            from = [last, &[0][..]].concat();
        }
        for (key, row) in found {
            let head = rows::decode_head(&row.value)?;
            if let Some(record) = head.object() {
                entries.push(ListedObject { key: object_key(&key)?, attrs: record.attrs.clone() });
            }
        }
        if entries.len() > limit {
            entries.truncate(limit);
            return Ok(Page { entries, more: true });
        }
        if whole {
            return Ok(Page { entries, more: false });
        }
    }
}

/// The object's key in the key of a head.
pub(super) fn object_key(head: &[u8]) -> Result<ObjectKey> {
    let key = keys::object_of(head).and_then(|text| ObjectKey::parse(text).ok());
    key.ok_or_else(|| StorageError::Corrupt("a key of the index is no object key".into()))
}
