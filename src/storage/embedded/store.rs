//! Puts the store together, runs its threads, and answers the storage traits.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::thread::JoinHandle;

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::task::spawn_blocking;

use super::blobs::{Blobs, Pin};
use super::buckets::{self, Buckets};
use super::checkpoint::Checkpoints;
use super::chunks::{self, CHUNK_BYTES, Writer};
use super::committer::{Committer, Queue, Tail};
use super::disk::{Disk, RealDisk};
use super::locks::Locks;
use super::recovery::{Recovered, recover};
use super::reserve::Reserve;
use super::segments::{Segments, Spares};
use super::shared::Shared;
use super::stop::StopFlag;
use super::sweep::Sweeper;
use super::watch::Watch;
use super::{EmbeddedConfig, INLINE_BYTES_MAX, OpenError, folder, heads, rows, uploads, versions};
use crate::storage::boot_time::BootTime;
use crate::storage::{
    AbortUpload, BlobWriter, Bucket, BucketName, BucketSettings, ChangeBucket, ChunkStore, ChunkStream, CompleteUpload,
    CreateBucket, CreateUpload, Decision, DeleteBucket, Fetch, Fingerprint, Head, HeadChange, HeadRead, Hold, Home,
    ListedObject, ListedVersion, Manifest, MetadataStore, NewBucket, NewUpload, ObjectKey, Page, Part, Placement,
    PutPart, ReclaimStore, Reference, Result, Scan, Storage, StorageError, StoreHealth, Sweep, Tenant, TenantId,
    Upload, UploadId, UploadScan, VersionRef, VersionScan,
};

/// Opens the store in a folder, making it when there is none.
///
/// # Errors
/// When the folder cannot be written, is of a newer version, is in use, or is damaged.
pub async fn open(config: EmbeddedConfig) -> std::result::Result<Storage, OpenError> {
    Ok(open_on(config, Arc::new(RealDisk)).await?.storage())
}

/// As [`open`], on any disk.
pub(super) async fn open_on(
    config: EmbeddedConfig,
    disk: Arc<dyn Disk>,
) -> std::result::Result<Arc<Embedded>, OpenError> {
    let opening = spawn_blocking(move || start(config, disk));
    opening.await.map_err(|_| OpenError::Failed(StorageError::Unavailable("opening was cut off".into())))?
}

fn start(config: EmbeddedConfig, disk: Arc<dyn Disk>) -> std::result::Result<Arc<Embedded>, OpenError> {
    let folder_lock = folder::claim(disk.as_ref(), &config.path)?;
    let stop = StopFlag::default();
    let blobs = Blobs::new(config.path.join("blobs"), config.linger);
    blobs.prepare(disk.as_ref())?;
    let segments = Segments::new(disk.clone(), config.path.join("segments"), config.open_segments_max);
    let spares = Spares::new(segments.dir().to_owned(), config.segment_bytes, config.headroom_bytes);
    let Recovered { base, index, tail } = recover(&config, disk.as_ref(), &stop, &segments, &spares)?;
    let buckets = Buckets::load(&index)?;
    let reserve = Reserve::new(&config.path, config.headroom_bytes / 2);
    reserve.take(disk.as_ref());
    let shared = Arc::new(Shared {
        config,
        disk,
        stop,
        index,
        segments,
        spares,
        queue: Queue::default(),
        checkpoints: Checkpoints::new(base, reserve),
        blobs: Arc::new(blobs),
        buckets,
        locks: Locks::new(),
        _folder_lock: folder_lock,
    });
    let threads = Threads::start(&shared, tail)?;
    Ok(Arc::new(Embedded {
        sweeper: Arc::new(Sweeper::new()),
        notes: Mutex::default(),
        shared,
        threads: Mutex::new(Some(threads)),
    }))
}

struct Threads {
    committer: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
}

impl Threads {
    fn start(shared: &Arc<Shared>, tail: Tail) -> std::io::Result<Self> {
        let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let committer = Committer::new(shared.clone(), tail);
        let committer = named("commit").spawn(move || committer.run())?;
        let watched = |name: &str, work: &'static str, body: fn(&Shared)| {
            let shared = shared.clone();
            named(name).spawn(move || {
                let _watch = Watch::over(&shared, work);
                body(&shared);
            })
        };
        let others = vec![
            watched("prepare segments", "the preparation of log segments", |shared| {
                shared.spares.keep_ready(shared.disk.as_ref(), &shared.stop);
            })?,
            watched("checkpoint", "the thread of checkpoints", |shared| shared.checkpoints.run(shared))?,
            watched("remove blobs", "the removal of blobs", |shared| {
                shared.blobs.remove_condemned(shared.disk.as_ref());
            })?,
        ];
        Ok(Self { committer, others })
    }

    /// Ends them all; what is queued is still written.
    fn end(self, shared: &Shared) {
        shared.queue.close();
        shared.spares.close();
        shared.checkpoints.close();
        shared.blobs.close();
        // A thread that panicked has said so; there is nothing to add.
        drop(self.committer.join());
        for thread in self.others {
            drop(thread.join());
        }
    }
}

/// A store in a folder.
pub(super) struct Embedded {
    pub(super) shared: Arc<Shared>,
    sweeper: Arc<Sweeper>,
    /// How far background work is, by its name.
    pub(super) notes: Mutex<HashMap<String, Bytes>>,
    threads: Mutex<Option<Threads>>,
}

impl Embedded {
    /// As the rest of the program holds it.
    pub(super) fn storage(self: &Arc<Self>) -> Storage {
        Storage {
            metadata: self.clone(),
            chunks: self.clone(),
            reclaim: self.clone(),
            work: self.clone(),
            directory: self.clone(),
            health: self.clone(),
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        if let Some(threads) = self.threads.lock().take() {
            threads.end(&self.shared);
        }
    }
}

#[async_trait]
impl StoreHealth for Embedded {
    async fn ready(&self) -> std::result::Result<(), String> {
        self.shared.stop.check().map_err(|error| error.to_string())
    }

    async fn close(&self) -> Result<()> {
        let Some(threads) = self.threads.lock().take() else { return Ok(()) };
        let shared = self.shared.clone();
        let closing = spawn_blocking(move || {
            let written = shared.checkpoints.write(&shared);
            threads.end(&shared);
            written
        });
        closing.await.map_err(|_| StorageError::Unavailable("closing was cut off".into()))?
    }
}

#[async_trait]
impl ReclaimStore for Embedded {
    async fn sweep(&self) -> Result<Sweep> {
        let (shared, sweeper) = (self.shared.clone(), self.sweeper.clone());
        let step = spawn_blocking(move || sweeper.step(&shared));
        step.await.map_err(|_| StorageError::Unavailable("a sweep was cut off".into()))?
    }
}

#[async_trait]
impl ChunkStore for Embedded {
    fn inline_bytes_max(&self) -> usize {
        INLINE_BYTES_MAX
    }

    fn chunk_bytes(&self) -> usize {
        CHUNK_BYTES
    }

    async fn create(&self, _home: Home<'_>) -> Result<Box<dyn BlobWriter>> {
        Ok(Box::new(Writer::begin(&self.shared)?))
    }

    async fn write_manifest(&self, _home: Home<'_>, manifest: &Manifest) -> Result<Placement> {
        chunks::write_manifest(&self.shared, manifest).await
    }

    async fn read_manifest(&self, placement: &Placement) -> Result<Manifest> {
        chunks::read_manifest(&self.shared, placement).await
    }

    async fn read(&self, placement: &Placement, range: Range<u64>) -> Result<ChunkStream> {
        chunks::read(&self.shared, rows::inode_of(placement)?, placement.length, range).await
    }

    async fn hold(&self, placement: &Placement) -> Result<Hold> {
        let pin = Pin::take(&self.shared, rows::inode_of(placement)?)?;
        let gone = || StorageError::Unavailable("the object was replaced while it was being read".into());
        Ok(Box::new(pin.ok_or_else(gone)?))
    }

    async fn reference(&self, placement: &Placement, _bucket: &Bucket, _key: &ObjectKey) -> Result<Reference> {
        let pin = Pin::take(&self.shared, rows::inode_of(placement)?)?;
        Ok(pin.map_or(Reference::Gone, |pin| Reference::Held(Box::new(pin))))
    }
}

#[async_trait]
impl MetadataStore for Embedded {
    async fn ensure_tenant(&self, name: &str) -> Result<Tenant> {
        buckets::ensure_tenant(&self.shared, name).await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>> {
        Ok(self.shared.buckets.tenant(id))
    }

    async fn create_bucket(&self, new: NewBucket) -> Result<CreateBucket> {
        buckets::create_bucket(&self.shared, new).await
    }

    async fn bucket(&self, name: &BucketName) -> Result<Option<Bucket>> {
        Ok(self.shared.buckets.bucket(name))
    }

    async fn change_bucket(
        &self,
        bucket: &Bucket,
        decide: &mut (dyn for<'s> FnMut(&'s BucketSettings) -> Option<BucketSettings> + Send),
    ) -> Result<ChangeBucket> {
        buckets::change_bucket(&self.shared, bucket, decide).await
    }

    async fn change_owner(&self, bucket: &Bucket, to: TenantId) -> Result<ChangeBucket> {
        buckets::change_owner(&self.shared, bucket, to).await
    }

    async fn delete_bucket(&self, bucket: &Bucket) -> Result<DeleteBucket> {
        buckets::delete_bucket(&self.shared, bucket).await
    }

    async fn list_buckets(
        &self,
        owner: TenantId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Bucket>> {
        Ok(self.shared.buckets.list(owner, prefix, after, limit))
    }

    async fn read_head(&self, bucket: &Bucket, key: &ObjectKey, fetch: Fetch) -> Result<HeadRead> {
        let read_at = BootTime::now();
        let head = heads::read(&self.shared, bucket, key, fetch).await?;
        Ok(HeadRead { bucket: bucket.clone(), key: key.clone(), head, read_at, named: None })
    }

    async fn read_version(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: VersionRef,
        fetch: Fetch,
    ) -> Result<HeadRead> {
        let read_at = BootTime::now();
        let head = versions::read(&self.shared, bucket, key, version, fetch).await?;
        Ok(HeadRead { bucket: bucket.clone(), key: key.clone(), head, read_at, named: Some(version) })
    }

    async fn change_head(
        &self,
        read: HeadRead,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
    ) -> Result<HeadChange> {
        heads::change(&self.shared, read, decide).await
    }

    async fn list_objects(&self, bucket: &Bucket, scan: &Scan) -> Result<Page<ListedObject>> {
        heads::list(&self.shared, bucket, scan).await
    }

    async fn list_versions(&self, bucket: &Bucket, scan: &VersionScan) -> Result<Page<ListedVersion>> {
        let (bucket, scan) = (bucket.clone(), scan.clone());
        self.shared.scan(scan.limit, move |shared| versions::list(shared, &bucket, &scan)).await
    }

    async fn create_upload(&self, bucket: &Bucket, new: NewUpload) -> Result<CreateUpload> {
        uploads::create(&self.shared, bucket, new).await
    }

    async fn upload(&self, bucket: &Bucket, key: &ObjectKey, id: UploadId) -> Result<Option<Upload>> {
        uploads::find(&self.shared, bucket, key, id)
    }

    async fn put_part(&self, bucket: &Bucket, upload: &Upload, part: Part) -> Result<PutPart> {
        uploads::put_part(&self.shared, bucket, upload, part).await
    }

    async fn list_parts(&self, _bucket: &Bucket, upload: &Upload, after: u16, limit: usize) -> Result<Page<Part>> {
        uploads::list_parts(&self.shared, upload, after, limit).await
    }

    async fn list_uploads(&self, bucket: &Bucket, scan: &UploadScan) -> Result<Page<Upload>> {
        uploads::list(&self.shared, bucket, scan).await
    }

    async fn complete_upload(
        &self,
        upload: &Upload,
        fingerprint: Fingerprint,
        manifest: &Placement,
        read: HeadRead,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
    ) -> Result<CompleteUpload> {
        uploads::complete(&self.shared, upload, fingerprint, manifest, read, decide).await
    }

    async fn abort_upload(&self, bucket: &Bucket, upload: &Upload) -> Result<AbortUpload> {
        uploads::abort(&self.shared, bucket, upload).await
    }
}
