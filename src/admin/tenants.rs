//! Tenants, as operators see them.

use super::call::Call;
use super::error::Result;
use super::types::{ChangeTenant, Deleted, Limits, NewTenant, PublicAccess, Tenant, TenantPage, time_text};
use crate::accounts::{self, TenantRecord};
use crate::storage::{PublicAccessBlock, RateLimits};

fn told(record: &TenantRecord) -> Tenant {
    let shown = if record.display_name.is_empty() { &record.name } else { &record.display_name };
    Tenant {
        name: record.name.clone(),
        id: record.tenant_id().to_string(),
        account: record.account.clone(),
        display_name: shown.clone(),
        email: record.email.clone(),
        disabled: record.disabled,
        created: time_text(record.created_micros),
        limits: told_limits(record.limits),
        public_access_block: told_block(record.public_access_block.unwrap_or_default()),
    }
}

pub(super) fn told_limits(limits: Option<RateLimits>) -> Limits {
    let limits = limits.unwrap_or_default();
    Limits {
        requests_per_second: limits.requests_per_second,
        received_bytes_per_second: limits.received_bytes_per_second,
        sent_bytes_per_second: limits.sent_bytes_per_second,
    }
}

pub(super) fn asked_limits(limits: &Limits) -> RateLimits {
    RateLimits {
        requests_per_second: limits.requests_per_second,
        received_bytes_per_second: limits.received_bytes_per_second,
        sent_bytes_per_second: limits.sent_bytes_per_second,
    }
}

fn told_block(block: PublicAccessBlock) -> PublicAccess {
    PublicAccess {
        block_public_acls: block.block_public_acls,
        ignore_public_acls: block.ignore_public_acls,
        block_public_policy: block.block_public_policy,
        restrict_public_buckets: block.restrict_public_buckets,
    }
}

fn asked_block(block: &PublicAccess) -> PublicAccessBlock {
    PublicAccessBlock {
        block_public_acls: block.block_public_acls,
        ignore_public_acls: block.ignore_public_acls,
        block_public_policy: block.block_public_policy,
        restrict_public_buckets: block.restrict_public_buckets,
    }
}

pub(super) async fn create(call: Call, new: NewTenant) -> Result<Tenant> {
    let new = accounts::NewTenant {
        name: new.name,
        display_name: new.display_name.unwrap_or_default(),
        email: new.email.unwrap_or_default(),
    };
    Ok(told(&call.admin.accounts.create_tenant(new).await?))
}

pub(super) async fn list(call: Call) -> Result<TenantPage> {
    let page = call.admin.accounts.tenants(call.query("after"), call.limit()?).await?;
    let next = page.entries.last().filter(|_| page.more).map(|last| last.name.clone());
    Ok(TenantPage { tenants: page.entries.iter().map(told).collect(), next })
}

pub(super) async fn show(call: Call) -> Result<Tenant> {
    Ok(told(&call.tenant().await?))
}

pub(super) async fn change(call: Call, change: ChangeTenant) -> Result<Tenant> {
    let mut tenant = call.tenant().await?;
    let (accounts, id) = (&call.admin.accounts, tenant.tenant_id());
    if let Some(name) = &change.display_name {
        tenant = accounts.set_tenant_display_name(id, name).await?;
    }
    if let Some(email) = &change.email {
        tenant = accounts.set_tenant_email(id, email).await?;
    }
    if let Some(limits) = &change.limits {
        tenant = accounts.set_tenant_limits(id, asked_limits(limits)).await?;
    }
    if let Some(block) = &change.public_access_block {
        tenant = accounts.set_tenant_public_access_block(id, Some(asked_block(block))).await?;
    }
    Ok(told(&tenant))
}

pub(super) async fn disable(call: Call) -> Result<Tenant> {
    set_disabled(call, true).await
}

pub(super) async fn enable(call: Call) -> Result<Tenant> {
    set_disabled(call, false).await
}

async fn set_disabled(call: Call, disabled: bool) -> Result<Tenant> {
    let id = call.tenant().await?.tenant_id();
    Ok(told(&call.admin.accounts.set_tenant_disabled(id, disabled).await?))
}

pub(super) async fn delete(call: Call) -> Result<Deleted> {
    let tenant = call.tenant().await?;
    call.admin.accounts.delete_tenant(tenant.tenant_id()).await?;
    Ok(Deleted { deleted: tenant.name })
}
