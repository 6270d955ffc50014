//! The one thread that writes the log: gathers every waiting commit into a batch, writes it, syncs once, applies it
//! to the index, and then answers all of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use super::base::Checkpoint;
use super::disk::DiskFile;
use super::index::{Change, Live, Location, Overlay};
use super::record::{BATCH_HEADER_BYTES, BLOCK_BYTES, BatchHeader, BatchKind, RECORD_HEADER_BYTES, Record};
use super::segments::{Room, Segment};
use super::shared::Shared;
use super::watch::Watch;
use crate::storage::{InodeId, Result, StorageError};

/// A batch grows to this and no further, so that the first commit in it does not wait long, bytes.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// How long the log is quiet before it says that everything in it is durable.
const MARK_AFTER: Duration = Duration::from_secs(1);
/// Changes wait in memory for a checkpoint up to this many times [`super::EmbeddedConfig::checkpoint_rows`]; then
/// commits wait for it.
const CHECKPOINTS_WAITING_MAX: usize = 4;
/// …and when checkpoints fail, new data is refused beyond this many times it.
const CHECKPOINTS_MISSING_MAX: usize = 16;

/// A row to write.
#[derive(Debug, Clone)]
pub(super) struct NewRow {
    pub key: Vec<u8>,
    /// `None` deletes the row.
    pub value: Option<Bytes>,
    /// Kept only in the log.
    pub data: Bytes,
}

impl NewRow {
    pub(super) fn put(key: Vec<u8>, value: Bytes) -> Self {
        Self { key, value: Some(value), data: Bytes::new() }
    }

    pub(super) fn delete(key: Vec<u8>) -> Self {
        Self { key, value: None, data: Bytes::new() }
    }

    fn bytes(&self) -> usize {
        RECORD_HEADER_BYTES + self.key.len() + self.value.as_ref().map_or(0, Bytes::len) + self.data.len()
    }
}

/// Runs on the committer's thread once the commit is in the index, before it is answered. Owns the caller's locks, so
/// that they outlive a caller who went away.
pub(super) type Applied = Box<dyn FnOnce() + Send>;

/// Rows that become durable and visible together.
pub(super) struct Commit {
    pub rows: Vec<NewRow>,
    pub room: Room,
    pub applied: Applied,
    pub done: oneshot::Sender<Result<()>>,
}

/// A record that compaction would move.
#[derive(Debug)]
pub(super) struct Moved {
    pub key: Vec<u8>,
    pub value: Option<Bytes>,
    pub data: Bytes,
    pub origin: u64,
    pub from: Location,
}

/// A checkpoint that has begun.
pub(super) struct Frozen {
    pub rows: Arc<Overlay>,
    pub live: BTreeMap<u64, Live>,
    pub checkpoint: Checkpoint,
}

pub(super) enum Task {
    Commit(Commit),
    /// Moves those records that are still needed.
    Move(Vec<Moved>, SyncSender<Result<()>>),
    /// Takes away manifests that nothing refers to, and frees blobs.
    Release(Vec<InodeId>),
    /// Begins a checkpoint; `None` while another is being written.
    Freeze(SyncSender<Option<Frozen>>),
}

/// What waits for the committer.
#[derive(Default)]
pub(super) struct Queue {
    tasks: Mutex<(VecDeque<Task>, bool)>,
    changed: Condvar,
}

impl Queue {
    /// # Errors
    /// [`StorageError::Stopped`] when the store is closing.
    pub(super) fn push(&self, task: Task) -> Result<()> {
        let mut tasks = self.tasks.lock();
        if tasks.1 {
            return Err(StorageError::Stopped("the store is closing".into()));
        }
        tasks.0.push_back(task);
        drop(tasks);
        self.changed.notify_one();
        Ok(())
    }

    /// Everything that waits; `None` at the end. An empty answer means that nothing came for a while.
    fn take(&self, patience: Option<Duration>) -> Option<VecDeque<Task>> {
        let mut tasks = self.tasks.lock();
        while tasks.0.is_empty() && !tasks.1 {
            match patience {
                None => self.changed.wait(&mut tasks),
                Some(patience) => {
                    if self.changed.wait_for(&mut tasks, patience).timed_out() {
                        break;
                    }
                }
            }
        }
        let taken = std::mem::take(&mut tasks.0);
        (!taken.is_empty() || !tasks.1).then_some(taken)
    }

    pub(super) fn close(&self) {
        self.tasks.lock().1 = true;
        self.changed.notify_all();
    }

    /// Closes and drops what waits; who waits for an answer learns that there is none.
    pub(super) fn abandon(&self) {
        self.close();
        let waiting = std::mem::take(&mut self.tasks.lock().0);
        drop(waiting);
    }
}

/// Where the next batch goes.
#[derive(Debug, Clone)]
pub(super) struct Tail {
    pub segment: Arc<Segment>,
    pub file: Arc<dyn DiskFile>,
    pub offset: u64,
    pub next_seq: u64,
}

enum Answer {
    Commit(Applied, oneshot::Sender<Result<()>>),
    Move(SyncSender<Result<()>>),
}

/// The committer's own state.
pub(super) struct Committer {
    shared: Arc<Shared>,
    tail: Tail,
    buffer: Vec<u8>,
    changes: Vec<Change>,
    answers: Vec<Answer>,
    /// Everything before `tail` is known durable, and the log says so.
    marked: bool,
    log_bytes_since_checkpoint: u64,
    /// More changes wait for a checkpoint than memory should hold.
    is_far_ahead: bool,
}

impl Committer {
    pub(super) fn new(shared: Arc<Shared>, tail: Tail) -> Self {
        let buffer = vec![0; BATCH_HEADER_BYTES];
        Self {
            shared,
            tail,
            buffer,
            changes: Vec::new(),
            answers: Vec::new(),
            marked: true,
            log_bytes_since_checkpoint: 0,
            is_far_ahead: false,
        }
    }

    /// The body of the thread. Ends when the queue is closed and empty.
    pub(super) fn run(mut self) {
        let shared = self.shared.clone();
        let _watch = Watch::over(&shared, "the committer");
        loop {
            let patience = (!self.marked).then_some(MARK_AFTER);
            let Some(tasks) = self.shared.queue.take(patience) else { break };
            if tasks.is_empty() {
                self.mark();
            }
            for task in tasks {
                self.take_up(task);
            }
            self.flush();
            self.ask_for_checkpoint();
            self.keep_step();
        }
        self.mark();
    }

    fn take_up(&mut self, task: Task) {
        match task {
            Task::Commit(commit) => self.add(commit),
            Task::Move(moved, done) => {
                self.flush();
                self.relocate(moved, done);
                self.flush();
            }
            Task::Release(inodes) => {
                self.flush();
                self.release(inodes);
            }
            Task::Freeze(reply) => {
                self.flush();
                // The receiver is gone only when the store is closing.
                drop(reply.send(self.freeze()));
            }
        }
    }

    fn add(&mut self, commit: Commit) {
        let bytes = commit.rows.iter().map(NewRow::bytes).sum();
        if let Err(error) = self.make_room(bytes, commit.room) {
            drop(commit.done.send(Err(error)));
            return;
        }
        for row in commit.rows {
            let origin = self.next_seq();
            self.append(row.key, row.value, &row.data, origin);
        }
        self.answers.push(Answer::Commit(commit.applied, commit.done));
    }

    fn next_seq(&self) -> u64 {
        self.tail.next_seq + self.changes.len() as u64
    }

    fn append(&mut self, key: Vec<u8>, value: Option<Bytes>, data: &[u8], origin: u64) {
        let at = self.tail.offset + self.buffer.len() as u64;
        let record = Record {
            put: value.is_some(),
            seq: self.next_seq(),
            origin,
            key: &key,
            value: value.as_deref().unwrap_or_default(),
            data,
        };
        let location = Location {
            segment: self.tail.segment.id,
            offset: u32::try_from(at).expect("segments are shorter than 4 GiB"),
            bytes: u32::try_from(record.bytes()).expect("records are shorter than a segment"),
        };
        record.encode(&self.tail.segment.epoch, &mut self.buffer);
        self.changes.push(Change { key, value, location, origin });
    }

    /// Makes sure that a commit of this size fits into the batch and the segment.
    fn make_room(&mut self, bytes: usize, room: Room) -> Result<()> {
        self.shared.stop.check()?;
        if self.is_far_ahead && room == Room::Data {
            let why = "the index falls behind the log; see why its checkpoints fail";
            return Err(StorageError::Unavailable(why.into()));
        }
        if !self.changes.is_empty() && self.buffer.len() + bytes > BATCH_BYTES_MAX {
            self.flush();
        }
        let segment_bytes = self.shared.config.segment_bytes;
        let fits = |tail: &Tail, buffered: usize| {
            let padded = (buffered + bytes).next_multiple_of(BLOCK_BYTES) + BLOCK_BYTES;
            tail.offset + padded as u64 <= segment_bytes
        };
        if fits(&self.tail, self.buffer.len()) {
            return Ok(());
        }
        self.flush();
        self.shared.stop.check()?;
        let spare = self.shared.spares.take(room, &self.shared.stop)?;
        self.seal();
        self.shared.stop.check()?;
        let id = self.tail.segment.id + 1;
        let (segments, next_seq) = (&self.shared.segments, self.tail.next_seq);
        let opened = segments.activate(&spare, id, next_seq).and_then(|new| Ok((segments.file(&new)?, new)));
        let (file, segment) = opened.map_err(|error| self.broken(&error))?;
        self.shared.index.add_segment(id);
        self.tail = Tail { segment, file, offset: BLOCK_BYTES as u64, next_seq };
        if fits(&self.tail, BATCH_HEADER_BYTES) {
            return Ok(());
        }
        Err(StorageError::Unavailable("a commit is larger than a segment of the log".into()))
    }

    fn broken(&self, error: &std::io::Error) -> StorageError {
        self.shared.stop.stop(&format!("the log could not be written or synced: {error}"));
        StorageError::OutcomeUnknown(format!("the log could not be written or synced: {error}"))
    }

    fn header(&self, kind: BatchKind) -> [u8; BATCH_HEADER_BYTES] {
        let header = BatchHeader {
            kind,
            body_bytes: u32::try_from(self.buffer.len() - BATCH_HEADER_BYTES).expect("batches are short"),
            count: u32::try_from(self.changes.len()).expect("batches are short"),
            first_seq: self.tail.next_seq,
            durable_seq: self.tail.next_seq - 1,
        };
        header.encode(&self.tail.segment.epoch, self.tail.offset)
    }

    /// Writes an empty batch.
    fn write_bare(&mut self, kind: BatchKind) -> std::io::Result<()> {
        let mut block = [0; BLOCK_BYTES];
        block[..BATCH_HEADER_BYTES].copy_from_slice(&self.header(kind));
        self.tail.file.write_at(&block, self.tail.offset)?;
        self.tail.offset += BLOCK_BYTES as u64;
        Ok(())
    }

    fn seal(&mut self) {
        let written = self.write_bare(BatchKind::Seal).and_then(|()| self.tail.file.sync());
        if let Err(error) = written {
            self.broken(&error);
        }
    }

    /// Says in the log that everything in it is durable, so that later damage to its end is not taken for a write that
    /// a crash cut off. Needs no sync of its own.
    fn mark(&mut self) {
        let fits = self.tail.offset + 2 * BLOCK_BYTES as u64 <= self.shared.config.segment_bytes;
        if !self.marked
            && fits
            && self.shared.stop.check().is_ok()
            && let Err(error) = self.write_bare(BatchKind::Mark)
        {
            self.broken(&error);
        }
        self.marked = true;
    }

    /// Makes the batch durable, then visible, then answers.
    fn flush(&mut self) {
        if self.changes.is_empty() {
            let answers = std::mem::take(&mut self.answers);
            return self.answer(answers, &Ok(()));
        }
        let header = self.header(BatchKind::Records);
        self.buffer[..BATCH_HEADER_BYTES].copy_from_slice(&header);
        self.buffer.resize(self.buffer.len().next_multiple_of(BLOCK_BYTES), 0);
        let written = self.shared.stop.check().and_then(|()| {
            let file = &self.tail.file;
            let synced = file.write_at(&self.buffer, self.tail.offset).and_then(|()| file.sync());
            synced.map_err(|error| self.broken(&error))
        });
        let bytes = self.buffer.len() as u64;
        self.buffer.truncate(BATCH_HEADER_BYTES);
        self.buffer.shrink_to(BATCH_BYTES_MAX / 4);
        let changes = std::mem::take(&mut self.changes);
        let answers = std::mem::take(&mut self.answers);
        if written.is_err() {
            return self.answer(answers, &written);
        }
        self.tail.offset += bytes;
        self.tail.next_seq += changes.len() as u64;
        self.log_bytes_since_checkpoint += bytes;
        self.marked = false;
        match self.resolved(&changes).and_then(|resolved| self.shared.index.apply_resolved(changes, resolved)) {
            Ok(loose) => {
                self.answer(answers, &Ok(()));
                self.release(loose);
            }
            Err(error) => {
                // The log has it, the index has not: only a restart brings them together again.
                self.shared.stop.stop(&format!("the index could not follow the log: {error}"));
                let outcome = Err(StorageError::OutcomeUnknown(error.to_string()));
                self.answer(answers, &outcome);
            }
        }
    }

    /// A checkpoint that fails, for want of space for instance, takes the base away until it has opened it again.
    fn resolved(&self, changes: &[Change]) -> Result<Overlay> {
        let index = &self.shared.index;
        index.resolve(changes).or_else(|_| {
            self.shared.checkpoints.wait();
            index.resolve(changes)
        })
    }

    fn answer(&self, answers: Vec<Answer>, outcome: &Result<()>) {
        for answer in answers {
            // A receiver that is gone belongs to a request that was given up; its change stands all the same.
            match answer {
                Answer::Commit(applied, done) => {
                    if outcome.is_ok() {
                        applied();
                    } else {
                        drop(applied);
                    }
                    drop(done.send(outcome.clone()));
                }
                Answer::Move(done) => drop(done.send(outcome.clone())),
            }
        }
    }

    /// Frees blobs that nothing refers to, and the parts of manifests among them.
    fn release(&self, mut loose: Vec<InodeId>) {
        if self.shared.stop.check().is_err() {
            // The log may hold a commit that the index does not know of.
            return;
        }
        while let Some(inode) = loose.pop() {
            let freed = self.shared.blobs.condemn(inode, &self.shared.index);
            match freed.and_then(|freed| if freed { self.shared.index.forget_manifest(inode) } else { Ok(Vec::new()) })
            {
                Ok(parts) => loose.extend(parts),
                Err(error) => tracing::warn!(%error, "a blob was not freed and is left to the sweep"),
            }
        }
    }

    /// Appends those of a segment's records that are still needed. Nothing else is in flight, so what the index says
    /// here is the truth; moved on a stale answer, an old version would come back in a rebuild.
    fn relocate(&mut self, moved: Vec<Moved>, done: SyncSender<Result<()>>) {
        let mut outcome = Ok(());
        for record in moved {
            match self.is_needed(&record) {
                Ok(false) => continue,
                Ok(true) => {}
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
            let bytes = RECORD_HEADER_BYTES
                + record.key.len()
                + record.value.as_ref().map_or(0, Bytes::len)
                + record.data.len();
            if let Err(error) = self.make_room(bytes, Room::Compaction) {
                outcome = Err(error);
                break;
            }
            self.append(record.key, record.value, &record.data, record.origin);
        }
        match outcome {
            Ok(()) => self.answers.push(Answer::Move(done)),
            Err(error) => drop(done.send(Err(error))),
        }
    }

    fn is_needed(&self, record: &Moved) -> Result<bool> {
        let row = self.shared.index.get(&record.key)?;
        if record.value.is_some() {
            return Ok(row.is_some_and(|row| row.location == record.from));
        }
        // A later put of the key covers older ones as well as the delete does.
        let older = |segment: &Arc<Segment>| segment.id != record.from.segment && segment.base_seq <= record.origin;
        Ok(row.is_none() && self.shared.segments.all().iter().any(older))
    }

    fn freeze(&mut self) -> Option<Frozen> {
        // After a failure the index may hold half a batch, which must not become a checkpoint.
        self.shared.stop.check().ok()?;
        let (rows, live) = self.shared.index.freeze()?;
        self.log_bytes_since_checkpoint = 0;
        let checkpoint = Checkpoint {
            segment: self.tail.segment.id,
            offset: self.tail.offset,
            next_seq: self.tail.next_seq,
            epoch: self.tail.segment.epoch.to_vec(),
            segments: Vec::new(),
        };
        Some(Frozen { rows, live, checkpoint })
    }

    fn ask_for_checkpoint(&mut self) {
        let config = &self.shared.config;
        if self.log_bytes_since_checkpoint >= config.checkpoint_log_bytes
            || self.shared.index.pending() >= config.checkpoint_rows
        {
            self.shared.checkpoints.ask();
        }
    }
    /// Bounds what waits in memory when checkpoints are slower than commits.
    fn keep_step(&mut self) {
        let rows = self.shared.config.checkpoint_rows;
        if self.shared.index.pending() >= rows.saturating_mul(CHECKPOINTS_WAITING_MAX) {
            self.shared.checkpoints.wait();
        }
        self.is_far_ahead = self.shared.index.pending() >= rows.saturating_mul(CHECKPOINTS_MISSING_MAX);
    }
}
