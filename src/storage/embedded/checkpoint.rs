//! Moves the base of the index forward, on a thread of its own, and then removes the segments that it made needless.

use std::collections::BTreeSet;
use std::sync::mpsc::sync_channel;

use parking_lot::{Condvar, Mutex};

use super::base::Base;
use super::committer::Task;
use super::reserve::Reserve;
use super::shared::Shared;
use super::watch::Watch;
use crate::storage::Result;

#[derive(Debug, Default)]
struct Asked {
    now: bool,
    closed: bool,
}

/// The base, and who wants it moved.
pub(super) struct Checkpoints {
    asked: Mutex<Asked>,
    changed: Condvar,
    base: Mutex<Base>,
    reserve: Reserve,
    /// What was frozen is being written.
    writing: Mutex<bool>,
    written: Condvar,
    /// Segments whose records were all moved: removed once a checkpoint covers that.
    doomed: Mutex<BTreeSet<u64>>,
}

/// Says that a checkpoint is written, or has failed.
struct Ended<'a>(&'a Checkpoints);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.set_writing(false);
    }
}

impl Checkpoints {
    pub(super) fn new(base: Base, reserve: Reserve) -> Self {
        let (asked, changed, doomed) = (Mutex::default(), Condvar::new(), Mutex::default());
        let (writing, written) = (Mutex::default(), Condvar::new());
        Self { asked, changed, base: Mutex::new(base), reserve, writing, written, doomed }
    }

    /// Wants a checkpoint soon.
    pub(super) fn ask(&self) {
        self.asked.lock().now = true;
        self.changed.notify_all();
    }

    pub(super) fn close(&self) {
        self.asked.lock().closed = true;
        self.changed.notify_all();
    }

    /// All records of this segment that are needed are elsewhere, durably.
    pub(super) fn doom(&self, segment: u64) {
        self.doomed.lock().insert(segment);
    }

    pub(super) fn is_doomed(&self, segment: u64) -> bool {
        self.doomed.lock().contains(&segment)
    }

    /// Waits for the checkpoint that is being written, if one is. It needs nothing more of the committer by then.
    pub(super) fn wait(&self) {
        let mut writing = self.writing.lock();
        while *writing {
            self.written.wait(&mut writing);
        }
    }

    fn set_writing(&self, writing: bool) {
        *self.writing.lock() = writing;
        self.written.notify_all();
    }

    /// The body of the thread.
    pub(super) fn run(&self, shared: &Shared) {
        loop {
            {
                let mut asked = self.asked.lock();
                while !asked.now && !asked.closed {
                    self.changed.wait(&mut asked);
                }
                if asked.closed {
                    return;
                }
                asked.now = false;
            }
            if let Err(error) = self.write(shared) {
                tracing::warn!(%error, "a checkpoint of the index could not be written; the log keeps everything");
            }
        }
    }

    /// Writes a checkpoint of everything that is durable now.
    pub(super) fn write(&self, shared: &Shared) -> Result<()> {
        shared.stop.check()?;
        // The caller may be a sweep or the end of the store, whose panics nobody else would notice.
        let _watch = Watch::over(shared, "a checkpoint");
        let mut base = self.base.lock();
        let doomed = self.doomed.lock().clone();
        let (reply, answer) = sync_channel(1);
        shared.queue.push(Task::Freeze(reply))?;
        let Some(mut frozen) = answer.recv().map_err(|_| shared.gone())? else { return Ok(()) };
        self.set_writing(true);
        let _ended = Ended(self);
        frozen.live.retain(|id, _| !doomed.contains(id));
        frozen.checkpoint.set_live(&frozen.live);
        let mut written = base.write(&frozen.rows, &frozen.checkpoint).and_then(|()| base.rows());
        if written.is_err() && shared.stop.check().is_ok() {
            // Before it is opened again, which may need space as well.
            let room = self.reserve.release(shared.disk.as_ref());
            self.reopen(shared, &mut base);
            if room {
                written = base.write(&frozen.rows, &frozen.checkpoint).and_then(|()| base.rows());
            }
        }
        drop(frozen.rows);
        match written {
            Ok(rows) => shared.index.thaw(rows),
            Err(error) => {
                shared.index.refreeze();
                return Err(error);
            }
        }
        self.reserve.take(shared.disk.as_ref());
        for id in doomed {
            if let Err(error) = shared.segments.remove(id) {
                // The next checkpoint tries again, and the next start, whose checkpoint does not name it.
                tracing::warn!(%error, segment = id, "an emptied log segment could not be removed");
                continue;
            }
            shared.index.remove_segment(id);
            self.doomed.lock().remove(&id);
            shared.spares.retry();
        }
        Ok(())
    }

    /// A database that failed once refuses everything until it is opened again.
    fn reopen(&self, shared: &Shared, base: &mut Base) {
        let opened = base.reopened(shared.disk.as_ref(), &shared.stop);
        let rows = opened.and_then(|opened| opened.rows().ok().map(|rows| (opened, rows)));
        match rows {
            Some((opened, rows)) => {
                shared.index.replace_base(rows);
                *base = opened;
            }
            None => shared.stop.stop("the index could not be opened again after a failed checkpoint"),
        }
    }
}
