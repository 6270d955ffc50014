//! The storage traits on one shared core. Decides nothing.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::Core;
use super::blocks::{CHUNK_BYTES, INLINE_BYTES_MAX};
use super::change::Outcome;
use crate::storage::directory::{DirectoryStore, Entry, PutEntry, RemoveEntry};
use crate::storage::{
    AbortUpload, BlobWriter, Bucket, BucketName, BucketSettings, ChangeBucket, ChunkStore, ChunkStream, CompleteUpload,
    CreateBucket, CreateUpload, Decision, DeleteBucket, Fetch, Fingerprint, Head, HeadChange, HeadRead, Home,
    ListedObject, ListedVersion, Manifest, MetadataStore, NewBucket, NewUpload, ObjectKey, Page, Part, Placement,
    PutPart, ReclaimStore, Reference, Result, Rev, Scan, Storage, StorageError, StoreHealth, Sweep, Tenant, TenantId,
    Upload, UploadId, UploadScan, VersionRef, VersionScan, Work, WorkStore,
};

struct Store(Arc<Core>);

pub(super) fn storage_of(core: Arc<Core>) -> Storage {
    let store = Arc::new(Store(core));
    Storage {
        metadata: Arc::clone(&store) as _,
        chunks: Arc::clone(&store) as _,
        reclaim: Arc::clone(&store) as _,
        work: Arc::clone(&store) as _,
        directory: Arc::clone(&store) as _,
        health: store,
    }
}

#[async_trait]
impl MetadataStore for Store {
    async fn ensure_tenant(&self, name: &str) -> Result<Tenant> {
        self.0.ensure_tenant(name).await
    }

    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>> {
        self.0.tenant(id).await
    }

    async fn create_bucket(&self, new: NewBucket) -> Result<CreateBucket> {
        self.0.clock.check()?;
        self.0.create_bucket(new).await
    }

    async fn bucket(&self, name: &BucketName) -> Result<Option<Bucket>> {
        Ok(self.0.view(name).await?.map(|view| view.bucket.clone()))
    }

    async fn change_bucket(
        &self,
        bucket: &Bucket,
        decide: &mut (dyn for<'s> FnMut(&'s BucketSettings) -> Option<BucketSettings> + Send),
    ) -> Result<ChangeBucket> {
        self.0.clock.check()?;
        self.0.change_bucket(bucket, decide).await
    }

    async fn change_owner(&self, bucket: &Bucket, to: TenantId) -> Result<ChangeBucket> {
        self.0.clock.check()?;
        self.0.change_owner(bucket, to).await
    }

    async fn delete_bucket(&self, bucket: &Bucket) -> Result<DeleteBucket> {
        self.0.clock.check()?;
        self.0.delete_bucket(bucket).await
    }

    async fn list_buckets(
        &self,
        owner: TenantId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Bucket>> {
        self.0.list_buckets(owner, prefix, after, limit).await
    }

    async fn read_head(&self, bucket: &Bucket, key: &ObjectKey, _fetch: Fetch) -> Result<HeadRead> {
        // Reading all columns each time keeps versions from being mixed, and inline bytes are few.
        self.0.read_head(bucket, key, None).await
    }

    async fn read_version(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: VersionRef,
        _fetch: Fetch,
    ) -> Result<HeadRead> {
        self.0.read_head(bucket, key, Some(version)).await
    }

    async fn change_head(
        &self,
        read: HeadRead,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
    ) -> Result<HeadChange> {
        self.0.clock.check()?;
        match self.0.change_head(read, decide, None).await? {
            Outcome::Changed(change) => Ok(change),
            Outcome::Overtaken => Err(StorageError::OutcomeUnknown("overtaken without a guard".to_owned())),
        }
    }

    async fn list_objects(&self, bucket: &Bucket, scan: &Scan) -> Result<Page<ListedObject>> {
        self.0.list_objects(bucket, scan).await
    }

    async fn list_versions(&self, bucket: &Bucket, scan: &VersionScan) -> Result<Page<ListedVersion>> {
        self.0.list_versions(bucket, scan).await
    }

    async fn create_upload(&self, bucket: &Bucket, new: NewUpload) -> Result<CreateUpload> {
        self.0.clock.check()?;
        self.0.create_upload(bucket, new).await
    }

    async fn upload(&self, bucket: &Bucket, key: &ObjectKey, id: UploadId) -> Result<Option<Upload>> {
        self.0.upload(bucket, key, id).await
    }

    async fn put_part(&self, _bucket: &Bucket, upload: &Upload, part: Part) -> Result<PutPart> {
        self.0.clock.check()?;
        self.0.put_part(upload, part).await
    }

    async fn list_parts(&self, _bucket: &Bucket, upload: &Upload, after: u16, limit: usize) -> Result<Page<Part>> {
        self.0.list_parts(upload, after, limit).await
    }

    async fn list_uploads(&self, bucket: &Bucket, scan: &UploadScan) -> Result<Page<Upload>> {
        self.0.list_uploads(bucket, scan).await
    }

    async fn complete_upload(
        &self,
        upload: &Upload,
        fingerprint: Fingerprint,
        manifest: &Placement,
        read: HeadRead,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
    ) -> Result<CompleteUpload> {
        self.0.clock.check()?;
        self.0.complete_upload(upload, fingerprint, manifest, read, decide).await
    }

    async fn abort_upload(&self, bucket: &Bucket, upload: &Upload) -> Result<AbortUpload> {
        self.0.clock.check()?;
        self.0.abort_upload(bucket, upload).await
    }
}

#[async_trait]
impl ChunkStore for Store {
    fn inline_bytes_max(&self) -> usize {
        INLINE_BYTES_MAX
    }

    fn chunk_bytes(&self) -> usize {
        CHUNK_BYTES
    }

    async fn create(&self, home: Home<'_>) -> Result<Box<dyn BlobWriter>> {
        self.0.clock.check()?;
        self.0.create_blob(&home).await
    }

    async fn write_manifest(&self, home: Home<'_>, manifest: &Manifest) -> Result<Placement> {
        self.0.clock.check()?;
        self.0.write_manifest(&home, manifest).await
    }

    async fn read_manifest(&self, placement: &Placement) -> Result<Manifest> {
        self.0.read_manifest(placement).await
    }

    async fn read(&self, placement: &Placement, range: Range<u64>) -> Result<ChunkStream> {
        self.0.read_blob(placement, range)
    }

    async fn reference(&self, placement: &Placement, bucket: &Bucket, key: &ObjectKey) -> Result<Reference> {
        // Nothing is held in memory: the reference's row keeps the blob, and the next sweep judges it by the head.
        let live = self.0.refer(placement, bucket.id, key.as_bytes()).await?;
        Ok(if live { Reference::Held(Box::new(())) } else { Reference::Gone })
    }
}

#[async_trait]
impl ReclaimStore for Store {
    async fn sweep(&self) -> Result<Sweep> {
        self.0.clock.check()?;
        self.0.sweep().await
    }
}

#[async_trait]
impl WorkStore for Store {
    async fn slots(&self) -> Result<u32> {
        Ok(super::work::SLOTS)
    }

    async fn buckets_with_lifecycle(
        &self,
        slot: u32,
        after: Option<&BucketName>,
        limit: usize,
    ) -> Result<Page<Bucket>> {
        self.0.buckets_with_lifecycle(slot, after, limit).await
    }

    async fn work(&self, name: &str) -> Result<Work> {
        self.0.work(name).await
    }

    async fn take_work(&self, name: &str, seen: &Work, lease: Duration) -> Result<bool> {
        self.0.clock.check()?;
        self.0.take_work(name, seen, lease).await
    }

    async fn leave_work(&self, name: &str, note: Bytes) -> Result<()> {
        self.0.leave_work(name, note).await
    }
}

#[async_trait]
impl DirectoryStore for Store {
    async fn entry(&self, scope: &str, name: &str) -> Result<Option<Entry>> {
        self.0.entry(scope, name).await
    }

    async fn entries(
        &self,
        scope: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<(String, Entry)>> {
        self.0.directory_entries(scope, prefix, after, limit).await
    }

    async fn put_entry(&self, scope: &str, name: &str, expected: Option<Rev>, value: Bytes) -> Result<PutEntry> {
        self.0.clock.check()?;
        self.0.put_entry(scope, name, expected, value).await
    }

    async fn remove_entry(&self, scope: &str, name: &str, expected: Rev) -> Result<RemoveEntry> {
        self.0.clock.check()?;
        self.0.remove_entry(scope, name, expected).await
    }
}

#[async_trait]
impl StoreHealth for Store {
    async fn ready(&self) -> std::result::Result<(), String> {
        self.0.ready().await
    }

    async fn close(&self) -> Result<()> {
        self.0.close().await
    }
}
