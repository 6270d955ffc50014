//! The segment files: which there are, reading records from them, and the spare ones kept ready.
//!
//! Spares are made ahead, zeros and all, by a thread of their own: a sync of a file whose blocks are already written
//! need not commit new block mappings, and taking the next segment never waits for the disk. The last two are kept
//! from data, and the very last from all but compaction, so that a full disk can be emptied again.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::{Condvar, Mutex, RwLock};

use super::disk::{Disk, DiskFile, is_full};
use super::index::Row;
use super::record::{BLOCK_BYTES, Epoch, Record, SegmentHeader};
use super::stop::StopFlag;
use crate::storage::{Result, StorageError};

/// Spares kept ready: one for data, and the reserves of deletes and of compaction.
const SPARES: usize = 3;
const ZEROS_BYTES: usize = 1 << 20;
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One file of the log.
#[derive(Debug)]
pub(super) struct Segment {
    pub id: u64,
    pub base_seq: u64,
    pub epoch: Epoch,
    /// Bytes of the file, which never change.
    pub length: u64,
}

/// Files that are open, and when each was last asked for.
#[derive(Debug, Default)]
struct Handles {
    files: BTreeMap<u64, (u64, Arc<dyn DiskFile>)>,
    asked: u64,
}

/// All files of the log. Those not asked for lately are closed: a large store has more than a process may open.
#[derive(Debug)]
pub(super) struct Segments {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    there: RwLock<BTreeMap<u64, Arc<Segment>>>,
    handles: Mutex<Handles>,
    open_max: usize,
}

/// What a new segment is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// New data: refused when only the reserves are left.
    Data,
    /// A delete: may take its reserve.
    Delete,
    /// Compaction: may take the last one, because it gives back more than it takes.
    Compaction,
}

impl Room {
    /// Spares that must be there for one to be taken.
    fn least(self) -> usize {
        match self {
            Self::Data => SPARES,
            Self::Delete => 2,
            Self::Compaction => 1,
        }
    }
}

impl Segments {
    /// `open_max`: how many files are kept open.
    pub(super) fn new(disk: Arc<dyn Disk>, dir: PathBuf, open_max: usize) -> Self {
        Self { disk, dir, there: RwLock::default(), handles: Mutex::default(), open_max }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(super) fn path(&self, id: u64) -> PathBuf {
        self.dir.join(format!("{id:016x}.log"))
    }

    /// The id in a file name that [`Self::path`] made.
    pub(super) fn id_of(name: &str) -> Option<u64> {
        let digits = name.strip_suffix(".log").filter(|digits| digits.len() == 16)?;
        u64::from_str_radix(digits, 16).ok()
    }

    fn add(&self, segment: Arc<Segment>, file: Arc<dyn DiskFile>) {
        self.keep_open(segment.id, file);
        self.there.write().insert(segment.id, segment);
    }

    fn keep_open(&self, id: u64, file: Arc<dyn DiskFile>) {
        let mut handles = self.handles.lock();
        handles.asked += 1;
        let asked = handles.asked;
        handles.files.insert(id, (asked, file));
        if handles.files.len() > self.open_max {
            let longest_ago = handles.files.iter().min_by_key(|(_, (asked, _))| *asked).map(|(id, _)| *id);
            drop(longest_ago.and_then(|id| handles.files.remove(&id)));
        }
    }

    /// A segment's file, opened again when it was closed meanwhile.
    pub(super) fn file(&self, segment: &Segment) -> io::Result<Arc<dyn DiskFile>> {
        {
            let mut handles = self.handles.lock();
            let handles = &mut *handles;
            if let Some((asked, file)) = handles.files.get_mut(&segment.id) {
                handles.asked += 1;
                *asked = handles.asked;
                return Ok(file.clone());
            }
        }
        let file = self.disk.open(&self.path(segment.id))?;
        // One that was removed meanwhile is never asked for again, and goes as the one asked for longest ago.
        self.keep_open(segment.id, file.clone());
        Ok(file)
    }

    fn get(&self, id: u64) -> Option<Arc<Segment>> {
        self.there.read().get(&id).cloned()
    }

    /// All of them, oldest first.
    pub(super) fn all(&self) -> Vec<Arc<Segment>> {
        self.there.read().values().cloned().collect()
    }

    /// Removes a segment's file, then forgets it: while the file is there, deletes of its keys are still needed.
    /// Readers that have it open keep it.
    pub(super) fn remove(&self, id: u64) -> io::Result<()> {
        match self.disk.remove(&self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => self.disk.sync_dir(&self.dir)?,
        }
        self.there.write().remove(&id);
        drop(self.handles.lock().files.remove(&id));
        Ok(())
    }

    /// The data that the log keeps beside a row, verified; `None` when its segment is gone because the record was moved.
    ///
    /// # Errors
    /// [`StorageError::Corrupt`] when the record is damaged, or is not the row's: a pointer that went wrong must never
    /// answer with another object's bytes.
    pub(super) fn read(&self, key: &[u8], row: &Row) -> Result<Option<Bytes>> {
        let location = row.location;
        let Some(segment) = self.get(location.segment) else { return Ok(None) };
        let mut bytes = vec![0; usize::try_from(location.bytes).expect("64-bit machine")];
        let named = |what: &str| {
            let (id, offset) = (location.segment, location.offset);
            format!("the record at byte {offset} of segments/{id:016x}.log {what}; restore it from a copy")
        };
        let read = self.file(&segment).and_then(|file| file.read_at(&mut bytes, location.offset.into()));
        match read {
            // Removed between the lookup and the opening.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| StorageError::Unavailable(named(&format!("could not be read ({error})"))))?,
        }
        let Some(record) = Record::decode(&bytes, &segment.epoch) else {
            return Err(StorageError::Corrupt(named("does not match its checksum")));
        };
        if !record.put || record.key != key || record.value != row.value {
            return Err(StorageError::Corrupt(named("is not the one that the index looks for")));
        }
        let data_at = bytes.len() - record.data.len();
        Ok(Some(Bytes::from(bytes).slice(data_at..)))
    }

    /// Turns a spare into segment `id`. Its name and header are durable when this returns.
    pub(super) fn activate(&self, spare: &Path, id: u64, base_seq: u64) -> io::Result<Arc<Segment>> {
        let epoch = *uuid::Uuid::new_v4().as_bytes();
        let file = self.disk.open(spare)?;
        file.write_at(&SegmentHeader { id, base_seq, epoch }.encode(), 0)?;
        file.sync()?;
        self.disk.rename(spare, &self.path(id))?;
        self.disk.sync_dir(&self.dir)?;
        let segment = Arc::new(Segment { id, base_seq, epoch, length: file.length()? });
        self.add(segment.clone(), file);
        Ok(segment)
    }

    /// Opens a segment that is there; `None` when its header is damaged.
    pub(super) fn open(&self, id: u64) -> io::Result<Option<Arc<Segment>>> {
        let file = self.disk.open(&self.path(id))?;
        let mut block = vec![0; BLOCK_BYTES];
        let length = file.length()?;
        if length < BLOCK_BYTES as u64 {
            return Ok(None);
        }
        file.read_at(&mut block, 0)?;
        let Some(header) = SegmentHeader::decode(&block).filter(|header| header.id == id) else { return Ok(None) };
        let segment = Arc::new(Segment { id, base_seq: header.base_seq, epoch: header.epoch, length });
        self.add(segment.clone(), file);
        Ok(Some(segment))
    }
}

/// Connections may have used all descriptors up for a moment; nothing is wrong with the disk.
fn is_short_of_descriptors(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE))
}

#[derive(Debug, Default)]
struct Stock {
    ready: Vec<PathBuf>,
    next: u64,
    /// Why no more could be made.
    failed: Option<String>,
    closed: bool,
}

/// Files that are ready to become segments.
#[derive(Debug)]
pub(super) struct Spares {
    dir: PathBuf,
    bytes: u64,
    /// Free space below which no spare is made: the index needs it for its checkpoints.
    headroom_bytes: u64,
    stock: Mutex<Stock>,
    changed: Condvar,
}

impl Spares {
    /// `bytes`: length of a segment.
    pub(super) fn new(dir: PathBuf, bytes: u64, headroom_bytes: u64) -> Self {
        Self { dir, bytes, headroom_bytes, stock: Mutex::default(), changed: Condvar::new() }
    }

    /// Takes over what an earlier run left, and removes what is of no use.
    pub(super) fn adopt(&self, disk: &dyn Disk, names: &[String]) -> io::Result<()> {
        let mut stock = self.stock.lock();
        for name in names {
            let Some(number) = name.strip_prefix("spare-").and_then(|number| number.parse::<u64>().ok()) else {
                continue;
            };
            let path = self.dir.join(name);
            stock.next = stock.next.max(number + 1);
            if disk.open(&path)?.length()? == self.bytes {
                stock.ready.push(path);
            } else {
                disk.remove(&path)?;
            }
        }
        Ok(())
    }

    /// Makes one spare on this thread.
    pub(super) fn make(&self, disk: &dyn Disk) -> io::Result<()> {
        if disk.free_bytes(&self.dir)? < self.bytes + self.headroom_bytes {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left for another log segment"));
        }
        let number = {
            let mut stock = self.stock.lock();
            stock.next += 1;
            stock.next
        };
        let path = self.dir.join(format!("spare-{number}"));
        if let Err(error) = self.fill(disk, &path) {
            // A half-made spare takes the space whose lack it shows.
            drop(disk.remove(&path));
            return Err(error);
        }
        let mut stock = self.stock.lock();
        stock.ready.push(path);
        stock.failed = None;
        self.changed.notify_all();
        Ok(())
    }

    fn fill(&self, disk: &dyn Disk, path: &Path) -> io::Result<()> {
        let file = disk.create(path)?;
        file.allocate(0, self.bytes)?;
        let zeros = vec![0; ZEROS_BYTES];
        let mut offset = 0;
        while offset < self.bytes {
            let length = (self.bytes - offset).min(ZEROS_BYTES as u64);
            file.write_at(&zeros[..usize::try_from(length).expect("at most a buffer")], offset)?;
            offset += length;
            if self.stock.lock().closed {
                break;
            }
        }
        file.sync()
    }

    /// Keeps the stock filled until [`Self::close`]. The body of a thread.
    pub(super) fn keep_ready(&self, disk: &dyn Disk, stop: &StopFlag) {
        loop {
            {
                let mut stock = self.stock.lock();
                while stock.ready.len() >= SPARES && !stock.closed {
                    self.changed.wait(&mut stock);
                }
                if stock.closed || stop.check().is_err() {
                    // Who waits for a spare would wait for ever.
                    stock.closed = true;
                    self.changed.notify_all();
                    return;
                }
            }
            let Err(error) = self.make(disk) else { continue };
            let mut stock = self.stock.lock();
            if !is_full(&error) && !is_short_of_descriptors(&error) {
                stop.stop(&format!("a log segment could not be prepared: {error}"));
            }
            stock.failed = Some(error.to_string());
            self.changed.notify_all();
            let until = Instant::now() + RETRY_AFTER;
            while !stock.closed && stock.failed.is_some() {
                if self.changed.wait_until(&mut stock, until).timed_out() {
                    break;
                }
            }
        }
    }

    /// Space was given back: who waits for a spare may hope again.
    pub(super) fn retry(&self) {
        self.stock.lock().failed = None;
        self.changed.notify_all();
    }

    /// Takes a spare, waiting while one is being made.
    pub(super) fn take(&self, room: Room, stop: &StopFlag) -> Result<PathBuf> {
        let least = room.least();
        let mut stock = self.stock.lock();
        loop {
            if stock.ready.len() >= least
                && let Some(path) = stock.ready.pop()
            {
                self.changed.notify_all();
                return Ok(path);
            }
            stop.check()?;
            if let Some(reason) = &stock.failed {
                return Err(StorageError::Full(format!("{reason}; delete objects or add space")));
            }
            if stock.closed {
                return Err(StorageError::Stopped("the store is closing".into()));
            }
            self.changed.wait(&mut stock);
        }
    }

    /// Takes a spare if there is one; recovery uses it before the thread runs.
    pub(super) fn take_now(&self) -> Option<PathBuf> {
        self.stock.lock().ready.pop()
    }

    pub(super) fn close(&self) {
        self.stock.lock().closed = true;
        self.changed.notify_all();
    }
}
