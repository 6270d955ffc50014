//! Opening a log that is there: from the checkpoint, or from its beginning when there is none, to its end; telling a
//! torn tail, which a crash leaves, from damage, which must not be passed over in silence.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use bytes::Bytes;

use super::base::{Base, Checkpoint};
use super::committer::Tail;
use super::disk::{Disk, DiskFile, settle};
use super::index::{Change, Index, Location};
use super::record::{BATCH_HEADER_BYTES, BLOCK_BYTES, BatchHeader, BatchKind, Record};
use super::segments::{Segment, Segments, Spares};
use super::stop::StopFlag;
use super::{EmbeddedConfig, OpenError};
use crate::storage::StorageError;

/// Bytes read at once where whole segments are searched.
const WINDOW_BYTES: usize = 1 << 20;

/// What the store goes on from.
pub(super) struct Recovered {
    pub base: Base,
    pub index: Index,
    pub tail: Tail,
}

struct Recovery<'a> {
    config: &'a EmbeddedConfig,
    disk: &'a dyn Disk,
    segments: &'a Segments,
    spares: &'a Spares,
    base: Base,
    index: Index,
}

/// Reads what is in the folder, or begins a new log.
pub(super) fn recover(
    config: &EmbeddedConfig,
    disk: &dyn Disk,
    stop: &StopFlag,
    segments: &Segments,
    spares: &Spares,
) -> Result<Recovered, OpenError> {
    disk.make_dirs(segments.dir())?;
    disk.sync_dir(&config.path)?;
    // What is read below was perhaps never synced (kill -9 leaves it in the page cache): it must not be built upon
    // and then be lost with the power. The segments themselves are settled before they are replayed.
    disk.sync_dir(segments.dir())?;
    let names = disk.list(segments.dir())?;
    spares.adopt(disk, &names)?;
    let mut ids: Vec<u64> = names.iter().filter_map(|name| Segments::id_of(name)).collect();
    ids.sort_unstable();
    let path = config.path.join("index.redb");
    if let Ok(file) = disk.open(&path) {
        settle(file.as_ref(), &path)?;
    }
    let opened = Base::open(disk, &path, stop);
    let (base, checkpoint) = match opened {
        Some((base, checkpoint)) if is_of_this_log(segments, &checkpoint)? => (base, Some(checkpoint)),
        _ => (Base::create(disk, &path, stop)?, None),
    };
    if let Some(checkpoint) = &checkpoint {
        remove_emptied(segments, &mut ids, checkpoint)?;
    } else if !ids.is_empty() {
        tracing::info!(segments = ids.len(), "there is no index: rebuilding it from the log");
    }
    let index = Index::new(&base, checkpoint.as_ref().map(Checkpoint::live).unwrap_or_default())?;
    Recovery { config, disk, segments, spares, base, index }.run(&ids, checkpoint)
}

/// Whether the segment that a checkpoint ends in is the one it was made of. One that is missing or damaged is no reason
/// to rebuild from what remains: acknowledged records would be missing in silence.
fn is_of_this_log(segments: &Segments, checkpoint: &Checkpoint) -> Result<bool, OpenError> {
    let named = |what: &str| {
        let path = segments.path(checkpoint.segment);
        OpenError::Damaged(format!("{} {what}; bring this file back from a copy", path.display()))
    };
    match segments.open(checkpoint.segment) {
        Ok(Some(segment)) => Ok(segment.epoch[..] == checkpoint.epoch),
        Ok(None) => Err(named("has a damaged header")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(named("is missing")),
        Err(error) => Err(error.into()),
    }
}

/// Removes segments that compaction had emptied, and makes sure that the others are there.
fn remove_emptied(segments: &Segments, ids: &mut Vec<u64>, checkpoint: &Checkpoint) -> Result<(), OpenError> {
    let named = |id: u64| checkpoint.segments.iter().any(|share| share.id == id);
    for id in ids.iter().filter(|id| **id < checkpoint.segment && !named(**id)) {
        segments.remove(*id)?;
    }
    ids.retain(|id| *id >= checkpoint.segment || named(*id));
    match checkpoint.segments.iter().find(|share| !ids.contains(&share.id)) {
        None => Ok(()),
        Some(share) => Err(OpenError::Damaged(format!(
            "{} is missing; bring this file back from a copy",
            segments.path(share.id).display()
        ))),
    }
}

enum End {
    /// A seal: the segment is complete.
    Sealed,
    /// Nothing valid follows.
    Open,
}

impl Recovery<'_> {
    fn run(mut self, ids: &[u64], checkpoint: Option<Checkpoint>) -> Result<Recovered, OpenError> {
        let mut opened = Vec::new();
        for id in ids {
            let damaged = || {
                let path = self.segments.path(*id);
                OpenError::Damaged(format!(
                    "the header of {} is damaged; restore this file from a copy",
                    path.display()
                ))
            };
            opened.push(self.segments.open(*id)?.ok_or_else(damaged)?);
            self.index.add_segment(*id);
        }
        let from = checkpoint.unwrap_or_default();
        let mut next_seq = from.next_seq.max(1);
        let mut tail = None;
        let newest = opened.last().map(|segment| segment.id);
        for segment in opened.iter().filter(|segment| segment.id >= from.segment) {
            let file = self.segments.file(segment)?;
            settle(file.as_ref(), &self.segments.path(segment.id))?;
            let start = if segment.id == from.segment { from.offset } else { BLOCK_BYTES as u64 };
            if segment.id != from.segment {
                next_seq = self.continued(segment, next_seq)?;
            }
            let (end, offset) = self.replay(segment, file.as_ref(), start, &mut next_seq)?;
            let last = Some(segment.id) == newest;
            match end {
                End::Sealed => tail = None,
                End::Open if last => {
                    self.cut_torn_tail(segment, file.as_ref(), offset, next_seq)?;
                    tail = Some(Tail { segment: segment.clone(), file, offset, next_seq });
                }
                End::Open => return Err(self.damaged(segment, offset, next_seq)),
            }
        }
        let tail = match tail {
            Some(tail) => tail,
            None => self.begin_segment(newest.map_or(1, |id| id + 1), next_seq)?,
        };
        Ok(Recovered { base: self.base, index: self.index, tail })
    }

    /// The sequence goes on where the segment before ended, or later where segments in between were removed.
    fn continued(&self, segment: &Segment, next_seq: u64) -> Result<u64, OpenError> {
        if segment.base_seq >= next_seq {
            return Ok(segment.base_seq);
        }
        let path = self.segments.path(segment.id);
        let (base, path) = (segment.base_seq, path.display());
        Err(OpenError::Damaged(format!("{path} begins at record {base}, before the end of the segment before it")))
    }

    fn damaged(&self, segment: &Segment, offset: u64, seq: u64) -> OpenError {
        let path = self.segments.path(segment.id);
        OpenError::Damaged(format!(
            "{} is damaged at byte {offset}, record {seq}, which was durable; restore this file from a copy",
            path.display()
        ))
    }

    fn replay(
        &mut self,
        segment: &Arc<Segment>,
        file: &dyn DiskFile,
        start: u64,
        next_seq: &mut u64,
    ) -> Result<(End, u64), OpenError> {
        let mut offset = start;
        loop {
            let batch = read_batch(segment, file, offset, Some(*next_seq))?;
            let Some(batch) = batch else { return Ok((End::Open, offset)) };
            let mut changes = Vec::new();
            batch.each(|record, location| {
                changes.push(Change {
                    key: record.key.to_vec(),
                    value: record.put.then(|| Bytes::copy_from_slice(record.value)),
                    location,
                    origin: record.origin,
                });
                ControlFlow::Continue(())
            });
            *next_seq += changes.len() as u64;
            // Blobs that lose their last reference here may gain one further on; the sweep judges them later.
            self.index.apply(changes)?;
            if batch.header.kind == BatchKind::Seal {
                return Ok((End::Sealed, offset));
            }
            offset += batch.header.disk_bytes();
            if self.index.pending() >= self.config.checkpoint_rows {
                self.checkpoint(segment, offset, *next_seq)?;
            }
        }
    }

    /// A long replay must not hold the whole index in memory.
    fn checkpoint(&mut self, segment: &Segment, offset: u64, next_seq: u64) -> Result<(), OpenError> {
        let Some((rows, live)) = self.index.freeze() else { return Ok(()) };
        let epoch = segment.epoch.to_vec();
        let mut checkpoint = Checkpoint { segment: segment.id, offset, next_seq, epoch, segments: Vec::new() };
        checkpoint.set_live(&live);
        self.base.write(&rows, &checkpoint)?;
        self.index.thaw(self.base.rows()?);
        Ok(())
    }

    /// Clears what a crash left half-written. Only the last batch can be that: a valid one behind it says that this
    /// one was durable.
    fn cut_torn_tail(&self, segment: &Segment, file: &dyn DiskFile, offset: u64, seq: u64) -> Result<(), OpenError> {
        let length = segment.length;
        let mut window = vec![0; WINDOW_BYTES];
        let mut at = offset;
        let mut dirty = false;
        while at < length {
            let take = usize::try_from((length - at).min(WINDOW_BYTES as u64)).expect("at most a window");
            file.read_at(&mut window[..take], at)?;
            for (number, block) in window[..take].chunks(BLOCK_BYTES).enumerate() {
                let place = at + (number * BLOCK_BYTES) as u64;
                dirty |= block.iter().any(|byte| *byte != 0);
                let later = BatchHeader::decode(block, &segment.epoch, place)
                    .is_some_and(|header| place > offset && header.durable_seq >= seq);
                if later {
                    return Err(self.damaged(segment, offset, seq));
                }
            }
            at += take as u64;
        }
        if !dirty {
            return Ok(());
        }
        tracing::info!(
            segment = segment.id,
            offset,
            "clearing a write that a crash cut off; it was never acknowledged"
        );
        window.fill(0);
        let mut at = offset;
        while at < length {
            let take = usize::try_from((length - at).min(WINDOW_BYTES as u64)).expect("at most a window");
            file.write_at(&window[..take], at)?;
            at += take as u64;
        }
        Ok(file.sync()?)
    }

    fn begin_segment(&self, id: u64, next_seq: u64) -> Result<Tail, OpenError> {
        let spare = match self.spares.take_now() {
            Some(spare) => spare,
            None => {
                self.spares.make(self.disk)?;
                let none = || OpenError::Failed(StorageError::Full("there is no space for a log segment".into()));
                self.spares.take_now().ok_or_else(none)?
            }
        };
        let segment = self.segments.activate(&spare, id, next_seq)?;
        let file = self.segments.file(&segment)?;
        self.index.add_segment(id);
        Ok(Tail { segment, file, offset: BLOCK_BYTES as u64, next_seq })
    }
}

/// A batch as it is in a segment, every record verified.
pub(super) struct Batch {
    pub header: BatchHeader,
    segment: Arc<Segment>,
    offset: u64,
    body: Vec<u8>,
}

impl Batch {
    /// Hands out the records with their places.
    pub(super) fn each(&self, mut take: impl FnMut(Record<'_>, Location) -> ControlFlow<()>) {
        let mut at = 0;
        while let Some(record) = self.body.get(at..).and_then(|rest| Record::decode(rest, &self.segment.epoch)) {
            let offset = self.offset + (BATCH_HEADER_BYTES + at) as u64;
            let location = Location {
                segment: self.segment.id,
                offset: u32::try_from(offset).expect("segments are shorter than 4 GiB"),
                bytes: u32::try_from(record.bytes()).expect("records are shorter than a segment"),
            };
            at += record.bytes();
            if take(record, location).is_break() {
                return;
            }
        }
    }
}

/// The batch at `offset`; `None` when there is no whole one, or (if given) none that begins with `seq`.
pub(super) fn read_batch(
    segment: &Arc<Segment>,
    file: &dyn DiskFile,
    offset: u64,
    seq: Option<u64>,
) -> io::Result<Option<Batch>> {
    if offset + BLOCK_BYTES as u64 > segment.length {
        return Ok(None);
    }
    let mut block = [0; BATCH_HEADER_BYTES];
    file.read_at(&mut block, offset)?;
    let header = BatchHeader::decode(&block, &segment.epoch, offset);
    let Some(header) = header.filter(|header| seq.is_none_or(|seq| header.first_seq == seq)) else { return Ok(None) };
    if offset + header.disk_bytes() > segment.length {
        return Ok(None);
    }
    let mut body = vec![0; usize::try_from(header.body_bytes).expect("64-bit machine")];
    file.read_at(&mut body, offset + BATCH_HEADER_BYTES as u64)?;
    let batch = Batch { header, segment: segment.clone(), offset, body };
    let (mut count, mut bytes, mut in_order) = (0, 0, true);
    batch.each(|record, _| {
        in_order &= record.seq == header.first_seq + u64::from(count);
        count += 1;
        bytes += record.bytes();
        ControlFlow::Continue(())
    });
    Ok((in_order && count == header.count && bytes == batch.body.len()).then_some(batch))
}
