//! The shard map: which partitions hold the index rows of a stretch of keys. Moves no row.
//!
//! # Why each shard has a lease of its own
//! A bucket of 10^9 keys has 20,000 shards. A map that was one leased value would be read whole again and again, and
//! one split would make every writer of the bucket start again. A row of the map is read by the key that it covers, is
//! good for one lease, and is all that a writer or a page needs; a front end remembers a bounded number of them.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use prost::Message;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use super::Core;
use super::clock::Moment;
use super::session::{corrupt, unavailable};
use super::statements::Statement;
use crate::storage::{BucketId, Result};

/// Shards remembered at once, a kilobyte each where each bucket has one.
const REMEMBERED_MAX: usize = 20_000;
/// How often something is read again because the map changes under the reader.
const ATTEMPTS_MAX: u32 = 5;

/// How far the move of a shard's rows to other partitions is.
///
/// At most two neighbouring steps are acted on at a time: whoever takes a step waits longer than two leases first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i8)]
pub(super) enum Step {
    /// No move: the shard's partition is written and read.
    Settled = 0,
    /// Source and targets are written, the source is read, its rows are being copied.
    Copying = 1,
    /// Source and targets are written, the targets are read.
    Switched = 2,
}

/// Where a shard's rows go.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Move {
    /// By ascending lower bound; the first bound is the shard's own.
    #[prost(message, repeated, tag = "1")]
    pub(super) targets: Vec<Target>,
    /// The other shard of a merge: its lower bound.
    #[prost(bytes = "bytes", optional, tag = "2")]
    pub(super) with: Option<Bytes>,
}

/// One partition that rows are moved to.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Target {
    /// Keys from here on.
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) lower: Bytes,
    /// The partition's id, 16 bytes; the source's own where the rows stay.
    #[prost(bytes = "bytes", tag = "2")]
    id: Bytes,
}

impl Target {
    /// A partition for keys from `lower` on.
    pub(super) fn new(lower: Bytes, id: Uuid) -> Self {
        Self { lower, id: Bytes::copy_from_slice(id.as_bytes()) }
    }

    /// The partition.
    pub(super) fn id(&self) -> Result<Uuid> {
        Uuid::from_slice(&self.id).map_err(|e| corrupt("a shard's move", e))
    }
}

/// A row of the map as it was at a moment.
#[derive(Debug, Clone)]
pub(super) struct Shard {
    /// The bucket's id.
    pub(super) bucket: BucketId,
    /// The first key.
    pub(super) lower: Bytes,
    /// The first key that is no longer its own; `None` when there is none.
    pub(super) upper: Option<Bytes>,
    /// Its partition.
    pub(super) id: Uuid,
    /// Changes with every step; `None` where no step was ever taken.
    pub(super) rev: Option<Uuid>,
    /// How far a move is.
    pub(super) step: Step,
    /// Where to, unless [`Step::Settled`]: lower bounds and partitions.
    pub(super) targets: Vec<(Bytes, Uuid)>,
    /// The lower bound of the other shard of a merge.
    pub(super) with: Option<Bytes>,
    /// When the step was taken, microseconds since 1970.
    pub(super) since: i64,
    /// Rows deleted from its partition, about; `None` where none was ever counted.
    pub(super) dropped: Option<i32>,
    taken: Moment,
}

/// A stretch of keys whose index rows are in one place, as it was at a moment.
#[derive(Debug, Clone)]
pub(super) struct Stretch {
    /// The row of the map that says so.
    pub(super) shard: Arc<Shard>,
    /// The first key that is beyond it; `None` when there is none.
    pub(super) upper: Option<Bytes>,
    /// The partition that listings read.
    pub(super) read: Uuid,
    /// The partition that changes are written to besides `read`, while rows are being moved.
    pub(super) also: Option<Uuid>,
}

impl Stretch {
    /// The bound of a read that wants no key from `upper` on.
    pub(super) fn until<'a>(&'a self, upper: Option<&'a [u8]>) -> Option<&'a [u8]> {
        match (self.upper.as_deref(), upper) {
            (Some(own), Some(wanted)) => Some(own.min(wanted)),
            (own, wanted) => own.or(wanted),
        }
    }

    /// Where a read that wants no key from `upper` on goes on behind this stretch.
    pub(super) fn next(&self, upper: Option<&[u8]>) -> Option<Vec<u8>> {
        let next = self.upper.as_deref()?;
        upper.is_none_or(|upper| next < upper).then(|| next.to_vec())
    }
}

type Columns =
    (Option<Bytes>, Option<Bytes>, Option<Uuid>, Option<Uuid>, Option<i8>, Option<Bytes>, Option<i64>, Option<i32>);

impl Shard {
    fn of(bucket: BucketId, taken: Moment, columns: Columns) -> Result<Self> {
        let (lower, upper, id, rev, step, planned, since, dropped) = columns;
        let (Some(lower), Some(id)) = (lower, id) else { return Err(corrupt("a shard map", "a column is missing")) };
        let step = match step.unwrap_or_default() {
            0 => Step::Settled,
            1 => Step::Copying,
            2 => Step::Switched,
            other => return Err(corrupt("a shard map", format!("step {other} is not known"))),
        };
        let planned = Move::decode(planned.unwrap_or_default()).map_err(|e| corrupt("a shard's move", e))?;
        let targets: Vec<(Bytes, Uuid)> =
            planned.targets.iter().map(|target| Ok((target.lower.clone(), target.id()?))).collect::<Result<_>>()?;
        if (step != Step::Settled) != targets.first().is_some_and(|(first, _)| *first == lower) {
            return Err(corrupt("a shard's move", "its targets do not begin where the shard does"));
        }
        Ok(Self {
            bucket,
            upper: upper.filter(|upper| !upper.is_empty()),
            id,
            rev,
            step,
            targets,
            with: planned.with,
            since: since.unwrap_or_default(),
            dropped,
            taken,
            lower,
        })
    }

    /// Its move, as the map has it.
    pub(super) fn planned(&self) -> Move {
        let targets = self.targets.iter().map(|(lower, id)| Target::new(lower.clone(), *id)).collect();
        Move { targets, with: self.with.clone() }
    }

    /// Whether a key is one of its own.
    pub(super) fn covers(&self, key: &[u8]) -> bool {
        self.lower.as_ref() <= key && self.upper.as_ref().is_none_or(|upper| key < upper.as_ref())
    }

    /// Whether both say the same about where rows are.
    fn agrees(&self, other: &Self) -> bool {
        (&self.lower, self.id, self.rev) == (&other.lower, other.id, other.rev)
    }

    /// The partitions that may have rows.
    pub(super) fn partitions(&self) -> impl Iterator<Item = Uuid> + '_ {
        let targets = self.targets.iter().map(|(_, id)| *id).filter(|id| *id != self.id);
        std::iter::once(self.id).chain(targets)
    }

    /// Where the index rows of a key, and of those behind it, are.
    pub(super) fn stretch(self: &Arc<Self>, key: &[u8]) -> Stretch {
        let shard = Arc::clone(self);
        let behind = self.targets.partition_point(|(lower, _)| lower.as_ref() <= key);
        let Some((_, target)) = behind.checked_sub(1).and_then(|index| self.targets.get(index)) else {
            return Stretch { shard, upper: self.upper.clone(), read: self.id, also: None };
        };
        let upper = self.targets.get(behind).map(|(lower, _)| lower.clone()).or_else(|| self.upper.clone());
        let (read, also) = if self.step == Step::Switched { (*target, self.id) } else { (self.id, *target) };
        Stretch { shard, upper, read, also: Some(also).filter(|also| *also != read) }
    }
}

/// One remembered row; its lock lets one request at a time ask the cluster.
type Slot = Arc<tokio::sync::Mutex<Arc<Shard>>>;

/// The rows that this front end remembers.
#[derive(Default)]
pub(super) struct ShardMap(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    of: HashMap<BucketId, BTreeMap<Bytes, Slot>>,
    count: usize,
}

impl ShardMap {
    fn slot(&self, bucket: BucketId, key: &[u8]) -> Option<Slot> {
        let known = self.0.lock();
        let below = (Bound::Unbounded, Bound::Included(key));
        known.of.get(&bucket)?.range::<[u8], _>(below).next_back().map(|(_, slot)| Arc::clone(slot))
    }

    /// The remembered row of a key, under its lock.
    async fn held(&self, bucket: BucketId, key: &[u8]) -> Option<OwnedMutexGuard<Arc<Shard>>> {
        loop {
            let slot = self.slot(bucket, key)?;
            let held = Arc::clone(&slot).lock_owned().await;
            // Whoever waited while a shard was cut or taken in goes where the key is by now.
            if held.covers(key) || self.slot(bucket, key).is_none_or(|now| Arc::ptr_eq(&now, &slot)) {
                return Some(held);
            }
        }
    }

    /// Remembers a row, in `held` where that is its place already.
    fn remember(&self, shard: &Arc<Shard>, held: Option<&mut Arc<Shard>>) {
        let in_place = held.is_some_and(|held| {
            let same = held.lower == shard.lower;
            if same {
                *held = Arc::clone(shard);
            }
            same
        });
        let mut known = self.0.lock();
        let overflown = (known.count >= REMEMBERED_MAX).then(|| std::mem::take(&mut *known));
        let Remembered { of, count } = &mut *known;
        let rows = of.entry(shard.bucket).or_default();
        let before = rows.len();
        // What a merge has taken in would be found first, and be outdated for ever.
        let end = shard.upper.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        let inside = (Bound::Excluded(shard.lower.as_ref()), end);
        let taken_in: Vec<Bytes> = rows.range::<[u8], _>(inside).map(|(lower, _)| lower.clone()).collect();
        for lower in taken_in {
            rows.remove(&lower);
        }
        if !in_place || !rows.contains_key(&shard.lower) {
            rows.insert(shard.lower.clone(), Arc::new(tokio::sync::Mutex::new(Arc::clone(shard))));
        }
        *count = *count + rows.len() - before;
        drop(known);
        // Many thousands of them: nobody waits for the lock meanwhile.
        drop(overflown);
    }

    /// Forgets a bucket that is gone.
    pub(super) fn forget(&self, bucket: BucketId) {
        let mut known = self.0.lock();
        if let Some(rows) = known.of.remove(&bucket) {
            known.count -= rows.len();
        }
    }
}

impl Core {
    /// The shard of a key as it was less than `age` ago; `None` when the bucket has no map.
    async fn shard_younger_than(&self, bucket: BucketId, key: &[u8], age: Duration) -> Result<Option<Arc<Shard>>> {
        let mut held = self.shards.held(bucket, key).await;
        if let Some(shard) = held.as_deref()
            && shard.taken.younger_than(age)
            && shard.covers(key)
        {
            return Ok(Some(Arc::clone(shard)));
        }
        let shard = self.shard_by(&self.cluster.st.shard_at, bucket, key).await?.map(Arc::new);
        if shard.as_ref().is_some_and(|shard| !shard.covers(key)) {
            return Err(corrupt("a shard map", "a key belongs to no shard"));
        }
        match &shard {
            Some(shard) => self.shards.remember(shard, held.as_deref_mut()),
            None => self.shards.forget(bucket),
        }
        Ok(shard)
    }

    /// The shard of a key, read with `statement`.
    pub(super) async fn shard_by(&self, statement: &Statement, bucket: BucketId, key: &[u8]) -> Result<Option<Shard>> {
        let taken = Moment::now();
        let row: Option<Columns> = self.cluster.row(statement, (bucket.0, key)).await?;
        row.map(|columns| Shard::of(bucket, taken, columns)).transpose()
    }

    /// Shards whose lower bound is above `after`, or all from the first one on.
    pub(super) async fn shards_after(&self, bucket: BucketId, after: Option<&[u8]>, limit: i32) -> Result<Vec<Shard>> {
        let (taken, st) = (Moment::now(), &self.cluster.st);
        let rows: Vec<Columns> = match after {
            Some(after) => self.cluster.rows(&st.shards_after, (bucket.0, after, limit)).await?,
            None => self.cluster.rows(&st.shards_first, (bucket.0, limit)).await?,
        };
        rows.into_iter().map(|columns| Shard::of(bucket, taken, columns)).collect()
    }

    /// Where a key's index rows are, good for half a lease at least, so that it can be relied on until the check before
    /// an LWT; `None` when the bucket has no map.
    pub(super) async fn stretch_to_write(self: &Arc<Self>, bucket: BucketId, key: &[u8]) -> Result<Option<Stretch>> {
        let shard = self.shard_younger_than(bucket, key, self.lease / 2).await?;
        if let Some(shard) = &shard {
            self.resume_left_behind(shard);
        }
        Ok(shard.map(|shard| shard.stretch(key)))
    }

    /// Whether rows are where the stretch says until now.
    pub(super) async fn still_there(&self, stretch: &Stretch) -> Result<bool> {
        if stretch.shard.taken.younger_than(self.lease) {
            return Ok(true);
        }
        let now = self.shard_younger_than(stretch.shard.bucket, &stretch.shard.lower, self.lease / 2).await?;
        Ok(now.is_some_and(|now| now.agrees(&stretch.shard)))
    }

    /// Reads index rows from `from` on under a lease: again, where the map has changed meanwhile. `None` when the
    /// bucket has no map.
    pub(super) async fn in_stretch<T, F: Future<Output = Result<T>>>(
        &self,
        bucket: BucketId,
        from: &[u8],
        read: impl Fn(Stretch) -> F,
    ) -> Result<Option<(Stretch, T)>> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(shard) = self.shard_younger_than(bucket, from, self.lease).await? else { return Ok(None) };
            let stretch = shard.stretch(from);
            let found = read(stretch.clone()).await?;
            if self.still_there(&stretch).await? {
                return Ok(Some((stretch, found)));
            }
        }
        Err(unavailable("the listing's shards change too fast"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Shard {
        /// The one shard of a fresh bucket.
        pub(in crate::storage::cassandra) fn whole() -> Self {
            Arc::into_inner(shard("", None, &[], Step::Settled)).expect("nobody else has it")
        }
    }

    fn shard(
        lower: &'static str,
        upper: Option<&'static str>,
        targets: &[(&'static str, Uuid)],
        step: Step,
    ) -> Arc<Shard> {
        Arc::new(Shard {
            bucket: BucketId(Uuid::nil()),
            lower: Bytes::from_static(lower.as_bytes()),
            upper: upper.map(|upper| Bytes::from_static(upper.as_bytes())),
            id: Uuid::from_u128(1),
            rev: None,
            step,
            targets: targets.iter().map(|(lower, id)| (Bytes::from_static(lower.as_bytes()), *id)).collect(),
            with: None,
            since: 0,
            dropped: None,
            taken: Moment::now(),
        })
    }

    #[test]
    fn each_step_says_what_is_read_and_what_is_written() {
        let [source, left, right] = [1, 2, 3].map(Uuid::from_u128);
        let found = |step, key: &str| {
            let targets = [("a", left), ("m", right)];
            let targets = if step == Step::Settled { &targets[..0] } else { &targets };
            let stretch = shard("a", Some("z"), targets, step).stretch(key.as_bytes());
            (stretch.read, stretch.also, stretch.upper.map(|upper| String::from_utf8_lossy(&upper).into_owned()))
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(found(Step::Settled, "b"), (source, None, text("z")));
        assert_eq!(found(Step::Copying, "b"), (source, Some(left), text("m")));
        assert_eq!(found(Step::Copying, "m"), (source, Some(right), text("z")));
        assert_eq!(found(Step::Switched, "l\u{7f}"), (left, Some(source), text("m")));
        assert_eq!(found(Step::Switched, "y"), (right, Some(source), text("z")));
    }

    #[test]
    fn rows_that_stay_are_written_once() {
        let (source, end) = (Uuid::from_u128(1), Uuid::from_u128(9));
        for step in [Step::Copying, Step::Switched] {
            let shard = shard("", None, &[("", source), ("m", end)], step);
            assert_eq!(shard.stretch(b"a").also, None);
            assert_eq!((shard.stretch(b"a").read, shard.stretch(b"m").also.is_some()), (source, true));
            assert_eq!(shard.partitions().collect::<Vec<_>>(), [source, end]);
        }
    }

    #[test]
    fn what_a_merge_took_in_is_forgotten() {
        let map = ShardMap::default();
        let bucket = BucketId(Uuid::nil());
        for (lower, upper) in [("", Some("f")), ("f", Some("m")), ("m", None)] {
            map.remember(&shard(lower, upper, &[], Step::Settled), None);
        }
        assert_eq!(map.0.lock().count, 3);
        map.remember(&shard("", Some("m"), &[], Step::Settled), None);
        assert_eq!(map.0.lock().count, 2);
        let found = map.slot(bucket, b"g").expect("is remembered").try_lock().expect("is free").clone();
        assert!(found.covers(b"g") && !found.covers(b"m"));
        map.forget(bucket);
        assert!(map.slot(bucket, b"g").is_none());
        assert_eq!(map.0.lock().count, 0);
    }

    #[tokio::test]
    async fn a_row_is_remembered_in_its_place() {
        let map = ShardMap::default();
        let bucket = BucketId(Uuid::nil());
        map.remember(&shard("", None, &[], Step::Settled), None);
        let slot = map.slot(bucket, b"x").expect("is remembered");
        map.remember(&shard("", Some("m"), &[], Step::Settled), Some(&mut *slot.lock().await));
        assert!(!map.slot(bucket, b"x").expect("is there").lock().await.covers(b"x"));
        map.remember(&shard("m", None, &[], Step::Settled), Some(&mut *slot.lock().await));
        assert!(map.slot(bucket, b"x").expect("is there").lock().await.covers(b"x"));
        assert_eq!(map.0.lock().count, 2);
    }
}
