//! Writing the index rows of a key, in every partition that its stretch names. Reads nothing, checks no lease.

use scylla::serialize::row::SerializeRow;
use uuid::Uuid;

use super::Core;
use super::rows::{LISTED_ASK, LISTED_CURRENT, listed};
use super::shards::Stretch;
use super::statements::Statement;
use super::versions::VERSIONED;
use crate::storage::{ObjectRecord, Result, UploadId};

impl Core {
    async fn everywhere<V: SerializeRow>(
        &self,
        statement: &Statement,
        stretch: &Stretch,
        values: impl Fn(Uuid) -> V,
    ) -> Result<()> {
        let write = |shard| self.cluster.write(statement, values(shard));
        match stretch.also {
            None => write(stretch.read).await,
            Some(also) => futures::try_join!(write(stretch.read), write(also)).map(|_| ()),
        }
    }

    /// The key's listing row asks the head.
    pub(super) async fn list_asking(&self, stretch: &Stretch, key: &[u8], at: i64) -> Result<()> {
        let bucket = stretch.shard.bucket.0;
        let row = |shard| (at, LISTED_ASK, bucket, shard, key);
        self.everywhere(&self.cluster.st.listing_intent, stretch, row).await
    }

    /// The key's listing row says what the head says, unless something newer is there.
    pub(super) async fn list_as(
        &self,
        stretch: &Stretch,
        key: &[u8],
        at: i64,
        record: Option<&ObjectRecord>,
    ) -> Result<()> {
        let (st, bucket) = (&self.cluster.st, stretch.shard.bucket.0);
        let Some(record) = record else {
            return self.everywhere(&st.listing_drop, stretch, |shard| (at, bucket, shard, key)).await;
        };
        let attrs = listed(&record.attrs);
        let row = |shard| (at, LISTED_CURRENT, attrs.clone(), bucket, shard, key);
        self.everywhere(&st.listing_set, stretch, row).await
    }

    /// The key is among those with versions.
    pub(super) async fn index_versioned(&self, stretch: &Stretch, key: &[u8], at: i64) -> Result<()> {
        let bucket = stretch.shard.bucket.0;
        let row = |shard| (at, VERSIONED, bucket, shard, key);
        self.everywhere(&self.cluster.st.versioned_add, stretch, row).await
    }

    /// The key is no longer among those with versions, unless something newer says so.
    pub(super) async fn drop_versioned(&self, stretch: &Stretch, key: &[u8], at: i64) -> Result<()> {
        let bucket = stretch.shard.bucket.0;
        self.everywhere(&self.cluster.st.versioned_drop, stretch, |shard| (at, bucket, shard, key)).await
    }

    /// The upload is among those of the bucket.
    pub(super) async fn index_upload(&self, stretch: &Stretch, key: &[u8], id: UploadId) -> Result<()> {
        let (bucket, id) = (stretch.shard.bucket.0, id.0.as_bytes().as_slice());
        self.everywhere(&self.cluster.st.uploads_add, stretch, |shard| (bucket, shard, key, id)).await
    }

    /// The upload is no longer among those of the bucket.
    pub(super) async fn drop_upload(&self, stretch: &Stretch, key: &[u8], id: UploadId) -> Result<()> {
        let (bucket, id) = (stretch.shard.bucket.0, id.0.as_bytes().as_slice());
        self.everywhere(&self.cluster.st.uploads_drop, stretch, |shard| (bucket, shard, key, id)).await
    }
}
