//! Gives space back, one bounded step at a time: finished uploads that need not be remembered any longer, blobs that
//! a crash left without a reference, and segments of the log that hold little that is alive.
//!
//! What this process itself has left without a reference it knows, and each cycle looks at that alone. Every row and
//! file is looked at once after the start, for what a crash left, and then now and then, for what an error left.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::blobs::{FOLDERS, failed};
use super::committer::{Commit, Moved, NewRow, Task};
use super::index::{Live, Row};
use super::record::{BLOCK_BYTES, BatchKind};
use super::recovery::read_batch;
use super::segments::{Room, Segment};
use super::shared::Shared;
use super::{keys, rows};
use crate::storage::{COMPLETED_UPLOAD_SECONDS, InodeId, Result, StorageError, Sweep, Timestamp};

/// Rows and files looked at in one step, and rows read at once.
const ROWS_MAX: usize = 1_000;
/// Bytes of records handed to the committer at once.
const MOVE_BYTES_MAX: usize = 1 << 20;

/// What a cycle of steps looks at, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// Blobs whose commit never came.
    Known,
    /// Completed uploads from this key.
    Uploads(Vec<u8>),
    /// Manifests from this key.
    Manifests(Vec<u8>),
    /// This folder of blobs.
    Blobs(usize),
    Segments,
}

#[derive(Debug)]
struct Cycle {
    stage: Stage,
    /// Something was found since the cycle began.
    busy: bool,
    removed_before: u64,
    /// When every row and file is to be looked at again.
    scan_at: Instant,
    /// A scan goes on, and has found nothing so far.
    clean_scan: bool,
}

impl Cycle {
    /// A scan is due, or goes on. One that found something is followed by another, until one finds nothing.
    fn scans(&self) -> bool {
        self.scan_at <= Instant::now()
    }

    /// What a stage found, and which one is next.
    fn go_on(&mut self, found: bool, next: Option<Stage>, scan_every: Duration) {
        self.busy |= found;
        if self.stage == Stage::Known {
            self.clean_scan = true;
        } else if self.stage != Stage::Segments {
            self.clean_scan &= !found;
        }
        let ended = matches!(self.stage, Stage::Blobs(_)) && next == Some(Stage::Segments);
        if ended && self.clean_scan {
            self.scan_at = Instant::now() + scan_every;
        }
        self.stage = next.unwrap_or(Stage::Known);
    }
}

/// Where the sweep is.
#[derive(Debug)]
pub(super) struct Sweeper {
    cycle: Mutex<Cycle>,
}

impl Sweeper {
    pub(super) fn new() -> Self {
        let (stage, scan_at) = (Stage::Known, Instant::now());
        let cycle = Cycle { stage, busy: false, removed_before: 0, scan_at, clean_scan: false };
        Self { cycle: Mutex::new(cycle) }
    }

    /// One step. `idle` ends a cycle in which nothing was found.
    pub(super) fn step(&self, shared: &Arc<Shared>) -> Result<Sweep> {
        shared.stop.check()?;
        let mut cycle = self.cycle.lock();
        let mut examined = 0;
        let ended = loop {
            let after_known = if cycle.scans() { Stage::Uploads(vec![keys::COMPLETED]) } else { Stage::Segments };
            let (done, otherwise) = match cycle.stage.clone() {
                Stage::Known => (release_known(shared, after_known.clone()), after_known),
                Stage::Uploads(from) => (forget_uploads(shared, &from), Stage::Manifests(vec![keys::MANIFESTS])),
                Stage::Manifests(from) => (release_manifests(shared, &from), Stage::Blobs(0)),
                Stage::Blobs(folder) => (release_blobs(shared, folder), after_folder(folder)),
                Stage::Segments => (compact(shared), Stage::Known),
            };
            let scan_every = shared.config.scan_every;
            // What fails here, one damaged segment for instance, must not keep the other stages from their turn.
            let (looked_at, found, next) = match done {
                Ok(done) => done,
                Err(error) => {
                    cycle.go_on(true, Some(otherwise), scan_every);
                    return Err(error);
                }
            };
            examined += looked_at;
            let compacted = found && cycle.stage == Stage::Segments;
            cycle.go_on(found, next, scan_every);
            let ended = cycle.stage == Stage::Known;
            if ended || compacted || examined >= ROWS_MAX as u64 {
                break ended;
            }
        };
        let (removed, waiting) = shared.blobs.removed();
        let reclaimed = removed - cycle.removed_before;
        cycle.removed_before = removed;
        let idle = ended && !cycle.busy && !waiting && reclaimed == 0;
        if ended {
            cycle.busy = false;
        }
        Ok(Sweep { examined, reclaimed, idle })
    }
}

fn after_folder(folder: usize) -> Stage {
    if folder + 1 < FOLDERS { Stage::Blobs(folder + 1) } else { Stage::Segments }
}

/// Rows looked at, whether something was done, and the next stage (`None`: the cycle is over).
type Step = (u64, bool, Option<Stage>);

/// Delete records may take this part of the log before the segments that they wait for are moved.
const DELETES_SHARE: u64 = 4;

type Rows = Vec<(Vec<u8>, Row)>;

/// Rows of a table from a key on, and the key to go on from.
fn table_page(shared: &Shared, table: u8, from: &[u8]) -> Result<(Rows, Option<Vec<u8>>)> {
    let found = shared.index.scan(from, keys::after_prefix(&[table]).as_deref(), ROWS_MAX)?;
    let next = (found.len() == ROWS_MAX).then(|| found.last().map(|(key, _)| [key, &[0][..]].concat())).flatten();
    Ok((found, next))
}

fn forget_uploads(shared: &Arc<Shared>, from: &[u8]) -> Result<Step> {
    let (found, next) = table_page(shared, keys::COMPLETED, from)?;
    let keep_micros = i64::try_from(COMPLETED_UPLOAD_SECONDS * 1_000_000).expect("a week fits");
    let before = Timestamp(Timestamp::now().0 - keep_micros);
    let mut old = Vec::new();
    for (key, row) in &found {
        if rows::completed_at(&row.value)? < before {
            old.push(NewRow::delete(key.clone()));
        }
    }
    let any = !old.is_empty();
    if any {
        let (done, answer) = oneshot::channel();
        let applied = Box::new(|| ());
        shared.queue.push(Task::Commit(Commit { rows: old, room: Room::Delete, applied, done }))?;
        answer.blocking_recv().map_err(|_| shared.gone())??;
    }
    let stage = next.map_or(Stage::Manifests(vec![keys::MANIFESTS]), Stage::Uploads);
    Ok((found.len() as u64, any, Some(stage)))
}

/// Manifests without a reference stay behind when a rebuild meets a delete before the last of the puts it followed.
fn release_manifests(shared: &Arc<Shared>, from: &[u8]) -> Result<Step> {
    let (found, next) = table_page(shared, keys::MANIFESTS, from)?;
    let inodes = found.iter().filter_map(|(key, _)| keys::inode(key));
    let loose = unreferenced(shared, inodes)?;
    let any = !loose.is_empty();
    release(shared, loose)?;
    Ok((found.len() as u64, any, Some(next.map_or(Stage::Blobs(0), Stage::Manifests))))
}

fn unreferenced(shared: &Shared, inodes: impl Iterator<Item = InodeId>) -> Result<Vec<InodeId>> {
    let mut loose = Vec::new();
    for inode in inodes {
        if !shared.index.is_referenced(inode)? {
            loose.push(inode);
        }
    }
    Ok(loose)
}

/// The committer judges: it alone knows that no commit is in flight.
fn release(shared: &Shared, inodes: Vec<InodeId>) -> Result<()> {
    if inodes.is_empty() { Ok(()) } else { shared.queue.push(Task::Release(inodes)) }
}

fn release_known(shared: &Shared, next: Stage) -> Result<Step> {
    let expired = shared.blobs.expire_fresh(shared.config.orphan_grace);
    let loose = unreferenced(shared, expired.into_iter())?;
    let examined = loose.len() as u64;
    release(shared, loose)?;
    Ok((examined, examined > 0, Some(next)))
}

fn release_blobs(shared: &Arc<Shared>, folder: usize) -> Result<Step> {
    let listed = shared.blobs.list(shared.disk.as_ref(), folder);
    let there = listed.map_err(|error| failed("listing blobs", &error))?;
    let examined = there.len() as u64;
    let mut loose = unreferenced(shared, there.into_iter())?;
    loose.retain(|inode| !shared.blobs.is_kept(*inode));
    let any = !loose.is_empty();
    release(shared, loose)?;
    let next = after_folder(folder);
    Ok((examined, any, Some(next)))
}

/// Bytes of a segment that a copy of it would not need.
fn dead_bytes(segment: &Segment, live: &Live, oldest_other_seq: u64) -> u64 {
    let deletes = if oldest_other_seq <= live.delete_origin_max { live.delete_bytes } else { 0 };
    segment.length.saturating_sub(live.put_bytes + deletes + BLOCK_BYTES as u64)
}

/// Empties the sealed segment with the least that is alive, if that is less than half of it.
fn compact(shared: &Arc<Shared>) -> Result<Step> {
    let all = shared.segments.all();
    let Some(segment) = worst(shared, &all) else { return Ok((all.len() as u64, false, None)) };
    empty(shared, &segment)?;
    shared.checkpoints.doom(segment.id);
    shared.checkpoints.write(shared)?;
    Ok((1, true, Some(Stage::Segments)))
}

/// The segment to empty next.
fn worst(shared: &Shared, all: &[Arc<Segment>]) -> Option<Arc<Segment>> {
    let live = shared.index.live();
    let newest = all.last().map(|segment| segment.id);
    let sealed = all.iter().filter(|segment| Some(segment.id) != newest && !shared.checkpoints.is_doomed(segment.id));
    let mut best: Option<(u64, &Arc<Segment>)> = None;
    let mut oldest = None;
    for segment in sealed {
        oldest = oldest.or(Some(segment));
        let others = all.iter().filter(|other| other.id != segment.id).map(|other| other.base_seq);
        let share = live.get(&segment.id).copied().unwrap_or_default();
        let dead = dead_bytes(segment, &share, others.min().unwrap_or(u64::MAX));
        if dead * 2 > shared.config.segment_bytes && best.is_none_or(|(most, _)| dead > most) {
            best = Some((dead, segment));
        }
    }
    // Deletes stay for as long as there is an older segment. When they are what fills the log, that one has to go,
    // however much of it is alive.
    let deletes: u64 = live.values().map(|share| share.delete_bytes).sum();
    let total = shared.config.segment_bytes * all.len() as u64;
    let crowded = deletes > shared.config.segment_bytes && deletes > total / DELETES_SHARE;
    best.map(|(_, segment)| segment).or(oldest.filter(|_| crowded)).cloned()
}

/// Hands every record of a segment to the committer, which moves those that are needed.
fn empty(shared: &Shared, segment: &Arc<Segment>) -> Result<()> {
    let file = shared.segments.file(segment).map_err(|error| failed("opening a log segment", &error))?;
    let mut offset = BLOCK_BYTES as u64;
    let mut waiting = VecDeque::new();
    let mut bytes = 0;
    loop {
        let batch = read_batch(segment, file.as_ref(), offset, None)
            .map_err(|error| failed("reading a log segment", &error))?;
        let damaged = || StorageError::Corrupt(format!("segment {} is damaged at byte {offset}", segment.id));
        let batch = batch.ok_or_else(damaged)?;
        if batch.header.kind == BatchKind::Seal {
            break;
        }
        batch.each(|record, from| {
            bytes += record.bytes();
            waiting.push_back(Moved {
                key: record.key.to_vec(),
                value: record.put.then(|| Bytes::copy_from_slice(record.value)),
                data: Bytes::copy_from_slice(record.data),
                origin: record.origin,
                from,
            });
            ControlFlow::Continue(())
        });
        offset += batch.header.disk_bytes();
        if bytes >= MOVE_BYTES_MAX {
            hand_over(shared, &mut waiting)?;
            bytes = 0;
        }
    }
    hand_over(shared, &mut waiting)
}

fn hand_over(shared: &Shared, waiting: &mut VecDeque<Moved>) -> Result<()> {
    let (done, answer) = sync_channel(1);
    shared.queue.push(Task::Move(waiting.drain(..).collect(), done))?;
    answer.recv().map_err(|_| shared.gone())?
}
