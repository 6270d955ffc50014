//! Rows and chunks: what a store keeps and promises. Knows no HTTP, no XML and no access rules.
//!
//! Two stores implement these traits: [`embedded`] (one folder) and [`cassandra`] (a cluster). Both pass the one
//! contract suite in [`conformance`].
//!
//! # Why rows and not keys, and not S3 operations
//! A key-value trait is too low: it has no partitions and no conditional writes, so Cassandra's could not be used. An
//! S3-shaped trait is too high: each store would write S3 once more. These traits promise atomicity for one key only,
//! and ordered, bounded pages; everything S3 asks beyond that is built above them, once.

pub mod access;
pub mod body;
pub mod boot_time;
pub mod cassandra;
pub mod conformance;
pub mod directory;
pub mod embedded;
pub mod error;
pub mod faulty;
pub mod ids;
pub mod model;
pub mod names;
pub mod settings;
pub mod versions;
pub mod work;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

pub use access::{
    AccessControlList, Grant, Grantee, GranteeGroup, Ownership, Permission, PublicAccessBlock, RateLimits,
};
pub use body::{BlobWriter, ChunkStream};
pub use directory::DirectoryStore;
pub use error::StorageError;
pub use model::*;
pub use names::{BucketName, ObjectKey};
pub use work::{Work, WorkStore};

/// The result of every call into a store.
pub type Result<T> = std::result::Result<T, StorageError>;

/// One store, as the rest of the program holds it.
#[derive(Clone)]
pub struct Storage {
    /// Tenants, buckets, heads, listings and uploads.
    pub metadata: Arc<dyn MetadataStore>,
    /// The bytes of objects.
    pub chunks: Arc<dyn ChunkStore>,
    /// What crashes and overwrites leave behind.
    pub reclaim: Arc<dyn ReclaimStore>,
    /// Who does what in the background.
    pub work: Arc<dyn WorkStore>,
    /// Accounts.
    pub directory: Arc<dyn DirectoryStore>,
    /// Whether the store can serve.
    pub health: Arc<dyn StoreHealth>,
}

/// Tenants, buckets, object heads, listings and multipart uploads.
///
/// Absence and conflict are values. An error means that the store could not tell, and is never an empty answer.
#[async_trait]
pub trait MetadataStore: Send + Sync {
    /// Returns the tenant of this name, making it (with a random canonical id) if there is none. Two calls that race,
    /// on whatever front ends, return the same tenant.
    async fn ensure_tenant(&self, name: &str) -> Result<Tenant>;

    /// The tenant with this canonical id.
    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>>;

    /// Claims a bucket name for the whole platform. Of any number of racing calls exactly one gets
    /// [`CreateBucket::Created`].
    async fn create_bucket(&self, new: NewBucket) -> Result<CreateBucket>;

    /// The live bucket of this name. May be older than the truth by the store's lease; a bucket that is being deleted
    /// is still answered until its deletion is decided.
    async fn bucket(&self, name: &BucketName) -> Result<Option<Bucket>>;

    /// Changes a bucket's settings atomically. `decide` is a pure function of the settings as they are, and is called
    /// again when another change was faster; `None` leaves them. Other front ends may act on the old ones for as long
    /// as the store's lease.
    async fn change_bucket(
        &self,
        bucket: &Bucket,
        decide: &mut (dyn for<'s> FnMut(&'s BucketSettings) -> Option<BucketSettings> + Send),
    ) -> Result<ChangeBucket>;

    /// Gives a bucket to another tenant, atomically, if it is still `bucket.owner`'s; otherwise it is left. What is in it
    /// stays as it is. Other front ends may take the former owner for its owner for as long as the store's lease.
    async fn change_owner(&self, bucket: &Bucket, to: TenantId) -> Result<ChangeBucket>;

    /// Removes a bucket that holds no version, no delete marker and no open upload. After [`DeleteBucket::Deleted`] no write into this
    /// bucket id is ever acknowledged.
    async fn delete_bucket(&self, bucket: &Bucket) -> Result<DeleteBucket>;

    /// The buckets of `owner` in order of their names, those that start with `prefix` and come after `after`.
    async fn list_buckets(
        &self,
        owner: TenantId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Bucket>>;

    /// The head of one key: the truth about its current version.
    async fn read_head(&self, bucket: &Bucket, key: &ObjectKey, fetch: Fetch) -> Result<HeadRead>;

    /// The head of one key, and one version of it by name: [`Head::named`].
    async fn read_version(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        version: VersionRef,
        fetch: Fetch,
    ) -> Result<HeadRead>;

    /// Changes one head atomically. `decide` sees the head as it is and says what it becomes; it is called again, on a
    /// newer head, each time another writer was faster, so it must be a pure function of what it is given (the head it
    /// sees has [`Data::NotRead`] for inline bytes). What decisions do to versions is [`versions::plan`]. `read` is the head as read *before* the first byte of a new blob
    /// was written: stores that reclaim by fencing depend on it.
    ///
    /// A bucket that is gone or going is [`HeadChange::NoSuchBucket`].
    async fn change_head(
        &self,
        read: HeadRead,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
    ) -> Result<HeadChange>;

    /// Objects in order of their keys' bytes. Every acknowledged write is seen, every acknowledged delete is not.
    async fn list_objects(&self, bucket: &Bucket, scan: &Scan) -> Result<Page<ListedObject>>;

    /// Versions and delete markers in order of their keys' bytes, those of one key from the newest to the oldest.
    async fn list_versions(&self, bucket: &Bucket, scan: &VersionScan) -> Result<Page<ListedVersion>>;

    /// Opens a multipart upload.
    async fn create_upload(&self, bucket: &Bucket, new: NewUpload) -> Result<CreateUpload>;

    /// The upload with this id, if it was made for this bucket and key; completed ones are remembered for
    /// [`COMPLETED_UPLOAD_SECONDS`], aborted ones not.
    async fn upload(&self, bucket: &Bucket, key: &ObjectKey, id: UploadId) -> Result<Option<Upload>>;

    /// Registers a part whose blob is written, replacing one of the same number. Only into an open upload.
    async fn put_part(&self, bucket: &Bucket, upload: &Upload, part: Part) -> Result<PutPart>;

    /// Parts with a number above `after`, in order.
    async fn list_parts(&self, bucket: &Bucket, upload: &Upload, after: u16, limit: usize) -> Result<Page<Part>>;

    /// Open uploads in order of key, then of upload id (which is the order of their creation).
    async fn list_uploads(&self, bucket: &Bucket, scan: &UploadScan) -> Result<Page<Upload>>;

    /// Publishes a manifest as the object and closes the upload; no data moves. Against [`Self::abort_upload`] and
    /// other completions exactly one wins. `fingerprint` names the list of parts asked for: completing again with the
    /// same one answers [`CompleteUpload::Already`]. `decide` is as in [`Self::change_head`]; when it leaves the head
    /// as it is, the upload stays open.
    async fn complete_upload(
        &self,
        upload: &Upload,
        fingerprint: Fingerprint,
        manifest: &Placement,
        read: HeadRead,
        decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
    ) -> Result<CompleteUpload>;

    /// Aborts an open upload; its parts' space is reclaimed.
    async fn abort_upload(&self, bucket: &Bucket, upload: &Upload) -> Result<AbortUpload>;
}

/// The bytes of objects, in chunks that are immutable once they are published.
#[async_trait]
pub trait ChunkStore: Send + Sync {
    /// Bodies up to this many bytes are handed over with the head, as [`Data::Inline`].
    fn inline_bytes_max(&self) -> usize;

    /// The size of the pieces in which bodies should be handed to a [`BlobWriter`], bytes.
    fn chunk_bytes(&self) -> usize;

    /// Starts a blob. It is known to the reclaimer before its first chunk is written.
    async fn create(&self, home: Home<'_>) -> Result<Box<dyn BlobWriter>>;

    /// Writes the list of parts of a completed upload as a blob of its own.
    async fn write_manifest(&self, home: Home<'_>, manifest: &Manifest) -> Result<Placement>;

    /// Reads back what [`Self::write_manifest`] wrote.
    async fn read_manifest(&self, placement: &Placement) -> Result<Manifest>;

    /// Streams `range` (bytes, within the blob) of a blob that is no manifest. Every chunk's checksum is verified
    /// before it is handed out. The blob stays readable while the stream lives, even when the object is deleted.
    async fn read(&self, placement: &Placement, range: Range<u64>) -> Result<ChunkStream>;

    /// Keeps an object's blob, and what its manifest refers to, readable while the answer lives. A stream from
    /// [`Self::read`] needs none; whoever opens a manifest's parts one after the other does. Stores whose grace period
    /// outlasts every request answer with nothing to hold.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`] when the object was replaced since its head was read.
    async fn hold(&self, placement: &Placement) -> Result<Hold> {
        let _ = placement;
        Ok(Box::new(()))
    }

    /// Keeps a blob from being reclaimed so that a second head may refer to it. Call it *after* reading the
    /// destination's head and before changing it; hold the answer until that change is done.
    async fn reference(&self, placement: &Placement, bucket: &Bucket, key: &ObjectKey) -> Result<Reference>;
}

/// Finding and giving back the space that nothing refers to any more.
#[async_trait]
pub trait ReclaimStore: Send + Sync {
    /// One bounded step; safe to run on any number of front ends at once, and to be cut off anywhere.
    async fn sweep(&self) -> Result<Sweep>;
}

/// Whether the store can serve.
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// `Ok` when reads and writes can be answered; otherwise what is missing, as one sentence.
    async fn ready(&self) -> std::result::Result<(), String>;

    /// Writes what is pending and releases the store. Called once, after the last request.
    async fn close(&self) -> Result<()>;
}

/// What keeps a blob readable, see [`ChunkStore::hold`].
pub type Hold = Box<dyn std::any::Any + Send + Sync>;

/// A byte stream from memory, for stores and tests.
#[must_use]
pub fn stream_of(bytes: Bytes) -> ChunkStream {
    Box::pin(futures::stream::once(async move { Ok(bytes) }))
}
