//! Buckets: a name is claimed by one LWT, and given back after its emptiness is proved. Knows no object's content.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt};
use prost::Message;
use uuid::Uuid;

use super::Core;
use super::listing::ROWS_MIN;
use super::rows::{BUCKET_DELETING, BUCKET_LIVE, FOR_EVER, successor};
use super::session::{Cas, Look, corrupt, jittered, unavailable};
use super::shards::{Shard, Stretch};
use super::statements::Statement;
use super::views::{BucketColumns, BucketRow, View};
use crate::storage::{
    Bucket, BucketId, BucketName, BucketSettings, ChangeBucket, CreateBucket, DeleteBucket, Head, NewBucket,
    PAGE_ENTRIES_MAX, Page, Result, StorageError, TenantId, Timestamp, UploadScan, VersionScan,
};

/// A deletion that is older than two leases and this was left behind, and is taken over.
const ABANDONED_AFTER: Duration = Duration::from_secs(30);
/// Pause between looks at another's deletion.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a bucket's row is read again because others change it.
const ATTEMPTS_MAX: u32 = 400;
/// Lives that one request claims a name for, because the outcome of the one before was not known.
const LIVES_MAX: usize = 3;
/// Index rows that a proof of emptiness resolves at a time.
const PROOF_ROWS: usize = 100;
/// Heads that a proof of emptiness fences at a time.
const FENCED_AT_ONCE: usize = 16;
/// An owner's row of a bucket that is another by now was left by a creation or a deletion that stopped; no request
/// lives as long as this.
const ORPHANED_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Bucket rows that a page verifies at a time.
const VERIFIED_AT_ONCE: usize = 32;
/// Rows of a shard map that are read at once.
const SHARDS_AT_ONCE: i32 = 500;

impl Core {
    pub(super) async fn bucket_row(&self, name: &BucketName) -> Result<Option<BucketRow>> {
        self.bucket_by(&self.cluster.st.bucket_serial, name).await
    }

    async fn bucket_by(&self, statement: &Statement, name: &BucketName) -> Result<Option<BucketRow>> {
        let row: Option<BucketColumns> = self.cluster.row(statement, (name.as_str(),)).await?;
        row.map(|row| BucketRow::of(name, row)).transpose()
    }

    pub(super) async fn create_bucket(self: &Arc<Self>, new: NewBucket) -> Result<CreateBucket> {
        if let Some(row) = self.bucket_row(&new.name).await? {
            return Ok(self.taken(row));
        }
        let mut bucket = Bucket {
            name: new.name,
            id: BucketId::fresh(),
            owner: new.owner,
            region: new.region,
            created: new.created,
            settings: Arc::new(new.settings),
        };
        let mut lives = Vec::new();
        for _ in 0..LIVES_MAX {
            match self.claim_bucket(&bucket).await {
                Ok(true) => {
                    self.views.forget(&bucket.name);
                    return Ok(CreateBucket::Created(bucket));
                }
                Ok(false) => self.forget_bucket_later(&bucket).await,
                // It may still land, so what it needs stays; but it is never sent again, for it may have landed, been
                // deleted and be gone with its shard map.
                Err(StorageError::OutcomeUnknown(reason)) => {
                    tracing::debug!(bucket = %bucket.name, %reason, "the claim of a name is begun anew");
                    lives.push(bucket.id);
                }
                Err(error) => return Err(error),
            }
            self.views.forget(&bucket.name);
            match self.bucket_row(&bucket.name).await? {
                Some(row) if row.state == BUCKET_LIVE && lives.contains(&row.bucket.id) => {
                    return Ok(CreateBucket::Created(row.bucket));
                }
                Some(row) => return Ok(self.taken(row)),
                None if lives.is_empty() => return Ok(CreateBucket::BeingDeleted),
                None => bucket.id = BucketId::fresh(),
            }
        }
        Err(StorageError::OutcomeUnknown(format!("whether bucket {} was created is not known", bucket.name)))
    }

    /// Claims a name for one life of a bucket; false when another has it.
    async fn claim_bucket(&self, bucket: &Bucket) -> Result<bool> {
        let st = &self.cluster.st;
        let (id, name, owner) = (bucket.id.0, bucket.name.as_str(), bucket.owner.0.as_slice());
        // Both are there before the name is claimed: a claimed bucket is listed, and has a shard.
        let shard = Uuid::new_v4();
        let mapped = self.cluster.cas(
            &st.shards_add,
            (id, [0_u8; 0].as_slice(), shard, Uuid::new_v4()),
            |_| true,
            || async { Ok(Look::AsExpected) }.boxed(),
        );
        let worked_on = self.expect_lifecycle(bucket, &bucket.settings);
        futures::try_join!(self.cluster.write(&st.owner_add, (owner, name, id)), mapped, worked_on)?;
        let (settings, since) = (bucket.settings.encode_to_vec(), Timestamp::now().0);
        let values = (name, Uuid::new_v4(), id, owner, &bucket.region, bucket.created.0, BUCKET_LIVE, since, settings);
        let look = || {
            async move {
                Ok(match self.bucket_row(&BucketName::existing(name).ok_or_else(|| unavailable(name))?).await? {
                    Some(row) if row.bucket.id.0 == id => Look::Ours,
                    // No row: the claim has not landed, or others have deleted it already. It is not sent again.
                    Some(_) | None => Look::Other,
                })
            }
            .boxed()
        };
        let claim = self.cluster.cas(&st.bucket_claim, values, |row| row.uuid("bucket_id") == Some(id), look).await?;
        Ok(matches!(claim, Cas::Applied))
    }

    fn taken(&self, row: BucketRow) -> CreateBucket {
        if row.state == BUCKET_DELETING { CreateBucket::BeingDeleted } else { CreateBucket::AlreadyExists(row.bucket) }
    }

    pub(super) async fn change_bucket(
        &self,
        bucket: &Bucket,
        decide: &mut (dyn for<'s> FnMut(&'s BucketSettings) -> Option<BucketSettings> + Send),
    ) -> Result<ChangeBucket> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(row) = self.settled_row(bucket).await? else { return Ok(ChangeBucket::NoSuchBucket) };
            let Some(settings) = decide(&row.bucket.settings) else { return Ok(ChangeBucket::Left(row.bucket)) };
            self.expect_lifecycle(&row.bucket, &settings).await?;
            let rev = Uuid::new_v4();
            let values = (rev, settings.encode_to_vec(), bucket.name.as_str(), row.rev);
            let ours = |other: &super::session::CasRow| other.uuid("rev") == Some(rev);
            let look = || self.look_at_bucket(&bucket.name, Some(rev), row.rev);
            let cas = self.cluster.cas(&self.cluster.st.bucket_configure, values, ours, look).await?;
            self.views.forget(&bucket.name);
            if matches!(cas, Cas::Applied) {
                return Ok(ChangeBucket::Changed(Bucket { settings: Arc::new(settings), ..row.bucket }));
            }
            tokio::time::sleep(jittered(PAUSE)).await;
        }
        Err(unavailable(format!("the settings of bucket {} are changed by others", bucket.name)))
    }

    /// Gives a bucket to another tenant.
    ///
    /// The new owner's row is there before the bucket is its own, so that what is owned is listed. The former owner's row
    /// stays: a bucket that comes back would need it, and nobody can know that its removal comes too late. A listing
    /// shows no bucket whose own row names another owner.
    pub(super) async fn change_owner(&self, bucket: &Bucket, to: TenantId) -> Result<ChangeBucket> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(row) = self.settled_row(bucket).await? else { return Ok(ChangeBucket::NoSuchBucket) };
            if row.bucket.owner != bucket.owner {
                return Ok(ChangeBucket::Left(row.bucket));
            }
            let (owner, name) = (to.0.as_slice(), bucket.name.as_str());
            self.cluster.write(&self.cluster.st.owner_add, (owner, name, bucket.id.0)).await?;
            let rev = Uuid::new_v4();
            let ours = |other: &super::session::CasRow| other.uuid("rev") == Some(rev);
            let look = || self.look_at_bucket(&bucket.name, Some(rev), row.rev);
            let cas = self.cluster.cas(&self.cluster.st.bucket_give, (rev, owner, name, row.rev), ours, look).await;
            self.views.forget(&bucket.name);
            match cas {
                Ok(Cas::Applied) => return Ok(ChangeBucket::Changed(Bucket { owner: to, ..row.bucket })),
                Ok(Cas::Refused(_)) => tokio::time::sleep(jittered(PAUSE)).await,
                Err(unknown @ StorageError::OutcomeUnknown(_)) => return self.whose_by_now(bucket, to, unknown).await,
                Err(error) => return Err(error),
            }
        }
        Err(unavailable(format!("bucket {} is changed by others", bucket.name)))
    }

    /// What became of a gift whose row others have changed since: whose the bucket is says it, unless it is still (or
    /// again) the former owner's.
    async fn whose_by_now(&self, bucket: &Bucket, to: TenantId, unknown: StorageError) -> Result<ChangeBucket> {
        match self.settled_row(bucket).await? {
            None => Ok(ChangeBucket::NoSuchBucket),
            Some(row) if row.bucket.owner == to => Ok(ChangeBucket::Changed(row.bucket)),
            Some(row) if row.bucket.owner != bucket.owner => Ok(ChangeBucket::Left(row.bucket)),
            Some(_) => Err(unknown),
        }
    }

    /// The row of a bucket that is not being deleted, as it is; `None` when the bucket is gone or going. Waits for a
    /// deletion to be decided: till then the revision belongs to whoever proves that the bucket is empty.
    async fn settled_row(&self, bucket: &Bucket) -> Result<Option<BucketRow>> {
        for _ in 0..ATTEMPTS_MAX {
            let row = self.bucket_row(&bucket.name).await?.filter(|row| row.bucket.id == bucket.id);
            match row {
                Some(row) if row.state == BUCKET_DELETING => {
                    if self.live_view(bucket).await?.is_none() {
                        return Ok(None);
                    }
                }
                row => return Ok(row),
            }
        }
        Err(unavailable(format!("bucket {} is changed by others", bucket.name)))
    }

    /// Removes what stands beside a bucket's row, once the row is gone or was never made.
    async fn forget_bucket_later(self: &Arc<Self>, bucket: &Bucket) {
        let (core, bucket) = (Arc::clone(self), bucket.clone());
        self.background.start(async move { core.forget_bucket(&bucket).await }).await;
    }

    async fn forget_bucket(&self, bucket: &Bucket) {
        let (cluster, id) = (&self.cluster, bucket.id);
        let st = &cluster.st;
        let owner = bucket.owner.0.as_slice();
        let removed = async {
            cluster.write(&st.owner_drop, (owner, bucket.name.as_str(), id.0)).await?;
            let mut after: Option<Bytes> = None;
            loop {
                let shards = self.shards_after(id, after.as_deref(), SHARDS_AT_ONCE).await?;
                let Some(last) = shards.last() else { break };
                after = Some(last.lower.clone());
                for shard in shards.iter().flat_map(Shard::partitions) {
                    self.purge_shard(id.0, shard).await?;
                }
            }
            // Last: it says where the others are.
            cluster.write(&st.shards_purge, (FOR_EVER, id.0)).await
        };
        if let Err(error) = removed.await {
            tracing::debug!(bucket = %bucket.name, %error, "rows of a bucket that is gone were left");
        }
        self.shards.forget(id);
    }

    pub(super) async fn delete_bucket(self: &Arc<Self>, bucket: &Bucket) -> Result<DeleteBucket> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(row) = self.bucket_row(&bucket.name).await?.filter(|row| row.bucket.id == bucket.id) else {
                return Ok(DeleteBucket::Absent);
            };
            if row.state == BUCKET_DELETING && !self.abandoned(&row) {
                tokio::time::sleep(jittered(PAUSE)).await;
                continue;
            }
            if row.state == BUCKET_LIVE && self.holds_something(bucket).await? {
                return Ok(DeleteBucket::NotEmpty);
            }
            self.log_bucket(bucket).await?;
            if let Some(rev) = self.mark_bucket(bucket, row.rev, BUCKET_DELETING).await?
                && let Some(answer) = self.finish_in_background(bucket, rev).await?
            {
                return Ok(answer);
            }
        }
        Err(unavailable(format!("bucket {} is changed by others", bucket.name)))
    }

    /// A deletion that nobody seems to be working on.
    pub(super) fn abandoned(&self, row: &BucketRow) -> bool {
        self.abandoned_since(row.since)
    }

    /// A deletion that was begun at `since` and that nobody seems to be working on.
    pub(super) fn abandoned_since(&self, since: Timestamp) -> bool {
        let age = Timestamp::now().0.saturating_sub(since.0);
        age > i64::try_from((self.lease * 2 + ABANDONED_AFTER).as_micros()).unwrap_or(i64::MAX)
    }

    /// Sets a bucket's state; the new revision, or `None` when another was faster.
    pub(super) async fn mark_bucket(&self, bucket: &Bucket, expected: Uuid, state: i8) -> Result<Option<Uuid>> {
        let rev = Uuid::new_v4();
        let values = (rev, state, Timestamp::now().0, bucket.name.as_str(), expected);
        let cas = self
            .cluster
            .cas(
                &self.cluster.st.bucket_mark,
                values,
                |row| row.uuid("rev") == Some(rev),
                || self.look_at_bucket(&bucket.name, Some(rev), expected),
            )
            .await;
        // Refused or not known: the row may be another than the one that is remembered.
        self.views.forget(&bucket.name);
        Ok(matches!(cas?, Cas::Applied).then_some(rev))
    }

    fn look_at_bucket<'a>(
        &'a self,
        name: &'a BucketName,
        ours: Option<Uuid>,
        expected: Uuid,
    ) -> futures::future::BoxFuture<'a, Result<Look>> {
        async move {
            let now = self.bucket_row(name).await?.map(|row| row.rev);
            Ok(match now {
                rev if rev == ours => Look::Ours,
                rev if rev == Some(expected) => Look::AsExpected,
                _ => Look::Other,
            })
        }
        .boxed()
    }

    /// Finishes a deletion, whether or not the request that asked for it is still there to hear the answer: cut off,
    /// it would leave a bucket that takes no writes.
    async fn finish_in_background(self: &Arc<Self>, bucket: &Bucket, rev: Uuid) -> Result<Option<DeleteBucket>> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let (core, bucket) = (Arc::clone(self), bucket.clone());
        self.background
            .start(async move {
                let answered = Box::pin(core.finish_deletion(&bucket, rev)).await;
                let gone = matches!(answered, Ok(Some(DeleteBucket::Deleted)));
                // Nobody is there any more to hear it: what was done stands.
                drop(answer.send(answered));
                if gone {
                    core.forget_bucket(&bucket).await;
                }
            })
            .await;
        answered.await.map_err(|_| unavailable("the store is being closed"))?
    }

    /// From the state `deleting` under `rev` on: waits until no front end acts on an older view, proves that nothing
    /// is there, and removes the row, or makes the bucket live again. `None` when another took over.
    async fn finish_deletion(self: &Arc<Self>, bucket: &Bucket, rev: Uuid) -> Result<Option<DeleteBucket>> {
        tokio::time::sleep(self.lease * 2).await;
        let Some(view) = self.view(&bucket.name).await?.filter(|view| view.rev == rev) else {
            return Ok(None);
        };
        let empty = Box::pin(self.proved_empty(&view)).await;
        if !matches!(empty, Ok(true)) {
            let reverted = self.mark_bucket(bucket, rev, BUCKET_LIVE).await?.is_some();
            return empty.map(|_| reverted.then_some(DeleteBucket::NotEmpty));
        }
        let cas = self
            .cluster
            .cas(
                &self.cluster.st.bucket_drop,
                (bucket.name.as_str(), rev),
                |row| row.uuid("rev").is_none(),
                || self.look_at_bucket(&bucket.name, None, rev),
            )
            .await;
        self.views.forget(&bucket.name);
        if !matches!(cas?, Cas::Applied) {
            return Ok(None);
        }
        Ok(Some(DeleteBucket::Deleted))
    }

    /// A first look that spares most refusals the wait.
    async fn holds_something(self: &Arc<Self>, bucket: &Bucket) -> Result<bool> {
        // Without a shard map nothing can have been written.
        if self.stretch_to_write(bucket.id, &[]).await?.is_none() {
            return Ok(false);
        }
        let scan = VersionScan { limit: 1, ..VersionScan::default() };
        let uploads = UploadScan { limit: 1, ..UploadScan::default() };
        let (objects, uploads) = futures::try_join!(
            Box::pin(self.list_versions(bucket, &scan)),
            Box::pin(self.list_uploads(bucket, &uploads))
        )?;
        Ok(!objects.entries.is_empty() || !uploads.entries.is_empty())
    }

    /// No row says that there is an object or a version, and none can come: each row that asks is fenced and resolved,
    /// each upload that is not open yet is made impossible.
    async fn proved_empty(self: &Arc<Self>, view: &View) -> Result<bool> {
        let mut from = Vec::new();
        loop {
            let proof = |at: Stretch| {
                let from = &from;
                async move { Box::pin(self.stretch_proved_empty(view, &at, from)).await }
            };
            match self.in_stretch(view.bucket.id, &from, proof).await? {
                None if from.is_empty() => return Ok(true),
                None => return Err(unavailable("the bucket's shard map went while it was read")),
                Some((_, false)) => return Ok(false),
                Some((stretch, true)) => match stretch.next(None) {
                    Some(next) => from = next,
                    None => return Ok(true),
                },
            }
        }
    }

    async fn stretch_proved_empty(self: &Arc<Self>, view: &View, stretch: &Stretch, from: &[u8]) -> Result<bool> {
        let (bucket, upper) = (view.bucket.id.0, stretch.upper.as_deref());
        let mut next = Some(from.to_vec());
        while let Some(from) = next {
            let rows = self.index_rows(bucket, stretch.read, &from, upper, PROOF_ROWS).await?;
            next = rows.last().filter(|_| rows.len() == PROOF_ROWS).map(|last| [&last.key, &[0][..]].concat());
            let current = rows.iter().any(|row| row.current);
            if current || !self.proved_absent(view, rows.into_iter().map(|row| (row.key, row.at))).await? {
                return Ok(false);
            }
        }
        let mut next = Some(from.to_vec());
        while let Some(from) = next {
            let rows = self.versioned_rows(bucket, stretch.read, &from, upper, PROOF_ROWS).await?;
            next = rows.last().filter(|_| rows.len() == PROOF_ROWS).map(|(last, _)| [last, &[0][..]].concat());
            if !self.proved_absent(view, rows.into_iter()).await? {
                return Ok(false);
            }
        }
        self.no_upload_can_open(stretch).await
    }

    /// Whether none of these keys has a version, nor can get one any more.
    async fn proved_absent(self: &Arc<Self>, view: &View, rows: impl Iterator<Item = (Bytes, i64)>) -> Result<bool> {
        let heads = rows.map(|(key, at)| async move { Box::pin(self.repair(view, &key, at)).await });
        let absent = |head: Option<Head>| head.is_some_and(|head| head.current.is_none());
        let mut heads = futures::stream::iter(heads).buffer_unordered(FENCED_AT_ONCE);
        while let Some(head) = heads.try_next().await? {
            if !absent(head) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(super) async fn list_buckets(
        &self,
        owner: TenantId,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Bucket>> {
        let limit = limit.clamp(1, PAGE_ENTRIES_MAX);
        let upper = successor(prefix.as_bytes());
        // A name may have rows of several lives; after a name means after all of them.
        let mut after = match after.filter(|after| *after >= prefix) {
            Some(after) => (after.to_owned(), Uuid::max()),
            None => (prefix.to_owned(), Uuid::nil()),
        };
        let mut entries: Vec<Bucket> = Vec::new();
        loop {
            let wanted = (limit + 1 - entries.len()).max(ROWS_MIN);
            let rows = self.owned_names(owner, &after, wanted).await?;
            let read = rows.len();
            if let Some(last) = rows.last() {
                after.clone_from(last);
            }
            let within: Vec<(String, Uuid)> = rows
                .into_iter()
                .filter(|(name, _)| upper.as_ref().is_none_or(|upper| name.as_bytes() < upper.as_slice()))
                .collect();
            let whole = read < wanted || within.len() < read;
            let verified = within.into_iter().map(|(name, id)| self.verified(owner, name, id));
            let found: Vec<Option<Bucket>> =
                futures::stream::iter(verified).buffered(VERIFIED_AT_ONCE).try_collect().await?;
            entries.extend(found.into_iter().flatten());
            if entries.len() > limit {
                entries.truncate(limit);
                return Ok(Page { entries, more: true });
            }
            if whole {
                return Ok(Page { entries, more: false });
            }
        }
    }

    async fn owned_names(
        &self,
        owner: TenantId,
        (name, id): &(String, Uuid),
        limit: usize,
    ) -> Result<Vec<(String, Uuid)>> {
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        self.cluster.rows(&self.cluster.st.owner_after, (owner.0.as_slice(), name, id, limit)).await
    }

    /// The bucket that an index row speaks of, if it is still that one; a row that speaks of none is removed when that
    /// is sure.
    async fn verified(&self, owner: TenantId, name: String, id: Uuid) -> Result<Option<Bucket>> {
        let name = BucketName::existing(&name).ok_or_else(|| corrupt("a bucket's name", &name))?;
        let row = self.bucket_by(&self.cluster.st.bucket_read, &name).await?;
        let bucket = row.map(|row| row.bucket).filter(|bucket| bucket.id.0 == id);
        // A bucket of another owner may be about to become, or to become again, this one's.
        if bucket.as_ref().is_some_and(|bucket| bucket.owner != owner) {
            return Ok(None);
        }
        if bucket.is_none() && is_orphan(id, Timestamp::now()) {
            let dropped = (owner.0.as_slice(), name.as_str(), id);
            if let Err(error) = self.cluster.write(&self.cluster.st.owner_drop, dropped).await {
                tracing::debug!(bucket = %name, %error, "the owner's row of a bucket that is gone was left");
            }
        }
        Ok(bucket)
    }
}

/// Whether an id of version 7 was made so long ago that nobody can still be creating its bucket.
fn is_orphan(id: Uuid, now: Timestamp) -> bool {
    let made = id.get_timestamp().map(|made| made.to_unix().0);
    let age = made.and_then(|made| u64::try_from(now.0 / 1_000_000).ok()?.checked_sub(made));
    age.is_some_and(|age| age > ORPHANED_AFTER.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_older_than_a_day_is_an_orphans() {
        let (id, now) = (BucketId::fresh().0, Timestamp::now());
        assert!(!is_orphan(id, now));
        assert!(is_orphan(id, Timestamp(now.0 + 86_500_000_000)));
        assert!(!is_orphan(Uuid::new_v4(), Timestamp(i64::MAX)), "an id without a time says nothing");
    }
}
