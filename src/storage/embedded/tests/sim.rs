//! A disk in memory that forgets what was not synced when the power goes: of the writes since a file's last sync any
//! subset may have arrived, each whole, not at all, or cut at a sector; of the changes of names since a folder's last
//! sync, those up to any point.
//!
//! A kill loses none of this, and makes none of it durable. A sync that fails does as Linux does: its writes are lost to
//! the disk, later syncs find nothing to do, and readers go on seeing them until the cache is dropped.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::storage::embedded::disk::{Disk, DiskFile};

const SECTOR_BYTES: usize = 512;
/// Space is taken in pieces of this.
const BLOCK_BYTES: usize = 4096;

/// Numbers that look random and are the same for the same seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `sides`, which is not 0.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }
}

#[derive(Debug, Clone)]
enum Write {
    Bytes(usize, Vec<u8>),
    Length(usize),
}

impl Write {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Bytes(at, bytes) => {
                let end = at + bytes.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                content[*at..end].copy_from_slice(bytes);
            }
            Self::Length(length) => content.resize(*length, 0),
        }
    }
}

#[derive(Debug, Clone, Default)]
struct SimFile {
    name: PathBuf,
    /// What readers see.
    content: Vec<u8>,
    durable: Vec<u8>,
    /// What a sync would make durable.
    pending: Vec<Write>,
    /// Blocks that take space; the others are holes.
    taken: BTreeSet<usize>,
}

impl SimFile {
    /// How many blocks of this range take no space yet.
    fn missing(&self, range: Range<usize>) -> usize {
        blocks(range).filter(|block| !self.taken.contains(block)).count()
    }
}

fn blocks(range: Range<usize>) -> Range<usize> {
    range.start / BLOCK_BYTES..range.end.div_ceil(BLOCK_BYTES)
}

#[derive(Debug, Clone)]
enum Naming {
    Add(PathBuf, u64),
    Remove(PathBuf),
    Rename(PathBuf, PathBuf),
}

impl Naming {
    fn apply(&self, names: &mut BTreeMap<PathBuf, u64>) {
        match self {
            Self::Add(path, id) => drop(names.insert(path.clone(), *id)),
            Self::Remove(path) => drop(names.remove(path)),
            Self::Rename(from, to) => {
                if let Some(id) = names.remove(from) {
                    names.insert(to.clone(), id);
                }
            }
        }
    }

    fn folder(&self) -> &Path {
        let (Self::Add(path, _) | Self::Remove(path) | Self::Rename(path, _)) = self;
        path.parent().unwrap_or(path)
    }
}

/// What the disk does wrong.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// Operations until the power goes; 0 is never.
    pub power_after: u64,
    /// Bytes that fit; 0 is no bound.
    pub capacity: u64,
    /// The next sync of a file whose path has this in it fails.
    pub fail_sync: Option<&'static str>,
    /// Syncs of files and folders whose path has this in it are answered and not done; a folder's path ends with a
    /// slash and a dot.
    pub skip_sync: Option<&'static str>,
    /// Writes to files whose path has this in it wait.
    pub hold: Option<&'static str>,
    /// The next write to a file whose path has this in it panics.
    pub panic_at: Option<&'static str>,
}

#[derive(Debug, Clone, Default)]
struct State {
    files: BTreeMap<u64, SimFile>,
    names: BTreeMap<PathBuf, u64>,
    durable_names: BTreeMap<PathBuf, u64>,
    namings: Vec<Naming>,
    folders: Vec<PathBuf>,
    next: u64,
    /// How many have each file open.
    handles: BTreeMap<u64, usize>,
    listings: u64,
    locked: bool,
    dead: bool,
    operations: u64,
    faults: Faults,
}

impl State {
    /// Counts an operation that changes something; an error when the power is gone.
    fn tick(&mut self) -> io::Result<()> {
        self.operations += 1;
        if self.operations == self.faults.power_after {
            self.dead = true;
        }
        self.alive()
    }

    fn alive(&self) -> io::Result<()> {
        if self.dead { Err(io::Error::other("the power is gone")) } else { Ok(()) }
    }

    fn used(&self) -> u64 {
        let named = self.names.values().filter_map(|id| self.files.get(id));
        named.map(|file| (file.taken.len() * BLOCK_BYTES) as u64).sum()
    }

    /// Takes space for a range of a file.
    fn take(&mut self, id: u64, range: Range<usize>) -> io::Result<()> {
        let file = self.files.get(&id).ok_or(io::ErrorKind::NotFound)?;
        let missing = (file.missing(range.clone()) * BLOCK_BYTES) as u64;
        if missing > 0 && self.faults.capacity > 0 && self.used() + missing > self.faults.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.files.get_mut(&id).expect("was just there").taken.extend(blocks(range));
        Ok(())
    }

    fn change(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.namings.push(naming);
    }

    fn write(&mut self, id: u64, write: Write) -> io::Result<()> {
        self.tick()?;
        if let Write::Bytes(at, bytes) = &write {
            self.take(id, *at..at + bytes.len())?;
        }
        let file = self.files.get_mut(&id).ok_or(io::ErrorKind::NotFound)?;
        if let Write::Length(length) = &write {
            file.taken.retain(|block| block * BLOCK_BYTES < *length);
        }
        if names_fault(self.faults.panic_at, &file.name) {
            self.faults.panic_at = None;
            panic!("a panic that a test asked for");
        }
        write.apply(&mut file.content);
        file.pending.push(write);
        Ok(())
    }
}

fn names_fault(fault: Option<&'static str>, path: &Path) -> bool {
    fault.is_some_and(|part| path.to_string_lossy().contains(part))
}

/// A disk whose power can go.
#[derive(Debug, Clone, Default)]
pub struct SimDisk(Arc<Mutex<State>>);

#[derive(Debug)]
struct Handle {
    disk: SimDisk,
    id: u64,
}

impl Drop for Handle {
    fn drop(&mut self) {
        if let Some(count) = self.disk.0.lock().handles.get_mut(&self.id) {
            *count -= 1;
        }
    }
}

impl SimDisk {
    fn is_held(&self, id: u64) -> bool {
        let state = self.0.lock();
        state.files.get(&id).is_some_and(|file| names_fault(state.faults.hold, &file.name))
    }

    fn handle(&self, state: &mut State, id: u64) -> Arc<dyn DiskFile> {
        *state.handles.entry(id).or_default() += 1;
        Arc::new(Handle { disk: self.clone(), id })
    }

    /// Sets what goes wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        let mut state = self.0.lock();
        state.operations = 0;
        state.faults = faults;
    }

    /// What is left after the power went and came back.
    pub fn after_power_loss(&self, dice: &mut Dice) -> Self {
        let mut state = self.0.lock();
        state.dead = true;
        let mut names = state.durable_names.clone();
        let mut cut: BTreeMap<PathBuf, u64> = BTreeMap::new();
        for naming in &state.namings {
            // Each folder's changes arrive up to some point and no further.
            let arrived = cut.entry(naming.folder().to_owned()).or_insert_with(|| dice.roll(4));
            if *arrived > 0 {
                *arrived -= 1;
                naming.apply(&mut names);
            }
        }
        let mut files = BTreeMap::new();
        for (id, file) in &state.files {
            let mut content = file.durable.clone();
            for write in &file.pending {
                match (dice.roll(3), write) {
                    (0, _) => {}
                    (1, Write::Bytes(at, bytes)) => {
                        let sectors = bytes.len() / SECTOR_BYTES;
                        let kept = usize::try_from(dice.roll(sectors as u64 + 1)).unwrap() * SECTOR_BYTES;
                        Write::Bytes(*at, bytes[..kept].to_vec()).apply(&mut content);
                    }
                    _ => write.apply(&mut content),
                }
            }
            let (durable, name, taken) = (content.clone(), file.name.clone(), file.taken.clone());
            files.insert(*id, SimFile { name, content, durable, pending: Vec::new(), taken });
        }
        files.retain(|id, _| names.values().any(|named| named == id));
        let folders = state.folders.clone();
        let durable_names = names.clone();
        let left = State { files, names, durable_names, folders, next: state.next, ..State::default() };
        Self(Arc::new(Mutex::new(left)))
    }

    /// What another process finds after this one was killed: all of it, though not all of it is on the disk.
    pub fn after_kill(&self) -> Self {
        let mut state = self.0.lock();
        let left =
            State { handles: BTreeMap::new(), locked: false, dead: false, faults: Faults::default(), ..state.clone() };
        state.dead = true;
        Self(Arc::new(Mutex::new(left)))
    }

    /// The paths that have `part` in them.
    pub fn paths(&self, part: &str) -> Vec<PathBuf> {
        let state = self.0.lock();
        state.names.keys().filter(|path| path.to_string_lossy().contains(part)).cloned().collect()
    }

    /// Changes the content of a file behind the store's back.
    pub fn alter(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.0.lock();
        let id = state.names[path];
        let file = state.files.get_mut(&id).unwrap();
        change(&mut file.content);
        file.durable = file.content.clone();
        file.pending.clear();
    }

    pub fn forget(&self, path: &Path) {
        let mut state = self.0.lock();
        state.names.remove(path);
        state.durable_names.remove(path);
    }

    pub fn is_dead(&self) -> bool {
        self.0.lock().dead
    }

    /// Bytes of a file, and those of them that take space.
    pub fn size(&self, path: &Path) -> (usize, usize) {
        let state = self.0.lock();
        let file = &state.files[&state.names[path]];
        (file.content.len(), file.taken.len() * BLOCK_BYTES)
    }

    /// How many files whose path has `part` in it are open.
    pub fn open_files(&self, part: &str) -> usize {
        let state = self.0.lock();
        let named = |id: &u64| state.files.get(id).is_some_and(|file| file.name.to_string_lossy().contains(part));
        state.handles.iter().filter(|(id, count)| **count > 0 && named(id)).count()
    }

    /// How often folders were listed.
    pub fn listings(&self) -> u64 {
        self.0.lock().listings
    }

    pub fn used(&self) -> u64 {
        self.0.lock().used()
    }
}

struct Lock(SimDisk);

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.0.lock().locked = false;
    }
}

impl Disk for SimDisk {
    fn lock(&self, _: &Path) -> io::Result<Option<Box<dyn Any + Send + Sync>>> {
        let mut state = self.0.lock();
        state.alive()?;
        if std::mem::replace(&mut state.locked, true) {
            return Ok(None);
        }
        Ok(Some(Box::new(Lock(self.clone()))))
    }

    fn make_dirs(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.alive()?;
        if !state.folders.contains(&path.to_owned()) {
            state.folders.push(path.to_owned());
        }
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut state = self.0.lock();
        state.alive()?;
        state.listings += 1;
        let all = state.names.keys().chain(&state.folders);
        let inside = all.filter(|path| path.parent() == Some(dir));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned())).collect())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.0.lock();
        state.tick()?;
        state.next += 1;
        let id = state.next;
        state.files.insert(id, SimFile { name: path.to_owned(), ..SimFile::default() });
        state.change(Naming::Add(path.to_owned(), id));
        Ok(self.handle(&mut state, id))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.0.lock();
        state.alive()?;
        let id = *state.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.handle(&mut state, id))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.tick()?;
        if !state.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        state.change(Naming::Remove(path.to_owned()));
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.tick()?;
        let id = *state.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        if let Some(file) = state.files.get_mut(&id) {
            file.name = to.to_owned();
        }
        state.change(Naming::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.0.lock();
        state.tick()?;
        if names_fault(state.faults.skip_sync, &dir.join(".")) {
            return Ok(());
        }
        let (synced, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut state.namings).into_iter().partition(|naming| naming.folder() == dir);
        for naming in synced {
            naming.apply(&mut state.durable_names);
        }
        state.namings = rest;
        Ok(())
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        let state = self.0.lock();
        let bound = if state.faults.capacity == 0 { u64::MAX / 2 } else { state.faults.capacity };
        Ok(bound.saturating_sub(state.used()))
    }
}

impl DiskFile for Handle {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.disk.0.lock();
        state.alive()?;
        let at = usize::try_from(offset).unwrap();
        let content = &state.files.get(&self.id).ok_or(io::ErrorKind::NotFound)?.content;
        buffer.copy_from_slice(content.get(at..at + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        while self.disk.is_held(self.id) {
            std::thread::yield_now();
        }
        self.disk.0.lock().write(self.id, Write::Bytes(usize::try_from(offset).unwrap(), bytes.to_vec()))
    }

    fn allocate(&self, offset: u64, length: u64) -> io::Result<()> {
        let now = self.length()?;
        let (start, end) = (usize::try_from(offset).unwrap(), usize::try_from(offset + length).unwrap());
        self.disk.0.lock().take(self.id, start..end)?;
        if offset + length > now { self.set_length(offset + length) } else { Ok(()) }
    }

    fn set_length(&self, length: u64) -> io::Result<()> {
        self.disk.0.lock().write(self.id, Write::Length(usize::try_from(length).unwrap()))
    }

    fn length(&self) -> io::Result<u64> {
        let state = self.disk.0.lock();
        state.alive()?;
        Ok(state.files.get(&self.id).ok_or(io::ErrorKind::NotFound)?.content.len() as u64)
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        state.tick()?;
        let (fail, skip) = (state.faults.fail_sync, state.faults.skip_sync);
        let file = state.files.get_mut(&self.id).ok_or(io::ErrorKind::NotFound)?;
        if names_fault(fail, &file.name) {
            file.pending.clear();
            state.faults.fail_sync = None;
            return Err(io::Error::other("the disk could not sync"));
        }
        if !names_fault(skip, &file.name) {
            let SimFile { durable, pending, .. } = file;
            pending.drain(..).for_each(|write| write.apply(durable));
        }
        Ok(())
    }

    fn drop_cache(&self) -> io::Result<()> {
        let mut state = self.disk.0.lock();
        state.alive()?;
        let SimFile { content, durable, pending, .. } = state.files.get_mut(&self.id).ok_or(io::ErrorKind::NotFound)?;
        content.clone_from(durable);
        pending.iter().for_each(|write| write.apply(content));
        Ok(())
    }

    fn start_writeback(&self, _: u64, _: u64) {}
}
