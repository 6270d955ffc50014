//! Moving a shard's rows to other partitions while it is in use: split, merge, rewrite. Each step is one LWT on the
//! map; any front end goes on where another stopped.
//!
//! | step | written | read | what happens in it |
//! |---|---|---|---|
//! | [`Step::Settled`] | the source | the source | nothing |
//! | [`Step::Copying`] | source and targets | the source | after the wait, rows are copied with their own timestamps |
//! | [`Step::Switched`] | source and targets | the targets | |
//! | [`Step::Settled`] again | the targets | the targets | the source is deleted whole, a grace period later |
//!
//! # Why the waits
//! Before each step more than two leases pass in which nobody can have read the map as it was before the last one. So
//! at most two neighbouring steps are acted on at once: a row that was written under the first step was there before it
//! was copied, and nobody reads a partition that others no longer write. An exhaustive search of the protocol finds a
//! wrong listing as soon as the wait before the copy is left out.
//!
//! # Why rows are dropped a partition at a time
//! A read that meets 100,000 tombstones fails, and a range that is deleted slows every later write. A partition that
//! has seen many deletes is rewritten one to one and dropped with one tombstone, when nobody reads it.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use parking_lot::Mutex;
use prost::Message;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::Core;
use super::session::{Cas, Look};
use super::shards::{Move, Shard, Step, Stretch, Target};
use super::statements::Statement;
use super::weight::Weight;
use crate::storage::{BucketId, Result, StorageError, Timestamp};

/// How often a shard is looked at, on the average, while it grows to its limit or collects its fill of tombstones.
const LOOKS: u32 = 10;
/// Moves that one front end works on at a time.
const AT_ONCE: usize = 2;
/// A move whose last step is older than this, beyond its waits, has been left behind.
const LEFT_BEHIND: Duration = Duration::from_secs(30);

/// What a change did to the number of index rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// A row more.
    Added,
    /// A tombstone more.
    Dropped,
}

/// The moves that this front end works on.
pub(super) struct Moves {
    begun: Mutex<HashSet<(BucketId, Bytes)>>,
    turns: Semaphore,
}

impl Default for Moves {
    fn default() -> Self {
        Self { begun: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }
}

/// Takes a move out of [`Moves`] whatever ends the work on it.
struct Begun {
    core: Weak<Core>,
    which: (BucketId, Bytes),
}

impl Drop for Begun {
    fn drop(&mut self) {
        if let Some(core) = self.core.upgrade() {
            core.moves.begun.lock().remove(&self.which);
        }
    }
}

/// Once in `n` times.
fn once_in(n: u32) -> bool {
    let random = Uuid::new_v4().as_u128();
    random.is_multiple_of(u128::from(n.max(1)))
}

/// What work on a move remembers between its steps.
#[derive(Default)]
struct Progress {
    /// The revision that more than two leases have been waited under when the next step is taken.
    waited: Option<Uuid>,
    /// This front end has taken a step.
    moved: bool,
}

impl Core {
    /// After a change of index rows under `stretch`: now and then looks whether the shard has grown too large, or has
    /// seen too many deletes.
    pub(super) async fn weigh_now_and_then(self: &Arc<Self>, stretch: &Stretch, key: &[u8], change: Change) {
        match change {
            Change::Added if once_in(self.limits.rows / LOOKS) => self.move_later(&stretch.shard, key),
            Change::Dropped if once_in(self.limits.tombstones / LOOKS) => {
                match self.count_dropped(&stretch.shard, self.limits.tombstones / LOOKS).await {
                    Ok(true) => self.move_later(&stretch.shard, key),
                    Ok(false) => {}
                    Err(error) => tracing::debug!(%error, "deletes in a shard were not counted"),
                }
            }
            Change::Added | Change::Dropped => {}
        }
    }

    /// Adds to the number of rows that were dropped from a shard; whether it is too large.
    async fn count_dropped(&self, shard: &Shard, more: u32) -> Result<bool> {
        let st = &self.cluster.st;
        let Some(now) = self.shard_by(&st.shard_serial, shard.bucket, &shard.lower).await? else { return Ok(false) };
        let more = i32::try_from(more.max(1)).unwrap_or(i32::MAX);
        let dropped = now.dropped.unwrap_or_default().saturating_add(more);
        let values = (dropped, now.bucket.0, &now.lower, now.rev, now.dropped);
        // An estimate: one that another was faster with is not worth a second try.
        let look = || async { Ok(Look::Other) }.boxed();
        match self.cluster.cas(&st.shard_count, values, |_| false, look).await {
            Ok(_) | Err(StorageError::OutcomeUnknown(_)) => Ok(dropped.unsigned_abs() >= self.limits.tombstones),
            Err(error) => Err(error),
        }
    }

    /// Goes on with a move that nobody seems to be working on.
    pub(super) fn resume_left_behind(self: &Arc<Self>, shard: &Shard) {
        let patience = i64::try_from((self.lease * 10 + LEFT_BEHIND).as_micros()).unwrap_or(i64::MAX);
        if shard.step != Step::Settled && Timestamp::now().0.saturating_sub(shard.since) > patience {
            self.move_later(shard, &shard.lower);
        }
    }

    /// Looks at a shard in the background, and moves its rows where that is due; `key` is the one that was changed.
    pub(super) fn move_later(self: &Arc<Self>, shard: &Shard, key: &[u8]) {
        let (which, key) = ((shard.bucket, shard.lower.clone()), Bytes::copy_from_slice(key));
        if !self.moves.begun.lock().insert(which.clone()) {
            return;
        }
        let core = Arc::downgrade(self);
        let begun = Begun { core: Weak::clone(&core), which };
        // Not waited for when the store is closed: whoever comes by goes on.
        self.background.aside(async move {
            if let Err(error) = Box::pin(work(&core, begun.which.0, &key)).await {
                tracing::debug!(%error, "the move of a shard stopped, and will be resumed");
            }
        });
    }

    /// How long a step is waited for before the next one.
    fn step_wait(&self) -> Duration {
        self.lease * 2 + self.lease / 2
    }

    /// Takes the next step of the move of a key's shard; `None` when nothing is left to do, otherwise how long to wait.
    async fn take_step(
        self: &Arc<Self>,
        bucket: BucketId,
        key: &[u8],
        progress: &mut Progress,
    ) -> Result<Option<Duration>> {
        let serial = &self.cluster.st.shard_serial;
        let Some(mut shard) = self.shard_by(serial, bucket, key).await? else { return Ok(None) };
        // The first shard of a merge stands for both.
        if let Some(with) = shard.with.clone().filter(|with| *with < shard.lower) {
            let Some(first) = self.shard_by(serial, bucket, &with).await? else { return Ok(None) };
            shard = first;
        }
        let rev = Uuid::new_v4();
        let taken = match shard.step {
            Step::Settled if progress.moved => return Ok(None),
            Step::Settled => match self.planned(shard.clone(), key).await? {
                None => return Ok(None),
                Some(planned) => self.begin(&planned, rev).await?,
            },
            Step::Copying | Step::Switched if progress.waited != shard.rev => {
                progress.waited = shard.rev;
                return Ok(Some(self.step_wait()));
            }
            Step::Copying => {
                let group = self.group(&shard).await?;
                for member in &group {
                    Box::pin(self.copy_rows(member)).await?;
                }
                self.set_step(&group, Step::Switched, rev).await?
            }
            Step::Switched => {
                let group = self.group(&shard).await?;
                for member in &group {
                    self.log_retired(member).await?;
                }
                self.settle_map(&group, rev).await?
            }
        };
        progress.moved = true;
        // Taken or not: the next look tells where the move is.
        progress.waited = taken.then_some(rev);
        let more = shard.step != Step::Switched || !taken;
        Ok(more.then(|| if taken { self.step_wait() } else { self.lease }))
    }

    /// The shards that move together: one, or the two of a merge.
    async fn group(&self, shard: &Shard) -> Result<Vec<Shard>> {
        let serial = &self.cluster.st.shard_serial;
        let mut group = Vec::new();
        for lower in [Some(&shard.lower), shard.with.as_ref()].into_iter().flatten() {
            group.extend(self.shard_by(serial, shard.bucket, lower).await?.filter(|found| found.rev == shard.rev));
        }
        Ok(group)
    }

    /// What is to be done with a settled shard, if anything.
    async fn planned(&self, shard: Shard, key: &[u8]) -> Result<Option<Planned>> {
        let weight = self.weigh(&shard).await?;
        let worn = shard.dropped.unwrap_or_default().unsigned_abs() >= self.limits.tombstones;
        let rewritten = |shard: Shard, target| {
            let targets = vec![Target::new(shard.lower.clone(), target)];
            Planned { shard, targets, with: None }
        };
        if weight.exceeds(&self.limits) {
            if let Some((cut, grows_at_its_end)) = weight.cut(&shard, key) {
                let own = if grows_at_its_end { shard.id } else { Uuid::new_v4() };
                let targets = vec![Target::new(shard.lower.clone(), own), Target::new(cut, Uuid::new_v4())];
                return Ok(Some(Planned { shard, targets, with: None }));
            }
            return Ok(worn.then(|| rewritten(shard, Uuid::new_v4())));
        }
        if !worn && !weight.is_quarter_of(&self.limits) {
            return Ok(None);
        }
        let (st, target) = (&self.cluster.st, Uuid::new_v4());
        // Keys that go in order leave one empty shard after the other behind: only the next one can take them in.
        let before = self.neighbour_to_merge(&st.shard_before, shard.bucket, &shard.lower, &weight).await?;
        if let Some(before) = before.filter(|before| before.upper.as_ref() == Some(&shard.lower)) {
            return Ok(Some(Planned { with: Some((shard, target)), ..rewritten(before, target) }));
        }
        if let Some(upper) = shard.upper.clone() {
            let next = self.neighbour_to_merge(&st.shard_serial, shard.bucket, &upper, &weight).await?;
            if let Some(next) = next.filter(|next| next.lower == upper) {
                return Ok(Some(Planned { with: Some((next, target)), ..rewritten(shard, target) }));
            }
        }
        Ok(worn.then(|| rewritten(shard, target)))
    }

    /// A settled shard, where both together are half of what one may be.
    async fn neighbour_to_merge(
        &self,
        statement: &Statement,
        bucket: BucketId,
        bound: &[u8],
        weight: &Weight,
    ) -> Result<Option<Shard>> {
        let Some(other) = self.shard_by(statement, bucket, bound).await? else { return Ok(None) };
        if other.step != Step::Settled {
            return Ok(None);
        }
        match self.weigh(&other).await {
            Ok(own) => Ok(weight.together(&own).is_half_of(&self.limits).then_some(other)),
            // It must not keep this one from being rewritten.
            Err(error) => {
                tracing::debug!(%error, "a shard's neighbour could not be weighed");
                Ok(None)
            }
        }
    }

    /// Whether the first step of a move was taken.
    async fn begin(&self, planned: &Planned, rev: Uuid) -> Result<bool> {
        let (shard, with) = (&planned.shard, planned.with.as_ref().map(|(next, _)| next));
        tracing::info!(
            bucket = %shard.bucket.0, parts = planned.targets.len(), merge = with.is_some(), "a listing shard is moved"
        );
        let of = |targets, with: &Bytes| Move { targets, with: Some(with.clone()) }.encode_to_vec();
        let now = Timestamp::now().0;
        let (st, bucket, copying) = (&self.cluster.st, shard.bucket.0, Step::Copying as i8);
        let Some((next, target)) = &planned.with else {
            let planned = Move { targets: planned.targets.clone(), with: None }.encode_to_vec();
            let values = (rev, copying, planned, now, bucket, &shard.lower, shard.rev, shard.id);
            return self.take(&st.shard_step, values, shard, rev).await;
        };
        let first = of(planned.targets.clone(), &next.lower);
        let second = of(vec![Target::new(next.lower.clone(), *target)], &shard.lower);
        let mut values: Vec<&(dyn scylla::serialize::value::SerializeValue + Sync)> = Vec::new();
        values.extend_from_slice(&[&rev, &copying, &first, &now, &bucket, &shard.lower, &shard.rev, &shard.id]);
        values.extend_from_slice(&[&rev, &copying, &second, &now, &bucket, &next.lower, &next.rev, &next.id]);
        self.take(&st.shard_step_both, values, shard, rev).await
    }

    /// Whether a step in the middle of a move was taken.
    async fn set_step(&self, group: &[Shard], step: Step, rev: Uuid) -> Result<bool> {
        let (now, step) = (Timestamp::now().0, step as i8);
        let planned: Vec<Vec<u8>> = group.iter().map(|shard| shard.planned().encode_to_vec()).collect();
        let mut values: Vec<&(dyn scylla::serialize::value::SerializeValue + Sync)> = Vec::new();
        for (shard, planned) in group.iter().zip(&planned) {
            values.extend_from_slice(&[
                &rev,
                &step,
                planned,
                &now,
                &shard.bucket.0,
                &shard.lower,
                &shard.rev,
                &shard.id,
            ]);
        }
        let st = &self.cluster.st;
        match group {
            [shard] if shard.with.is_none() => self.take(&st.shard_step, values, shard, rev).await,
            [first, _] => self.take(&st.shard_step_both, values, first, rev).await,
            // One of a merge's two is at another step: somebody is faster.
            _ => Ok(false),
        }
    }

    /// Whether the last step was taken: the targets are the map.
    async fn settle_map(&self, group: &[Shard], rev: Uuid) -> Result<bool> {
        let Some((first, others)) = group.split_first() else { return Ok(false) };
        if first.with.is_some() != (others.len() == 1) {
            return Ok(false);
        }
        let Some((_, id)) = first.targets.first() else { return Ok(false) };
        let (now, settled, nothing) = (Timestamp::now().0, Step::Settled as i8, Vec::<u8>::new());
        let (st, bucket) = (&self.cluster.st, first.bucket.0);
        let last = others.last().unwrap_or(first);
        let end = last.upper.clone().unwrap_or_default();
        let cut = first.targets.get(1);
        let upper = cut.map_or_else(|| end.clone(), |(cut, _)| cut.clone());
        // A partition that stays keeps its tombstones.
        let dropped = if *id == first.id { first.dropped.unwrap_or_default() } else { 0 };
        let mut values: Vec<&(dyn scylla::serialize::value::SerializeValue + Sync)> = Vec::new();
        values.extend_from_slice(&[&rev, &settled, &nothing, &now, id, &upper, &dropped, &bucket, &first.lower]);
        values.extend_from_slice(&[&first.rev, &first.id]);
        match (cut, others) {
            (None, []) => self.take(&st.shard_rewritten, values, first, rev).await,
            (Some((cut, right)), []) => {
                values.extend_from_slice(&[&bucket, cut, &end, right, &rev, &settled, &nothing, &now]);
                self.take(&st.shard_split, values, first, rev).await
            }
            (_, [second]) => {
                values.extend_from_slice(&[&bucket, &second.lower, &second.rev]);
                self.take(&st.shard_merged, values, first, rev).await
            }
            _ => Ok(false),
        }
    }

    /// Sends a step's LWT; whether it took effect.
    async fn take(
        &self,
        statement: &Statement,
        values: impl scylla::serialize::row::SerializeRow,
        shard: &Shard,
        rev: Uuid,
    ) -> Result<bool> {
        let look = || {
            async move {
                let now = self.shard_by(&self.cluster.st.shard_serial, shard.bucket, &shard.lower).await?;
                Ok(match now.and_then(|now| now.rev) {
                    now if now == Some(rev) => Look::Ours,
                    now if now == shard.rev => Look::AsExpected,
                    _ => Look::Other,
                })
            }
            .boxed()
        };
        match self.cluster.cas(statement, values, |row| row.uuid("rev") == Some(rev), look).await {
            Ok(cas) => Ok(matches!(cas, Cas::Applied)),
            Err(StorageError::OutcomeUnknown(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// A move that is to begin.
struct Planned {
    /// The first of those that are moved.
    shard: Shard,
    targets: Vec<Target>,
    /// The shard that is merged with, and the partition of both.
    with: Option<(Shard, Uuid)>,
}

/// Works on a move from where it is to its end.
async fn work(core: &Weak<Core>, bucket: BucketId, key: &[u8]) -> Result<()> {
    let mut progress = Progress::default();
    loop {
        let Some(core) = core.upgrade() else { return Ok(()) };
        let wait = {
            let turn = core.moves.turns.acquire().await;
            let wait = core.take_step(bucket, key, &mut progress).await?;
            drop(turn);
            wait
        };
        drop(core);
        match wait {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Ok(()),
        }
    }
}
