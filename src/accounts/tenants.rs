//! Tenants: made, found by name, number or address, changed, deleted.

use super::access_keys::{RECORD, key_scope};
use super::documents::Found;
use super::error::{AccountError, Result, missing, taken};
use super::records::{Claim, TenantRecord};
use super::{Accounts, Entity, KeyRecord, names, tenant_scope};
use crate::accounts::AccountId;
use crate::storage::{Page, PublicAccessBlock, RateLimits, Tenant, TenantId, Timestamp};

const TENANTS: &str = "tenants";
const CLAIM: &str = "claim";
pub(super) const PROFILE: &str = "profile";
/// Numbers that are tried until one is free. Of a trillion, with a million taken, the second is free as good as always.
const NUMBERS_MAX: u32 = 100;

/// A tenant to make.
#[derive(Debug, Clone, Default)]
pub struct NewTenant {
    /// Unique.
    pub name: String,
    /// What listings show; the name when empty.
    pub display_name: String,
    /// Unique; may be empty.
    pub email: String,
}

fn email_scope(email: &str) -> String {
    format!("email/{}", email.to_lowercase())
}

impl Accounts {
    /// Makes a tenant. A name that once was another tenant's has that one's canonical id and number: both are bound to
    /// the name for ever, because grants and policies may still name them.
    ///
    /// # Errors
    /// The name or the address is taken, or a value breaks its rules.
    pub async fn create_tenant(&self, new: NewTenant) -> Result<TenantRecord> {
        names::check_tenant_name(&new.name)?;
        if !new.email.is_empty() {
            names::check_email(&new.email)?;
        }
        let tenant = self.metadata.ensure_tenant(&new.name).await?;
        if self.documents.get::<TenantRecord>(&tenant_scope(tenant.id), PROFILE).await?.is_some() {
            return Err(taken("Tenant", &new.name));
        }
        self.make_profile(&tenant, &new).await?.ok_or_else(|| taken("Tenant", &new.name))
    }

    /// The tenant of this name, made if there is none.
    pub(super) async fn ensure_tenant(&self, name: &str) -> Result<TenantRecord> {
        let tenant = self.metadata.ensure_tenant(name).await?;
        if let Some(record) = self.tenant(tenant.id).await? {
            return Ok(record);
        }
        let new = NewTenant { name: name.to_owned(), ..NewTenant::default() };
        match self.make_profile(&tenant, &new).await? {
            Some(record) => Ok(record),
            None => self.tenant(tenant.id).await?.ok_or_else(|| missing("tenant", name)),
        }
    }

    /// Number, address and list entry first, the profile last; `None` when somebody else made it meanwhile.
    async fn make_profile(&self, tenant: &Tenant, new: &NewTenant) -> Result<Option<TenantRecord>> {
        let _noting = self.changes.noting(tenant.id);
        let account = self.claim_number(tenant.id).await?;
        if !new.email.is_empty() {
            self.claim_email(tenant.id, &new.email).await?;
        }
        self.documents.make(TENANTS, &tenant.name, &Claim::of(tenant.id)).await?;
        let record = TenantRecord {
            id: bytes::Bytes::copy_from_slice(&tenant.id.0),
            name: tenant.name.clone(),
            account: account.to_string(),
            display_name: new.display_name.clone(),
            email: new.email.clone(),
            created_micros: Timestamp::now().0,
            ..TenantRecord::default()
        };
        if self.documents.make(&tenant_scope(tenant.id), PROFILE, &record).await? {
            return Ok(Some(record));
        }
        let winner = self.tenant(tenant.id).await?;
        if winner.is_none_or(|winner| winner.email.to_lowercase() != new.email.to_lowercase()) {
            self.release_email(tenant.id, &new.email).await?;
        }
        Ok(None)
    }

    /// The first of the tenant's numbers that nobody else has. Numbers are never given back, so asking again answers the
    /// same.
    async fn claim_number(&self, tenant: TenantId) -> Result<AccountId> {
        for attempt in 0..NUMBERS_MAX {
            let account = AccountId::of(tenant, attempt);
            match self.documents.put(&format!("account/{account}"), CLAIM, None, &Claim::of(tenant)).await? {
                Ok(_) => return Ok(account),
                Err(Some(Found { record, .. })) if record.is_of(tenant) => return Ok(account),
                Err(_) => {}
            }
        }
        Err(AccountError::Busy("the account's number".to_owned()))
    }

    /// Takes an address. One that is held is never taken over, not even from a tenant whose profile does not have it
    /// (yet).
    async fn claim_email(&self, tenant: TenantId, email: &str) -> Result<()> {
        match self.documents.put(&email_scope(email), CLAIM, None, &Claim::of(tenant)).await? {
            Err(Some(Found { record, .. })) if record.is_of(tenant) => Ok(()),
            Err(_) => {
                Err(AccountError::EntityAlreadyExists(format!("The e-mail address {email} is another tenant's.")))
            }
            Ok(_) => Ok(()),
        }
    }

    async fn release_email(&self, tenant: TenantId, email: &str) -> Result<()> {
        if !email.is_empty() {
            let other = || AccountError::Busy("the e-mail address".to_owned());
            let agree = |claim: &Claim| if claim.is_of(tenant) { Ok(()) } else { Err(other()) };
            match self.documents.remove(&email_scope(email), CLAIM, agree).await {
                Ok(_) | Err(AccountError::Busy(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The tenant with this canonical id.
    ///
    /// # Errors
    /// The store's.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<TenantRecord>> {
        Ok(self.documents.get(&tenant_scope(id), PROFILE).await?)
    }

    /// The tenant of this name.
    ///
    /// # Errors
    /// The store's.
    pub async fn tenant_named(&self, name: &str) -> Result<Option<TenantRecord>> {
        self.claimed(TENANTS, name).await
    }

    /// The tenant with this account number.
    ///
    /// # Errors
    /// The store's.
    pub async fn tenant_with_account(&self, account: AccountId) -> Result<Option<TenantRecord>> {
        let record = self.claimed(&format!("account/{account}"), CLAIM).await?;
        Ok(record.filter(|record| record.account == account.as_str()))
    }

    /// The tenant with this address, regardless of case.
    ///
    /// # Errors
    /// The store's.
    pub async fn tenant_with_email(&self, email: &str) -> Result<Option<TenantRecord>> {
        if names::check_email(email).is_err() {
            return Ok(None);
        }
        let record = self.claimed(&email_scope(email), CLAIM).await?;
        Ok(record.filter(|record| record.email.to_lowercase() == email.to_lowercase()))
    }

    async fn claimed(&self, scope: &str, name: &str) -> Result<Option<TenantRecord>> {
        let claim = self.documents.get::<Claim>(scope, name).await?;
        match claim.and_then(|claim| claim.tenant_id()) {
            Some(id) => self.tenant(id).await,
            None => Ok(None),
        }
    }

    /// Tenants in order of their names, those after `after`.
    ///
    /// # Errors
    /// The store's.
    pub async fn tenants(&self, after: Option<&str>, limit: usize) -> Result<Page<TenantRecord>> {
        let mut after = after.map(str::to_owned);
        loop {
            let page = self.documents.page::<Claim>(TENANTS, "", after.as_deref(), limit).await?;
            after = page.entries.last().map(|(name, _)| name.clone());
            let mut entries = Vec::new();
            for (_, claim) in page.entries {
                if let Some(id) = claim.tenant_id() {
                    entries.extend(self.tenant(id).await?);
                }
            }
            if !entries.is_empty() || !page.more {
                return Ok(Page { entries, more: page.more });
            }
        }
    }

    async fn change_tenant(&self, id: TenantId, mut change: impl FnMut(&mut TenantRecord)) -> Result<TenantRecord> {
        let _noting = self.changes.noting(id);
        let decide = |record: &mut TenantRecord| {
            change(record);
            Ok(())
        };
        let changed = self.documents.change(&tenant_scope(id), PROFILE, decide).await?;
        changed.ok_or_else(|| missing("tenant", &id.to_string()))
    }

    /// Disables a tenant, and with it all its keys and sessions, or enables it.
    ///
    /// # Errors
    /// There is no such tenant.
    pub async fn set_tenant_disabled(&self, id: TenantId, disabled: bool) -> Result<TenantRecord> {
        self.change_tenant(id, |record| record.disabled = disabled).await
    }

    /// Sets what listings show.
    ///
    /// # Errors
    /// There is no such tenant, or the name is too long.
    pub async fn set_tenant_display_name(&self, id: TenantId, name: &str) -> Result<TenantRecord> {
        if name.len() > 255 || name.chars().any(char::is_control) {
            return Err(AccountError::Invalid("A display name has up to 255 bytes and no control characters.".into()));
        }
        self.change_tenant(id, |record| name.clone_into(&mut record.display_name)).await
    }

    /// Sets the e-mail address; empty: none.
    ///
    /// # Errors
    /// There is no such tenant, or the address is another's.
    pub async fn set_tenant_email(&self, id: TenantId, email: &str) -> Result<TenantRecord> {
        if !email.is_empty() {
            names::check_email(email)?;
            self.claim_email(id, email).await?;
        }
        let mut before = String::new();
        let change = |record: &mut TenantRecord| {
            before = std::mem::replace(&mut record.email, email.to_owned());
        };
        let changed = self.change_tenant(id, change).await?;
        if before.to_lowercase() != email.to_lowercase() {
            self.release_email(id, &before).await?;
        }
        Ok(changed)
    }

    /// Sets the account's own switches; `None`: none was ever set.
    ///
    /// # Errors
    /// There is no such tenant.
    pub async fn set_tenant_public_access_block(
        &self,
        id: TenantId,
        block: Option<PublicAccessBlock>,
    ) -> Result<TenantRecord> {
        self.change_tenant(id, |record| record.public_access_block = block).await
    }

    /// Sets what a tenant may ask of one front end.
    ///
    /// # Errors
    /// There is no such tenant.
    pub async fn set_tenant_limits(&self, id: TenantId, limits: RateLimits) -> Result<TenantRecord> {
        self.change_tenant(id, |record| record.limits = Some(limits)).await
    }

    /// Deletes a tenant that has no buckets, with its keys, users, groups, roles and policies. It is disabled first and
    /// for good, so that no more buckets are made; a request that is making one looks for its tenant afterwards.
    ///
    /// # Errors
    /// There is no such tenant, or it has buckets: then it is as it was.
    pub async fn delete_tenant(&self, id: TenantId) -> Result<()> {
        let _noting = self.changes.noting(id);
        let mut was_disabled = false;
        let disable = |record: &mut TenantRecord| was_disabled = std::mem::replace(&mut record.disabled, true);
        let record = self.change_tenant(id, disable).await?;
        if !self.metadata.list_buckets(id, "", None, 1).await?.entries.is_empty() {
            self.set_tenant_disabled(id, was_disabled).await?;
            return Err(AccountError::DeleteConflict(format!(
                "The tenant {} has buckets: delete them or give them to another tenant first.",
                record.name
            )));
        }
        let scope = tenant_scope(id);
        // The profile goes last, so that a deletion that was cut off can be done again, and leaves nothing to a later
        // tenant of this name.
        self.remove_all_below(&scope).await?;
        self.remove_keys(&record.keys).await?;
        self.release_email(id, &record.email).await?;
        self.documents.remove::<TenantRecord>(&scope, PROFILE, |_| Ok(())).await?;
        self.documents.remove::<Claim>(TENANTS, &record.name, |_| Ok(())).await?;
        Ok(())
    }

    async fn remove_keys(&self, keys: &[String]) -> Result<()> {
        for key in keys {
            self.documents.remove::<KeyRecord>(&key_scope(key), RECORD, |_| Ok(())).await?;
        }
        Ok(())
    }

    /// Removes every user with its keys, every group, role and policy.
    async fn remove_all_below(&self, scope: &str) -> Result<()> {
        loop {
            let page = self.documents.page::<Entity>(scope, "user/", None, 100).await?;
            for (name, user) in &page.entries {
                self.remove_keys(&user.keys).await?;
                self.documents.remove::<Entity>(scope, &format!("user/{name}"), |_| Ok(())).await?;
            }
            if !page.more {
                break;
            }
        }
        for prefix in ["group/", "role/", "policy/", "moved/"] {
            loop {
                // Only names are needed: any message can be read as an empty one.
                let page = self.documents.page::<()>(scope, prefix, None, 100).await?;
                for (name, ()) in &page.entries {
                    self.documents.remove::<()>(scope, &format!("{prefix}{name}"), |()| Ok(())).await?;
                }
                if !page.more {
                    break;
                }
            }
        }
        Ok(())
    }
}
