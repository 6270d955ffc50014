//! The rows: what a store keeps about tenants, buckets, objects and uploads.
//!
//! Everything that is written as one value (`attrs`) is a protobuf message: fields have numbers that are never used
//! twice, older readers skip newer fields, newer readers see absent ones as their default.

use std::sync::Arc;

use bytes::Bytes;

use super::access::AccessControlList;
use super::body::ChunkStream;
use super::boot_time::BootTime;
pub use super::ids::{BucketId, InodeId, Rev, TenantId, Timestamp, UploadId, VersionId};
use super::names::{BucketName, ObjectKey};
pub use super::settings::{BucketSettings, LockRule, LockSettings, PolicyPrincipal, RetentionMode, Tag, Versioning};

/// How long a completed upload is remembered, so that completing it again answers the same success, seconds.
pub const COMPLETED_UPLOAD_SECONDS: u64 = 7 * 24 * 3600;
/// Entries a store hands out in one page at most.
pub const PAGE_ENTRIES_MAX: usize = 1_000;

/// Who owns buckets and keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The canonical id.
    pub id: TenantId,
    /// The name operators know it by; also its display name.
    pub name: String,
}

/// A live bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name, unique on the platform.
    pub name: BucketName,
    /// This life of it.
    pub id: BucketId,
    /// The tenant that owns it.
    pub owner: TenantId,
    /// The region it was created in.
    pub region: String,
    /// When it was created.
    pub created: Timestamp,
    /// How its owner has configured it.
    pub settings: Arc<BucketSettings>,
}

/// A bucket to create.
#[derive(Debug, Clone)]
pub struct NewBucket {
    /// Its name.
    pub name: BucketName,
    /// The tenant that will own it.
    pub owner: TenantId,
    /// The region it is created in.
    pub region: String,
    /// When it was asked for.
    pub created: Timestamp,
    /// How it is configured from the start.
    pub settings: BucketSettings,
}

/// What became of a claim to a bucket name.
#[derive(Debug, Clone)]
pub enum CreateBucket {
    /// It is the caller's now.
    Created(Bucket),
    /// Somebody (perhaps the caller) has it.
    AlreadyExists(Bucket),
    /// Its deletion is going on; it can be claimed when that ends.
    BeingDeleted,
}

/// What became of a bucket's deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteBucket {
    /// It is gone.
    Deleted,
    /// It holds an object or an open upload, and stays.
    NotEmpty,
    /// There is no such bucket any more.
    Absent,
}

/// What became of a change of a bucket's settings or owner.
#[derive(Debug, Clone)]
pub enum ChangeBucket {
    /// It is so now.
    Changed(Bucket),
    /// The decision was to leave it as it is.
    Left(Bucket),
    /// The bucket is gone or going.
    NoSuchBucket,
}

/// A header kept with an object, value bytes as the client sent them.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StoredHeader {
    /// Lower-case name; user metadata without the `x-amz-meta-` prefix.
    #[prost(string, tag = "1")]
    pub name: String,
    /// The value, byte for byte.
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
}

/// Everything about an object's version but its bytes.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ObjectAttrs {
    /// Bytes.
    #[prost(uint64, tag = "1")]
    pub size: u64,
    /// Without quotes: 32 hexadecimal digits of MD5, or `…-N` for a multipart object.
    #[prost(string, tag = "2")]
    pub etag: String,
    /// Last-Modified, microseconds since 1970.
    #[prost(int64, tag = "3")]
    pub modified_micros: i64,
    /// Content-Type, Cache-Control, Content-Disposition, Content-Encoding, Content-Language, Expires, verbatim.
    #[prost(message, repeated, tag = "4")]
    pub headers: Vec<StoredHeader>,
    /// `x-amz-meta-*`.
    #[prost(message, repeated, tag = "5")]
    pub user_metadata: Vec<StoredHeader>,
    /// Canonical id of the owner, 32 bytes.
    #[prost(bytes = "bytes", tag = "6")]
    pub owner: Bytes,
    /// Empty means `STANDARD`.
    #[prost(string, tag = "7")]
    pub storage_class: String,
    /// Parts of the multipart upload that made it; 0 when none did.
    #[prost(uint32, tag = "8")]
    pub parts: u32,
    /// Additional checksums of the bytes.
    #[prost(message, repeated, tag = "9")]
    pub checksums: Vec<StoredChecksum>,
    /// [`VersionId`], 16 bytes; empty for the null version. In a record that is to be put: any id asks for a version
    /// of its own, whose id the store makes.
    #[prost(bytes = "bytes", tag = "10")]
    pub version: Bytes,
    /// It says that the object is deleted, and has no bytes.
    #[prost(bool, tag = "11")]
    pub delete_marker: bool,
    /// Its place among the versions of its key, set by the store: the higher, the newer.
    #[prost(int64, tag = "12")]
    pub seq: i64,
    /// The object's tags.
    #[prost(message, repeated, tag = "13")]
    pub tags: Vec<Tag>,
    /// What keeps this version from being removed.
    #[prost(message, optional, tag = "14")]
    pub lock: Option<ObjectLock>,
    /// Grants; absent when only the owner has any.
    #[prost(message, optional, tag = "15")]
    pub acl: Option<AccessControlList>,
}

/// What keeps a version from being removed (AWS, "Locking objects with Object Lock").
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ObjectLock {
    /// Of the retention period, if there is one.
    #[prost(enumeration = "RetentionMode", tag = "1")]
    pub mode: i32,
    /// The end of the retention period, microseconds since 1970; 0 when there is none.
    #[prost(int64, tag = "2")]
    pub retain_until_micros: i64,
    /// It stays until this is taken off, whatever the period; absent when it was never put or taken off.
    #[prost(bool, optional, tag = "3")]
    pub legal_hold: Option<bool>,
}

/// Names one version of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VersionRef {
    /// The one that was put while the bucket had no versioning, or had it suspended.
    Null,
    /// The one with this id.
    Id(VersionId),
}

impl ObjectAttrs {
    /// How requests name this version.
    #[must_use]
    pub fn version_ref(&self) -> VersionRef {
        VersionId::from_slice(&self.version).map_or(VersionRef::Null, VersionRef::Id)
    }
}

/// Where a blob is.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Placement {
    /// The inode, 16 bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub inode: Bytes,
    /// Bytes of content that the object (or part) has.
    #[prost(uint64, tag = "2")]
    pub length: u64,
    /// Bytes of each chunk but the last, where the store cuts blobs into chunks.
    #[prost(uint32, tag = "3")]
    pub chunk_bytes: u32,
    /// The inode holds a [`Manifest`], and `length` is the sum of its parts.
    #[prost(bool, tag = "4")]
    pub manifest: bool,
    /// Length of the encoded manifest, bytes; 0 for other blobs.
    #[prost(uint64, tag = "5")]
    pub manifest_bytes: u64,
    /// The head or upload that the blob was written for, so that a copy's last deletion still looks there. Opaque to
    /// everyone but the store that wrote it; empty where the store needs none.
    #[prost(bytes = "bytes", tag = "6")]
    pub home: Bytes,
}

impl Placement {
    /// The inode's id; `None` when the row is damaged.
    #[must_use]
    pub fn inode_id(&self) -> Option<InodeId> {
        InodeId::from_slice(&self.inode)
    }
}

/// The parts of a completed multipart upload, in order.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Manifest {
    /// Each of them.
    #[prost(message, repeated, tag = "1")]
    pub parts: Vec<ManifestPart>,
}

/// One part in a manifest.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ManifestPart {
    /// 1 to 10,000.
    #[prost(uint32, tag = "1")]
    pub number: u32,
    /// Bytes.
    #[prost(uint64, tag = "2")]
    pub size: u64,
    /// Where its bytes are.
    #[prost(message, optional, tag = "3")]
    pub placement: Option<Placement>,
    /// The part's MD5, 32 hexadecimal digits.
    #[prost(string, tag = "4")]
    pub etag: String,
    /// Additional checksums of the part's bytes.
    #[prost(message, repeated, tag = "5")]
    pub checksums: Vec<StoredChecksum>,
}

/// Where the bytes of an object are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Here.
    Inline(Bytes),
    /// In a blob.
    Stored(Placement),
    /// Inline, and the caller did not ask for them.
    NotRead,
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRecord {
    /// Everything but the bytes.
    pub attrs: ObjectAttrs,
    /// The bytes, or where they are.
    pub data: Data,
}

/// What a caller wants of a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    /// The attributes; inline bytes may come as [`Data::NotRead`].
    Attrs,
    /// Inline bytes as well.
    WithInline,
}

/// The truth about one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Changes with every change; `None` when the key was never written or its tombstone has expired.
    pub rev: Option<Rev>,
    /// The time the last change was made under, never going back.
    pub ts: Timestamp,
    /// The newest version, which may be a delete marker; `None` when there is none.
    pub current: Option<Arc<ObjectRecord>>,
    /// How many noncurrent versions and delete markers there are.
    pub older: u64,
    /// The place of the null version, if it is a noncurrent one.
    pub null_seq: Option<i64>,
    /// The version that the read named, current or not.
    pub named: Option<Arc<ObjectRecord>>,
}

impl Head {
    /// The current version, unless the object is deleted.
    #[must_use]
    pub fn object(&self) -> Option<&Arc<ObjectRecord>> {
        self.current.as_ref().filter(|record| !record.attrs.delete_marker)
    }
}

/// A head as read, and when.
#[derive(Debug, Clone)]
pub struct HeadRead {
    /// The bucket it is in.
    pub bucket: Bucket,
    /// Its key.
    pub key: ObjectKey,
    /// The head.
    pub head: Head,
    /// The moment just before it was read.
    pub read_at: BootTime,
    /// The version that was asked for beside the current one.
    pub named: Option<VersionRef>,
}

/// What a head is to become.
#[derive(Debug, Clone)]
pub enum Decision {
    /// The current version is now this one. It replaces the null version, wherever that is, if its `version` is empty;
    /// otherwise it gets an id of its own and replaces nothing.
    Put(Arc<ObjectRecord>),
    /// This version is no more. If it was the current one, the newest of the others is.
    Remove(VersionRef),
    /// The version that this record says it is, current or named by the read, has these attributes. Its bytes and its
    /// place stay.
    Rewrite(Arc<ObjectRecord>),
    /// Nothing changes.
    Leave,
}

/// What became of a change.
#[derive(Debug, Clone)]
pub enum HeadChange {
    /// It is durable and visible. `previous` is what it replaced.
    Applied {
        /// The head before.
        previous: Head,
        /// The head now.
        head: Head,
    },
    /// The decision was to leave this head as it is.
    Left(Head),
    /// The bucket is gone or going.
    NoSuchBucket,
    /// The blob that the decision refers to was reclaimed meanwhile (a front end that was paused for longer than the
    /// grace period): start again with the upload of the bytes.
    BlobGone,
}

/// Where a scan of keys begins and what it takes.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// Only keys that start with these bytes.
    pub prefix: Vec<u8>,
    /// The first key that may come, inclusive; any bytes. Callers that continue after a key append a zero byte.
    pub from: Vec<u8>,
    /// Entries at most, 1 to [`PAGE_ENTRIES_MAX`].
    pub limit: usize,
}

/// Where a scan of uploads begins and what it takes.
#[derive(Debug, Clone, Default)]
pub struct UploadScan {
    /// Only keys that start with these bytes.
    pub prefix: Vec<u8>,
    /// The first key that may come, inclusive; any bytes.
    pub from: Vec<u8>,
    /// Of the key equal to `from`, only uploads after this id.
    pub after_upload: Option<UploadId>,
    /// Entries at most, 1 to [`PAGE_ENTRIES_MAX`].
    pub limit: usize,
}

/// A page of a scan, in order.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The entries; may be fewer than asked for even when `more` is true.
    pub entries: Vec<T>,
    /// There may be more after the last entry. A page with `more` has at least one entry.
    pub more: bool,
}

/// What listings answer about an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedObject {
    /// Its key.
    pub key: ObjectKey,
    /// Its attributes; `headers` and `user_metadata` may be left out.
    pub attrs: ObjectAttrs,
}

/// Where a scan of versions begins and what it takes.
#[derive(Debug, Clone, Default)]
pub struct VersionScan {
    /// Only keys that start with these bytes.
    pub prefix: Vec<u8>,
    /// The first key that may come, inclusive; any bytes.
    pub from: Vec<u8>,
    /// Of the key equal to `from`, only versions whose place is below this.
    pub below: Option<i64>,
    /// Entries at most, 1 to [`PAGE_ENTRIES_MAX`].
    pub limit: usize,
}

/// What listings answer about a version or delete marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    /// Its key.
    pub key: ObjectKey,
    /// Its attributes; `headers` and `user_metadata` may be left out.
    pub attrs: ObjectAttrs,
    /// It is the current one.
    pub latest: bool,
}

/// An upload to open.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// The key it will become.
    pub key: ObjectKey,
    /// What the object will be; size and ETag are not known yet.
    pub attrs: ObjectAttrs,
    /// Who opened it.
    pub initiator: TenantId,
    /// When.
    pub initiated: Timestamp,
}

/// What became of opening an upload.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one value per request, and never in a collection")]
pub enum CreateUpload {
    /// It is open.
    Created(Upload),
    /// The bucket is gone or going.
    NoSuchBucket,
}

/// A multipart upload.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The key it will become.
    pub key: ObjectKey,
    /// What the object will be.
    pub attrs: ObjectAttrs,
    /// Who opened it.
    pub initiator: TenantId,
    /// When.
    pub initiated: Timestamp,
    /// What has become of it.
    pub state: UploadState,
}

/// Names the list of parts that a completion asked for (a SHA-256).
pub type Fingerprint = [u8; 32];

/// What has become of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "one value per request, and never in a collection")]
pub enum UploadState {
    /// Takes parts.
    Open,
    /// Became this object.
    Completed {
        /// The completion's list of parts.
        fingerprint: Fingerprint,
        /// The object as it was published.
        attrs: ObjectAttrs,
    },
}

/// A part of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// 1 to 10,000.
    pub number: u16,
    /// Everything about it.
    pub attrs: PartAttrs,
}

/// Everything about a part but its number, as one stored value.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PartAttrs {
    /// Bytes.
    #[prost(uint64, tag = "1")]
    pub size: u64,
    /// MD5, 32 hexadecimal digits.
    #[prost(string, tag = "2")]
    pub etag: String,
    /// When it was uploaded, microseconds since 1970.
    #[prost(int64, tag = "3")]
    pub modified_micros: i64,
    /// Where its bytes are. Parts are never inline: all but the last have 5 MiB, and a page of them must stay small.
    #[prost(message, optional, tag = "4")]
    pub placement: Option<Placement>,
    /// Additional checksums of its bytes.
    #[prost(message, repeated, tag = "5")]
    pub checksums: Vec<StoredChecksum>,
}

/// An additional checksum of an object or a part.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct StoredChecksum {
    /// Its name on the wire, such as `CRC32`; a front end that does not know it shows no value of it.
    #[prost(string, tag = "1")]
    pub algorithm: String,
    /// Base64, as it goes over the wire.
    #[prost(string, tag = "2")]
    pub value: String,
    /// It was made of the parts' checksums, not of the bytes.
    #[prost(bool, tag = "3")]
    pub composite: bool,
}

/// What became of registering a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutPart {
    /// It is part of the upload.
    Registered,
    /// The upload was completed or aborted.
    NoSuchUpload,
}

/// What became of a completion.
#[derive(Debug, Clone)]
pub enum CompleteUpload {
    /// The object is there. Holds the head that was replaced.
    Completed {
        /// The head before.
        previous: Head,
        /// The head now.
        head: Head,
    },
    /// The same completion happened before; these are the object's attributes of then.
    Already(ObjectAttrs),
    /// `decide` left this head as it is; the upload is open.
    Left(Head),
    /// It was aborted, or completed with other parts.
    NoSuchUpload,
    /// The bucket is gone or going.
    NoSuchBucket,
}

/// What became of an abort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbortUpload {
    /// It is gone.
    Aborted,
    /// It was completed or aborted before.
    NoSuchUpload,
}

/// Whom a blob is written for.
#[derive(Debug, Clone, Copy)]
pub enum Home<'a> {
    /// The head of a key.
    Object(&'a Bucket, &'a ObjectKey),
    /// A part of an upload.
    Part(&'a Bucket, &'a Upload, u16),
    /// The manifest of an upload's completion.
    Manifest(&'a Bucket, &'a Upload),
}

/// The right to publish a second reference to a blob.
pub enum Reference {
    /// The blob stays; drop this after the destination's head has changed (or will not).
    Held(Box<dyn std::any::Any + Send + Sync>),
    /// The blob is gone or going: read the source's head again.
    Gone,
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Log entries or files looked at.
    pub examined: u64,
    /// Blobs whose space was given back.
    pub reclaimed: u64,
    /// Nothing was left to look at.
    pub idle: bool,
}

/// A blob's content as a stream, with its length.
pub struct Content {
    /// Bytes.
    pub length: u64,
    /// Them.
    pub stream: ChunkStream,
}
