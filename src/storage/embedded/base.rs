//! The sorted base of the index: a redb database in the folder, with the position in the log that it covers.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use prost::Message;
use redb::{Database, ReadOnlyTable, ReadableDatabase, StorageBackend, TableDefinition};

use super::disk::{Disk, DiskFile};
use super::index::{Live, Location, Overlay, Row};
use super::stop::StopFlag;
use crate::storage::{Result, StorageError};

const ROWS: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("rows");
const FACTS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("facts");
const CHECKPOINT: &str = "checkpoint";
const CACHE_BYTES: usize = 24 << 20;
const LOCATION_BYTES: usize = 16;
/// Space for the database is taken in pieces of this, bytes.
const EXTENT_BYTES: u64 = 1 << 20;

/// Up to where in the log the base is complete.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Checkpoint {
    /// The segment and the offset at which the next batch begins.
    #[prost(uint64, tag = "1")]
    pub segment: u64,
    #[prost(uint64, tag = "2")]
    pub offset: u64,
    /// The sequence number of the next record.
    #[prost(uint64, tag = "3")]
    pub next_seq: u64,
    /// The segment's epoch: a base of another log is no base.
    #[prost(bytes = "vec", tag = "4")]
    pub epoch: Vec<u8>,
    /// The segments that the log consists of.
    #[prost(message, repeated, tag = "5")]
    pub segments: Vec<SegmentShare>,
}

/// What a segment still holds, as a checkpoint keeps it.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub(super) struct SegmentShare {
    #[prost(uint64, tag = "1")]
    pub id: u64,
    #[prost(uint64, tag = "2")]
    pub put_bytes: u64,
    #[prost(uint64, tag = "3")]
    pub delete_bytes: u64,
    #[prost(uint64, tag = "4")]
    pub delete_origin_max: u64,
}

impl Checkpoint {
    pub(super) fn live(&self) -> BTreeMap<u64, Live> {
        let live = |share: &SegmentShare| Live {
            put_bytes: share.put_bytes,
            delete_bytes: share.delete_bytes,
            delete_origin_max: share.delete_origin_max,
        };
        self.segments.iter().map(|share| (share.id, live(share))).collect()
    }

    pub(super) fn set_live(&mut self, live: &BTreeMap<u64, Live>) {
        self.segments = live
            .iter()
            .map(|(id, live)| SegmentShare {
                id: *id,
                put_bytes: live.put_bytes,
                delete_bytes: live.delete_bytes,
                delete_origin_max: live.delete_origin_max,
            })
            .collect();
    }
}

/// redb's file, through the store's file abstraction.
///
/// # Why it grows without taking space
/// redb doubles its file, and later adds gigabytes at once; of that it writes little, and a disk that has no room for
/// the rest must still take a checkpoint. Space is taken where something is written, extent by extent and before the
/// write: a full disk shows there, as an error that is undone, and not in the middle of a sync, which stops the store.
#[derive(Debug)]
struct Backend {
    file: Arc<dyn DiskFile>,
    stop: StopFlag,
    /// Extents that space was taken for since the file was opened.
    taken: Mutex<BTreeSet<u64>>,
}

impl Backend {
    fn new(file: Arc<dyn DiskFile>, stop: &StopFlag) -> Self {
        Self { file, stop: stop.clone(), taken: Mutex::default() }
    }

    fn take_space(&self, offset: u64, bytes: usize) -> io::Result<()> {
        let end = (offset + bytes as u64).div_ceil(EXTENT_BYTES);
        let length = self.file.length()?;
        let mut taken = self.taken.lock();
        for extent in offset / EXTENT_BYTES..end {
            if !taken.contains(&extent) {
                let start = extent * EXTENT_BYTES;
                // redb has set the length, and relies on it.
                let bytes = length.min(start + EXTENT_BYTES).saturating_sub(start);
                if bytes > 0 {
                    self.file.allocate(start, bytes)?;
                }
                taken.insert(extent);
            }
        }
        Ok(())
    }

    /// A second try after a failed sync would succeed without having written what the first one lost.
    fn writable(&self) -> io::Result<()> {
        self.stop.check().map_err(io::Error::other)
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read_at(out, offset)
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        self.writable()?;
        // The extent that the file's end is in, before or after, was or is taken only in part.
        let shortest = length.min(self.file.length()?);
        self.taken.lock().retain(|extent| (extent + 1) * EXTENT_BYTES <= shortest);
        self.file.set_length(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.writable()?;
        self.file.sync().inspect_err(|error| self.stop.stop(&format!("syncing the index failed: {error}")))
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.writable()?;
        self.take_space(offset, data.len())?;
        self.file.write_at(data, offset)
    }
}

/// A view of the base that does not change.
pub(super) struct Rows(ReadOnlyTable<&'static [u8], &'static [u8]>);

/// The database, and where it is.
pub(super) struct Base {
    /// `None` only while it is dropped.
    database: Option<Database>,
    path: PathBuf,
    has_checkpoint: bool,
}

impl Drop for Base {
    fn drop(&mut self) {
        // Closing panics as well once something in it has; the store has stopped by then.
        let database = self.database.take();
        drop(catch_unwind(AssertUnwindSafe(|| drop(database))));
    }
}

fn failed(error: impl std::fmt::Display) -> StorageError {
    StorageError::Unavailable(format!("the index could not be read or written: {error}"))
}

fn decode(value: &[u8]) -> Result<Row> {
    let read = || {
        Some(Row {
            location: Location {
                segment: u64::from_le_bytes(value.get(0..8)?.try_into().ok()?),
                offset: u32::from_le_bytes(value.get(8..12)?.try_into().ok()?),
                bytes: u32::from_le_bytes(value.get(12..LOCATION_BYTES)?.try_into().ok()?),
            },
            value: Bytes::copy_from_slice(&value[LOCATION_BYTES..]),
        })
    };
    read().ok_or_else(|| StorageError::Corrupt("a row of the index is too short".into()))
}

fn encode(row: &Row, out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&row.location.segment.to_le_bytes());
    out.extend_from_slice(&row.location.offset.to_le_bytes());
    out.extend_from_slice(&row.location.bytes.to_le_bytes());
    out.extend_from_slice(&row.value);
}

/// redb's locks are poisoned when a checkpoint has panicked; readers get an error, and do not panic as well.
fn guarded<T>(read: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| Err(failed("the database has panicked")))
}

impl Rows {
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        guarded(|| self.0.get(key).map_err(failed)?.map(|value| decode(value.value())).transpose())
    }

    pub(super) fn range(
        &self,
        bounds: (Bound<&[u8]>, Bound<&[u8]>),
    ) -> Result<impl Iterator<Item = Result<(Vec<u8>, Row)>>> {
        let mut range = guarded(|| self.0.range::<&[u8]>(bounds).map_err(failed))?;
        let mut next = move || {
            let Some(entry) = range.next() else { return Ok(None) };
            let (key, value) = entry.map_err(failed)?;
            Ok(Some((key.value().to_vec(), decode(value.value())?)))
        };
        Ok(std::iter::from_fn(move || guarded(&mut next).transpose()))
    }
}

impl Base {
    /// Opens the base; `None` when there is none or it is damaged, so that it has to be rebuilt.
    pub(super) fn open(disk: &dyn Disk, path: &Path, stop: &StopFlag) -> Option<(Self, Checkpoint)> {
        let file = disk.open(path).ok()?;
        if file.length().ok()? == 0 {
            return None;
        }
        // redb may panic on a file that was altered behind its back; to us that is one more damaged index.
        let opened = catch_unwind(AssertUnwindSafe(|| {
            let mut base = Self::with(file, path, stop).ok()?;
            base.has_checkpoint = true;
            let checkpoint = base.checkpoint().ok()??;
            Some((base, checkpoint))
        }));
        opened.ok().flatten()
    }

    /// Opens the base again, in the process that has made or opened it. It has to have a checkpoint if it had one.
    pub(super) fn reopened(&self, disk: &dyn Disk, stop: &StopFlag) -> Option<Self> {
        if self.has_checkpoint {
            return Some(Self::open(disk, &self.path, stop)?.0);
        }
        let file = disk.open(&self.path).ok()?;
        catch_unwind(AssertUnwindSafe(|| Self::with(file, &self.path, stop).ok())).ok().flatten()
    }

    /// Makes an empty base in place of what is there.
    pub(super) fn create(disk: &dyn Disk, path: &Path, stop: &StopFlag) -> Result<Self> {
        let file = disk.create(path).map_err(failed)?;
        let base = Self::with(file, path, stop)?;
        disk.sync_dir(path.parent().unwrap_or(Path::new("."))).map_err(failed)?;
        Ok(base)
    }

    fn with(file: Arc<dyn DiskFile>, path: &Path, stop: &StopFlag) -> Result<Self> {
        let backend = Backend::new(file, stop);
        let database = Database::builder().set_cache_size(CACHE_BYTES).create_with_backend(backend).map_err(failed)?;
        let base = Self { database: Some(database), path: path.to_owned(), has_checkpoint: false };
        if base.rows().is_err() {
            let write = base.database().begin_write().map_err(failed)?;
            write.open_table(ROWS).map_err(failed)?;
            write.open_table(FACTS).map_err(failed)?;
            write.commit().map_err(failed)?;
        }
        Ok(base)
    }

    fn database(&self) -> &Database {
        self.database.as_ref().expect("there until the drop")
    }

    /// The base as it is now.
    pub(super) fn rows(&self) -> Result<Rows> {
        let read = self.database().begin_read().map_err(failed)?;
        Ok(Rows(read.open_table(ROWS).map_err(failed)?))
    }

    fn checkpoint(&self) -> Result<Option<Checkpoint>> {
        let read = self.database().begin_read().map_err(failed)?;
        let facts = read.open_table(FACTS).map_err(failed)?;
        let Some(value) = facts.get(CHECKPOINT).map_err(failed)? else { return Ok(None) };
        Ok(Checkpoint::decode(value.value()).ok())
    }

    /// Moves the base forward, durably and as a whole.
    pub(super) fn write(&mut self, rows: &Overlay, checkpoint: &Checkpoint) -> Result<()> {
        let mut write = self.database().begin_write().map_err(failed)?;
        write.set_quick_repair(true);
        {
            let mut table = write.open_table(ROWS).map_err(failed)?;
            let mut value = Vec::new();
            for (key, row) in rows {
                match row {
                    Some(row) => {
                        encode(row, &mut value);
                        table.insert(key.as_slice(), value.as_slice()).map_err(failed)?;
                    }
                    None => drop(table.remove(key.as_slice()).map_err(failed)?),
                }
            }
            let mut facts = write.open_table(FACTS).map_err(failed)?;
            facts.insert(CHECKPOINT, checkpoint.encode_to_vec().as_slice()).map_err(failed)?;
        }
        write.commit().map_err(failed)
    }
}
