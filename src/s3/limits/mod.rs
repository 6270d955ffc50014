//! How much one sender may ask of this front end: wrong signatures, requests per second, bytes per second. Everything
//! here is bounded in memory and known to one process only; a cluster of n front ends lets through n times as much.

mod failures;
mod flow;
mod meter;

use std::sync::Arc;

use async_trait::async_trait;

pub use failures::Failures;
pub use meter::{Meter, Throttle};

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

    /// Counts a request that is otherwise allowed; `has_body` says whether it sends one. What comes back slows its bytes
    /// down. Anonymous requests count as their bucket's owner's.
    ///
    /// # Errors
    /// `SlowDown`; what the store fails with.
    pub async fn admit(&self, caller: &Caller, bucket: Option<&Bucket>, has_body: bool) -> Result<Throttle, S3Error> {
        let tenant = caller.principal().map(|who| who.tenant.id).or(bucket.map(|bucket| bucket.owner));
        let own = match (tenant, &self.tenants) {
            (Some(id), Some(known)) => known.of_tenant(id).await?,
            _ => None,
        };
        let meters = [
            tenant.map(|id| (Subject::Tenant(id), own.unwrap_or(self.defaults.tenant))),
            bucket.map(|bucket| (Subject::Bucket(bucket.id), bucket.settings.limits.unwrap_or(self.defaults.bucket))),
        ];
        let meters: Vec<Arc<Meter>> =
            meters.into_iter().flatten().filter_map(|(subject, limits)| self.meters.of(subject, limits)).collect();
        meters.iter().try_for_each(|meter| meter.admit(has_body))?;
        Ok(Throttle::of(meters))
    }
}

#[cfg(test)]
mod tests;
