//! The values of rows: which inodes they refer to, readable without decoding the rest, then a protobuf message.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

use crate::storage::directory::Entry;
use crate::storage::{
    Bucket, BucketId, BucketName, BucketSettings, Data, Fingerprint, Head, InodeId, ObjectAttrs, ObjectKey,
    ObjectRecord, Part, PartAttrs, Placement, Result, Rev, StorageError, Tenant, TenantId, Timestamp, Upload, UploadId,
    UploadState,
};

/// `[count, u32][inodes, 16 bytes each][message]`
pub(super) fn encode(inodes: &[InodeId], message: &impl Message) -> Bytes {
    let mut out = Vec::with_capacity(4 + inodes.len() * 16 + message.encoded_len());
    out.extend_from_slice(&u32::try_from(inodes.len()).expect("far fewer than 2^32 parts").to_le_bytes());
    for inode in inodes {
        out.extend_from_slice(inode.0.as_bytes());
    }
    message.encode(&mut out).expect("a vector grows");
    out.into()
}

fn split(value: &[u8]) -> Option<(&[u8], &[u8])> {
    let count = u32::from_le_bytes(value.get(..4)?.try_into().ok()?);
    value[4..].split_at_checked(usize::try_from(count).ok()?.checked_mul(16)?)
}

/// The inodes that a row refers to.
pub(super) fn inodes(value: &[u8]) -> impl Iterator<Item = InodeId> {
    split(value).map_or(&[][..], |(inodes, _)| inodes).chunks_exact(16).filter_map(InodeId::from_slice)
}

fn damaged(what: &str) -> StorageError {
    StorageError::Corrupt(format!("a row of the index that holds {what} cannot be decoded"))
}

fn message<M: Message + Default>(value: &[u8], what: &str) -> Result<M> {
    let (_, body) = split(value).ok_or_else(|| damaged(what))?;
    M::decode(body).map_err(|_| damaged(what))
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct TenantRow {
    #[prost(bytes = "bytes", tag = "1")]
    id: Bytes,
    #[prost(string, tag = "2")]
    name: String,
}

pub(super) fn encode_tenant(tenant: &Tenant) -> Bytes {
    encode(&[], &TenantRow { id: Bytes::copy_from_slice(&tenant.id.0), name: tenant.name.clone() })
}

pub(super) fn decode_tenant(value: &[u8]) -> Result<Tenant> {
    let row: TenantRow = message(value, "a tenant")?;
    Ok(Tenant { id: TenantId::from_slice(&row.id).ok_or_else(|| damaged("a tenant"))?, name: row.name })
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct BucketRow {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(bytes = "bytes", tag = "2")]
    id: Bytes,
    #[prost(bytes = "bytes", tag = "3")]
    owner: Bytes,
    #[prost(string, tag = "4")]
    region: String,
    #[prost(int64, tag = "5")]
    created_micros: i64,
    #[prost(message, optional, tag = "6")]
    settings: Option<BucketSettings>,
}

pub(super) fn encode_bucket(bucket: &Bucket) -> Bytes {
    let row = BucketRow {
        name: bucket.name.to_string(),
        id: bucket.id.bytes(),
        owner: Bytes::copy_from_slice(&bucket.owner.0),
        region: bucket.region.clone(),
        created_micros: bucket.created.0,
        settings: Some(bucket.settings.as_ref().clone()),
    };
    encode(&[], &row)
}

pub(super) fn decode_bucket(value: &[u8]) -> Result<Bucket> {
    let row: BucketRow = message(value, "a bucket")?;
    let read = || {
        Some(Bucket {
            name: BucketName::existing(&row.name)?,
            id: BucketId::from_slice(&row.id)?,
            owner: TenantId::from_slice(&row.owner)?,
            region: row.region.clone(),
            created: Timestamp(row.created_micros),
            settings: Arc::new(row.settings.clone().unwrap_or_default()),
        })
    };
    read().ok_or_else(|| damaged("a bucket"))
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct HeadRow {
    #[prost(bytes = "bytes", tag = "1")]
    rev: Bytes,
    #[prost(int64, tag = "2")]
    ts: i64,
    #[prost(message, optional, tag = "3")]
    attrs: Option<ObjectAttrs>,
    /// Absent: the bytes are in the record itself, or in that of the version's own row.
    #[prost(message, optional, tag = "4")]
    stored: Option<Placement>,
    /// Noncurrent versions.
    #[prost(uint64, tag = "5")]
    older: u64,
    /// The null version's place among them.
    #[prost(int64, optional, tag = "6")]
    null_seq: Option<i64>,
}

/// A version that has a row of its own.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct VersionRow {
    #[prost(message, optional, tag = "1")]
    attrs: Option<ObjectAttrs>,
    /// Absent: the bytes are in the record itself.
    #[prost(message, optional, tag = "2")]
    stored: Option<Placement>,
}

/// Where a record's bytes go: to a blob, or beside the row into the log.
fn bytes_of(record: &ObjectRecord) -> Result<(Option<Placement>, Bytes)> {
    match &record.data {
        Data::Inline(bytes) => Ok((None, bytes.clone())),
        Data::Stored(placement) => Ok((Some(placement.clone()), Bytes::new())),
        Data::NotRead => Err(StorageError::Corrupt("an object without its bytes was to be stored".into())),
    }
}

/// The row of a head that has a current version, and the bytes that go beside it into the log. A version with an id
/// has its bytes, and its reference to a blob, in a row of its own.
pub(super) fn encode_head(head: &Head) -> Result<(Bytes, Bytes)> {
    let missing = || StorageError::Corrupt("a head without a version was to be stored".into());
    let record = head.current.as_ref().ok_or_else(missing)?;
    let elsewhere = !record.attrs.version.is_empty();
    let (stored, data) = match &record.data {
        Data::NotRead if elsewhere => (None, Bytes::new()),
        _ => bytes_of(record)?,
    };
    let inode = stored.as_ref().filter(|_| !elsewhere).map(inode_of).transpose()?;
    let row = HeadRow {
        rev: head.rev.map(|rev| rev.bytes()).unwrap_or_default(),
        ts: head.ts.0,
        attrs: Some(record.attrs.clone()),
        stored,
        older: head.older,
        null_seq: head.null_seq,
    };
    Ok((encode(inode.as_slice(), &row), if elsewhere { Bytes::new() } else { data }))
}

/// The head in a row; inline bytes are [`Data::NotRead`].
pub(super) fn decode_head(value: &[u8]) -> Result<Head> {
    let row: HeadRow = message(value, "an object")?;
    let attrs = row.attrs.unwrap_or_default();
    let data = row.stored.map_or(Data::NotRead, Data::Stored);
    Ok(Head {
        rev: Rev::from_slice(&row.rev),
        ts: Timestamp(row.ts),
        current: Some(Arc::new(ObjectRecord { attrs, data })),
        older: row.older,
        null_seq: row.null_seq,
        named: None,
    })
}

/// The row of a version, and the bytes that go beside it into the log.
pub(super) fn encode_version(record: &ObjectRecord) -> Result<(Bytes, Bytes)> {
    let (stored, data) = bytes_of(record)?;
    let inode = stored.as_ref().map(inode_of).transpose()?;
    Ok((encode(inode.as_slice(), &VersionRow { attrs: Some(record.attrs.clone()), stored }), data))
}

/// The version in a row; inline bytes are [`Data::NotRead`].
pub(super) fn decode_version(value: &[u8]) -> Result<ObjectRecord> {
    let row: VersionRow = message(value, "a version")?;
    let attrs = row.attrs.ok_or_else(|| damaged("a version"))?;
    Ok(ObjectRecord { attrs, data: row.stored.map_or(Data::NotRead, Data::Stored) })
}

/// The inode of a placement that came from a caller.
pub(super) fn inode_of(placement: &Placement) -> Result<InodeId> {
    placement.inode_id().ok_or_else(|| StorageError::Corrupt("a placement without an inode".into()))
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct UploadRow {
    #[prost(bytes = "bytes", tag = "1")]
    id: Bytes,
    #[prost(string, tag = "2")]
    key: String,
    #[prost(message, optional, tag = "3")]
    attrs: Option<ObjectAttrs>,
    #[prost(bytes = "bytes", tag = "4")]
    initiator: Bytes,
    #[prost(int64, tag = "5")]
    initiated_micros: i64,
    /// Only of completed ones, from here on.
    #[prost(bytes = "bytes", tag = "6")]
    fingerprint: Bytes,
    #[prost(message, optional, tag = "7")]
    published: Option<ObjectAttrs>,
    #[prost(int64, tag = "8")]
    completed_micros: i64,
}

/// `now`: when it was completed, if it is.
pub(super) fn encode_upload(upload: &Upload, now: Timestamp) -> Bytes {
    let mut row = UploadRow {
        id: upload.id.bytes(),
        key: upload.key.as_str().to_owned(),
        attrs: Some(upload.attrs.clone()),
        initiator: Bytes::copy_from_slice(&upload.initiator.0),
        initiated_micros: upload.initiated.0,
        ..UploadRow::default()
    };
    if let UploadState::Completed { fingerprint, attrs } = &upload.state {
        row.fingerprint = Bytes::copy_from_slice(fingerprint);
        row.published = Some(attrs.clone());
        row.completed_micros = now.0;
    }
    encode(&[], &row)
}

pub(super) fn decode_upload(value: &[u8]) -> Result<Upload> {
    let row: UploadRow = message(value, "an upload")?;
    let read = || {
        let state = match row.published.clone() {
            None => UploadState::Open,
            Some(attrs) => {
                UploadState::Completed { fingerprint: Fingerprint::try_from(&row.fingerprint[..]).ok()?, attrs }
            }
        };
        Some(Upload {
            id: UploadId::from_slice(&row.id)?,
            key: ObjectKey::parse(row.key.clone()).ok()?,
            attrs: row.attrs.clone().unwrap_or_default(),
            initiator: TenantId::from_slice(&row.initiator)?,
            initiated: Timestamp(row.initiated_micros),
            state,
        })
    };
    read().ok_or_else(|| damaged("an upload"))
}

/// When the upload in this row was completed.
pub(super) fn completed_at(value: &[u8]) -> Result<Timestamp> {
    Ok(Timestamp(message::<UploadRow>(value, "an upload")?.completed_micros))
}

pub(super) fn encode_part(part: &Part) -> Result<Bytes> {
    let inode = part.attrs.placement.as_ref().map(inode_of).transpose()?;
    Ok(encode(inode.as_slice(), &part.attrs))
}

/// `key`: of the part's row, whose last two bytes are the number.
pub(super) fn decode_part(key: &[u8], value: &[u8]) -> Result<Part> {
    let number = key.last_chunk::<2>().map(|bytes| u16::from_be_bytes(*bytes)).ok_or_else(|| damaged("a part"))?;
    Ok(Part { number, attrs: message::<PartAttrs>(value, "a part")? })
}

#[derive(Clone, PartialEq, Eq, prost::Message)]
struct EntryRow {
    #[prost(bytes = "bytes", tag = "1")]
    rev: Bytes,
    #[prost(bytes = "bytes", tag = "2")]
    value: Bytes,
}

pub(super) fn encode_entry(entry: &Entry) -> Bytes {
    encode(&[], &EntryRow { rev: entry.rev.bytes(), value: entry.value.clone() })
}

pub(super) fn decode_entry(value: &[u8]) -> Result<Entry> {
    let row: EntryRow = message(value, "a directory entry")?;
    let rev = Rev::from_slice(&row.rev).ok_or_else(|| damaged("a directory entry"))?;
    Ok(Entry { rev, value: row.value })
}

/// The row that keeps a manifest's parts alive.
pub(super) fn encode_manifest(parts: &[InodeId]) -> Bytes {
    encode(parts, &TenantRow::default())
}
