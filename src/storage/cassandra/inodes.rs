//! Inodes: who else refers to a blob, and what the reclaimer has decided about it. All by LWT.

use futures::FutureExt;
use uuid::Uuid;

use super::Core;
use super::blocks::inode_of;
use super::rows::{INODE_DEAD, INODE_DYING, INODE_LIVE, REMEMBERED_SECONDS};
use super::session::{Cas, Failure, Look, jittered};
use crate::storage::{BucketId, Placement, Result, StorageError, Timestamp};

/// References that one judgement looks at; a blob that has more is taken for live.
pub(super) const REFERENCES_MAX: usize = 1_000;
/// How often adding a reference is tried.
const ATTEMPTS_MAX: u32 = 8;
/// First pause between tries; doubles.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(30);

/// What the reclaimer has decided about a blob.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// `None` when it was never judged.
    pub(super) state: Option<i8>,
    /// The sweep that judged it last.
    pub(super) sweep: Option<Uuid>,
}

impl Core {
    /// Adds a reference from a key, if the blob is live; false when it is gone or going.
    pub(super) async fn refer(&self, placement: &Placement, bucket: BucketId, key: &[u8]) -> Result<bool> {
        let inode = inode_of(placement)?;
        let mut expected: Option<i8> = None;
        let mut pause = PAUSE;
        let mut last = String::new();
        for _ in 0..ATTEMPTS_MAX {
            // Adding the same reference again does no harm, so an unknown outcome is simply tried again.
            let values = (Timestamp::now().0, inode, bucket.0, key, expected);
            match self.cluster.cas_once(&self.cluster.st.inode_refer, values).await {
                Ok(Cas::Applied) => return Ok(true),
                Ok(Cas::Refused(row)) => match row.tinyint("state") {
                    Some(INODE_DYING | INODE_DEAD) => return Ok(false),
                    state => expected = state,
                },
                Err(Failure::Unsent(reason) | Failure::Unknown(reason)) => {
                    last = reason;
                    tokio::time::sleep(jittered(pause)).await;
                    pause *= 2;
                }
            }
        }
        Err(StorageError::Unavailable(format!("a reference could not be added: {last}")))
    }

    /// The verdict on a blob, read at SERIAL.
    pub(super) async fn verdict(&self, inode: Uuid) -> Result<Verdict> {
        let row: Option<(Option<i8>, Option<Uuid>)> = self.cluster.row(&self.cluster.st.inode_serial, (inode,)).await?;
        let (state, sweep) = row.unwrap_or_default();
        Ok(Verdict { state, sweep })
    }

    /// Passes a verdict on a blob if the last one is `expected`; false when another sweep was faster. A death
    /// sentence is remembered for longer than any request lives.
    pub(super) async fn judge(&self, inode: Uuid, expected: Verdict, state: i8, sweep: Uuid) -> Result<bool> {
        let st = &self.cluster.st;
        let wanted = Verdict { state: Some(state), sweep: Some(sweep) };
        let look = || {
            async move {
                Ok(match self.verdict(inode).await? {
                    now if now == wanted => Look::Ours,
                    now if now == expected => Look::AsExpected,
                    _ => Look::Other,
                })
            }
            .boxed()
        };
        let ours =
            |row: &super::session::CasRow| row.tinyint("state") == Some(state) && row.uuid("sweep") == Some(sweep);
        let cas = if state == INODE_DEAD {
            let values = (REMEMBERED_SECONDS, state, sweep, inode, expected.state, expected.sweep);
            self.cluster.cas(&st.inode_bury, values, ours, look).await?
        } else {
            debug_assert!(state == INODE_DYING || state == INODE_LIVE);
            let values = (state, sweep, inode, expected.state, expected.sweep);
            self.cluster.cas(&st.inode_judge, values, ours, look).await?
        };
        Ok(matches!(cas, Cas::Applied))
    }

    /// The keys that refer to a blob beside its home; `None` when they are too many to look at.
    pub(super) async fn references(&self, inode: Uuid) -> Result<Option<Vec<(Uuid, Vec<u8>)>>> {
        type Columns = (Option<Uuid>, Option<Vec<u8>>, Option<i64>);
        let limit = i32::try_from(REFERENCES_MAX + 1).unwrap_or(i32::MAX);
        let rows: Vec<Columns> = self.cluster.rows(&self.cluster.st.inode_refers_serial, (inode, limit)).await?;
        if rows.len() > REFERENCES_MAX {
            return Ok(None);
        }
        // A partition without references has one row of its state alone.
        Ok(Some(rows.into_iter().filter_map(|(bucket, key, _)| Some((bucket?, key?))).collect()))
    }
}
