//! Blobs: chunks in partitions of a bounded size, written at quorum, read at one replica and then at quorum.
//!
//! # Why one replica is enough to read
//! A chunk is immutable and was quorum-written before anything referred to it, so a replica can only be behind by not
//! having it. An absent or damaged chunk is read again at quorum, and rewritten.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use crc_fast::CrcAlgorithm;
use futures::future::OptionFuture;
use futures::stream::FuturesOrdered;
use futures::{StreamExt, TryStreamExt};
use prost::Message;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::Core;
use super::clock::Moment;
use super::rows::{BlobHome, FOR_EVER};
use super::session::{corrupt, jittered, unavailable};
use super::statements::Statement;
use crate::storage::{BlobWriter, ChunkStream, Home, InodeId, Manifest, Placement, Result, StorageError};

/// Bytes of each chunk but the last. Far below what one mutation may have (half a commit-log segment, 16 MiB).
pub(super) const CHUNK_BYTES: usize = 512 * 1024;
/// Chunks of one partition: 8 MiB, so that a large blob spreads over the cluster.
const BLOCK_CHUNKS: u64 = 16;
/// Bodies up to this length are kept in the head. Each byte there is written about three times per replica by Paxos.
pub(super) const INLINE_BYTES_MAX: usize = 8 * 1024;
/// Chunks of one blob that are being written at once, where the shared pool has room.
const WRITES_AT_ONCE: usize = 4;
/// Chunks that a reader has fetched or is fetching, where the shared pool has room; one always.
const READS_AT_ONCE: usize = 4;
/// How often a chunk is written or read before its blob fails.
const ATTEMPTS_MAX: u32 = 4;
/// First pause between attempts; doubles.
const PAUSE: Duration = Duration::from_millis(100);
/// Absent partitions in a row after which a blob of unknown length has no more. Writers are at most
/// [`WRITES_AT_ONCE`] chunks ahead of themselves, so a gap has one at most.
const ABSENT_BLOCKS: u32 = 2;

/// Partitions that a blob of `bytes` has.
pub(super) fn blocks_of(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK_CHUNKS * CHUNK_BYTES as u64)
}

fn crc_of(data: &[u8]) -> i32 {
    // The 32 bits as they are; CQL's int has a sign.
    (crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, data) as u32).cast_signed()
}

/// Where a chunk is: block and chunk within it.
fn address(index: u64) -> Result<(i32, i32)> {
    let block = i32::try_from(index / BLOCK_CHUNKS).map_err(|e| corrupt("a chunk's number", e))?;
    let chunk = i32::try_from(index % BLOCK_CHUNKS).map_err(|e| corrupt("a chunk's number", e))?;
    Ok((block, chunk))
}

struct Writer {
    core: Arc<Core>,
    inode: Uuid,
    /// As it was logged.
    begun: Placement,
    logged: Moment,
    buffer: BytesMut,
    length: u64,
    next: u64,
    writes: JoinSet<Result<()>>,
}

impl Writer {
    /// Starts writing one chunk; waits while as many are on their way as there is room for.
    async fn put(&mut self, data: Bytes) -> Result<()> {
        let mut room: Option<OwnedSemaphorePermit> = None;
        while !self.writes.is_empty() {
            if self.writes.len() < WRITES_AT_ONCE
                && let Ok(permit) = Arc::clone(&self.core.chunk_pool).try_acquire_owned()
            {
                room = Some(permit);
                break;
            }
            self.settle_one().await?;
        }
        if !self.logged.younger_than(self.core.grace / 2) {
            // A blob that was given up on while it was being written may grow beyond what was given back then.
            self.core.log_writing(&self.begun, self.next / BLOCK_CHUNKS + 1).await?;
            self.logged = Moment::now();
        }
        let (core, inode, index) = (Arc::clone(&self.core), self.inode, self.next);
        self.next += 1;
        self.writes.spawn(async move {
            let written = core.write_chunk(inode, index, data).await;
            drop(room);
            written
        });
        Ok(())
    }

    async fn settle_one(&mut self) -> Result<()> {
        match self.writes.join_next().await {
            Some(Ok(written)) => written,
            Some(Err(error)) => Err(unavailable(error)),
            None => Ok(()),
        }
    }
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, piece: Bytes) -> Result<()> {
        self.length += piece.len() as u64;
        let mut rest = piece;
        while !rest.is_empty() {
            if self.buffer.is_empty() && rest.len() >= CHUNK_BYTES {
                let chunk = rest.split_to(CHUNK_BYTES);
                self.put(chunk).await?;
                continue;
            }
            if self.buffer.capacity() == 0 {
                self.buffer.reserve(CHUNK_BYTES);
            }
            let taken = rest.split_to(rest.len().min(CHUNK_BYTES - self.buffer.len()));
            self.buffer.extend_from_slice(&taken);
            if self.buffer.len() == CHUNK_BYTES {
                let chunk = std::mem::take(&mut self.buffer).freeze();
                self.put(chunk).await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Placement> {
        if !self.buffer.is_empty() {
            let chunk = std::mem::take(&mut self.buffer).freeze();
            self.put(chunk).await?;
        }
        while !self.writes.is_empty() {
            self.settle_one().await?;
        }
        Ok(Placement { length: self.length, ..self.begun.clone() })
    }
}

fn placement(inode: InodeId, length: u64, home: Bytes) -> Placement {
    let chunk_bytes = u32::try_from(CHUNK_BYTES).unwrap_or(u32::MAX);
    Placement { inode: inode.bytes(), length, chunk_bytes, manifest: false, manifest_bytes: 0, home }
}

impl Core {
    pub(super) async fn create_blob(self: &Arc<Self>, home: &Home<'_>) -> Result<Box<dyn BlobWriter>> {
        let inode = InodeId::fresh();
        let home: Bytes = BlobHome::of(home).encode_to_vec().into();
        let begun = placement(inode, 0, home);
        self.log_written(&begun).await?;
        Ok(Box::new(self.writer(inode.0, begun)))
    }

    fn writer(self: &Arc<Self>, inode: Uuid, begun: Placement) -> Writer {
        Writer {
            core: Arc::clone(self),
            inode,
            begun,
            logged: Moment::now(),
            buffer: BytesMut::new(),
            length: 0,
            next: 0,
            writes: JoinSet::new(),
        }
    }

    pub(super) async fn write_manifest(self: &Arc<Self>, home: &Home<'_>, manifest: &Manifest) -> Result<Placement> {
        let mut stored = manifest.clone();
        for placement in stored.parts.iter_mut().filter_map(|part| part.placement.as_mut()) {
            // A part that is in a manifest is judged by the manifest's home; its own would repeat the key each time.
            placement.home = Bytes::new();
        }
        let encoded: Bytes = stored.encode_to_vec().into();
        let home: Bytes = BlobHome::of(home).encode_to_vec().into();
        let written = Placement {
            manifest: true,
            manifest_bytes: encoded.len() as u64,
            ..placement(InodeId::fresh(), manifest.parts.iter().map(|part| part.size).sum(), home)
        };
        self.log_written(&written).await?;
        let inode = inode_of(&written)?;
        let mut writer = Box::new(self.writer(inode, written.clone()));
        writer.write(encoded).await?;
        writer.finish().await?;
        Ok(written)
    }

    /// The manifest, or `None` when its blob is no longer there.
    pub(super) async fn find_manifest(&self, placement: &Placement) -> Result<Option<Manifest>> {
        let inode = inode_of(placement)?;
        let chunk_bytes = u64::from(placement.chunk_bytes).max(1);
        let mut encoded = BytesMut::new();
        for index in 0..placement.manifest_bytes.div_ceil(chunk_bytes) {
            let expected = chunk_bytes.min(placement.manifest_bytes - index * chunk_bytes);
            match self.chunk(inode, index, expected).await? {
                Some(chunk) => encoded.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
        Manifest::decode(encoded.freeze()).map(Some).map_err(|e| corrupt("a manifest", e))
    }

    pub(super) async fn read_manifest(&self, placement: &Placement) -> Result<Manifest> {
        let found = self.find_manifest(placement).await?;
        found.ok_or_else(|| corrupt("a manifest", "a chunk of it is missing"))
    }

    pub(super) fn read_blob(self: &Arc<Self>, placement: &Placement, range: Range<u64>) -> Result<ChunkStream> {
        let inode = inode_of(placement)?;
        let chunk_bytes = u64::from(placement.chunk_bytes);
        if chunk_bytes == 0 || placement.manifest || range.end > placement.length {
            return Err(corrupt("a blob's placement", format!("it does not have bytes {range:?}")));
        }
        if range.is_empty() {
            return Ok(Box::pin(futures::stream::empty()));
        }
        let (core, length) = (Arc::clone(self), placement.length);
        let pool = Arc::clone(&self.chunk_pool);
        let chunks = range.start / chunk_bytes..range.end.div_ceil(chunk_bytes);
        let fetch = move |index: u64| {
            let (core, range) = (Arc::clone(&core), range.clone());
            async move {
                let begin = index * chunk_bytes;
                let expected = chunk_bytes.min(length - begin);
                let chunk = core.chunk(inode, index, expected).await?.ok_or_else(|| {
                    StorageError::Corrupt(format!("chunk {index} of blob {} is missing", inode.as_simple()))
                })?;
                let from = range.start.saturating_sub(begin) as usize;
                let to = (range.end - begin).min(expected) as usize;
                Ok(chunk.slice(from..to))
            }
        };
        let step = move |(mut chunks, mut pending): (Range<u64>, FuturesOrdered<_>)| {
            while pending.len() < READS_AT_ONCE && !chunks.is_empty() {
                let room = if pending.is_empty() { None } else { Arc::clone(&pool).try_acquire_owned().ok() };
                if room.is_none() && !pending.is_empty() {
                    break;
                }
                let chunk = chunks.next().map(&fetch);
                pending.push_back(async move { (OptionFuture::from(chunk).await, room) });
            }
            async move {
                // The room is given back as its chunk is handed on, which is then the one that the stream may have.
                match pending.next().await {
                    Some((Some(chunk), _room)) => Ok(Some((chunk?, (chunks, pending)))),
                    Some((None, _)) | None => Ok(None),
                }
            }
        };
        Ok(futures::stream::try_unfold((chunks, FuturesOrdered::new()), step).boxed())
    }

    async fn write_chunk(&self, inode: Uuid, index: u64, data: Bytes) -> Result<()> {
        let (block, chunk) = address(index)?;
        let values = (inode, block, chunk, &data, crc_of(&data));
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            match self.cluster.send(&self.cluster.st.block_write, values).await {
                Ok(_) => return Ok(()),
                Err(error) if attempt == ATTEMPTS_MAX => return Err(unavailable(error)),
                Err(_) => tokio::time::sleep(jittered(pause)).await,
            }
            attempt += 1;
            pause *= 2;
        }
    }

    /// One chunk of `expected` bytes, verified; `None` when a quorum does not have it.
    async fn chunk(&self, inode: Uuid, index: u64, expected: u64) -> Result<Option<Bytes>> {
        let st = &self.cluster.st;
        let whole = |found: &Found| found.as_ref().is_some_and(|(data, crc)| fits(data, *crc, expected));
        let lacking = match self.fetch(&st.block_read_one, inode, index).await {
            Ok(found) if whole(&found) => return Ok(found.map(|(data, _)| data)),
            Ok(_) => true,
            // A replica that does not answer may have the chunk: writing it again would load those that do answer.
            Err(_) => false,
        };
        let mut pause = PAUSE;
        for attempt in 1..=ATTEMPTS_MAX {
            match self.fetch(&st.block_read, inode, index).await {
                Ok(None) => return Ok(None),
                Ok(Some((data, crc))) if fits(&data, crc, expected) => {
                    // Whoever had none, or a damaged one, has it after this.
                    if lacking && let Err(error) = self.write_chunk(inode, index, data.clone()).await {
                        tracing::debug!(%error, "a chunk could not be rewritten");
                    }
                    return Ok(Some(data));
                }
                Ok(Some(_)) if attempt == ATTEMPTS_MAX => {
                    return Err(corrupt("a chunk", format!("chunk {index} of blob {}: wrong sum", inode.as_simple())));
                }
                Err(error) if attempt == ATTEMPTS_MAX => return Err(error),
                Ok(Some(_)) | Err(_) => tokio::time::sleep(jittered(pause)).await,
            }
            pause *= 2;
        }
        Err(unavailable("a chunk could not be read"))
    }

    async fn fetch(&self, statement: &Statement, inode: Uuid, index: u64) -> Result<Found> {
        let (block, chunk) = address(index)?;
        let answer = self.cluster.send(statement, (inode, block, chunk)).await.map_err(unavailable)?;
        let rows = answer.into_rows_result().map_err(unavailable)?;
        let row = rows.maybe_first_row::<(Option<Bytes>, Option<i32>)>().map_err(|e| corrupt("a chunk", e))?;
        Ok(row.and_then(|(data, crc)| Some((data?, crc?))))
    }

    /// Deletes all partitions of a blob, so that chunks which arrive later stay invisible too. Returns how many it
    /// went through: `known` ones, and further ones as long as there are any.
    pub(super) async fn erase_blocks(&self, inode: Uuid, known: u64) -> Result<u64> {
        let st = &self.cluster.st;
        let mut absent = 0;
        let mut block = 0_u64;
        while block < known || absent < ABSENT_BLOCKS {
            let number = i32::try_from(block).map_err(|e| corrupt("a block's number", e))?;
            let probe = self.cluster.send(&st.block_probe, (inode, number)).await.map_err(unavailable)?;
            let there = probe.into_rows_result().map_err(unavailable)?.rows_num() > 0;
            absent = if there { 0 } else { absent + 1 };
            if there || block < known {
                self.cluster.send(&st.block_drop, (FOR_EVER, inode, number)).await.map_err(unavailable)?;
            }
            block += 1;
        }
        Ok(block)
    }

    /// Deletes several blobs' partitions, a few at a time.
    pub(super) async fn erase_parts(&self, manifest: &Manifest) -> Result<()> {
        let mut blobs = Vec::with_capacity(manifest.parts.len());
        for placement in manifest.parts.iter().filter_map(|part| part.placement.as_ref()) {
            blobs.push((inode_of(placement)?, blocks_of(placement.length)));
        }
        let erased =
            blobs.into_iter().map(|(inode, blocks)| async move { self.erase_blocks(inode, blocks).await.map(|_| ()) });
        futures::stream::iter(erased).buffer_unordered(WRITES_AT_ONCE).try_collect::<()>().await
    }
}

type Found = Option<(Bytes, i32)>;

fn fits(data: &Bytes, crc: i32, expected: u64) -> bool {
    data.len() as u64 == expected && crc_of(data) == crc
}

/// A placement's inode.
pub(super) fn inode_of(placement: &Placement) -> Result<Uuid> {
    let inode = placement.inode_id().ok_or_else(|| corrupt("a blob's placement", "its inode has not 16 bytes"))?;
    Ok(inode.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_fill_one_partition_after_another() {
        assert_eq!(address(0).ok(), Some((0, 0)));
        assert_eq!(address(15).ok(), Some((0, 15)));
        assert_eq!(address(16).ok(), Some((1, 0)));
        assert_eq!(blocks_of(0), 0);
        assert_eq!(blocks_of(1), 1);
        assert_eq!(blocks_of(8 * 1024 * 1024), 1);
        assert_eq!(blocks_of(8 * 1024 * 1024 + 1), 2);
    }

    #[test]
    fn a_chunk_fits_only_with_its_length_and_sum() {
        let data = Bytes::from_static(b"123456789");
        assert_eq!(crc_of(&data), 0xe306_9283_u32.cast_signed(), "CRC-32C's check value");
        assert!(fits(&data, crc_of(&data), 9));
        assert!(!fits(&data, crc_of(&data), 8));
        assert!(!fits(&data, crc_of(&data) ^ 1, 9));
    }
}
