//! What the store's threads and callers have in common.

use std::any::Any;
use std::sync::Arc;

use tokio::sync::oneshot;

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
    /// Makes rows durable and visible together. `applied` runs in between, whether or not the caller still waits, and
    /// owns whatever locks the change needs.
    pub(super) async fn commit(&self, rows: Vec<NewRow>, room: Room, applied: Applied) -> Result<()> {
        self.stop.check()?;
        let (done, answer) = oneshot::channel();
        self.queue.push(Task::Commit(Commit { rows, room, applied, done }))?;
        answer.await.map_err(|_| StorageError::OutcomeUnknown("the store stopped during the write".into()))?
    }
}
