//! A store that fails on demand: a decorator that refuses calls, loses replies, delays and breaks streams by plan.
//!
//! # Why
//! The layers above promise that an error is never an empty answer and that nothing is acknowledged that may not have
//! happened. Only a store whose failures are chosen call by call can show that.

use std::collections::VecDeque;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::directory::{DirectoryStore, Entry, PutEntry, RemoveEntry};
use super::{
    AbortUpload, BlobWriter, Bucket, BucketName, BucketSettings, ChangeBucket, ChunkStore, ChunkStream, CompleteUpload,
    CreateBucket, CreateUpload, Decision, DeleteBucket, Fetch, Fingerprint, Head, HeadChange, HeadRead, Hold, Home,
    ListedObject, ListedVersion, Manifest, MetadataStore, NewBucket, NewUpload, ObjectKey, Page, Part, Placement,
    PutPart, ReclaimStore, Reference, Result, Rev, Scan, Storage, StorageError, StoreHealth, Sweep, Tenant, TenantId,
    Upload, UploadId, UploadScan, VersionRef, VersionScan, Work, WorkStore,
};

/// What goes wrong with one call.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The call is not made; this is the answer.
    Refuse(StorageError),
    /// The call is made, and this is the answer instead of its own.
    LoseReply(StorageError),
    /// The call is made after a while.
    Delay(Duration),
    /// The call is made when the test says so.
    Hold(Arc<Notify>),
    /// Of `read` only: the stream ends with this error after so many pieces.
    BreakStream(usize, StorageError),
}

struct Planned {
    verb: String,
    skip: usize,
    fault: Fault,
}

#[derive(Default)]
struct State {
    planned: VecDeque<Planned>,
    called: Vec<String>,
}

/// Which calls go wrong, and how. Shared by a store and the test that plans.
#[derive(Clone, Default)]
pub struct Plan(Arc<Mutex<State>>);

impl Plan {
    /// The next call of `verb` (a method's name in the traits, or `write` and `finish` of a blob) after `skip` further
    /// ones goes wrong, once.
    pub fn add(&self, verb: impl Into<String>, skip: usize, fault: Fault) {
        self.0.lock().planned.push_back(Planned { verb: verb.into(), skip, fault });
    }

    /// Faults that have not happened yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.0.lock().planned.len()
    }

    /// Forgets what was planned and what was called.
    pub fn forget(&self) {
        *self.0.lock() = State::default();
    }

    /// The verbs that were called, in order.
    #[must_use]
    pub fn called(&self) -> Vec<String> {
        self.0.lock().called.clone()
    }

    /// The fault of this call. Each planned fault of the verb counts it, and the first that is due happens.
    fn take(&self, verb: &str) -> Option<Fault> {
        let mut state = self.0.lock();
        state.called.push(verb.to_owned());
        let planned = &mut state.planned;
        let due = planned.iter().position(|p| p.verb == verb && p.skip == 0);
        for later in planned.iter_mut().filter(|p| p.verb == verb && p.skip > 0) {
            later.skip -= 1;
        }
        due.and_then(|i| planned.remove(i)).map(|p| p.fault)
    }

    async fn around<T>(&self, verb: &str, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        self.around_as(verb, call, |planned| planned).await
    }

    /// Makes a call as planned; `error` says how the planned error looks to those who make it.
    pub(super) async fn around_as<T, E>(
        &self,
        verb: &str,
        call: impl Future<Output = std::result::Result<T, E>>,
        error: impl FnOnce(StorageError) -> E,
    ) -> std::result::Result<T, E> {
        match self.take(verb) {
            None | Some(Fault::BreakStream(..)) => call.await,
            Some(Fault::Refuse(planned)) => Err(error(planned)),
            Some(Fault::LoseReply(planned)) => {
                call.await?;
                Err(error(planned))
            }
            Some(Fault::Delay(while_)) => {
                tokio::time::sleep(while_).await;
                call.await
            }
            Some(Fault::Hold(until)) => {
                until.notified().await;
                call.await
            }
        }
    }
}

/// `storage`, whose calls go wrong as planned.
#[must_use]
pub fn faulty(storage: Storage, plan: &Plan) -> Storage {
    let store = Arc::new(Faulty { inner: storage, plan: plan.clone() });
    Storage {
        metadata: store.clone(),
        chunks: store.clone(),
        reclaim: store.clone(),
        work: store.clone(),
        directory: store.clone(),
        health: store,
    }
}

struct Faulty {
    inner: Storage,
    plan: Plan,
}

/// A trait of which every verb is the inner store's, with what is planned around it.
macro_rules! faulty_verbs {
    ($trait:ident of $store:ident { $($verb:ident($($name:ident: $kind:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $trait for Faulty {
            $(async fn $verb(&self, $($name: $kind),*) -> Result<$answer> {
                self.plan.around(stringify!($verb), self.inner.$store.$verb($($name),*)).await
            })*
        }
    };
}

faulty_verbs! {
    MetadataStore of metadata {
        ensure_tenant(name: &str) -> Tenant;
        tenant(id: TenantId) -> Option<Tenant>;
        create_bucket(new: NewBucket) -> CreateBucket;
        bucket(name: &BucketName) -> Option<Bucket>;
        change_bucket(
            bucket: &Bucket,
            decide: &mut (dyn for<'s> FnMut(&'s BucketSettings) -> Option<BucketSettings> + Send)
        ) -> ChangeBucket;
        change_owner(bucket: &Bucket, to: TenantId) -> ChangeBucket;
        delete_bucket(bucket: &Bucket) -> DeleteBucket;
        list_buckets(owner: TenantId, prefix: &str, after: Option<&str>, limit: usize) -> Page<Bucket>;
        read_head(bucket: &Bucket, key: &ObjectKey, fetch: Fetch) -> HeadRead;
        read_version(bucket: &Bucket, key: &ObjectKey, version: VersionRef, fetch: Fetch) -> HeadRead;
        change_head(read: HeadRead, decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send)) -> HeadChange;
        list_objects(bucket: &Bucket, scan: &Scan) -> Page<ListedObject>;
        list_versions(bucket: &Bucket, scan: &VersionScan) -> Page<ListedVersion>;
        create_upload(bucket: &Bucket, new: NewUpload) -> CreateUpload;
        upload(bucket: &Bucket, key: &ObjectKey, id: UploadId) -> Option<Upload>;
        put_part(bucket: &Bucket, upload: &Upload, part: Part) -> PutPart;
        list_parts(bucket: &Bucket, upload: &Upload, after: u16, limit: usize) -> Page<Part>;
        list_uploads(bucket: &Bucket, scan: &UploadScan) -> Page<Upload>;
        complete_upload(
            upload: &Upload,
            fingerprint: Fingerprint,
            manifest: &Placement,
            read: HeadRead,
            decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send)
        ) -> CompleteUpload;
        abort_upload(bucket: &Bucket, upload: &Upload) -> AbortUpload;
    }
}

faulty_verbs! {
    ReclaimStore of reclaim {
        sweep() -> Sweep;
    }
}

faulty_verbs! {
    WorkStore of work {
        slots() -> u32;
        buckets_with_lifecycle(slot: u32, after: Option<&BucketName>, limit: usize) -> Page<Bucket>;
        work(name: &str) -> Work;
        take_work(name: &str, seen: &Work, lease: Duration) -> bool;
        leave_work(name: &str, note: Bytes) -> ();
    }
}

faulty_verbs! {
    DirectoryStore of directory {
        entry(scope: &str, name: &str) -> Option<Entry>;
        entries(scope: &str, prefix: &str, after: Option<&str>, limit: usize) -> Page<(String, Entry)>;
        put_entry(scope: &str, name: &str, expected: Option<Rev>, value: Bytes) -> PutEntry;
        remove_entry(scope: &str, name: &str, expected: Rev) -> RemoveEntry;
    }
}

#[async_trait]
impl ChunkStore for Faulty {
    fn inline_bytes_max(&self) -> usize {
        self.inner.chunks.inline_bytes_max()
    }
    fn chunk_bytes(&self) -> usize {
        self.inner.chunks.chunk_bytes()
    }
    async fn create(&self, home: Home<'_>) -> Result<Box<dyn BlobWriter>> {
        let inner = self.plan.around("create", self.inner.chunks.create(home)).await?;
        Ok(Box::new(FaultyWriter { inner, plan: self.plan.clone() }))
    }
    async fn write_manifest(&self, home: Home<'_>, manifest: &Manifest) -> Result<Placement> {
        self.plan.around("write_manifest", self.inner.chunks.write_manifest(home, manifest)).await
    }
    async fn read_manifest(&self, placement: &Placement) -> Result<Manifest> {
        self.plan.around("read_manifest", self.inner.chunks.read_manifest(placement)).await
    }
    async fn read(&self, placement: &Placement, range: Range<u64>) -> Result<ChunkStream> {
        match self.plan.take("read") {
            None => self.inner.chunks.read(placement, range).await,
            Some(Fault::Refuse(error)) | Some(Fault::LoseReply(error)) => Err(error),
            Some(Fault::Delay(while_)) => {
                tokio::time::sleep(while_).await;
                self.inner.chunks.read(placement, range).await
            }
            Some(Fault::Hold(until)) => {
                until.notified().await;
                self.inner.chunks.read(placement, range).await
            }
            Some(Fault::BreakStream(pieces, error)) => {
                let stream = self.inner.chunks.read(placement, range).await?;
                let broken = futures::stream::once(async move { Err(error) });
                Ok(stream.take(pieces).chain(broken).boxed())
            }
        }
    }
    async fn hold(&self, placement: &Placement) -> Result<Hold> {
        self.plan.around("hold", self.inner.chunks.hold(placement)).await
    }
    async fn reference(&self, placement: &Placement, bucket: &Bucket, key: &ObjectKey) -> Result<Reference> {
        self.plan.around("reference", self.inner.chunks.reference(placement, bucket, key)).await
    }
}

struct FaultyWriter {
    inner: Box<dyn BlobWriter>,
    plan: Plan,
}

#[async_trait]
impl BlobWriter for FaultyWriter {
    async fn write(&mut self, piece: Bytes) -> Result<()> {
        self.plan.around("write", self.inner.write(piece)).await
    }
    async fn finish(self: Box<Self>) -> Result<Placement> {
        self.plan.around("finish", self.inner.finish()).await
    }
}

#[async_trait]
impl StoreHealth for Faulty {
    async fn ready(&self) -> std::result::Result<(), String> {
        match self.plan.take("ready") {
            Some(Fault::Refuse(error) | Fault::LoseReply(error)) => Err(error.to_string()),
            _ => self.inner.health.ready().await,
        }
    }
    async fn close(&self) -> Result<()> {
        self.plan.around("close", self.inner.health.close()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unavailable() -> StorageError {
        StorageError::Unavailable("as planned".to_owned())
    }

    #[tokio::test(start_paused = true)]
    async fn faults_happen_once_in_the_order_planned() {
        let plan = Plan::default();
        plan.add("read_head", 1, Fault::Refuse(unavailable()));
        plan.add("read_head", 2, Fault::LoseReply(StorageError::OutcomeUnknown("as planned".to_owned())));
        plan.add("sweep", 0, Fault::Delay(Duration::from_secs(5)));
        let call = || plan.around("read_head", async { Ok(1) });
        assert!(matches!(call().await, Ok(1)));
        assert!(matches!(call().await, Err(StorageError::Unavailable(_))));
        assert!(matches!(call().await, Err(StorageError::OutcomeUnknown(_))));
        assert!(matches!(call().await, Ok(1)));
        let before = tokio::time::Instant::now();
        assert!(matches!(plan.around("sweep", async { Ok(2) }).await, Ok(2)));
        assert_eq!((before.elapsed().as_secs(), plan.left()), (5, 0));
    }

    #[tokio::test]
    async fn a_refused_call_is_not_made_and_a_lost_reply_is() {
        let plan = Plan::default();
        let made = Mutex::new(0);
        let made = &made;
        let call = || {
            plan.around("tenant", async move {
                *made.lock() += 1;
                Ok(())
            })
        };
        plan.add("tenant", 0, Fault::Refuse(unavailable()));
        assert!(call().await.is_err());
        assert_eq!(*made.lock(), 0);
        plan.add("tenant", 0, Fault::LoseReply(unavailable()));
        assert!(call().await.is_err());
        assert_eq!(*made.lock(), 1);
    }
}
