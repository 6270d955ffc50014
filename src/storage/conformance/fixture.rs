//! A bucket to play in, and the few verbs that every promise is told with.

use std::collections::hash_map::DefaultHasher;
use std::future::Future;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use uuid::Uuid;

use crate::storage::names::NameRules;
use crate::storage::{
    BlobWriter, Bucket, BucketName, BucketSettings, ChunkStream, CreateBucket, CreateUpload, Data, Decision,
    DeleteBucket, Fetch, Head, HeadChange, HeadRead, Home, NewBucket, NewUpload, ObjectAttrs, ObjectKey, ObjectRecord,
    Placement, Reference, Result, Scan, Storage, StorageError, Tenant, Timestamp, Upload, VersionRef,
};

/// How often a change that the store refused under contention is sent again before the test gives up.
const RETRIES_MAX: usize = 200;

/// A fresh tenant and a fresh bucket of it, in a store that others may use at the same time.
#[derive(Clone)]
pub struct Fixture {
    /// The store.
    pub storage: Storage,
    /// Who owns the bucket.
    pub tenant: Tenant,
    /// The bucket.
    pub bucket: Bucket,
}

impl Fixture {
    /// Makes both.
    pub async fn new(storage: Storage) -> Self {
        let tenant = fresh_tenant(&storage).await;
        let bucket = claim(&storage, &fresh_name(), &tenant).await;
        Self { storage, tenant, bucket }
    }

    /// The head of a key as it is now.
    pub async fn read(&self, key: &str) -> HeadRead {
        let key = key_of(key);
        self.storage.metadata.read_head(&self.bucket, &key, Fetch::WithInline).await.expect("reads the head")
    }

    /// Changes a head that was read before.
    pub async fn change(&self, read: HeadRead, decision: Decision) -> HeadChange {
        self.storage.metadata.change_head(read, &mut |_| decision.clone()).await.expect("changes the head")
    }

    /// Puts an object as the protocol does: head, then bytes, then head.
    pub async fn put(&self, key: &str, body: impl Into<Bytes>) -> Head {
        match self.try_put(key, body.into()).await.expect("puts") {
            HeadChange::Applied { head, .. } => head,
            other => panic!("an unconditional put of {key:?} was answered {other:?}"),
        }
    }

    /// [`Self::put`], for those who expect another answer.
    ///
    /// # Errors
    /// The store's.
    pub async fn try_put(&self, key: &str, body: Bytes) -> Result<HeadChange> {
        let parsed = key_of(key);
        let read = self.storage.metadata.read_head(&self.bucket, &parsed, Fetch::Attrs).await?;
        let record = self.record(&parsed, body).await?;
        self.storage.metadata.change_head(read, &mut |_| Decision::Put(Arc::clone(&record))).await
    }

    /// A record of these bytes, stored inline or in a blob as their size demands.
    ///
    /// # Errors
    /// The store's.
    pub async fn record(&self, key: &ObjectKey, body: Bytes) -> Result<Arc<ObjectRecord>> {
        let attrs = attrs_of(&body, &self.tenant);
        let data = if body.len() <= self.storage.chunks.inline_bytes_max() {
            Data::Inline(body)
        } else {
            Data::Stored(self.blob(Home::Object(&self.bucket, key), body).await?)
        };
        Ok(Arc::new(ObjectRecord { attrs, data }))
    }

    /// Writes a blob in pieces of the size that the store asks for.
    ///
    /// # Errors
    /// The store's.
    pub async fn blob(&self, home: Home<'_>, body: Bytes) -> Result<Placement> {
        let mut writer = self.storage.chunks.create(home).await?;
        write_in_pieces(writer.as_mut(), body, self.storage.chunks.chunk_bytes()).await?;
        writer.finish().await
    }

    /// The bytes of an object; `None` when there is none.
    pub async fn get(&self, key: &str) -> Option<Bytes> {
        let read = self.read(key).await;
        let record = read.head.current?;
        let bytes = match &record.data {
            Data::Inline(bytes) => bytes.clone(),
            Data::Stored(placement) if placement.manifest => self.parts_bytes(placement).await,
            Data::Stored(placement) => self.range(placement, 0..placement.length).await,
            Data::NotRead => panic!("inline bytes of {key:?} were asked for and not given"),
        };
        assert_eq!(bytes.len() as u64, record.attrs.size, "the length of {key:?}");
        Some(bytes)
    }

    async fn parts_bytes(&self, placement: &Placement) -> Bytes {
        let manifest = self.storage.chunks.read_manifest(placement).await.expect("reads the manifest");
        let mut all = BytesMut::new();
        for part in manifest.parts {
            let placement = part.placement.expect("each part of a manifest has a placement");
            all.extend_from_slice(&self.range(&placement, 0..placement.length).await);
        }
        all.freeze()
    }

    /// Bytes of a blob.
    pub async fn range(&self, placement: &Placement, range: Range<u64>) -> Bytes {
        collect(self.storage.chunks.read(placement, range).await.expect("opens the blob")).await
    }

    /// Deletes an object.
    pub async fn delete(&self, key: &str) -> HeadChange {
        let read = self.read(key).await;
        self.change(read, Decision::Remove(VersionRef::Null)).await
    }

    /// Refers to `source`'s blob from a second key, in the order that the contract demands.
    pub async fn copy(&self, source: &str, destination: &str) {
        let from = self.read(source).await.head.current.expect("the source is there");
        let Data::Stored(placement) = &from.data else { panic!("only blobs are copied by reference") };
        let to = self.read(destination).await;
        let key = key_of(destination);
        let held = self.storage.chunks.reference(placement, &self.bucket, &key).await.expect("refers");
        let Reference::Held(hold) = held else { panic!("a blob that has an object is live") };
        let change = self.change(to, Decision::Put(Arc::clone(&from))).await;
        assert!(matches!(change, HeadChange::Applied { .. }), "{change:?}");
        drop(hold);
    }

    /// Every key, read in pages of `limit`.
    pub async fn list(&self, prefix: &[u8], from: &[u8], limit: usize) -> Vec<String> {
        let mut scan = Scan { prefix: prefix.to_vec(), from: from.to_vec(), limit };
        let mut keys = Vec::new();
        loop {
            let page = self.storage.metadata.list_objects(&self.bucket, &scan).await.expect("lists");
            assert!(page.entries.len() <= limit, "{} entries on a page of {limit}", page.entries.len());
            assert!(!page.more || !page.entries.is_empty(), "a page that is not the last has an entry");
            keys.extend(page.entries.iter().map(|entry| entry.key.as_str().to_owned()));
            if !page.more {
                return keys;
            }
            scan.from = keys.last().map(|key| [key.as_bytes(), &[0]].concat()).unwrap_or_default();
        }
    }

    /// Opens an upload.
    pub async fn open(&self, key: &str) -> Upload {
        match self.try_open(key).await {
            CreateUpload::Created(upload) => upload,
            CreateUpload::NoSuchBucket => panic!("the bucket is there"),
        }
    }

    /// [`Self::open`], for those who expect another answer.
    pub async fn try_open(&self, key: &str) -> CreateUpload {
        let new = NewUpload {
            key: key_of(key),
            attrs: ObjectAttrs { owner: Bytes::copy_from_slice(&self.tenant.id.0), ..ObjectAttrs::default() },
            initiator: self.tenant.id,
            initiated: Timestamp::now(),
        };
        self.storage.metadata.create_upload(&self.bucket, new).await.expect("opens an upload")
    }

    /// Asks for the bucket's deletion.
    pub async fn delete_bucket(&self) -> DeleteBucket {
        self.storage.metadata.delete_bucket(&self.bucket).await.expect("deletes the bucket")
    }

    /// Some sweeps, as many as a reclaimer needs to come by everything at least once.
    pub async fn sweep(&self) {
        for _ in 0..8 {
            // A step may be cut off anywhere, and is taken again.
            if insist(|| self.storage.reclaim.sweep()).await.is_some_and(|sweep| sweep.idle) {
                return;
            }
        }
    }
}

/// A tenant nobody else has.
pub async fn fresh_tenant(storage: &Storage) -> Tenant {
    storage.metadata.ensure_tenant(&format!("tenant-{}", Uuid::new_v4().as_simple())).await.expect("makes a tenant")
}

/// A bucket name nobody else has.
#[must_use]
pub fn fresh_name() -> String {
    format!("b-{}", Uuid::new_v4().as_simple())
}

/// A bucket to ask for.
#[must_use]
pub fn wanted(name: &str, tenant: &Tenant) -> NewBucket {
    NewBucket {
        name: BucketName::parse(name, NameRules::S3).expect("a valid name"),
        owner: tenant.id,
        region: "us-east-1".to_owned(),
        created: Timestamp::now(),
        settings: BucketSettings::default(),
    }
}

/// Claims a free name.
pub async fn claim(storage: &Storage, name: &str, tenant: &Tenant) -> Bucket {
    match storage.metadata.create_bucket(wanted(name, tenant)).await.expect("claims a name") {
        CreateBucket::Created(bucket) => bucket,
        other => panic!("the name {name} was free and is now {other:?}"),
    }
}

/// A key.
#[must_use]
pub fn key_of(text: &str) -> ObjectKey {
    ObjectKey::parse(text).expect("a valid key")
}

/// Bytes that look random and are the same for the same arguments.
#[must_use]
pub fn body_of(length: usize, seed: u64) -> Bytes {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}

/// Attributes that fit these bytes.
#[must_use]
pub fn attrs_of(body: &[u8], tenant: &Tenant) -> ObjectAttrs {
    ObjectAttrs {
        size: body.len() as u64,
        etag: etag_of(body),
        modified_micros: Timestamp::now().0,
        owner: Bytes::copy_from_slice(&tenant.id.0),
        ..ObjectAttrs::default()
    }
}

/// Stands for an MD5: a store keeps ETags and never makes them.
#[must_use]
pub fn etag_of(body: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    format!("{:032x}", hasher.finish())
}

/// An inline record of these bytes.
#[must_use]
pub fn inline(body: impl Into<Bytes>, tenant: &Tenant) -> Arc<ObjectRecord> {
    let body = body.into();
    Arc::new(ObjectRecord { attrs: attrs_of(&body, tenant), data: Data::Inline(body) })
}

/// Hands `body` to a writer in pieces.
///
/// # Errors
/// The store's.
pub async fn write_in_pieces(writer: &mut dyn BlobWriter, mut body: Bytes, piece_bytes: usize) -> Result<()> {
    while !body.is_empty() {
        writer.write(body.split_to(piece_bytes.min(body.len()))).await?;
    }
    Ok(())
}

/// A whole stream.
pub async fn collect(mut stream: ChunkStream) -> Bytes {
    let mut all = BytesMut::new();
    while let Some(piece) = stream.next().await {
        all.extend_from_slice(&piece.expect("reads a piece"));
    }
    all.freeze()
}

/// Runs `count` tasks at once and returns what they say, in order.
pub async fn at_once<T, F>(count: usize, mut task: impl FnMut(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let tasks: Vec<_> = (0..count).map(|i| tokio::spawn(task(i))).collect();
    futures::future::join_all(tasks).await.into_iter().map(|done| done.expect("the task did not panic")).collect()
}

/// Repeats what the store refused without having done it: contention may make a store say so. An unknown outcome is
/// handed on as `None`.
pub async fn insist<T, F: Future<Output = Result<T>>>(mut attempt: impl FnMut() -> F) -> Option<T> {
    for _ in 0..RETRIES_MAX {
        match attempt().await {
            Ok(value) => return Some(value),
            Err(StorageError::Unavailable(_)) => tokio::task::yield_now().await,
            Err(StorageError::OutcomeUnknown(_)) => return None,
            Err(other) => panic!("{other}"),
        }
    }
    panic!("the store was not available {RETRIES_MAX} times in a row");
}
