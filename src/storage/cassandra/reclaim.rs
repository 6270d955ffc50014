//! The sweep: which partitions of the log are due, whose turn it is, what each entry asks for. Judging is `judge`'s.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use futures::{FutureExt, StreamExt, TryStreamExt};
use uuid::Uuid;

use super::Core;
use super::judge::Ruling;
use super::log::{Entry, SLOTS};
use super::session::{Cas, Look};
use crate::storage::{Result, StorageError, Sweep, Timestamp};

/// Entries of one step.
const ENTRIES_MAX: usize = 200;
/// Entries judged at a time.
const JUDGED_AT_ONCE: usize = 8;
/// Partitions that one step looks into before it has found an entry.
const WINDOWS_MAX: i64 = 64;
/// How far the first front end's clock may have been ahead of another's.
const CLOCK_BEHIND_MAX: Duration = Duration::from_secs(600);
/// How long a slot is one front end's.
const LEASE: Duration = Duration::from_secs(60);

/// Which slot is next, so that every front end comes by all of them.
static NEXT_SLOT: AtomicI32 = AtomicI32::new(0);

/// Where the work on a slot stands.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    owner: Option<Uuid>,
    until: Option<i64>,
    /// The partition that is next.
    window: i64,
    /// The last entry of it that was looked at; nil when none was.
    after: Uuid,
}

/// The row that says whose a slot is.
fn slot_name(slot: i32) -> String {
    format!("reclaim-{slot}")
}

/// An entry's id, and its bytes where they are there.
type Row = (Uuid, Option<Vec<u8>>);

impl Core {
    pub(super) async fn sweep(self: &Arc<Self>) -> Result<Sweep> {
        let first = NEXT_SLOT.fetch_add(1, Ordering::Relaxed).rem_euclid(SLOTS);
        let mut sum = Sweep { idle: true, ..Sweep::default() };
        for offset in 0..SLOTS {
            let sweep = self.sweep_slot((first + offset) % SLOTS).await?;
            sum.examined += sweep.examined;
            sum.reclaimed += sweep.reclaimed;
            sum.idle &= sweep.idle;
            if sum.examined > 0 {
                sum.idle = false;
                break;
            }
        }
        Ok(sum)
    }

    /// The first partition that is not due yet.
    fn due_end(&self) -> i64 {
        self.window_of(Timestamp(Timestamp::now().0.saturating_sub(self.grace_micros())))
    }

    /// The grace period in microseconds.
    pub(super) fn grace_micros(&self) -> i64 {
        i64::try_from(self.grace.as_micros()).unwrap_or(i64::MAX)
    }

    /// Whether every slot has judged all that was logged until then.
    pub(super) async fn swept_past(&self, at: Timestamp) -> Result<bool> {
        let window = self.window_of(at);
        for slot in 0..SLOTS {
            if self.cursor(&slot_name(slot)).await?.window <= window {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn sweep_slot(self: &Arc<Self>, slot: i32) -> Result<Sweep> {
        let idle = Sweep { idle: true, ..Sweep::default() };
        let name = slot_name(slot);
        let mut cursor = self.cursor(&name).await?;
        let end = self.due_end();
        if cursor.window >= end || !self.take_slot(&name, &cursor).await? {
            return Ok(idle);
        }
        let last = end.min(cursor.window.saturating_add(WINDOWS_MAX));
        while cursor.window < last {
            let entries = self.entries(slot, &cursor).await?;
            if entries.is_empty() {
                cursor = self.past(slot, cursor, !cursor.after.is_nil()).await?;
                continue;
            }
            let sweep = self.judge_all(&entries).await?;
            match entries.last() {
                Some((id, _)) if entries.len() == ENTRIES_MAX => cursor.after = *id,
                _ => cursor = self.past(slot, cursor, true).await?,
            }
            self.move_slot(&name, &cursor).await?;
            return Ok(sweep);
        }
        self.move_slot(&name, &cursor).await?;
        Ok(Sweep { idle: cursor.window >= end, ..idle })
    }

    /// Deletes a partition whose entries are all done, and goes to the next.
    async fn past(&self, slot: i32, cursor: Cursor, had_entries: bool) -> Result<Cursor> {
        if had_entries {
            self.cluster.write(&self.cluster.st.log_drop, (cursor.window, slot)).await?;
        }
        Ok(Cursor { window: cursor.window + 1, after: Uuid::nil(), ..cursor })
    }

    async fn entries(&self, slot: i32, cursor: &Cursor) -> Result<Vec<Row>> {
        let limit = i32::try_from(ENTRIES_MAX).unwrap_or(i32::MAX);
        self.cluster.rows(&self.cluster.st.log_page, (cursor.window, slot, cursor.after, limit)).await
    }

    async fn judge_all(self: &Arc<Self>, entries: &[Row]) -> Result<Sweep> {
        let judged = entries.iter().cloned().map(|(id, bytes)| self.judge_one(id, bytes));
        let reclaimed: u64 = futures::stream::iter(judged)
            .buffer_unordered(JUDGED_AT_ONCE)
            .try_fold(0, |sum, one| async move { Ok::<u64, StorageError>(sum + one) })
            .await?;
        Ok(Sweep { examined: entries.len() as u64, reclaimed, idle: false })
    }

    /// One entry never stops the others: what cannot be judged now is logged forward, and only where that fails too
    /// does the step fail.
    async fn judge_one(self: &Arc<Self>, id: Uuid, bytes: Option<Vec<u8>>) -> Result<u64> {
        let Some(entry) = bytes.as_deref().and_then(|bytes| Entry::read(bytes).ok()) else {
            tracing::warn!(entry = %id, "an entry of the reclaimer's log is damaged, and left out");
            return Ok(0);
        };
        let ruling = match self.rule(&entry).await {
            Ok(ruling) => ruling,
            // Somebody else changes what was to be judged.
            Err(StorageError::OutcomeUnknown(_)) => Ruling::Later(entry),
            Err(error) => {
                tracing::warn!(entry = %id, %error, "an entry of the reclaimer's log is put off");
                Ruling::Later(entry)
            }
        };
        match ruling {
            Ruling::Done => Ok(0),
            Ruling::Later(entry) => self.log(&entry).await.map(|()| 0),
            Ruling::Erased(Some(again)) => self.log(&again).await.map(|()| 1),
            Ruling::Erased(None) => Ok(1),
        }
    }

    async fn cursor(&self, name: &str) -> Result<Cursor> {
        type Columns = (Option<Uuid>, Option<i64>, Option<i64>, Option<Uuid>);
        let row: Option<Columns> = self.cluster.row(&self.cluster.st.lease_read, (name,)).await?;
        let (owner, until, window, after) = row.unwrap_or_default();
        // A cursor beyond now was left by a clock that has been set back since. What is logged until then would never
        // be looked at, so the sweep begins anew: partitions that it has been through are empty.
        let kept = window.filter(|window| *window <= self.window_of(Timestamp::now())).zip(after);
        let (window, after) = kept.unwrap_or_else(|| {
            // The first entries may have been written by a front end whose clock was behind, by minutes at most.
            let behind = i64::try_from(self.grace.min(CLOCK_BEHIND_MAX).as_micros()).unwrap_or_default();
            (self.window_of(Timestamp(self.created.0 - behind)), Uuid::nil())
        });
        Ok(Cursor { owner, until, window, after })
    }

    /// Takes a slot; false when it is another's. Two that believe to have it only do the work twice.
    async fn take_slot(&self, name: &str, cursor: &Cursor) -> Result<bool> {
        let now = Timestamp::now().0;
        let others = cursor.owner.is_some_and(|owner| owner != self.me);
        if others && cursor.until.is_some_and(|until| until > now) {
            return Ok(false);
        }
        let end = now + i64::try_from(LEASE.as_micros()).unwrap_or_default();
        let values = (self.me, end, name, cursor.until);
        let cas = self
            .cluster
            .cas(
                &self.cluster.st.lease_take,
                values,
                |row| row.uuid("owner") == Some(self.me),
                || async { Ok(Look::AsExpected) }.boxed(),
            )
            .await;
        match cas {
            Ok(cas) => Ok(matches!(cas, Cas::Applied)),
            // Another was there at the same time; it is the other's turn.
            Err(StorageError::OutcomeUnknown(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes down how far a slot is, and lets go of it.
    async fn move_slot(&self, name: &str, cursor: &Cursor) -> Result<()> {
        let values = (Timestamp::now().0, cursor.window, cursor.after, name, self.me);
        let look = || async { Ok(Look::AsExpected) }.boxed();
        match self.cluster.cas(&self.cluster.st.lease_move, values, |_| false, look).await {
            // Whether the step is written down or done again by another makes no difference.
            Ok(_) | Err(StorageError::OutcomeUnknown(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
