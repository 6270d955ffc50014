//! How much one sender may ask of this front end: wrong signatures, requests per second, bytes per second. Everything
//! here is bounded in memory and known to one process only; a cluster of n front ends lets through n times as much.
//!
//! # Why a request is counted twice
//! A flood that is refused has to be limited before it is decided about, and must not use up what a bucket and its owner
//! may be asked for: then everybody could shut them down. So each counts with its sender, whatever becomes of it, and with
//! the bucket when it is allowed.

mod failures;
mod flow;
mod meter;

use std::sync::Arc;

use async_trait::async_trait;

pub use failures::Failures;
pub use meter::{Counted, Meter, Throttle};

use meter::{Meters, Subject};

use crate::accounts::Accounts;
use crate::s3::auth::Caller;
use crate::s3::error::S3Error;
use crate::storage::{Bucket, RateLimits, StorageError, TenantId};

/// What an installation allows those who have no limits of their own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Defaults {
    /// Of each tenant.
    pub tenant: RateLimits,
    /// Of each bucket.
    pub bucket: RateLimits,
    /// Wrong signatures per minute from one address with one access key; 0 is unbounded.
    pub failed_signatures_per_minute: u32,
}

/// Knows the limits that tenants have of their own.
#[async_trait]
pub trait TenantLimits: Send + Sync {
    /// The tenant's; `None` when it has the installation's. Asked for each request.
    async fn of_tenant(&self, tenant: TenantId) -> Result<Option<RateLimits>, StorageError>;
}

#[async_trait]
impl TenantLimits for Accounts {
    async fn of_tenant(&self, tenant: TenantId) -> Result<Option<RateLimits>, StorageError> {
        Ok(self.recent_tenant(tenant).await?.and_then(|tenant| tenant.limits))
    }
}

/// All limits of a process.
pub struct Limits {
    /// Wrong signatures.
    pub failures: Failures,
    defaults: Defaults,
    tenants: Option<Arc<dyn TenantLimits>>,
    meters: Meters,
}

impl Limits {
    /// Limits under which nobody has asked for anything yet.
    #[must_use]
    pub fn new(defaults: Defaults, tenants: Option<Arc<dyn TenantLimits>>) -> Self {
        let failures = Failures::new(defaults.failed_signatures_per_minute);
        Self { failures, defaults, tenants, meters: Meters::default() }
    }

    /// Counts a request that may yet be refused with its sender; `has_body` says whether it sends one. Anonymous requests
    /// to the buckets of one tenant have one sender, of that tenant's limits. What the narrower limit of a bucket refuses
    /// is not counted with the tenant.
    ///
    /// # Errors
    /// `SlowDown`; what the store fails with.
    pub async fn count(&self, caller: &Caller, bucket: Option<&Bucket>, has_body: bool) -> Result<Counted, S3Error> {
        let sender = caller.principal().map(|who| who.tenant.id);
        let tenant = sender.or(bucket.map(|bucket| bucket.owner));
        let limits = match (tenant, &self.tenants) {
            (Some(id), Some(known)) => known.of_tenant(id).await?,
            _ => None,
        };
        let tenants = limits.unwrap_or(self.defaults.tenant);
        let buckets = bucket.and_then(|bucket| bucket.settings.limits).unwrap_or(self.defaults.bucket);
        let of_tenant = |subject: Option<Subject>| self.meters.of(subject?, tenants);
        let of_bucket = |subject: Option<Subject>| self.meters.of(subject?, buckets);
        let owner = if sender.is_none() { tenant } else { None };
        let own = of_tenant(sender.map(Subject::Tenant));
        let among_themselves =
            [of_bucket(bucket.map(|bucket| Subject::Sender(bucket.id, sender))), of_tenant(owner.map(Subject::Nobody))];
        let about = [of_bucket(bucket.map(|bucket| Subject::Bucket(bucket.id))), of_tenant(owner.map(Subject::Tenant))];
        let mut counts = own.iter().chain(among_themselves.iter().flatten());
        counts.try_for_each(|meter| meter.admit(has_body))?;
        Ok(Counted { sender: own, about: about.into_iter().flatten().collect(), has_body })
    }
}

#[cfg(test)]
mod tests;
