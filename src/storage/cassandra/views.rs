//! The leased view of a bucket: its state and its settings, good for a moment. Knows no object.
//!
//! # Why
//! A writer checks its view after its `?` row is written and before its head's LWT; a lister after its read. Whoever
//! changes a bucket's state waits two leases, and then nobody acts on the old one any more.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use prost::Message;
use uuid::Uuid;

use super::Core;
use super::clock::Moment;
use super::rows::{BUCKET_DELETING, BUCKET_LIVE};
use super::session::{corrupt, jittered, unavailable};
use crate::storage::{Bucket, BucketId, BucketName, BucketSettings, Result, TenantId, Timestamp};

/// Buckets remembered at once.
const VIEWS_MAX: usize = 10_000;
/// Pause between looks at a bucket whose deletion is not decided yet.
const DELETING_PAUSE: Duration = Duration::from_millis(100);
/// What a writer waits beyond two leases for a deletion to be decided.
const DELETING_PATIENCE: Duration = Duration::from_secs(3);

/// A bucket as it was at a moment.
#[derive(Debug)]
pub(super) struct View {
    /// The bucket.
    pub(super) bucket: Bucket,
    /// The row's revision.
    pub(super) rev: Uuid,
    /// [`BUCKET_LIVE`] or [`BUCKET_DELETING`].
    pub(super) state: i8,
    /// When the state was set.
    since: Timestamp,
    taken: Moment,
}

/// A bucket row as the driver reads it.
pub(super) type BucketColumns =
    (Option<Uuid>, Option<Uuid>, Option<Vec<u8>>, Option<String>, Option<i64>, Option<i8>, Option<i64>, Option<Bytes>);

/// A bucket row, read.
#[derive(Debug, Clone)]
pub(super) struct BucketRow {
    /// The bucket.
    pub(super) bucket: Bucket,
    /// The row's revision.
    pub(super) rev: Uuid,
    /// Its state.
    pub(super) state: i8,
    /// When the state was set.
    pub(super) since: Timestamp,
}

impl BucketRow {
    /// From its columns.
    pub(super) fn of(name: &BucketName, columns: BucketColumns) -> Result<Self> {
        let (Some(rev), Some(id), Some(owner), Some(region), Some(created), Some(state), Some(since), Some(settings)) =
            columns
        else {
            return Err(corrupt("a bucket's row", "a column is missing"));
        };
        let owner = TenantId::from_slice(&owner).ok_or_else(|| corrupt("a bucket's row", "a wrong owner"))?;
        let settings = BucketSettings::decode(settings).map_err(|e| corrupt("a bucket's settings", e))?;
        let bucket = Bucket {
            name: name.clone(),
            id: BucketId(id),
            owner,
            region,
            created: Timestamp(created),
            settings: Arc::new(settings),
        };
        Ok(Self { bucket, rev, state, since: Timestamp(since) })
    }
}

type Slot = Arc<tokio::sync::Mutex<Option<Arc<View>>>>;

/// The views that this front end holds.
#[derive(Default)]
pub(super) struct Views(Mutex<HashMap<BucketName, Slot>>);

impl Views {
    fn slot(&self, name: &BucketName) -> Slot {
        let mut slots = self.0.lock();
        if slots.len() >= VIEWS_MAX && !slots.contains_key(name) {
            slots.clear();
        }
        Arc::clone(slots.entry(name.clone()).or_default())
    }

    /// Forgets what is known about a name.
    pub(super) fn forget(&self, name: &BucketName) {
        self.0.lock().remove(name);
    }
}

impl Core {
    /// The bucket of this name as it was less than `age` ago. Only one request at a time asks the cluster.
    async fn view_younger_than(&self, name: &BucketName, age: Duration) -> Result<Option<Arc<View>>> {
        let slot = self.views.slot(name);
        let mut held = slot.lock().await;
        if let Some(view) = held.as_ref()
            && view.taken.younger_than(age)
        {
            return Ok(Some(Arc::clone(view)));
        }
        *held = None;
        let view = self.read_view(name).await?.map(Arc::new);
        match &view {
            Some(view) if view.state == BUCKET_LIVE => *held = Some(Arc::clone(view)),
            _ => self.views.forget(name),
        }
        Ok(view)
    }

    async fn read_view(&self, name: &BucketName) -> Result<Option<View>> {
        let taken = Moment::now();
        let row = self.cluster.row::<BucketColumns>(&self.cluster.st.bucket_read, (name.as_str(),)).await?;
        let Some(row) = row else { return Ok(None) };
        let BucketRow { bucket, rev, state, since } = BucketRow::of(name, row)?;
        Ok(Some(View { bucket, rev, state, since, taken }))
    }

    /// The bucket of this name, live or being deleted, as it was less than a lease ago.
    pub(super) async fn view(&self, name: &BucketName) -> Result<Option<Arc<View>>> {
        self.view_younger_than(name, self.lease).await
    }

    /// A view of this life of a bucket under which writes may begin; `None` when it is gone. A deletion that is not
    /// decided is waited for; one that was left behind is taken back: should its deleter wake, the revision that it
    /// needs is gone.
    pub(super) async fn live_view(&self, bucket: &Bucket) -> Result<Option<Arc<View>>> {
        let limit = self.lease * 2 + DELETING_PATIENCE;
        let began = tokio::time::Instant::now();
        loop {
            // What is left of the lease has to last until the check before the LWT.
            match self.view_younger_than(&bucket.name, self.lease / 2).await? {
                Some(view) if view.bucket.id == bucket.id => {
                    if view.state == BUCKET_LIVE {
                        return Ok(Some(view));
                    }
                    if self.abandoned_since(view.since) {
                        self.mark_bucket(bucket, view.rev, BUCKET_LIVE).await?;
                        continue;
                    }
                }
                _ => return Ok(None),
            }
            if began.elapsed() > limit {
                return Err(unavailable(format!("bucket {} is being deleted", bucket.name)));
            }
            tokio::time::sleep(jittered(DELETING_PAUSE)).await;
        }
    }

    /// Whether a head's LWT may be sent under `view`: the bucket lives.
    pub(super) async fn still_live(&self, view: &View) -> Result<bool> {
        if view.taken.younger_than(self.lease) {
            return Ok(true);
        }
        let now = self.view_younger_than(&view.bucket.name, self.lease / 2).await?;
        Ok(now.is_some_and(|now| now.bucket.id == view.bucket.id && now.state != BUCKET_DELETING))
    }
}
