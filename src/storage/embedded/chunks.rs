//! Writing and reading blob files. Disk and checksums run on tokio's blocking threads, one piece ahead of the caller,
//! so that a large body never holds up the small requests of the same worker.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use crc_fast::{CrcAlgorithm, Digest};
use futures::StreamExt;
use prost::Message;
use tokio::task::{JoinHandle, spawn_blocking};

use super::blobs::{Pin, failed};
use super::disk::DiskFile;
use super::rows;
use super::shared::Shared;
use crate::storage::{BlobWriter, ChunkStream, InodeId, Manifest, Placement, Result, StorageError};

/// Bytes of content under one checksum; also what a reader hands out at once.
pub(super) const CHUNK_BYTES: usize = 256 << 10;
/// Writeback is begun, and free space looked at, each time this much was written, bytes.
const STRIDE_BYTES: u64 = 8 << 20;
const CHECKSUM_BYTES: usize = 4;

/// Waits for a blocking job.
async fn joined<T>(job: JoinHandle<Result<T>>) -> Result<T> {
    job.await.map_err(|_| StorageError::Unavailable("a disk job was cut off".into()))?
}

fn digest(inode: InodeId, chunk: u64) -> Digest {
    let mut digest = Digest::new(CrcAlgorithm::Crc32Iscsi);
    digest.update(inode.0.as_bytes());
    digest.update(&chunk.to_le_bytes());
    digest
}

fn finished(digest: &Digest) -> u32 {
    u32::try_from(digest.finalize() & 0xffff_ffff).expect("masked to 32 bits")
}

struct Progress {
    file: Arc<dyn DiskFile>,
    inode: InodeId,
    offset: u64,
    /// The checksum of the chunk that is not full yet, and its bytes so far.
    open: Option<(Digest, usize)>,
    checksums: Vec<u8>,
    looked_at: u64,
}

impl Progress {
    fn append(&mut self, shared: &Shared, piece: &[u8]) -> Result<()> {
        if self.offset - self.looked_at >= STRIDE_BYTES || self.offset == 0 {
            require_space(shared)?;
            self.file.start_writeback(self.looked_at, self.offset - self.looked_at);
            self.looked_at = self.offset;
        }
        self.file.write_at(piece, self.offset).map_err(|error| failed("writing a blob", &error))?;
        self.offset += piece.len() as u64;
        let mut rest = piece;
        while !rest.is_empty() {
            let chunk = (self.checksums.len() / CHECKSUM_BYTES) as u64;
            let (mut sum, filled) = self.open.take().unwrap_or_else(|| (digest(self.inode, chunk), 0));
            let (now, later) = rest.split_at(rest.len().min(CHUNK_BYTES - filled));
            sum.update(now);
            if filled + now.len() == CHUNK_BYTES {
                self.checksums.extend_from_slice(&finished(&sum).to_le_bytes());
            } else {
                self.open = Some((sum, filled + now.len()));
            }
            rest = later;
        }
        Ok(())
    }

    fn finish(mut self, shared: &Shared) -> Result<u64> {
        if let Some((sum, _)) = self.open.take() {
            self.checksums.extend_from_slice(&finished(&sum).to_le_bytes());
        }
        self.file.write_at(&self.checksums, self.offset).map_err(|error| failed("writing a blob", &error))?;
        let synced = self.file.sync().and_then(|()| shared.disk.sync_dir(&shared.blobs.folder(self.inode)));
        if let Err(error) = synced {
            shared.stop.stop(&format!("a blob could not be synced: {error}"));
            return Err(StorageError::Stopped(format!("a blob could not be synced: {error}")));
        }
        Ok(self.offset)
    }
}

/// Refuses new data when what is free is needed for deletes and checkpoints.
fn require_space(shared: &Shared) -> Result<()> {
    let free = shared.disk.free_bytes(shared.blobs.dir()).map_err(|error| failed("looking at free space", &error))?;
    let short = free < shared.config.headroom_bytes;
    shared.blobs.set_hurry(short);
    if short {
        return Err(StorageError::Full("what is free is kept for deletes; delete objects or add space".into()));
    }
    Ok(())
}

/// Writes one blob file.
pub(super) struct Writer {
    shared: Arc<Shared>,
    pin: Pin,
    inode: InodeId,
    /// The piece being written; the next one may be received meanwhile.
    job: Option<JoinHandle<Result<Progress>>>,
}

impl Writer {
    pub(super) fn begin(shared: &Arc<Shared>) -> Result<Self> {
        shared.stop.check()?;
        let inode = InodeId::fresh();
        let pin = Pin::begin(shared, inode);
        let shared = shared.clone();
        let opener = shared.clone();
        let job = spawn_blocking(move || {
            require_space(&opener)?;
            let file =
                opener.disk.create(&opener.blobs.path(inode)).map_err(|error| failed("creating a blob", &error))?;
            Ok(Progress { file, inode, offset: 0, open: None, checksums: Vec::new(), looked_at: 0 })
        });
        Ok(Self { shared, pin, inode, job: Some(job) })
    }

    async fn settle(&mut self) -> Result<Progress> {
        match self.job.as_mut() {
            Some(job) => {
                let progress = job.await.map_err(|_| StorageError::Unavailable("a disk job was cut off".into()));
                self.job = None;
                progress?
            }
            None => Err(StorageError::Unavailable("an earlier piece of this blob could not be written".into())),
        }
    }

    async fn close(mut self) -> Result<(InodeId, u64)> {
        let progress = self.settle().await?;
        let shared = self.shared.clone();
        let length = joined(spawn_blocking(move || progress.finish(&shared))).await?;
        self.pin.finish();
        Ok((self.inode, length))
    }
}

#[async_trait]
impl BlobWriter for Writer {
    async fn write(&mut self, piece: Bytes) -> Result<()> {
        let mut progress = self.settle().await?;
        let shared = self.shared.clone();
        self.job = Some(spawn_blocking(move || {
            progress.append(&shared, &piece)?;
            Ok(progress)
        }));
        Ok(())
    }

    async fn finish(self: Box<Self>) -> Result<Placement> {
        let (inode, length) = self.close().await?;
        Ok(Placement { inode: inode.bytes(), length, chunk_bytes: chunk_bytes(), ..Placement::default() })
    }
}

fn chunk_bytes() -> u32 {
    u32::try_from(CHUNK_BYTES).expect("a chunk is small")
}

/// Writes a manifest as a blob.
pub(super) async fn write_manifest(shared: &Arc<Shared>, manifest: &Manifest) -> Result<Placement> {
    let mut writer = Writer::begin(shared)?;
    let bytes = Bytes::from(manifest.encode_to_vec());
    if !bytes.is_empty() {
        writer.write(bytes).await?;
    }
    let (inode, manifest_bytes) = writer.close().await?;
    let length = manifest.parts.iter().map(|part| part.size).sum();
    Ok(Placement {
        inode: inode.bytes(),
        length,
        chunk_bytes: chunk_bytes(),
        manifest: true,
        manifest_bytes,
        ..Placement::default()
    })
}

/// Reads a manifest back.
pub(super) async fn read_manifest(shared: &Arc<Shared>, placement: &Placement) -> Result<Manifest> {
    let whole = 0..placement.manifest_bytes;
    let mut stream = read(shared, rows::inode_of(placement)?, placement.manifest_bytes, whole).await?;
    let mut bytes = Vec::new();
    while let Some(piece) = stream.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Manifest::decode(bytes.as_slice()).map_err(|_| StorageError::Corrupt("a manifest cannot be decoded".into()))
}

struct Source {
    file: Arc<dyn DiskFile>,
    inode: InodeId,
    length: u64,
    range: Range<u64>,
    first_chunk: u64,
    checksums: Vec<u8>,
}

impl Source {
    fn open(shared: &Shared, inode: InodeId, length: u64, range: Range<u64>) -> Result<Self> {
        let chunk = CHUNK_BYTES as u64;
        let file = shared.disk.open(&shared.blobs.path(inode)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => StorageError::Unavailable(format!("the blob {inode} is gone")),
            _ => failed("opening a blob", &error),
        })?;
        let (first_chunk, end_chunk) = (range.start / chunk, range.end.div_ceil(chunk));
        let count = usize::try_from(end_chunk - first_chunk).expect("64-bit machine");
        let mut checksums = vec![0; count * CHECKSUM_BYTES];
        file.read_at(&mut checksums, length + first_chunk * CHECKSUM_BYTES as u64)
            .map_err(|error| StorageError::Corrupt(format!("the checksums of blob {inode} cannot be read: {error}")))?;
        Ok(Self { file, inode, length, range, first_chunk, checksums })
    }

    fn read(&self, chunk: u64) -> Result<Bytes> {
        let start = chunk * CHUNK_BYTES as u64;
        let end = (start + CHUNK_BYTES as u64).min(self.length);
        let mut bytes = vec![0; usize::try_from(end - start).expect("at most a chunk")];
        self.file.read_at(&mut bytes, start).map_err(|error| failed("reading a blob", &error))?;
        let at = usize::try_from(chunk - self.first_chunk).expect("64-bit machine") * CHECKSUM_BYTES;
        let mut sum = digest(self.inode, chunk);
        sum.update(&bytes);
        if self.checksums.get(at..at + CHECKSUM_BYTES) != Some(&finished(&sum).to_le_bytes()[..]) {
            return Err(StorageError::Corrupt(format!(
                "chunk {chunk} of blob {} does not match its checksum; restore the object from a copy",
                self.inode
            )));
        }
        let from = usize::try_from(self.range.start.max(start) - start).expect("within a chunk");
        let to = usize::try_from(self.range.end.min(end) - start).expect("within a chunk");
        Ok(Bytes::from(bytes).slice(from..to))
    }
}

struct Reading {
    source: Arc<Source>,
    next_chunk: u64,
    end_chunk: u64,
    job: Option<JoinHandle<Result<Bytes>>>,
}

impl Reading {
    fn read_ahead(&mut self) {
        if self.next_chunk < self.end_chunk {
            let (source, chunk) = (self.source.clone(), self.next_chunk);
            self.job = Some(spawn_blocking(move || source.read(chunk)));
            self.next_chunk += 1;
        }
    }

    async fn step(mut self) -> Option<(Result<Bytes>, Self)> {
        let piece = joined(self.job.take()?).await;
        if piece.is_ok() {
            self.read_ahead();
        }
        Some((piece, self))
    }
}

/// Streams `range` of a blob whose content has `length` bytes.
pub(super) async fn read(shared: &Arc<Shared>, inode: InodeId, length: u64, range: Range<u64>) -> Result<ChunkStream> {
    if range.end > length || range.start >= range.end {
        return Ok(futures::stream::empty().boxed());
    }
    let opener = shared.clone();
    let end_chunk = range.end.div_ceil(CHUNK_BYTES as u64);
    let source = Arc::new(joined(spawn_blocking(move || Source::open(&opener, inode, length, range))).await?);
    let mut reading = Reading { next_chunk: source.first_chunk, end_chunk, source, job: None };
    reading.read_ahead();
    Ok(futures::stream::unfold(reading, Reading::step).boxed())
}
