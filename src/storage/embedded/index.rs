//! The ordered index: everything since the last checkpoint in memory, over a redb database as the sorted base.
//!
//! Derived from the log alone and rebuilt from it whenever the database is missing or damaged. Only the committer
//! thread (and, before it starts, recovery) changes it; readers see a change only after it is durable.
//!
//! # Why two layers and not redb alone
//! A durable redb transaction for each group of commits costs a second sync and several page writes. The log already
//! is durable, so the base only moves in large steps.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::RwLock;

use super::base::{Base, Rows};
use super::{keys, rows};
use crate::storage::{InodeId, Result};

/// Longest wait of a reader for a base that is being opened again, and the pauses in between.
const REOPENED_WITHIN: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(1);

/// Where a record is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Location {
    /// 0 for derived rows, which are not in the log.
    pub segment: u64,
    pub offset: u32,
    pub bytes: u32,
}

/// A row as the index keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub location: Location,
    pub value: Bytes,
}

/// A change of a row.
#[derive(Debug, Clone)]
pub(super) struct Change {
    pub key: Vec<u8>,
    /// `None`: the row is gone.
    pub value: Option<Bytes>,
    pub location: Location,
    /// Position where the change was first written.
    pub origin: u64,
}

/// What a segment still holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Live {
    /// Bytes of records that rows of the index point to.
    pub put_bytes: u64,
    /// Bytes of delete records.
    pub delete_bytes: u64,
    /// The newest of them, by origin.
    pub delete_origin_max: u64,
}

/// Rows that changed; `None` where a row is gone.
pub(super) type Overlay = BTreeMap<Vec<u8>, Option<Row>>;

/// One of them.
type Entry<'a> = (&'a Vec<u8>, &'a Option<Row>);

/// Rows looked at, deleted ones too, before a scan takes a new view of the newest changes.
const LOOKED_AT_MAX: usize = 1_000;
/// Newest changes copied at once for a scan, however few rows it is for: many may be deletes.
const COPIED_MIN: usize = 16;

/// Changes of a range, in order; `None` where a row is gone.
type Changed = Vec<(Vec<u8>, Option<Row>)>;

/// Rows, and where to go on when they are not all.
type Found = (Vec<(Vec<u8>, Row)>, Option<Vec<u8>>);

/// What lies below the newest changes. It never changes itself, so it is read without the lock: a read that has to wait
/// for the disk keeps nobody else waiting.
#[derive(Clone, Default)]
struct Below {
    /// Being written into the base.
    frozen: Option<Arc<Overlay>>,
    base: Option<Arc<Rows>>,
}

#[derive(Default)]
struct Layers {
    active: Overlay,
    below: Below,
    /// What the changes that are being applied find, read before the lock was taken for them.
    resolved: Overlay,
    live: BTreeMap<u64, Live>,
}

pub(super) struct Index {
    layers: RwLock<Layers>,
}

impl Below {
    fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        if let Some(row) = self.frozen.as_ref().and_then(|frozen| frozen.get(key)) {
            return Ok(row.clone());
        }
        self.base.as_ref().map_or(Ok(None), |base| base.get(key))
    }

    /// Up to `limit` rows with `newest` over them, none of them deleted, after looking at `looks` at most.
    fn scan<'a>(
        &self,
        newest: impl Iterator<Item = Entry<'a>>,
        bounds: (Bound<&[u8]>, Bound<&[u8]>),
        limit: usize,
        looks: usize,
    ) -> Result<Found> {
        let mut newest = newest.peekable();
        let mut frozen = self.frozen.iter().flat_map(|frozen| frozen.range::<[u8], _>(bounds)).peekable();
        let mut base = self.base.as_ref().map(|base| base.range(bounds)).transpose()?;
        let mut below = base.as_mut().map_or(Ok(None), |base| base.next().transpose())?;
        let mut found = Vec::new();
        let mut looked = 0;
        while found.len() < limit {
            let changed = [newest.peek(), frozen.peek()].into_iter().flatten().map(|(key, _)| *key);
            let Some(least) = changed.chain(below.as_ref().map(|(key, _)| key)).min().cloned() else { break };
            if looked == looks {
                return Ok((found, Some(least)));
            }
            looked += 1;
            let mut row = None;
            if below.as_ref().is_some_and(|(key, _)| *key == least) {
                row = below.take().map(|(_, row)| row);
                below = base.as_mut().map_or(Ok(None), |base| base.next().transpose())?;
            }
            if let Some((_, changed)) = frozen.next_if(|(key, _)| **key == least) {
                row = changed.clone();
            }
            if let Some((_, changed)) = newest.next_if(|(key, _)| **key == least) {
                row = changed.clone();
            }
            found.extend(row.map(|row| (least, row)));
        }
        Ok((found, None))
    }
}

impl Layers {
    fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        // A checkpoint may have moved what was resolved; that did not change it.
        let known = self.active.get(key).or_else(|| self.resolved.get(key));
        known.map_or_else(|| self.below.get(key), |row| Ok(row.clone()))
    }

    fn add_reference(&mut self, inode: InodeId) -> Result<()> {
        let key = keys::references(inode);
        let count = self.get(&key)?.map_or(0, |row| count_of(&row)) + 1;
        self.active.insert(key, Some(count_row(count)));
        Ok(())
    }

    /// Returns whether nothing refers to the inode any more.
    fn drop_reference(&mut self, inode: InodeId) -> Result<bool> {
        let key = keys::references(inode);
        let count = self.get(&key)?.map_or(0, |row| count_of(&row)).saturating_sub(1);
        self.active.insert(key, (count > 0).then(|| count_row(count)));
        Ok(count == 0)
    }

    /// Takes a row away, whose record is then dead. Inodes that may have lost their last reference go to `loose`.
    fn forget(&mut self, old: &Row, loose: &mut Vec<InodeId>) -> Result<()> {
        if let Some(live) = self.live.get_mut(&old.location.segment) {
            live.put_bytes = live.put_bytes.saturating_sub(old.location.bytes.into());
        }
        for inode in rows::inodes(&old.value) {
            if self.drop_reference(inode)? {
                loose.push(inode);
            }
        }
        Ok(())
    }

    fn apply(&mut self, change: Change, loose: &mut Vec<InodeId>) -> Result<()> {
        let old = self.get(&change.key)?;
        let live = self.live.entry(change.location.segment).or_default();
        if let Some(value) = change.value {
            live.put_bytes += u64::from(change.location.bytes);
            for inode in rows::inodes(&value) {
                self.add_reference(inode)?;
            }
            self.active.insert(change.key, Some(Row { location: change.location, value }));
        } else {
            live.delete_bytes += u64::from(change.location.bytes);
            live.delete_origin_max = live.delete_origin_max.max(change.origin);
            if change.key.first() == Some(&keys::UPLOADS)
                && let Some(id) = keys::upload_id(&change.key)
            {
                self.forget_parts(&keys::parts(id), loose)?;
            }
            self.active.insert(change.key, None);
        }
        if let Some(old) = old {
            self.forget(&old, loose)?;
        }
        Ok(())
    }

    /// Closing an upload takes its parts with it; 10,000 delete records would say nothing more.
    fn forget_parts(&mut self, prefix: &[u8], loose: &mut Vec<InodeId>) -> Result<()> {
        for (key, row) in self.all_below(prefix)? {
            self.active.insert(key, None);
            self.forget(&row, loose)?;
        }
        Ok(())
    }

    fn all_below(&self, prefix: &[u8]) -> Result<Vec<(Vec<u8>, Row)>> {
        let end = keys::after_prefix(prefix);
        let bounds = (Bound::Included(prefix), end.as_deref().map_or(Bound::Unbounded, Bound::Excluded));
        Ok(self.below.scan(self.active.range::<[u8], _>(bounds), bounds, usize::MAX, usize::MAX)?.0)
    }

    /// Reads from the base what applying this change reads, into `resolved`.
    fn resolve(&self, change: &Change, resolved: &mut Overlay) -> Result<()> {
        let old = self.resolve_row(change.key.clone(), resolved)?;
        let mut rows = Vec::from_iter(old);
        if change.value.is_none()
            && change.key.first() == Some(&keys::UPLOADS)
            && let Some(id) = keys::upload_id(&change.key)
        {
            rows.extend(self.all_below(&keys::parts(id))?.into_iter().map(|(_, row)| row));
        }
        let values = rows.iter().map(|row| &row.value).chain(&change.value);
        for inode in values.flat_map(|value| rows::inodes(value)) {
            self.resolve_row(keys::references(inode), resolved)?;
        }
        Ok(())
    }

    fn resolve_row(&self, key: Vec<u8>, resolved: &mut Overlay) -> Result<Option<Row>> {
        let row = self.get(&key)?;
        resolved.insert(key, row.clone());
        Ok(row)
    }
}

fn count_row(count: u64) -> Row {
    let mut value = vec![0; 4];
    value.extend_from_slice(&count.to_le_bytes());
    Row { location: Location::default(), value: value.into() }
}

fn count_of(row: &Row) -> u64 {
    row.value.last_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

impl Index {
    /// Over a base and the shares of segments that it knows of.
    pub(super) fn new(base: &Base, live: BTreeMap<u64, Live>) -> Result<Self> {
        let below = Below { frozen: None, base: Some(Arc::new(base.rows()?)) };
        let layers = Layers { below, live, ..Layers::default() };
        Ok(Self { layers: RwLock::new(layers) })
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Row>> {
        loop {
            let below = {
                let layers = self.layers.read();
                if let Some(row) = layers.active.get(key) {
                    return Ok(row.clone());
                }
                layers.below.clone()
            };
            match below.get(key) {
                Err(_) if self.is_replaced(&below) => {}
                answer => return answer,
            }
        }
    }

    /// Whether reading again reads another base: a checkpoint that fails has it opened again, and until then reads of the
    /// old one fail as well. Waits while a checkpoint is under way.
    fn is_replaced(&self, below: &Below) -> bool {
        let end = Instant::now() + REOPENED_WITHIN;
        loop {
            let now = self.layers.read().below.clone();
            if !below.base.as_ref().zip(now.base.as_ref()).is_some_and(|(then, now)| Arc::ptr_eq(then, now)) {
                return true;
            }
            if now.frozen.is_none() || Instant::now() >= end {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Up to `limit` rows from `from` (inclusive) to `end` (exclusive; `None` is the end of all).
    pub(super) fn scan(&self, from: &[u8], end: Option<&[u8]>, limit: usize) -> Result<Vec<(Vec<u8>, Row)>> {
        let mut found = Vec::new();
        let mut from = from.to_vec();
        loop {
            let (rows, next) = self.page(&from, end, limit - found.len())?;
            found.extend(rows);
            match next {
                Some(next) if found.len() < limit => from = next,
                _ => return Ok(found),
            }
        }
    }

    /// Some of the rows, as they are at one moment. The lock is held for as long as it takes to copy the newest changes
    /// among them, a bounded number.
    fn page(&self, from: &[u8], end: Option<&[u8]>, limit: usize) -> Result<Found> {
        let most = limit.clamp(COPIED_MIN, LOOKED_AT_MAX);
        if end.is_some_and(|end| from >= end) {
            return Ok((Vec::new(), None));
        }
        loop {
            let (newest, below) = self.newest(from, end, most);
            // Behind the last of them there may be more.
            let last = newest.last().filter(|_| newest.len() == most);
            let cut = last.map(|(key, _)| [key, &[0][..]].concat());
            let bounds = (Bound::Included(from), cut.as_deref().or(end).map_or(Bound::Unbounded, Bound::Excluded));
            match below.scan(newest.iter().map(|(key, row)| (key, row)), bounds, limit, LOOKED_AT_MAX) {
                Err(_) if self.is_replaced(&below) => {}
                found => return found.map(|(rows, next)| (rows, next.or(cut))),
            }
        }
    }

    /// The newest changes of a range, `most` of them, and what is below them.
    fn newest(&self, from: &[u8], end: Option<&[u8]>, most: usize) -> (Changed, Below) {
        let layers = self.layers.read();
        let bounds = (Bound::Included(from), end.map_or(Bound::Unbounded, Bound::Excluded));
        let newest = layers.active.range::<[u8], _>(bounds).take(most);
        (newest.map(|(key, row)| (key.clone(), row.clone())).collect(), layers.below.clone())
    }

    /// The first rows whose key begins with `prefix`.
    pub(super) fn scan_prefix(&self, prefix: &[u8], limit: usize) -> Result<Vec<(Vec<u8>, Row)>> {
        self.scan(prefix, keys::after_prefix(prefix).as_deref(), limit)
    }

    /// Whether any row refers to the inode.
    pub(super) fn is_referenced(&self, inode: InodeId) -> Result<bool> {
        Ok(self.get(&keys::references(inode))?.is_some())
    }

    /// Applies changes in their order; returns inodes that may have lost their last reference.
    pub(super) fn apply(&self, changes: Vec<Change>) -> Result<Vec<InodeId>> {
        let resolved = self.resolve(&changes)?;
        self.apply_resolved(changes, resolved)
    }

    /// What applying these changes reads. Only who applies changes may rely on it, and only for the next ones.
    pub(super) fn resolve(&self, changes: &[Change]) -> Result<Overlay> {
        loop {
            let (below, failure) = {
                let layers = self.layers.read();
                let mut resolved = Overlay::new();
                match changes.iter().try_for_each(|change| layers.resolve(change, &mut resolved)) {
                    Ok(()) => return Ok(resolved),
                    Err(error) => (layers.below.clone(), error),
                }
            };
            if !self.is_replaced(&below) {
                return Err(failure);
            }
        }
    }

    /// As [`Self::apply`]: readers wait for the lock, and do not wait for the disk.
    pub(super) fn apply_resolved(&self, changes: Vec<Change>, resolved: Overlay) -> Result<Vec<InodeId>> {
        let mut layers = self.layers.write();
        layers.resolved = resolved;
        let mut loose = Vec::new();
        let applied = changes.into_iter().try_for_each(|change| layers.apply(change, &mut loose));
        layers.resolved.clear();
        applied.map(|()| loose)
    }

    /// Takes away the row of a manifest that nothing refers to, and returns its parts that nothing refers to either.
    pub(super) fn forget_manifest(&self, inode: InodeId) -> Result<Vec<InodeId>> {
        let mut layers = self.layers.write();
        let mut loose = Vec::new();
        let key = keys::manifest(inode);
        if layers.get(&keys::references(inode))?.is_none()
            && let Some(row) = layers.get(&key)?
        {
            layers.active.insert(key, None);
            layers.forget(&row, &mut loose)?;
        }
        Ok(loose)
    }

    /// A segment begins or is gone.
    pub(super) fn add_segment(&self, id: u64) {
        self.layers.write().live.entry(id).or_default();
    }

    pub(super) fn remove_segment(&self, id: u64) {
        self.layers.write().live.remove(&id);
    }

    /// What each segment still holds.
    pub(super) fn live(&self) -> BTreeMap<u64, Live> {
        self.layers.read().live.clone()
    }

    /// Rows changed since the last checkpoint began.
    pub(super) fn pending(&self) -> usize {
        self.layers.read().active.len()
    }

    /// Begins a checkpoint. `None` while another is being written.
    pub(super) fn freeze(&self) -> Option<(Arc<Overlay>, BTreeMap<u64, Live>)> {
        let mut layers = self.layers.write();
        if layers.below.frozen.is_some() {
            return None;
        }
        let frozen = Arc::new(std::mem::take(&mut layers.active));
        layers.below.frozen = Some(frozen.clone());
        Some((frozen, layers.live.clone()))
    }

    /// Ends a checkpoint: the base now holds what was frozen.
    pub(super) fn thaw(&self, rows: Rows) {
        let below = Below { frozen: None, base: Some(Arc::new(rows)) };
        let old = std::mem::replace(&mut self.layers.write().below, below);
        drop(old);
    }

    /// The base was opened again.
    pub(super) fn replace_base(&self, rows: Rows) {
        let old = self.layers.write().below.base.replace(Arc::new(rows));
        drop(old);
    }

    /// Ends a checkpoint that could not be written: what was frozen goes back below what came since.
    pub(super) fn refreeze(&self) {
        let mut layers = self.layers.write();
        if let Some(frozen) = layers.below.frozen.take() {
            let newer = std::mem::take(&mut layers.active);
            let mut all = Arc::unwrap_or_clone(frozen);
            all.extend(newer);
            layers.active = all;
        }
    }
}
