//! Tenants and buckets: few enough to be held in memory whole, each change a row of the log.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::{Mutex, OwnedRwLockReadGuard};

use super::committer::NewRow;
use super::index::Index;
use super::segments::Room;
use super::shared::Shared;
use super::{keys, rows};
use crate::storage::{
    Bucket, BucketId, BucketName, BucketSettings, ChangeBucket, CreateBucket, DeleteBucket, NewBucket,
    PAGE_ENTRIES_MAX, Page, Result, Tenant, TenantId,
};

/// Held for reading by each write into the bucket, for writing by its deletion. False once it is gone.
type Gate = Arc<tokio::sync::RwLock<bool>>;

#[derive(Debug)]
struct LiveBucket {
    bucket: Bucket,
    gate: Gate,
}

#[derive(Debug, Default)]
struct Maps {
    by_name: BTreeMap<String, Arc<LiveBucket>>,
    by_id: HashMap<BucketId, Arc<LiveBucket>>,
    by_owner: BTreeSet<(TenantId, String)>,
    tenants: HashMap<TenantId, Tenant>,
    tenant_names: HashMap<String, TenantId>,
}

impl Maps {
    fn add(&mut self, bucket: Bucket) {
        let live = Arc::new(LiveBucket { gate: Arc::new(tokio::sync::RwLock::new(true)), bucket });
        self.by_owner.insert((live.bucket.owner, live.bucket.name.to_string()));
        self.by_id.insert(live.bucket.id, live.clone());
        self.by_name.insert(live.bucket.name.to_string(), live);
    }

    /// The bucket of this id is now configured so, and this owner's.
    fn replace(&mut self, bucket: Bucket) {
        if let Some(before) = self.by_id.get(&bucket.id) {
            self.by_owner.remove(&(before.bucket.owner, before.bucket.name.to_string()));
            let live = Arc::new(LiveBucket { gate: before.gate.clone(), bucket });
            self.by_owner.insert((live.bucket.owner, live.bucket.name.to_string()));
            self.by_id.insert(live.bucket.id, live.clone());
            self.by_name.insert(live.bucket.name.to_string(), live);
        }
    }

    fn remove(&mut self, id: BucketId) {
        if let Some(live) = self.by_id.remove(&id) {
            self.by_owner.remove(&(live.bucket.owner, live.bucket.name.to_string()));
            self.by_name.remove(live.bucket.name.as_str());
        }
    }

    fn add_tenant(&mut self, tenant: Tenant) {
        self.tenant_names.insert(tenant.name.clone(), tenant.id);
        self.tenants.insert(tenant.id, tenant);
    }
}

/// The live buckets and all tenants.
pub(super) struct Buckets {
    maps: RwLock<Maps>,
    /// One claim of a name at a time.
    claims: Arc<Mutex<()>>,
}

impl Buckets {
    pub(super) fn load(index: &Index) -> Result<Self> {
        let mut maps = Maps::default();
        for (_, row) in index.scan_prefix(&[keys::TENANTS], usize::MAX)? {
            maps.add_tenant(rows::decode_tenant(&row.value)?);
        }
        for (_, row) in index.scan_prefix(&[keys::BUCKETS], usize::MAX)? {
            maps.add(rows::decode_bucket(&row.value)?);
        }
        Ok(Self { maps: RwLock::new(maps), claims: Arc::default() })
    }

    fn gate(&self, id: BucketId) -> Option<Gate> {
        self.maps.read().by_id.get(&id).map(|live| live.gate.clone())
    }

    /// The right to write into a bucket; `None` when it is gone or going.
    pub(super) async fn enter(&self, id: BucketId) -> Option<OwnedRwLockReadGuard<bool>> {
        let entered = self.gate(id)?.read_owned().await;
        entered.then_some(entered)
    }

    pub(super) fn tenant(&self, id: TenantId) -> Option<Tenant> {
        self.maps.read().tenants.get(&id).cloned()
    }

    fn tenant_named(&self, name: &str) -> Option<Tenant> {
        let maps = self.maps.read();
        maps.tenant_names.get(name).and_then(|id| maps.tenants.get(id)).cloned()
    }

    pub(super) fn bucket(&self, name: &BucketName) -> Option<Bucket> {
        self.maps.read().by_name.get(name.as_str()).map(|live| live.bucket.clone())
    }

    pub(super) fn list(&self, owner: TenantId, prefix: &str, after: Option<&str>, limit: usize) -> Page<Bucket> {
        let limit = limit.clamp(1, PAGE_ENTRIES_MAX);
        let maps = self.maps.read();
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded((owner, after.to_owned())),
            _ => Bound::Included((owner, prefix.to_owned())),
        };
        let mut entries: Vec<_> = maps
            .by_owner
            .range((from, Bound::Unbounded))
            .take_while(|(tenant, name)| *tenant == owner && name.starts_with(prefix))
            .filter_map(|(_, name)| maps.by_name.get(name).map(|live| live.bucket.clone()))
            .take(limit + 1)
            .collect();
        let more = entries.len() > limit;
        entries.truncate(limit);
        Page { entries, more }
    }

    pub(super) fn list_with_lifecycle(&self, after: Option<&BucketName>, limit: usize) -> Page<Bucket> {
        let limit = limit.clamp(1, PAGE_ENTRIES_MAX);
        let maps = self.maps.read();
        let from = after.map_or(Bound::Unbounded, |after| Bound::Excluded(after.as_str()));
        let all = maps.by_name.range::<str, _>((from, Bound::Unbounded)).map(|(_, live)| &live.bucket);
        let mut entries: Vec<_> =
            all.filter(|bucket| !bucket.settings.lifecycle.is_empty()).take(limit + 1).cloned().collect();
        let more = entries.len() > limit;
        entries.truncate(limit);
        Page { entries, more }
    }
}

pub(super) async fn ensure_tenant(shared: &Arc<Shared>, name: &str) -> Result<Tenant> {
    if let Some(tenant) = shared.buckets.tenant_named(name) {
        return Ok(tenant);
    }
    let claim = shared.buckets.claims.clone().lock_owned().await;
    if let Some(tenant) = shared.buckets.tenant_named(name) {
        return Ok(tenant);
    }
    let tenant = Tenant { id: TenantId::fresh(), name: name.to_owned() };
    let row = NewRow::put(keys::tenant(tenant.id), rows::encode_tenant(&tenant));
    let (owner, made) = (shared.clone(), tenant.clone());
    let applied = Box::new(move || {
        owner.buckets.maps.write().add_tenant(made);
        drop(claim);
    });
    shared.commit(vec![row], Room::Data, applied).await?;
    Ok(tenant)
}

pub(super) async fn create_bucket(shared: &Arc<Shared>, new: NewBucket) -> Result<CreateBucket> {
    let claim = shared.buckets.claims.clone().lock_owned().await;
    if let Some(bucket) = shared.buckets.bucket(&new.name) {
        return Ok(CreateBucket::AlreadyExists(bucket));
    }
    let NewBucket { name, owner, region, created, settings } = new;
    let bucket = Bucket { name, id: BucketId::fresh(), owner, region, created, settings: Arc::new(settings) };
    let row = NewRow::put(keys::bucket(bucket.name.as_str()), rows::encode_bucket(&bucket));
    let (store, made) = (shared.clone(), bucket.clone());
    let applied = Box::new(move || {
        store.buckets.maps.write().add(made);
        drop(claim);
    });
    shared.commit(vec![row], Room::Data, applied).await?;
    Ok(CreateBucket::Created(bucket))
}

pub(super) async fn change_bucket(
    shared: &Arc<Shared>,
    bucket: &Bucket,
    decide: &mut (dyn for<'s> FnMut(&'s BucketSettings) -> Option<BucketSettings> + Send),
) -> Result<ChangeBucket> {
    change(shared, bucket, |now| Some(Bucket { settings: Arc::new(decide(&now.settings)?), ..now.clone() })).await
}

pub(super) async fn change_owner(shared: &Arc<Shared>, bucket: &Bucket, to: TenantId) -> Result<ChangeBucket> {
    change(shared, bucket, |now| (now.owner == bucket.owner).then(|| Bucket { owner: to, ..now.clone() })).await
}

async fn change(
    shared: &Arc<Shared>,
    bucket: &Bucket,
    decide: impl FnOnce(&Bucket) -> Option<Bucket> + Send,
) -> Result<ChangeBucket> {
    let Some(entered) = shared.buckets.enter(bucket.id).await else { return Ok(ChangeBucket::NoSuchBucket) };
    let claim = shared.buckets.claims.clone().lock_owned().await;
    let Some(now) = shared.buckets.bucket(&bucket.name).filter(|now| now.id == bucket.id) else {
        return Ok(ChangeBucket::NoSuchBucket);
    };
    let Some(changed) = decide(&now) else { return Ok(ChangeBucket::Left(now)) };
    let row = NewRow::put(keys::bucket(changed.name.as_str()), rows::encode_bucket(&changed));
    let (store, made) = (shared.clone(), changed.clone());
    let applied = Box::new(move || {
        store.buckets.maps.write().replace(made);
        drop((claim, entered));
    });
    shared.commit(vec![row], Room::Data, applied).await?;
    Ok(ChangeBucket::Changed(changed))
}

pub(super) async fn delete_bucket(shared: &Arc<Shared>, bucket: &Bucket) -> Result<DeleteBucket> {
    let Some(gate) = shared.buckets.gate(bucket.id) else { return Ok(DeleteBucket::Absent) };
    let mut alone = gate.write_owned().await;
    if !*alone {
        return Ok(DeleteBucket::Absent);
    }
    for prefix in [keys::head(bucket.id, b""), keys::uploads_from(bucket.id, b"")] {
        if !shared.index.scan_prefix(&prefix, 1)?.is_empty() {
            return Ok(DeleteBucket::NotEmpty);
        }
    }
    let (store, id) = (shared.clone(), bucket.id);
    let applied = Box::new(move || {
        *alone = false;
        store.buckets.maps.write().remove(id);
    });
    shared.commit(vec![NewRow::delete(keys::bucket(bucket.name.as_str()))], Room::Delete, applied).await?;
    Ok(DeleteBucket::Deleted)
}
