//! How values are encoded in rows: states as small numbers, composite values as protobuf messages.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use uuid::Uuid;

use super::listing::as_listed;
use super::session::corrupt;
use crate::storage::{
    BucketId, Data, Head, Home, ObjectAttrs, ObjectKey, ObjectRecord, Placement, Result, Rev, Timestamp,
};

/// A head without a current version.
pub(super) const HEAD_ABSENT: i8 = 0;
/// A head with one.
pub(super) const HEAD_CURRENT: i8 = 1;

/// A listing row that says what the head says.
pub(super) const LISTED_CURRENT: i8 = 1;
/// A listing row that may be wrong: ask the head. Larger than the other, so that it wins ties (Cassandra keeps the
/// larger value of two with one timestamp).
pub(super) const LISTED_ASK: i8 = 2;

/// A bucket that takes writes.
pub(super) const BUCKET_LIVE: i8 = 1;
/// A bucket whose emptiness is being proved.
pub(super) const BUCKET_DELETING: i8 = 2;

/// An upload that takes parts.
pub(super) const UPLOAD_OPEN: i8 = 1;
/// An upload whose manifest is being published.
pub(super) const UPLOAD_COMPLETING: i8 = 2;
/// An upload that became an object.
pub(super) const UPLOAD_COMPLETED: i8 = 3;
/// An upload that was given up.
pub(super) const UPLOAD_ABORTED: i8 = 4;

/// An inode that was judged and found live. One that never was judged has no state.
pub(super) const INODE_LIVE: i8 = 1;
/// An inode that is being judged.
pub(super) const INODE_DYING: i8 = 2;
/// An inode whose blocks are being deleted.
pub(super) const INODE_DEAD: i8 = 3;

/// How long absent heads and dead inodes are remembered, seconds. No request lives for a day.
pub(super) const REMEMBERED_SECONDS: i32 = 7 * 24 * 3600;
/// A time to live that never ends.
pub(super) const KEPT_FOR_GOOD: i32 = 0;
/// The timestamp of partition deletions that no later write may survive.
pub(super) const FOR_EVER: i64 = i64::MAX;

/// What `object.attrs` and `object.version_attrs` hold.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct StoredRecord {
    /// The version's attributes.
    #[prost(message, optional, tag = "1")]
    pub(super) attrs: Option<ObjectAttrs>,
    /// Its blob; absent when its bytes are inline.
    #[prost(message, optional, tag = "2")]
    pub(super) placement: Option<Placement>,
    /// In a head: noncurrent versions.
    #[prost(uint64, tag = "3")]
    pub(super) older: u64,
    /// In a head: the null version's place among them.
    #[prost(int64, optional, tag = "4")]
    pub(super) null_seq: Option<i64>,
}

impl StoredRecord {
    /// The version, with the inline bytes that belong to it.
    fn record(self, inline: &Bytes) -> Result<ObjectRecord> {
        let attrs = self.attrs.ok_or_else(|| corrupt("a version", "it has no attributes"))?;
        Ok(ObjectRecord { attrs, data: self.placement.map_or_else(|| Data::Inline(inline.clone()), Data::Stored) })
    }
}

/// What a version's columns hold: its attributes, and its inline bytes.
pub(super) fn version_columns(record: &ObjectRecord) -> (Bytes, Bytes) {
    let (placement, inline) = match &record.data {
        Data::Inline(bytes) => (None, bytes.clone()),
        Data::Stored(placement) => (Some(placement.clone()), Bytes::new()),
        Data::NotRead => (None, Bytes::new()),
    };
    let stored = StoredRecord { attrs: Some(record.attrs.clone()), placement, ..StoredRecord::default() };
    (stored.encode_to_vec().into(), inline)
}

/// A noncurrent version, read back.
pub(super) fn version_of(attrs: Bytes, inline: &Bytes) -> Result<ObjectRecord> {
    StoredRecord::decode(attrs).map_err(|e| corrupt("a version", e))?.record(inline)
}

/// What `placement.home` and log entries hold: whom a blob was written for.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct BlobHome {
    /// The bucket, 16 bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) bucket: Bytes,
    /// The key.
    #[prost(string, tag = "2")]
    pub(super) key: String,
    /// The upload, 16 bytes; empty for an object's own blob.
    #[prost(bytes = "bytes", tag = "3")]
    pub(super) upload: Bytes,
    /// The part's number; 0 for a manifest.
    #[prost(uint32, tag = "4")]
    pub(super) part: u32,
}

impl BlobHome {
    /// From the trait's.
    pub(super) fn of(home: &Home<'_>) -> Self {
        match home {
            Home::Object(bucket, key) => {
                Self { bucket: bucket.id.bytes(), key: key.as_str().to_owned(), upload: Bytes::new(), part: 0 }
            }
            Home::Part(bucket, upload, number) => Self {
                bucket: bucket.id.bytes(),
                key: upload.key.as_str().to_owned(),
                upload: upload.id.bytes(),
                part: u32::from(*number),
            },
            Home::Manifest(bucket, upload) => Self {
                bucket: bucket.id.bytes(),
                key: upload.key.as_str().to_owned(),
                upload: upload.id.bytes(),
                part: 0,
            },
        }
    }

    /// The bucket's id.
    pub(super) fn bucket_id(&self) -> Result<BucketId> {
        BucketId::from_slice(&self.bucket).ok_or_else(|| corrupt("a blob's home", "its bucket has no 16 bytes"))
    }

    /// The upload's id, where it is one.
    pub(super) fn upload_id(&self) -> Option<Uuid> {
        Uuid::from_slice(&self.upload).ok()
    }
}

/// What `upload.closing` holds.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Closing {
    /// The manifest that is or was published.
    #[prost(message, optional, tag = "1")]
    pub(super) manifest: Option<Placement>,
    /// The list of parts that the completion asked for, 32 bytes.
    #[prost(bytes = "bytes", tag = "2")]
    pub(super) fingerprint: Bytes,
    /// The object as published.
    #[prost(message, optional, tag = "3")]
    pub(super) attrs: Option<ObjectAttrs>,
}

/// One head as its columns stand.
#[derive(Debug, Clone, Default)]
pub(super) struct HeadRow {
    /// `None` when the partition has no head.
    pub(super) rev: Option<Uuid>,
    /// Its time.
    pub(super) ts: i64,
    /// [`HEAD_ABSENT`] or [`HEAD_CURRENT`].
    pub(super) state: i8,
    /// The revision under which the current version was written as it stands; fences keep it.
    pub(super) put_id: Uuid,
    /// [`StoredRecord`], encoded.
    pub(super) attrs: Bytes,
    /// Inline bytes.
    pub(super) inline: Bytes,
}

/// A head's columns as the driver reads them.
pub(super) type HeadColumns = (Option<Uuid>, Option<i64>, Option<i8>, Option<Uuid>, Option<Bytes>, Option<Bytes>);

impl HeadRow {
    /// From its columns, which are all there or none: a head that lost one must not pass for an absent one.
    pub(super) fn of(columns: HeadColumns) -> Result<Self> {
        match columns {
            (None, None, None, None, None, None) => Ok(Self::default()),
            (Some(rev), Some(ts), Some(state), Some(put_id), Some(attrs), Some(inline))
                if state == HEAD_ABSENT || state == HEAD_CURRENT =>
            {
                Ok(Self { rev: Some(rev), ts, state, put_id, attrs, inline })
            }
            _ => Err(corrupt("a head", "a column is missing or wrong")),
        }
    }

    /// The head that is to follow under `rev` at `ts`.
    pub(super) fn next(head: &Head, rev: Uuid, kept_inline: &Bytes) -> Self {
        let ts = head.ts.0;
        let Some(record) = head.current.as_deref() else {
            return Self { rev: Some(rev), ts, state: HEAD_ABSENT, put_id: Uuid::nil(), ..Self::default() };
        };
        let (placement, inline) = match &record.data {
            Data::Inline(bytes) => (None, bytes.clone()),
            Data::Stored(placement) => (Some(placement.clone()), Bytes::new()),
            Data::NotRead => (None, kept_inline.clone()),
        };
        let attrs = Some(record.attrs.clone());
        let stored = StoredRecord { attrs, placement, older: head.older, null_seq: head.null_seq };
        Self { rev: Some(rev), ts, state: HEAD_CURRENT, put_id: rev, attrs: stored.encode_to_vec().into(), inline }
    }

    fn record(&self) -> Result<Option<StoredRecord>> {
        if self.state != HEAD_CURRENT {
            return Ok(None);
        }
        StoredRecord::decode(self.attrs.clone()).map(Some).map_err(|e| corrupt("a head", e))
    }

    /// The blob that the current version is in.
    pub(super) fn placement(&self) -> Result<Option<Placement>> {
        Ok(self.record()?.and_then(|record| record.placement))
    }

    /// As the rest of the program sees it.
    pub(super) fn head(&self) -> Result<Head> {
        let (rev, ts) = (self.rev.map(Rev), Timestamp(self.ts));
        let Some(stored) = self.record()? else { return Ok(Head { rev, ts, ..Head::default() }) };
        let (older, null_seq) = (stored.older, stored.null_seq);
        let current = Some(Arc::new(stored.record(&self.inline)?));
        Ok(Head { rev, ts, current, older, null_seq, named: None })
    }

    /// How many noncurrent versions there are.
    pub(super) fn older(&self) -> Result<u64> {
        Ok(self.record()?.map_or(0, |stored| stored.older))
    }
}

/// What a listing row's `attrs` holds: the attributes that listings answer.
pub(super) fn listed(attrs: &ObjectAttrs) -> Bytes {
    as_listed(attrs).encode_to_vec().into()
}

/// A listing row's `attrs`, read back.
pub(super) fn listed_attrs(bytes: Option<Bytes>) -> Result<ObjectAttrs> {
    ObjectAttrs::decode(bytes.unwrap_or_default()).map_err(|e| corrupt("a listing row", e))
}

/// A key from its bytes.
pub(super) fn key_of(bytes: &[u8]) -> Result<ObjectKey> {
    let text = std::str::from_utf8(bytes).map_err(|e| corrupt("a key", e))?;
    ObjectKey::parse(text).map_err(|_| corrupt("a key", "it is empty or too long"))
}

/// The smallest byte string above all that start with `prefix`; `None` when there is none.
pub(super) fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut next = prefix[..=last].to_vec();
    next[last] += 1;
    Some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_successor_of_a_prefix_is_above_all_that_start_with_it() {
        assert_eq!(successor(b"a/").as_deref(), Some(&b"a0"[..]));
        assert_eq!(successor(b"a\xff").as_deref(), Some(&b"b"[..]));
        assert_eq!(successor(b"\xff\xff"), None);
        assert_eq!(successor(b""), None);
    }

    #[test]
    fn a_head_comes_back_as_it_was_written() {
        let record = ObjectRecord {
            attrs: ObjectAttrs { size: 3, etag: "e".to_owned(), ..ObjectAttrs::default() },
            data: Data::Inline(Bytes::from_static(b"abc")),
        };
        let head = |record: Option<&ObjectRecord>| Head {
            ts: Timestamp(7),
            current: record.cloned().map(Arc::new),
            older: 2,
            null_seq: Some(5),
            ..Head::default()
        };
        let row = HeadRow::next(&head(Some(&record)), Uuid::new_v4(), &Bytes::new());
        let read = row.head().expect("decodes");
        assert_eq!((read.current.as_deref(), read.older, read.null_seq), (Some(&record), 2, Some(5)));
        let kept = ObjectRecord { data: Data::NotRead, ..record.clone() };
        let row = HeadRow::next(&head(Some(&kept)), Uuid::new_v4(), &Bytes::from_static(b"abc"));
        assert_eq!(row.head().expect("decodes").current.as_deref(), Some(&record), "bytes not read are kept");
        let gone = HeadRow::next(&head(None), Uuid::new_v4(), &Bytes::new());
        assert_eq!(gone.head().expect("decodes").current, None);
    }

    #[test]
    fn a_damaged_head_is_an_error_and_not_an_absent_one() {
        let all = (Some(Uuid::nil()), Some(1), Some(HEAD_CURRENT), Some(Uuid::nil()), Some(Bytes::new()));
        let whole = |state, attrs| (all.0, all.1, state, all.3, attrs, Some(Bytes::new()));
        let read = |columns| HeadRow::of(columns).and_then(|row| row.head());
        assert!(read((None, None, None, None, None, None)).is_ok_and(|head| head.current.is_none()));
        assert!(read(whole(Some(HEAD_ABSENT), all.4.clone())).is_ok_and(|head| head.current.is_none()));
        assert!(read(whole(None, all.4.clone())).is_err(), "no state");
        assert!(read(whole(Some(HEAD_CURRENT), None)).is_err(), "no attributes");
        assert!(read(whole(Some(HEAD_CURRENT), all.4.clone())).is_err(), "empty attributes");
    }

    #[test]
    fn the_asking_state_wins_ties() {
        assert!(LISTED_ASK.to_be_bytes() > LISTED_CURRENT.to_be_bytes());
    }
}
