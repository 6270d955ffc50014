//! Bodies in files of their own: `blobs/xx/<inode>`, the content followed by one CRC-32C for each chunk of it.
//!
//! Owns which of them may be removed. A blob lives while a row refers to it, while it is pinned (being written, copied
//! or committed), and for a grace period after it was finished, until its commit arrives. What lives no longer is
//! removed a moment later by a thread of its own, so that a read that has just looked up the head still finds it; what
//! a crash leaves behind is found by the sweep.

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::committer::Task;
use super::disk::{Disk, is_full};
use super::index::Index;
use super::shared::Shared;
use crate::storage::{InodeId, Result, StorageError};

/// Folders below `blobs`.
pub(super) const FOLDERS: usize = 256;

#[derive(Debug, Default)]
struct Held {
    /// How many hold a blob that must not go.
    pins: HashMap<InodeId, u32>,
    /// Finished, and not yet seen in a commit.
    fresh: HashMap<InodeId, Instant>,
    /// To be removed, and when.
    condemned: HashMap<InodeId, Instant>,
    due: BTreeSet<(Instant, InodeId)>,
    removed: u64,
    /// Space is needed: what is condemned goes at once.
    hurry: bool,
    closed: bool,
}

/// The blob files of a store.
#[derive(Debug)]
pub(super) struct Blobs {
    dir: PathBuf,
    linger: Duration,
    held: Mutex<Held>,
    changed: Condvar,
}

impl Blobs {
    pub(super) fn new(dir: PathBuf, linger: Duration) -> Self {
        Self { dir, linger, held: Mutex::default(), changed: Condvar::new() }
    }

    /// Makes the folders that are missing.
    pub(super) fn prepare(&self, disk: &dyn Disk) -> io::Result<()> {
        disk.make_dirs(&self.dir)?;
        let there: BTreeSet<String> = disk.list(&self.dir)?.into_iter().collect();
        let missing: Vec<_> = (0..FOLDERS).map(folder_name).filter(|name| !there.contains(name)).collect();
        for name in &missing {
            disk.make_dirs(&self.dir.join(name))?;
        }
        // Also when none is missing: an earlier start may have been killed before this.
        disk.sync_dir(&self.dir)
    }

    pub(super) fn folder(&self, inode: InodeId) -> PathBuf {
        self.dir.join(folder_name(usize::from(inode.0.as_bytes()[0])))
    }

    pub(super) fn path(&self, inode: InodeId) -> PathBuf {
        self.folder(inode).join(inode.to_string())
    }

    /// Keeps a blob; false when it is gone or going.
    fn try_pin(&self, inode: InodeId, index: &Index) -> Result<bool> {
        let mut held = self.held.lock();
        if held.condemned.contains_key(&inode) {
            return Ok(false);
        }
        let known = held.pins.contains_key(&inode) || held.fresh.contains_key(&inode);
        if !known && !index.is_referenced(inode)? {
            return Ok(false);
        }
        *held.pins.entry(inode).or_insert(0) += 1;
        Ok(true)
    }

    fn unpin(&self, inode: InodeId) -> bool {
        let mut held = self.held.lock();
        if let Some(count) = held.pins.get_mut(&inode) {
            *count -= 1;
            if *count == 0 {
                held.pins.remove(&inode);
            }
        }
        !held.pins.contains_key(&inode) && !held.fresh.contains_key(&inode)
    }

    fn set_fresh(&self, inode: InodeId) {
        self.held.lock().fresh.insert(inode, Instant::now());
    }

    /// A row refers to the blob now.
    pub(super) fn set_published(&self, inode: InodeId) {
        self.held.lock().fresh.remove(&inode);
    }

    /// Frees a blob that no row refers to and nobody holds; false when it stays.
    pub(super) fn condemn(&self, inode: InodeId, index: &Index) -> Result<bool> {
        let mut held = self.held.lock();
        let kept = held.pins.contains_key(&inode) || held.fresh.contains_key(&inode);
        if kept || held.condemned.contains_key(&inode) || index.is_referenced(inode)? {
            return Ok(false);
        }
        self.set_due(&mut held, inode, Instant::now() + self.linger);
        Ok(true)
    }

    fn set_due(&self, held: &mut Held, inode: InodeId, at: Instant) {
        if held.condemned.insert(inode, at).is_none() {
            held.due.insert((at, inode));
            self.changed.notify_all();
        }
    }

    /// Gives up a blob that was never finished.
    fn abandon(&self, inode: InodeId) {
        let mut held = self.held.lock();
        held.pins.remove(&inode);
        self.set_due(&mut held, inode, Instant::now());
    }

    /// Takes finished blobs whose commit never came for longer than `grace` out of protection.
    pub(super) fn expire_fresh(&self, grace: Duration) -> Vec<InodeId> {
        let mut held = self.held.lock();
        let now = Instant::now();
        let expired: Vec<_> = held
            .fresh
            .iter()
            .filter(|(inode, since)| now.duration_since(**since) >= grace && !held.pins.contains_key(inode))
            .map(|(inode, _)| *inode)
            .collect();
        for inode in &expired {
            held.fresh.remove(inode);
        }
        expired
    }

    /// Whether somebody holds the blob, or it is to be removed already.
    pub(super) fn is_kept(&self, inode: InodeId) -> bool {
        let held = self.held.lock();
        held.pins.contains_key(&inode) || held.fresh.contains_key(&inode) || held.condemned.contains_key(&inode)
    }

    /// Blobs removed since the store was opened, and whether any are still to be removed.
    pub(super) fn removed(&self) -> (u64, bool) {
        let held = self.held.lock();
        (held.removed, !held.condemned.is_empty())
    }

    /// The body of the thread that removes files.
    pub(super) fn remove_condemned(&self, disk: &dyn Disk) {
        loop {
            let inode = {
                let mut held = self.held.lock();
                loop {
                    if held.closed {
                        return;
                    }
                    match held.due.first().copied() {
                        None => self.changed.wait(&mut held),
                        Some((at, inode)) if held.hurry || at <= Instant::now() => {
                            held.due.pop_first();
                            break inode;
                        }
                        Some((at, _)) => drop(self.changed.wait_until(&mut held, at)),
                    }
                }
            };
            if let Err(error) = disk.remove(&self.path(inode))
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(%inode, %error, "a blob that nothing refers to could not be removed");
            }
            let mut held = self.held.lock();
            held.condemned.remove(&inode);
            held.removed += 1;
        }
    }

    /// Whether space is short, so that what is condemned cannot wait for late readers.
    pub(super) fn set_hurry(&self, hurry: bool) {
        let mut held = self.held.lock();
        if held.hurry != hurry {
            held.hurry = hurry;
            self.changed.notify_all();
        }
    }

    pub(super) fn close(&self) {
        self.held.lock().closed = true;
        self.changed.notify_all();
    }

    /// The blobs in one of the [`FOLDERS`].
    pub(super) fn list(&self, disk: &dyn Disk, folder: usize) -> io::Result<Vec<InodeId>> {
        let names = disk.list(&self.dir.join(folder_name(folder)))?;
        Ok(names.iter().filter_map(|name| uuid::Uuid::try_parse(name).ok().map(InodeId)).collect())
    }

    /// The folder that all of them are in.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }
}

fn folder_name(number: usize) -> String {
    format!("{number:02x}")
}

/// Turns a failure of the file system into a store's.
pub(super) fn failed(what: &str, error: &io::Error) -> StorageError {
    if is_full(error) {
        StorageError::Full(format!("{what} failed: {error}; delete objects or add space"))
    } else {
        StorageError::Unavailable(format!("{what} failed: {error}"))
    }
}

/// Keeps a blob while it lives.
pub(super) struct Pin {
    shared: Arc<Shared>,
    inode: InodeId,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Goes when nothing refers to it.
    Judged,
    /// Was never finished.
    Abandoned,
}

impl Pin {
    /// Keeps a blob that is there; `None` when it is gone or going.
    pub(super) fn take(shared: &Arc<Shared>, inode: InodeId) -> Result<Option<Self>> {
        let pinned = shared.blobs.try_pin(inode, &shared.index)?;
        Ok(pinned.then(|| Self { shared: shared.clone(), inode, fate: Fate::Judged }))
    }

    /// Keeps a blob that is about to be written; it is given up unless [`Self::finish`] is called.
    pub(super) fn begin(shared: &Arc<Shared>, inode: InodeId) -> Self {
        shared.blobs.held.lock().pins.insert(inode, 1);
        Self { shared: shared.clone(), inode, fate: Fate::Abandoned }
    }

    /// The blob is durable and waits for its commit.
    pub(super) fn finish(mut self) {
        self.shared.blobs.set_fresh(self.inode);
        self.fate = Fate::Judged;
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        match self.fate {
            Fate::Abandoned => self.shared.blobs.abandon(self.inode),
            Fate::Judged => {
                // While the store closes nothing is freed any more; the next sweep will.
                if self.shared.blobs.unpin(self.inode) && !self.shared.index.is_referenced(self.inode).unwrap_or(true) {
                    drop(self.shared.queue.push(Task::Release(vec![self.inode])));
                }
            }
        }
    }
}
