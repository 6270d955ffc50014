//! Changing a head: intent, lease check, LWT, acknowledge, finish in the background. The order is the protocol.
//!
//! # Why this order
//! The listing's `?` row is there before the head can change, so a lister never believes an outdated row; the lease is
//! checked after that row is written, so a bucket's deletion and a shard's split have seen it or the writer starts
//! again. An exhaustive search of the protocol finds a wrong listing as soon as one of these is left out.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use uuid::Uuid;

use super::Core;
use super::reshard::Change as Grown;
use super::rows::HeadRow;
use super::session::{corrupt, jittered, unavailable};
use super::shards::Stretch;
use super::versions::VersionRows;
use super::views::View;
use crate::storage::boot_time::BootTime;
use crate::storage::versions::{Plan, has_versions, plan};
use crate::storage::{
    Bucket, Data, Decision, Head, HeadChange, HeadRead, ObjectKey, ObjectRecord, Placement, Result, StorageError,
    Timestamp,
};

/// How often a change is tried against writers that are faster.
const ATTEMPTS_MAX: u32 = 30;
/// After this no further try is begun: a client that waits for longer has gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// First pause between tries; doubles up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(5);
/// Longest pause between tries.
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// How long after its first read a change may still be made: fences and death sentences are remembered for a week, and
/// what outlived them could publish a blob that is gone. A server ends requests after a day; this counts the time that
/// a machine is suspended, too.
const LIFE_MAX: Duration = Duration::from_secs(2 * 24 * 3600);

/// What became of a change that depends on something beside the head.
pub(super) enum Outcome {
    /// As in the trait.
    Changed(HeadChange),
    /// What it depends on is no longer so; the head was not changed.
    Overtaken,
}

/// Asks whether what the change depends on is still so.
pub(super) type Guard<'a> = dyn Fn() -> BoxFuture<'a, Result<bool>> + Send + Sync + 'a;

/// One lock per key that is being changed here: this front end's own writers queue instead of racing ballots.
#[derive(Default)]
pub(super) struct KeyLocks(Mutex<HashMap<(Uuid, Vec<u8>), KeyLock>>);

/// Lives as long as somebody holds it or waits for it.
type KeyLock = Weak<tokio::sync::Mutex<()>>;

impl KeyLocks {
    fn of(&self, bucket: &Bucket, key: &ObjectKey) -> Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.0.lock();
        let id = (bucket.id.0, key.as_bytes().to_vec());
        if let Some(lock) = locks.get(&id).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::new(tokio::sync::Mutex::new(()));
        if locks.len() >= locks.capacity() {
            // Growing is the moment to forget those that nobody holds.
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        locks.insert(id, Arc::downgrade(&lock));
        lock
    }
}

struct Change<'a> {
    core: &'a Arc<Core>,
    read: HeadRead,
    /// When the head was read first.
    begun: BootTime,
    /// The last time that this change was tried under.
    tried: i64,
    /// The head was read again after the caller did: a blob it did not refer to then must be claimed.
    again: bool,
}

impl Core {
    pub(super) async fn change_head(
        self: &Arc<Self>,
        read: HeadRead,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
        guard: Option<&Guard<'_>>,
    ) -> Result<Outcome> {
        let lock = self.key_locks.of(&read.bucket, &read.key);
        let begun = read.read_at;
        let mut change = Change { core: self, read, begun, tried: 0, again: false };
        let _turn = match lock.try_lock() {
            Ok(turn) => turn,
            // Whoever was before us has changed the head, most likely.
            Err(_) => {
                let turn = lock.lock().await;
                change.read_again().await?;
                turn
            }
        };
        let mut pause = PAUSE;
        let began = Instant::now();
        for attempt in 0..ATTEMPTS_MAX {
            if attempt > 0 && began.elapsed() > PATIENCE {
                break;
            }
            if attempt > 0 {
                tokio::time::sleep(jittered(pause)).await;
                pause = (pause * 2).min(PAUSE_MAX);
                change.read_again().await?;
            }
            if let Some(outcome) = Box::pin(change.attempt(decide, guard)).await? {
                return Ok(outcome);
            }
        }
        Err(unavailable(format!("too many writers change {} at once", change.read.key)))
    }
}

impl Change<'_> {
    async fn read_again(&mut self) -> Result<()> {
        self.read = self.core.read_head(&self.read.bucket, &self.read.key, self.read.named).await?;
        self.again = true;
        Ok(())
    }

    /// Whether so much time has passed since the head was read that the reclaimer may have judged in between. The one
    /// place where safety rests on a clock, with half the grace period to spare.
    fn too_old(&self) -> bool {
        !self.read.read_at.younger_than(self.core.grace / 2)
    }

    /// One try; `None` when the head has to be read again.
    async fn attempt(
        &mut self,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
        guard: Option<&Guard<'_>>,
    ) -> Result<Option<Outcome>> {
        let changed = |change| Ok(Some(Outcome::Changed(change)));
        if !self.begun.younger_than(LIFE_MAX) {
            return Err(unavailable(format!("the change of {} has been under way for days", self.read.key)));
        }
        let (bucket, key) = (&self.read.bucket, self.read.key.as_bytes());
        let (view, stretch) =
            futures::try_join!(self.core.live_view(bucket), self.core.stretch_to_write(bucket.id, key))?;
        let Some(view) = view else { return changed(HeadChange::NoSuchBucket) };
        let Some(stretch) = stretch else { return Err(unmapped(bucket)) };
        if self.too_old() || self.inline_missing() {
            self.read_again().await?;
        }
        let head = self.read.head.clone();
        let decision = decide(&without_bytes(&head));
        let blob = match &decision {
            Decision::Leave => return changed(HeadChange::Left(head)),
            Decision::Put(record) => Some(record.as_ref()),
            Decision::Remove(_) | Decision::Rewrite(_) => None,
        };
        if self.again {
            // In this order: a reclaimer that judged before the claim has fenced the head after we read it.
            if !self.claim(blob).await? {
                return changed(HeadChange::BlobGone);
            }
            if let Some(guard) = guard
                && !guard().await?
            {
                return Ok(Some(Outcome::Overtaken));
            }
        }
        let Ok(beside) = self.core.beside(self.read.bucket.id, &self.read.key, &head, &decision).await? else {
            return Ok(None);
        };
        let new = Timestamp(Timestamp::now().0.max(head.ts.0 + 2).max(self.tried + 2));
        self.tried = new.0;
        let Some(plan) = plan(&head, &decision, beside, new) else {
            return changed(HeadChange::Applied { previous: head.clone(), head });
        };
        Ok(self.apply((&view, stretch), &head, plan, new).await?.map(Outcome::Changed))
    }

    /// The current version's inline bytes were not asked for, and may have to be written again.
    fn inline_missing(&self) -> bool {
        self.read.head.current.as_deref().is_some_and(|record| record.data == Data::NotRead)
    }

    /// Makes sure that a blob which the head does not refer to yet will not be reclaimed.
    async fn claim(&self, record: Option<&ObjectRecord>) -> Result<bool> {
        let Some(Data::Stored(placement)) = record.map(|record| &record.data) else { return Ok(true) };
        if blob_of(&self.read.head).is_some_and(|held| held.inode == placement.inode) {
            return Ok(true);
        }
        self.core.refer(placement, self.read.bucket.id, self.read.key.as_bytes()).await
    }

    async fn apply(
        &mut self,
        (view, stretch): (&Arc<View>, Stretch),
        head: &Head,
        plan: Plan,
        new: Timestamp,
    ) -> Result<Option<HeadChange>> {
        let core = self.core;
        core.clock.check()?;
        let (bucket, key) = (&self.read.bucket, &self.read.key);
        let kept = match head.current.as_deref().map(|record| &record.data) {
            Some(Data::Inline(bytes)) => bytes.clone(),
            _ => Bytes::new(),
        };
        let current = plan.current.clone();
        let next = Head { rev: None, ts: new, current, older: plan.older, null_seq: plan.null_seq, named: None };
        let next = HeadRow::next(&next, Uuid::new_v4(), &kept);
        let place = Place { stretch, key: key.clone(), at: new.0 };
        futures::try_join!(core.announce(&place, head, &plan), core.log_released(&plan))?;
        if !core.still_live(view).await? || !core.still_there(&place.stretch).await? || self.too_old() {
            return Ok(None);
        }
        let rows = VersionRows::of(&plan);
        if !core.set_head(bucket.id, key.as_bytes(), head.rev.map(|rev| rev.0), &next, &rows).await? {
            return Ok(None);
        }
        let applied = HeadChange::Applied { previous: head.clone(), head: next.head()? };
        let (finisher, before) = (Arc::clone(core), head.clone());
        core.background
            .start(async move {
                // Should this fail, the row goes on asking the head, and is repaired later.
                if let Err(error) = finisher.settle(&place, &before, &plan).await {
                    tracing::debug!(key = %place.key, %error, "a listing row was left asking");
                }
            })
            .await;
        Ok(Some(applied))
    }
}

/// Where a change has its index rows, and its time.
struct Place {
    stretch: Stretch,
    key: ObjectKey,
    at: i64,
}

impl Core {
    /// Before the LWT: index rows that may be wrong after it ask the head, and one that will be needed is there.
    async fn announce(&self, place: &Place, head: &Head, plan: &Plan) -> Result<()> {
        let (stretch, key, at) = (&place.stretch, place.key.as_bytes(), place.at);
        let intent = async { if plan.current_changed { self.list_asking(stretch, key, at).await } else { Ok(()) } };
        let versioned = async {
            if !plan.has_versions() || has_versions(head.older, head.current.as_deref()) {
                return Ok(());
            }
            self.index_versioned(stretch, key, at).await
        };
        futures::try_join!(intent, versioned).map(|_| ())
    }

    /// The blobs that a change takes out of the head are known to the reclaimer before they are out.
    async fn log_released(&self, plan: &Plan) -> Result<()> {
        futures::future::try_join_all(plan.released().map(|gone| self.log_replaced(gone))).await.map(|_| ())
    }

    /// After the LWT: index rows say what the head says.
    async fn settle(self: &Arc<Self>, place: &Place, before: &Head, plan: &Plan) -> Result<()> {
        let (stretch, key, at) = (&place.stretch, place.key.as_bytes(), place.at + 1);
        let had_versions = has_versions(before.older, before.current.as_deref());
        let mut grown = (plan.has_versions() && !had_versions).then_some(Grown::Added);
        if plan.current_changed {
            let object = plan.current.as_deref().filter(|record| !record.attrs.delete_marker);
            self.list_as(stretch, key, at, object).await?;
            match object {
                None => grown = Some(Grown::Dropped),
                Some(_) if before.object().is_none() => grown = Some(Grown::Added),
                Some(_) => {}
            }
        }
        if had_versions && !plan.has_versions() {
            self.drop_versioned(stretch, key, at).await?;
            grown = Some(Grown::Dropped);
        }
        if let Some(grown) = grown {
            self.weigh_now_and_then(stretch, key, grown).await;
        }
        Ok(())
    }
}

/// A bucket without a shard map: its creation went wrong, and nothing can have been written.
pub(super) fn unmapped(bucket: &Bucket) -> StorageError {
    corrupt("a shard map", format!("bucket {} has none; delete it", bucket.name))
}

fn blob_of(head: &Head) -> Option<&Placement> {
    match &head.current.as_deref()?.data {
        Data::Stored(placement) => Some(placement),
        Data::Inline(_) | Data::NotRead => None,
    }
}

/// What decisions are made on: no inline bytes.
fn without_bytes(head: &Head) -> Head {
    let strip = |record: &Arc<ObjectRecord>| match &record.data {
        Data::Inline(_) => Arc::new(ObjectRecord { attrs: record.attrs.clone(), data: Data::NotRead }),
        Data::Stored(_) | Data::NotRead => Arc::clone(record),
    };
    Head { current: head.current.as_ref().map(strip), named: head.named.as_ref().map(strip), ..head.clone() }
}
