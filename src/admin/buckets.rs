//! Buckets, as operators see them, and giving one to another tenant.

use std::sync::Arc;

use bytes::Bytes;

use super::call::Call;
use super::error::{ApiError, Result};
use super::sweep::{each, head_of, step};
use super::tenants::{asked_limits, told_limits};
use super::types::{Bucket, BucketPage, ChangeBucket, Chown, Chowned, Deleted, time_text};
use crate::accounts::TenantRecord;
use crate::storage::{
    self, AccessControlList, Decision, DeleteBucket, Head, HeadChange, ListedVersion, ObjectRecord, Storage,
    StorageError, TenantId, Versioning,
};

/// Tenants that one page of all buckets looks at.
const PAGE_TENANTS: usize = 50;

fn told(tenant: &str, bucket: &storage::Bucket) -> Bucket {
    let versioning = match bucket.settings.versioning() {
        Versioning::Off => "off",
        Versioning::Enabled => "enabled",
        Versioning::Suspended => "suspended",
    };
    Bucket {
        name: bucket.name.to_string(),
        id: bucket.id.to_string(),
        tenant: tenant.to_owned(),
        owner: bucket.owner.to_string(),
        region: bucket.region.clone(),
        created: time_text(bucket.created.0),
        versioning: versioning.to_owned(),
        object_lock: bucket.settings.object_lock.is_some(),
        limits: told_limits(bucket.settings.limits),
    }
}

async fn told_with_owner(call: &Call, bucket: &storage::Bucket) -> Result<Bucket> {
    let tenant = call.admin.storage.metadata.tenant(bucket.owner).await?;
    Ok(told(&tenant.map(|tenant| tenant.name).unwrap_or_default(), bucket))
}

/// Those of one tenant, or all: tenant by tenant, for there is no list of all buckets.
pub(super) async fn list(call: Call) -> Result<BucketPage> {
    let (after, limit) = (call.query("after"), call.limit()?);
    let store = &call.admin.storage.metadata;
    if let Some(tenant) = call.query("tenant") {
        let tenant = call.tenant_called(tenant).await?;
        let page = store.list_buckets(tenant.tenant_id(), "", after, limit).await?;
        let next = page.entries.last().filter(|_| page.more).map(|last| last.name.to_string());
        return Ok(BucketPage { buckets: page.entries.iter().map(|one| told(&tenant.name, one)).collect(), next });
    }
    // A bucket's name has no slash; a tenant's may have.
    let (mut tenant, mut after) = match after.map(|after| after.rsplit_once('/')) {
        None => (None, None),
        Some(Some((tenant, bucket))) => (Some(tenant.to_owned()), Some(bucket.to_owned())),
        Some(None) => return Err(ApiError::invalid("`after` is not what a page before has answered.")),
    };
    let mut buckets = Vec::new();
    for _ in 0..PAGE_TENANTS {
        let current = match (&tenant, &after) {
            (Some(name), Some(bucket)) if !bucket.is_empty() => call.admin.accounts.tenant_named(name).await?,
            _ => None,
        };
        let current: Option<TenantRecord> = match current {
            Some(current) => Some(current),
            None => {
                after = None;
                call.admin.accounts.tenants(tenant.as_deref(), 1).await?.entries.pop()
            }
        };
        let Some(current) = current else { return Ok(BucketPage { buckets, next: None }) };
        let page = store.list_buckets(current.tenant_id(), "", after.as_deref(), limit - buckets.len()).await?;
        buckets.extend(page.entries.iter().map(|one| told(&current.name, one)));
        after = page.entries.last().filter(|_| page.more).map(|last| last.name.to_string());
        tenant = Some(current.name);
        if buckets.len() >= limit {
            break;
        }
    }
    let next = format!("{}/{}", tenant.unwrap_or_default(), after.unwrap_or_default());
    Ok(BucketPage { buckets, next: Some(next) })
}

pub(super) async fn show(call: Call) -> Result<Bucket> {
    told_with_owner(&call, &call.bucket().await?).await
}

pub(super) async fn change(call: Call, change: ChangeBucket) -> Result<Bucket> {
    let bucket = call.bucket().await?;
    let limits = asked_limits(&change.limits);
    let mut decide =
        |settings: &storage::BucketSettings| Some(storage::BucketSettings { limits: Some(limits), ..settings.clone() });
    match call.admin.storage.metadata.change_bucket(&bucket, &mut decide).await? {
        storage::ChangeBucket::Changed(now) | storage::ChangeBucket::Left(now) => told_with_owner(&call, &now).await,
        storage::ChangeBucket::NoSuchBucket => Err(ApiError::missing("bucket", bucket.name.as_str())),
    }
}

pub(super) async fn delete(call: Call) -> Result<Deleted> {
    let bucket = call.bucket().await?;
    let name = bucket.name.to_string();
    match call.admin.storage.metadata.delete_bucket(&bucket).await? {
        DeleteBucket::Deleted => Ok(Deleted { deleted: name }),
        DeleteBucket::Absent => Err(ApiError::missing("bucket", &name)),
        DeleteBucket::NotEmpty => {
            let message = format!("The bucket {name} is not empty.");
            Err(ApiError::new(409, "in_use", message, format!("Empty it first: dolium bucket purge {name} --yes")))
        }
    }
}

/// The first step makes the bucket the new tenant's. It and the others give him the versions that were the former
/// owner's, and put him into grants in that one's place. Versions of others stay theirs; an upload that is open becomes an
/// object of whoever it was opened for, or of the new tenant where lists do not count.
pub(super) async fn chown(call: Call, chown: Chown) -> Result<Chowned> {
    let to = call.tenant_called(&chown.tenant).await?.tenant_id();
    let storage = &call.admin.storage;
    let mut bucket = call.bucket().await?;
    let from = match &chown.from {
        Some(from) => call.tenant_id_called(from).await?,
        None => bucket.owner,
    };
    if from == to {
        let bucket = told_with_owner(&call, &bucket).await?;
        return Ok(Chowned { bucket, from: from.to_string(), changed: 0, next: None });
    }
    if bucket.owner == from {
        bucket = give(storage, &bucket, to).await?;
    }
    if bucket.owner != to {
        let message = format!("The bucket {} is neither the one tenant's nor the other's.", bucket.name);
        return Err(ApiError::new(409, "conflict", message, "Look whose it is, and begin anew."));
    }
    let step = step(storage, &bucket, chown.after.as_deref()).await?;
    let changed = each(step.versions, |version| pass_on(storage, &bucket, version, from)).await?;
    let changed = changed.into_iter().filter(|changed| *changed).count() as u64;
    Ok(Chowned { bucket: told_with_owner(&call, &bucket).await?, from: from.to_string(), changed, next: step.next })
}

async fn give(storage: &Storage, bucket: &storage::Bucket, to: TenantId) -> Result<storage::Bucket> {
    let missing = || ApiError::missing("bucket", bucket.name.as_str());
    let given = match storage.metadata.change_owner(bucket, to).await? {
        storage::ChangeBucket::Changed(now) => now,
        storage::ChangeBucket::Left(now) => return Ok(now),
        storage::ChangeBucket::NoSuchBucket => return Err(missing()),
    };
    let mut decide = |settings: &storage::BucketSettings| {
        let acl = passed_on(settings.acl.as_ref()?, bucket.owner, to)?;
        Some(storage::BucketSettings { acl: Some(acl), ..settings.clone() })
    };
    match storage.metadata.change_bucket(&given, &mut decide).await? {
        storage::ChangeBucket::Changed(now) | storage::ChangeBucket::Left(now) => Ok(now),
        storage::ChangeBucket::NoSuchBucket => Err(missing()),
    }
}

/// The list with one tenant in another's place; `None` when it does not name him.
fn passed_on(acl: &AccessControlList, from: TenantId, to: TenantId) -> Option<AccessControlList> {
    let mut acl = acl.clone();
    let mut named = false;
    for grant in acl.grants.iter_mut().filter(|grant| grant.tenant == from.0.as_slice()) {
        grant.tenant = Bytes::copy_from_slice(&to.0);
        named = true;
    }
    named.then_some(acl)
}

/// Makes a version the bucket's owner's, if it was the former owner's; false when it was not.
async fn pass_on(
    storage: &Storage,
    bucket: &storage::Bucket,
    version: ListedVersion,
    from: TenantId,
) -> std::result::Result<bool, StorageError> {
    if version.attrs.owner != from.0.as_slice() {
        return Ok(false);
    }
    let wanted = version.attrs.version_ref();
    let read = head_of(storage, bucket, &version).await?;
    let mut decide = |head: &Head| {
        let is_it = |record: &&Arc<ObjectRecord>| {
            record.attrs.version_ref() == wanted && record.attrs.owner == from.0.as_slice()
        };
        let Some(found) = head.named.as_ref().or(head.current.as_ref()).filter(is_it) else { return Decision::Leave };
        let mut record = ObjectRecord::clone(found);
        record.attrs.owner = Bytes::copy_from_slice(&bucket.owner.0);
        let acl = record.attrs.acl.as_ref().and_then(|acl| passed_on(acl, from, bucket.owner));
        record.attrs.acl = acl.or(record.attrs.acl);
        Decision::Rewrite(Arc::new(record))
    };
    let changed = storage.metadata.change_head(read, &mut decide).await?;
    Ok(matches!(changed, HeadChange::Applied { .. }))
}
