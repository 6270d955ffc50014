//! The reclaimer's log: what may have to be given back, and since when. Deletes nothing.
//!
//! Partitions are a stretch of time and a slot; one that has been looked at is deleted whole.

use std::time::Duration;

use prost::Message;
use uuid::Uuid;

use bytes::Bytes;

use super::Core;
use super::session::corrupt;
use crate::storage::{Bucket, Placement, Result, Timestamp, UploadId};

/// Slots that are worked on independently.
pub(super) const SLOTS: i32 = 4;
/// Longest and shortest stretch of time that shares a partition.
const WINDOW: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(3600));

/// What an entry asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Kind {
    /// A blob that was begun: does anything refer to it?
    Written = 0,
    /// A blob that a head no longer refers to: does anything else?
    Replaced = 1,
    /// A dead blob: delete once more what arrived late.
    Dead = 2,
    /// An upload that is being closed: forget it in the end.
    Upload = 3,
    /// A bucket that is being deleted: finish what may have been left.
    Bucket = 4,
    /// A shard whose rows were moved: delete its partitions.
    Shard = 5,
}

/// One entry.
#[derive(Clone, PartialEq, Eq, Message)]
pub(super) struct Entry {
    /// See [`Kind`].
    #[prost(enumeration = "Kind", tag = "1")]
    pub(super) kind: i32,
    /// The blob; its length is 0 where it is not known.
    #[prost(message, optional, tag = "2")]
    pub(super) placement: Option<Placement>,
    /// Partitions that the blob has at least.
    #[prost(uint64, tag = "3")]
    pub(super) blocks: u64,
    /// The upload's or the bucket's id.
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) id: Bytes,
    /// The bucket's name.
    #[prost(string, tag = "5")]
    pub(super) name: String,
    /// When every slot had passed the closing of the upload, microseconds since 1970; 0 before.
    #[prost(int64, tag = "6")]
    pub(super) passed: i64,
    /// The shard's id.
    #[prost(bytes = "bytes", tag = "7")]
    pub(super) shard: Bytes,
    /// The shard's first key.
    #[prost(bytes = "bytes", tag = "8")]
    pub(super) key: Bytes,
}

impl Core {
    /// Microseconds of one partition. All front ends agree on the grace period, so on this too.
    pub(super) fn window_micros(&self) -> i64 {
        let window = (self.grace / 4).clamp(WINDOW.0, WINDOW.1);
        i64::try_from(window.as_micros()).unwrap_or(i64::MAX)
    }

    /// The partition that a moment belongs to.
    pub(super) fn window_of(&self, at: Timestamp) -> i64 {
        at.0.div_euclid(self.window_micros())
    }

    /// Adds an entry at quorum.
    pub(super) async fn log(&self, entry: &Entry) -> Result<()> {
        let id = Uuid::new_v4();
        let slot = i32::from(id.as_bytes()[0]) % SLOTS;
        let window = self.window_of(Timestamp::now());
        self.cluster.write(&self.cluster.st.log_add, (window, slot, id, entry.encode_to_vec())).await
    }

    /// A blob is about to be written.
    pub(super) async fn log_written(&self, placement: &Placement) -> Result<()> {
        let placement = Some(placement.clone());
        self.log(&Entry { kind: Kind::Written.into(), placement, ..Entry::default() }).await
    }

    /// A blob is still being written, and has this many partitions by now.
    pub(super) async fn log_writing(&self, placement: &Placement, blocks: u64) -> Result<()> {
        let placement = Some(placement.clone());
        self.log(&Entry { kind: Kind::Written.into(), placement, blocks, ..Entry::default() }).await
    }

    /// A head is about to let go of a blob.
    pub(super) async fn log_replaced(&self, placement: &Placement) -> Result<()> {
        let placement = Some(placement.clone());
        self.log(&Entry { kind: Kind::Replaced.into(), placement, ..Entry::default() }).await
    }

    /// An upload is about to be closed.
    pub(super) async fn log_upload(&self, id: UploadId) -> Result<()> {
        self.log(&Entry { kind: Kind::Upload.into(), id: id.bytes(), ..Entry::default() }).await
    }

    /// A bucket is about to be deleted.
    pub(super) async fn log_bucket(&self, bucket: &Bucket) -> Result<()> {
        let name = bucket.name.as_str().to_owned();
        self.log(&Entry { kind: Kind::Bucket.into(), id: bucket.id.bytes(), name, ..Entry::default() }).await
    }
}

impl Entry {
    /// From a row.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        Self::decode(bytes).map_err(|e| corrupt("an entry of the reclaimer's log", e))
    }
}
