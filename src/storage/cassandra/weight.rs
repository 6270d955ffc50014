//! How large a shard is, and where to cut it. Changes nothing.

use bytes::Bytes;

use super::Core;
use super::shards::Shard;
use crate::storage::Result;

/// Rows read at once.
const ROWS_AT_ONCE: usize = 1_000;
/// Bytes that a row may have on the average: 32 MB for 50,000.
const ROW_BYTES: u64 = 640;
/// Every so many keys one is remembered, to cut at.
const STRIDE: u64 = 16;

/// What a shard may be before its rows are moved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Index rows, of all kinds together.
    pub(super) rows: u32,
    /// What listings answer of them, bytes.
    pub(super) bytes: u64,
    /// Deletes.
    pub(super) tombstones: u32,
}

impl Limits {
    /// For so many rows: a page of tombstones costs more than one of rows, so fewer of them are borne.
    pub(super) fn of(rows: u32) -> Self {
        Self { rows, bytes: u64::from(rows) * ROW_BYTES, tombstones: rows / 5 * 2 }
    }
}

/// A key of its own: one that is a piece of an answer keeps the whole of it in memory.
fn own(key: &[u8]) -> Bytes {
    Bytes::copy_from_slice(key)
}

/// What a shard is.
#[derive(Debug, Default)]
pub(super) struct Weight {
    rows: u64,
    bytes: u64,
    /// Some of its keys, ascending within each kind of row.
    some: Vec<Bytes>,
    last: Option<Bytes>,
}

impl Weight {
    fn add(&mut self, key: &Bytes, bytes: usize) {
        if self.rows.is_multiple_of(STRIDE) {
            self.some.push(own(key));
        }
        self.rows += 1;
        self.bytes += (key.len() + bytes) as u64;
        if self.last.as_ref().is_none_or(|last| last < key) {
            self.last = Some(own(key));
        }
    }

    /// Whether it is too large.
    pub(super) fn exceeds(&self, limits: &Limits) -> bool {
        self.rows >= u64::from(limits.rows) || self.bytes >= limits.bytes
    }

    /// Of two neighbours.
    pub(super) fn together(&self, next: &Self) -> Self {
        Self { rows: self.rows + next.rows, bytes: self.bytes + next.bytes, ..Self::default() }
    }

    /// Whether it is at most half of what a shard may be.
    pub(super) fn is_half_of(&self, limits: &Limits) -> bool {
        self.rows <= u64::from(limits.rows / 2) && self.bytes <= limits.bytes / 2
    }

    /// Whether it is at most a quarter of what a shard may be.
    pub(super) fn is_quarter_of(&self, limits: &Limits) -> bool {
        self.rows <= u64::from(limits.rows / 4) && self.bytes <= limits.bytes / 4
    }

    /// Where to cut, and whether that is behind all keys: where the key that was added last is among the last tenth,
    /// keys most likely ascend, and what is there stays where it is.
    pub(super) fn cut(mut self, shard: &Shard, added: &[u8]) -> Option<(Bytes, bool)> {
        self.some.sort_unstable();
        let ninth = self.some.get(self.some.len() * 9 / 10)?;
        let inside = |cut: &Bytes| *cut > shard.lower && shard.covers(cut);
        if added >= ninth.as_ref() {
            let behind = Bytes::from([self.last?.as_ref(), &[0]].concat());
            if inside(&behind) {
                return Some((behind, true));
            }
        }
        self.some.get(self.some.len() / 2).cloned().filter(inside).map(|middle| (middle, false))
    }
}

impl Core {
    /// Counts a shard's index rows.
    pub(super) async fn weigh(&self, shard: &Shard) -> Result<Weight> {
        let mut weight = Weight::default();
        let (bucket, upper) = (shard.bucket.0, shard.upper.as_deref());
        let mut from = shard.lower.to_vec();
        loop {
            let rows = self.index_rows(bucket, shard.id, &from, upper, ROWS_AT_ONCE).await?;
            rows.iter().for_each(|row| weight.add(&row.key, row.bytes()));
            match rows.last() {
                Some(last) if rows.len() == ROWS_AT_ONCE => from = [&last.key, &[0][..]].concat(),
                _ => break,
            }
        }
        from = shard.lower.to_vec();
        loop {
            let rows = self.versioned_rows(bucket, shard.id, &from, upper, ROWS_AT_ONCE).await?;
            rows.iter().for_each(|(key, _)| weight.add(key, 0));
            match rows.last() {
                Some((last, _)) if rows.len() == ROWS_AT_ONCE => from = [last, &[0][..]].concat(),
                _ => break,
            }
        }
        let mut after = (shard.lower.to_vec(), Bytes::new());
        loop {
            let rows = self.upload_index(shard.bucket, shard.id, &after, ROWS_AT_ONCE).await?;
            rows.iter().filter(|(key, _)| shard.covers(key)).for_each(|(key, _)| weight.add(key, 0));
            match rows.last() {
                Some((key, id)) if rows.len() == ROWS_AT_ONCE && shard.covers(key) => {
                    after = (key.to_vec(), id.clone());
                }
                _ => return Ok(weight),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(keys: impl Iterator<Item = String>) -> Weight {
        let mut weight = Weight::default();
        keys.for_each(|key| weight.add(&Bytes::from(key), 10));
        weight
    }

    #[test]
    fn a_shard_is_cut_in_the_middle_unless_it_grows_at_its_end() {
        let keys = || (0..1_000).map(|i| format!("k{i:04}"));
        let text = |cut: Option<(Bytes, bool)>| cut.map(|(cut, end)| (String::from_utf8_lossy(&cut).into_owned(), end));
        let whole = Shard::whole();
        assert_eq!(text(weighed(keys()).cut(&whole, b"k0100")), Some(("k0496".to_owned(), false)));
        assert_eq!(text(weighed(keys()).cut(&whole, b"k0990")), Some(("k0999\0".to_owned(), true)));
        assert_eq!(text(weighed(std::iter::empty()).cut(&whole, b"")), None);
    }

    #[test]
    fn rows_and_bytes_are_both_limits() {
        let limits = Limits::of(1_000);
        assert!(!weighed((0..999).map(|i| i.to_string())).exceeds(&limits));
        assert!(weighed((0..1_000).map(|i| i.to_string())).exceeds(&limits));
        let mut heavy = Weight::default();
        heavy.add(&Bytes::from_static(b"k"), 640_000);
        assert!(heavy.exceeds(&limits) && !heavy.is_half_of(&limits));
        let (few, more) = (weighed((0..200).map(|i| i.to_string())), weighed((0..301).map(|i| i.to_string())));
        assert!(few.together(&few).is_half_of(&limits) && !few.together(&more).is_half_of(&limits));
    }
}
