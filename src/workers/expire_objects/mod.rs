//! Enacts lifecycle rules: goes through every bucket that has some, in rounds, a bounded step at a time.
//!
//! # Why it may be killed anywhere, and run twice
//! The turn that a front end takes, and the note of how far it is, only spare work. Whether something goes is decided on
//! the head as it is at that moment ([`remove`]), or by the one change that closes an upload; so a step that is repeated,
//! or overlaps another's, finds done what is done, and removes nothing that rules do not want gone then.

mod note;
mod remove;
mod scan;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use self::note::Note;
use self::scan::{Budget, Scan};
use super::{Progress, Worker};
use crate::s3::lifecycle::{self, Calendar};
use crate::storage::{Bucket, BucketName, Storage, StorageError, Timestamp};

/// How often each bucket is gone through. Rules count days, so an hour is soon enough.
const ROUND: Duration = Duration::from_secs(3600);
/// The pause between two looks for a round to begin; a fiftieth of it lies between two steps of a round.
const PAUSE: Duration = Duration::from_secs(50);
/// How long a step may take before another front end may go on.
const LEASE: Duration = Duration::from_secs(60);

/// How time passes for the worker.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    calendar: Calendar,
    round: Duration,
    pause: Duration,
    lease: Duration,
}

impl Pace {
    /// Real days, or days of so many seconds, for tests.
    #[must_use]
    pub fn new(day_seconds: Option<u64>) -> Self {
        let Some(seconds) = day_seconds else {
            return Self { calendar: Calendar::REAL, round: ROUND, pause: PAUSE, lease: LEASE };
        };
        // Several rounds a day, so that what a day's end makes due is gone well before the next.
        let part = Duration::from_secs(seconds) / 5;
        Self {
            calendar: Calendar::of_seconds(seconds),
            round: part.min(ROUND),
            pause: part.min(PAUSE),
            lease: Duration::from_secs(seconds.saturating_mul(2)).clamp(Duration::from_secs(5), LEASE),
        }
    }
}

/// Expires objects, removes noncurrent versions and delete markers, and aborts uploads.
pub struct ExpireObjects {
    storage: Storage,
    pace: Pace,
    next_slot: AtomicU32,
}

impl ExpireObjects {
    /// For this store.
    #[must_use]
    pub fn new(storage: Storage, pace: Pace) -> Self {
        Self { storage, pace, next_slot: AtomicU32::new(0) }
    }

    /// A step on one slot, if its round is due and nobody else is at it.
    async fn work_on(&self, slot: u32) -> Result<Progress, StorageError> {
        let name = format!("lifecycle-{slot}");
        let seen = self.storage.work.work(&name).await?;
        let now = Timestamp::now();
        let Some(note) = Note::read(&seen.note).due(now, self.pace.round).filter(|_| !seen.taken) else {
            return Ok(Progress::Idle);
        };
        if !self.storage.work.take_work(&name, &seen, self.pace.lease).await? {
            return Ok(Progress::Idle);
        }
        let note = self.go_on(slot, note, now).await?;
        self.storage.work.leave_work(&name, note.written()).await?;
        Ok(Progress::More)
    }

    /// Goes on where the note says; the note of how far this came.
    async fn go_on(&self, slot: u32, mut note: Note, now: Timestamp) -> Result<Note, StorageError> {
        let mut budget = Budget::default();
        // Ends: each bucket takes something of the budget.
        while let Some((bucket, mut place)) = self.bucket_of(slot, &note).await? {
            let Some(rules) = lifecycle::of(&bucket).unwrap_or_else(|error| {
                tracing::error!(bucket = %bucket.name, %error, "lifecycle rules are not enacted");
                None
            }) else {
                note.pass(&bucket.name);
                continue;
            };
            let scan =
                Scan { storage: &self.storage, bucket: &bucket, rules: &rules, calendar: self.pace.calendar, now };
            match scan.go_on(&mut place, &mut budget).await {
                Ok(true) => note.pass(&bucket.name),
                Ok(false) => note.stop_at(&bucket.name, place),
                Err(error @ StorageError::Corrupt(_)) => {
                    tracing::error!(bucket = %bucket.name, %error, "lifecycle rules are not enacted to the bucket's end");
                    note.pass(&bucket.name);
                }
                Err(error) => return Err(error),
            }
            if budget.is_spent() {
                return Ok(note);
            }
        }
        note.end();
        Ok(note)
    }

    /// The bucket that is next, and where in it.
    async fn bucket_of(&self, slot: u32, note: &Note) -> Result<Option<(Bucket, note::Place)>, StorageError> {
        let last = BucketName::existing(&note.bucket);
        if let (Some(name), Some(place)) = (&last, &note.place)
            && let Some(bucket) = self.storage.metadata.bucket(name).await?
            && !bucket.settings.lifecycle.is_empty()
        {
            return Ok(Some((bucket, place.clone())));
        }
        let page = self.storage.work.buckets_with_lifecycle(slot, last.as_ref(), 1).await?;
        Ok(page.entries.into_iter().next().map(|bucket| (bucket, note::Place::default())))
    }
}

#[async_trait]
impl Worker for ExpireObjects {
    fn name(&self) -> &'static str {
        "expire objects"
    }

    fn pause(&self) -> Duration {
        self.pace.pause
    }

    async fn step(&self) -> Result<Progress, StorageError> {
        let slots = self.storage.work.slots().await?.max(1);
        let first = self.next_slot.fetch_add(1, Ordering::Relaxed) % slots;
        for slot in (first..slots).chain(0..first) {
            if self.work_on(slot).await? == Progress::More {
                return Ok(Progress::More);
            }
        }
        Ok(Progress::Idle)
    }
}

#[cfg(test)]
mod tests;
