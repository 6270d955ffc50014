//! Listing rows that a crash left asking: fence the head, then correct the row.
//!
//! # Why the fence
//! The writer of such a row may only be paused. Correcting the row from a plain read would lose its object when its
//! LWT lands later; a fenced writer is refused and starts again, with a new row.

use std::sync::Arc;

use bytes::Bytes;

use super::Core;
use super::heads::Fenced;
use super::views::View;
use crate::storage::versions::has_versions;
use crate::storage::{Head, Result};

impl Core {
    /// Repairs one row in the background.
    pub(super) async fn repair_later(self: &Arc<Self>, view: &Arc<View>, key: &Bytes, at: i64) {
        let (core, view, key) = (Arc::clone(self), Arc::clone(view), key.clone());
        self.background
            .start(async move {
                if let Err(error) = core.repair(&view, &key, at).await {
                    tracing::debug!(%error, "a listing row could not be repaired");
                }
            })
            .await;
    }

    /// Repairs the row that has been asking since `at`; the head as it is then, or `None` when the bucket is gone.
    ///
    /// The fence is under a lease on where the row is: at most half of one has passed.
    pub(super) async fn repair(self: &Arc<Self>, view: &View, key: &[u8], at: i64) -> Result<Option<Head>> {
        let Some(stretch) = self.stretch_to_write(view.bucket.id, key).await? else { return Ok(None) };
        let Fenced::Done(row) = self.fence(view.bucket.id, key, at + 1, None).await? else {
            return Ok(None);
        };
        let head = row.head()?;
        self.list_as(&stretch, key, row.ts + 1, head.object().map(AsRef::as_ref)).await?;
        if !has_versions(head.older, head.current.as_deref()) {
            self.drop_versioned(&stretch, key, row.ts + 1).await?;
        }
        Ok(Some(head))
    }
}
