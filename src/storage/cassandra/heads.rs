//! Heads: read, set by one LWT, fenced. Decides nothing.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use scylla::statement::prepared::PreparedStatement;
use uuid::Uuid;

use super::Core;
use super::rows::{HEAD_CURRENT, HeadColumns, HeadRow, REMEMBERED_SECONDS};
use super::session::{Cas, Look, jittered, unavailable};
use crate::storage::boot_time::BootTime;
use crate::storage::{Bucket, BucketId, HeadRead, ObjectKey, Result, Timestamp};

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
    pub(super) async fn read_head(&self, bucket: &Bucket, key: &ObjectKey) -> Result<HeadRead> {
        let read_at = BootTime::now();
        let row = self.head_row(bucket.id, key.as_bytes()).await?;
        Ok(HeadRead { bucket: bucket.clone(), key: key.clone(), head: row.head()?, read_at })
    }

    /// A head's columns, at quorum.
    pub(super) async fn head_row(&self, bucket: BucketId, key: &[u8]) -> Result<HeadRow> {
        self.head_by(&self.cluster.st.head_read, bucket, key).await
    }

    async fn head_by(&self, statement: &PreparedStatement, bucket: BucketId, key: &[u8]) -> Result<HeadRow> {
        let row: Option<HeadColumns> = self.cluster.row(statement, (bucket.0, key)).await?;
        Ok(row.map(HeadRow::of).transpose()?.unwrap_or_default())
    }

    /// Sets a head if its revision is `expected`; false when it is not. All columns are written each time, so that no
    /// read can ever see two versions mixed.
    pub(super) async fn set_head(
        &self,
        bucket: BucketId,
        key: &[u8],
        expected: Option<Uuid>,
        next: &HeadRow,
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
        let cas = if *state == HEAD_CURRENT {
            let values = (rev, ts, state, put_id, attrs, inline, bucket.0, key, expected);
            self.cluster.cas(&st.head_set, values, ours, look).await?
        } else {
            let values = (REMEMBERED_SECONDS, rev, ts, state, put_id, attrs, inline, bucket.0, key, expected);
            self.cluster.cas(&st.head_set_for, values, ours, look).await?
        };
        Ok(matches!(cas, Cas::Applied))
    }

    /// Gives a head a fresh revision and a time of at least `floor`, unless `leave` says to leave it alone. A writer
    /// that read the head before, and is paused, will be refused.
    pub(super) async fn fence(
        self: &Arc<Self>,
        bucket: BucketId,
        key: &[u8],
        floor: i64,
        leave: impl Fn(&HeadRow) -> Result<bool> + Send + Sync,
    ) -> Result<Fenced> {
        self.clock.check()?;
        let mut pause = FENCE_PAUSE;
        for attempt in 0..FENCE_ATTEMPTS_MAX {
            if attempt > 0 {
                tokio::time::sleep(jittered(pause)).await;
                pause = (pause * 2).min(FENCE_PAUSE * 32);
            }
            let row = self.head_row(bucket, key).await?;
            if leave(&row)? {
                return Ok(Fenced::Left);
            }
            let ts = Timestamp::now().0.max(row.ts + 2).max(floor);
            let next = HeadRow { rev: Some(Uuid::new_v4()), ts, ..row.clone() };
            if self.set_head(bucket, key, row.rev, &next).await? {
                return Ok(Fenced::Done(next));
            }
        }
        Err(unavailable("too many writers change one key at once"))
    }
}
