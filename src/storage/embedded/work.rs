//! Background work over all buckets. One process has every turn, and starts anew when it is started anew: what has been
//! done already is found done.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::store::Embedded;
use crate::storage::work::{Work, WorkStore};
use crate::storage::{Bucket, BucketName, Page, Result};

#[async_trait]
impl WorkStore for Embedded {
    async fn slots(&self) -> Result<u32> {
        Ok(1)
    }

    async fn buckets_with_lifecycle(
        &self,
        _slot: u32,
        after: Option<&BucketName>,
        limit: usize,
    ) -> Result<Page<Bucket>> {
        Ok(self.shared.buckets.list_with_lifecycle(after, limit))
    }

    async fn work(&self, name: &str) -> Result<Work> {
        let note = self.notes.lock().get(name).cloned().unwrap_or_default();
        Ok(Work { note, ..Work::default() })
    }

    async fn take_work(&self, _name: &str, _seen: &Work, _lease: Duration) -> Result<bool> {
        Ok(true)
    }

    async fn leave_work(&self, name: &str, note: Bytes) -> Result<()> {
        self.notes.lock().insert(name.to_owned(), note);
        Ok(())
    }
}
