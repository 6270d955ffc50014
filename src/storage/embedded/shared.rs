//! What the store's threads and callers have in common.

use std::any::Any;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::EmbeddedConfig;
use super::blobs::Blobs;
use super::buckets::Buckets;
use super::checkpoint::Checkpoints;
use super::committer::{Applied, Commit, NewRow, Queue, Task};
use super::disk::Disk;
use super::index::Index;
use super::locks::Locks;
use super::segments::{Room, Segments, Spares};
use super::stop::StopFlag;
use crate::storage::{Result, StorageError};

/// Scans up to this many rows run on the caller's thread: handing them to another costs more.
const SCANNED_INLINE_MAX: usize = 100;

pub(super) struct Shared {
    pub config: EmbeddedConfig,
    pub disk: Arc<dyn Disk>,
    pub stop: StopFlag,
    pub index: Index,
    pub segments: Segments,
    pub spares: Spares,
    pub queue: Queue,
    pub checkpoints: Checkpoints,
    pub blobs: Arc<Blobs>,
    pub buckets: Buckets,
    pub locks: Locks,
    /// Dropped last, when no thread touches the folder any more.
    pub _folder_lock: Box<dyn Any + Send + Sync>,
}

impl Shared {
    /// Why a queued task got no answer.
    pub(super) fn gone(&self) -> StorageError {
        let closing = || StorageError::Stopped("the store is closing".into());
        self.stop.check().err().unwrap_or_else(closing)
    }

    /// Runs what scans up to `rows` rows where it keeps no other request waiting.
    pub(super) async fn scan<T: Send + 'static>(
        self: &Arc<Self>,
        rows: usize,
        scan: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if rows <= SCANNED_INLINE_MAX {
            return scan(self);
        }
        let shared = self.clone();
        let job = spawn_blocking(move || scan(&shared));
        job.await.map_err(|_| StorageError::Unavailable("a scan of the index was cut off".into()))?
    }

    /// Makes rows durable and visible together. `applied` runs in between, whether or not the caller still waits, and
    /// owns whatever locks the change needs.
    pub(super) async fn commit(&self, rows: Vec<NewRow>, room: Room, applied: Applied) -> Result<()> {
        self.stop.check()?;
        let (done, answer) = oneshot::channel();
        self.queue.push(Task::Commit(Commit { rows, room, applied, done }))?;
        answer.await.map_err(|_| StorageError::OutcomeUnknown("the store stopped during the write".into()))?
    }
}
