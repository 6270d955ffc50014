//! Inodes: who else refers to a blob, and what the reclaimer has decided about it. All by LWT.

use futures::FutureExt;
use uuid::Uuid;

use super::Core;
use super::blocks::inode_of;
use super::rows::{INODE_DEAD, INODE_DYING, KEPT_FOR_GOOD, REMEMBERED_SECONDS};
use super::session::{Cas, Failure, Look, jittered};
use crate::storage::{BucketId, Placement, Result, StorageError, Timestamp};

/// References that are read at once.
const REFERENCES_AT_ONCE: i32 = 1_000;
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

/// The reference that a page of them comes after; the default comes before all.
#[derive(Debug, Clone, Default)]
pub(super) struct ReferencesAfter(pub(super) (Uuid, Vec<u8>));

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
        let lifetime = if state == INODE_DEAD { REMEMBERED_SECONDS } else { KEPT_FOR_GOOD };
        let values = (lifetime, state, sweep, inode, expected.state, expected.sweep);
        let cas = self.cluster.cas(&self.cluster.st.inode_judge, values, ours, look).await?;
        Ok(matches!(cas, Cas::Applied))
    }

    /// The next keys that refer to a blob beside its home; none when that was all.
    pub(super) async fn references(&self, inode: Uuid, after: &ReferencesAfter) -> Result<Vec<(Uuid, Vec<u8>)>> {
        let ReferencesAfter((bucket, key)) = after;
        let values = (inode, *bucket, key, REFERENCES_AT_ONCE);
        self.cluster.rows(&self.cluster.st.inode_refers_serial, values).await
    }

    /// Removes the references to a dead blob, while it is remembered to be dead.
    pub(super) async fn forget_references(&self, inode: Uuid) -> Result<()> {
        let mut after = ReferencesAfter::default();
        loop {
            let page = self.references(inode, &after).await?;
            for (bucket, key) in &page {
                let values = (inode, *bucket, key, INODE_DEAD);
                let look = || async { Ok(Look::AsExpected) }.boxed();
                let cas = self.cluster.cas(&self.cluster.st.inode_unrefer, values, |_| false, look).await?;
                if let Cas::Refused(_) = cas {
                    return Ok(());
                }
            }
            match page.into_iter().last() {
                Some(last) => after = ReferencesAfter(last),
                None => return Ok(()),
            }
        }
    }
}
