//! Heads: read, set by one LWT, fenced. Decides nothing.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use scylla::serialize::value::SerializeValue;
use uuid::Uuid;

use super::Core;
use super::rows::{HEAD_CURRENT, HeadColumns, HeadRow, KEPT_FOR_GOOD, REMEMBERED_SECONDS};
use super::session::{Cas, Look, jittered, unavailable};
use super::statements::Statement;
use super::versions::VersionRows;
use crate::storage::boot_time::BootTime;
use crate::storage::{Bucket, BucketId, HeadRead, ObjectKey, Result, Timestamp, VersionRef};

/// How often a fence is tried against writers that are faster.
const FENCE_ATTEMPTS_MAX: u32 = 20;
/// First pause between them; doubles up to 32 times itself.
const FENCE_PAUSE: Duration = Duration::from_millis(20);

/// What a fence found.
pub(super) enum Fenced {
    /// The head is as it was, under a new revision: whoever read it before cannot change it any more.
    Done(HeadRow),
    /// The head is one that the caller wants to keep its hands off.
    Left,
}

impl Core {
    /// A head, and the version of it that is named.
    pub(super) async fn read_head(
        &self,
        bucket: &Bucket,
        key: &ObjectKey,
        named: Option<VersionRef>,
    ) -> Result<HeadRead> {
        let read_at = BootTime::now();
        let mut head = self.head_row(bucket.id, key.as_bytes()).await?.head()?;
        if let Some(version) = named {
            head = self.with_version(bucket.id, key, head, version).await?;
        }
        Ok(HeadRead { bucket: bucket.clone(), key: key.clone(), head, read_at, named })
    }

    /// A head's columns at SERIAL: whatever was decided before is at a quorum after.
    pub(super) async fn head_row_serial(&self, bucket: BucketId, key: &[u8]) -> Result<HeadRow> {
        self.head_by(&self.cluster.st.head_serial, bucket, key).await
    }

    /// A head's columns, at quorum.
    pub(super) async fn head_row(&self, bucket: BucketId, key: &[u8]) -> Result<HeadRow> {
        self.head_by(&self.cluster.st.head_read, bucket, key).await
    }

    async fn head_by(&self, statement: &Statement, bucket: BucketId, key: &[u8]) -> Result<HeadRow> {
        let row: Option<HeadColumns> = self.cluster.row(statement, (bucket.0, key)).await?;
        Ok(row.map(HeadRow::of).transpose()?.unwrap_or_default())
    }

    /// Sets a head if its revision is `expected`, and with it the rows of versions that come or go; false when it is
    /// not. All of the head's columns are written each time, so that no read can ever see two versions mixed.
    pub(super) async fn set_head(
        &self,
        bucket: BucketId,
        key: &[u8],
        expected: Option<Uuid>,
        next: &HeadRow,
        beside: &VersionRows,
    ) -> Result<bool> {
        let st = &self.cluster.st;
        let ours = |row: &super::session::CasRow| row.uuid("rev") == next.rev;
        let look = || {
            async move {
                let now = self.head_by(&st.head_serial, bucket, key).await?.rev;
                Ok(match now {
                    rev if rev == next.rev => Look::Ours,
                    rev if rev == expected => Look::AsExpected,
                    _ => Look::Other,
                })
            }
            .boxed()
        };
        let HeadRow { rev, ts, state, put_id, attrs, inline } = next;
        let id = bucket.0;
        let lifetime = if *state == HEAD_CURRENT { KEPT_FOR_GOOD } else { REMEMBERED_SECONDS };
        let mut values: Vec<&(dyn SerializeValue + Sync)> = Vec::with_capacity(17);
        if matches!(beside, VersionRows::None) {
            values.push(&lifetime);
        }
        values.extend_from_slice(&[rev, ts, state, put_id, attrs, inline, &id, &key, &expected]);
        let statement = match beside {
            VersionRows::None => &st.head_set,
            VersionRows::Demote { seq, attrs, inline } => {
                values.extend_from_slice(&[&id, &key, seq, attrs, inline]);
                &st.head_demote
            }
            VersionRows::Drop(seq) => {
                values.extend_from_slice(&[&id, &key, seq]);
                &st.head_drop
            }
            VersionRows::DemoteAndDrop { seq, attrs, inline, drop } => {
                values.extend_from_slice(&[&id, &key, seq, attrs, inline, &id, &key, drop]);
                &st.head_demote_and_drop
            }
            VersionRows::Rewrite { seq, attrs } => {
                values.extend_from_slice(&[attrs, &id, &key, seq]);
                &st.head_rewrite
            }
        };
        let cas = self.cluster.cas(statement, values, ours, look).await?;
        Ok(matches!(cas, Cas::Applied))
    }

    /// Gives a head a fresh revision and a time of at least `floor`, unless one of its versions is in the blob `unless`.
    /// A writer that read the head before, and is paused, will be refused.
    pub(super) async fn fence(
        self: &Arc<Self>,
        bucket: BucketId,
        key: &[u8],
        floor: i64,
        unless: Option<&Bytes>,
    ) -> Result<Fenced> {
        self.clock.check()?;
        let mut pause = FENCE_PAUSE;
        for attempt in 0..FENCE_ATTEMPTS_MAX {
            if attempt > 0 {
                tokio::time::sleep(jittered(pause)).await;
                pause = (pause * 2).min(FENCE_PAUSE * 32);
            }
            let row = match unless {
                None => self.head_row(bucket, key).await?,
                // At SERIAL, so that the rows of its versions are at a quorum; read after it, they are all that there
                // are if its revision still is the same below.
                Some(inode) => {
                    let row = self.head_row_serial(bucket, key).await?;
                    if self.holds(bucket, key, &row, inode).await? {
                        return Ok(Fenced::Left);
                    }
                    row
                }
            };
            let ts = Timestamp::now().0.max(row.ts + 2).max(floor);
            let next = HeadRow { rev: Some(Uuid::new_v4()), ts, ..row.clone() };
            if self.set_head(bucket, key, row.rev, &next, &VersionRows::None).await? {
                return Ok(Fenced::Done(next));
            }
        }
        Err(unavailable("too many writers change one key at once"))
    }
}
