//! Whether those are there whom policies name.

use std::collections::BTreeSet;

use super::Accounts;
use super::entities::EntityKind;
use super::error::{AccountError, Result};
use super::principal::AccountId;
use super::records::{Entity, TenantRecord};
use crate::policy::{Policy, PrincipalName};
use crate::storage::TenantId;

impl Accounts {
    /// The first whom a policy names and who is not there. AWS refuses such a policy when it is put, and keeps one whose
    /// principals are deleted later. Of sessions the role has to be there, of federated users the account; the unique
    /// ids of users and roles, and services, are taken as they are.
    ///
    /// # Errors
    /// The store's.
    pub async fn unknown_principal<'p>(&self, policy: &'p Policy) -> Result<Option<&'p PrincipalName>> {
        let names: BTreeSet<&PrincipalName> = policy.principals().collect();
        for name in names {
            if !self.is_there(name).await? {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    async fn is_there(&self, name: &PrincipalName) -> Result<bool> {
        match name {
            PrincipalName::Everybody | PrincipalName::Id(_) | PrincipalName::Service(_) => Ok(true),
            PrincipalName::Account(number) => Ok(self.tenant_numbered(number).await?.is_some()),
            PrincipalName::Canonical(id) => match TenantId::parse(id) {
                Some(id) => Ok(self.tenant(id).await?.is_some()),
                None => Ok(false),
            },
            PrincipalName::Arn(arn) => match session_of(arn) {
                Some((account, Some(role))) => self.has_role(account, role).await,
                Some((account, None)) => Ok(self.tenant_numbered(account).await?.is_some()),
                None => Ok(self.entity_with_arn(arn).await?.is_some()),
            },
        }
    }

    async fn tenant_numbered(&self, number: &str) -> Result<Option<TenantRecord>> {
        match AccountId::parse(number) {
            Some(account) => self.tenant_with_account(account).await,
            None => Ok(None),
        }
    }

    async fn has_role(&self, account: &str, name: &str) -> Result<bool> {
        let Some(tenant) = self.tenant_numbered(account).await? else { return Ok(false) };
        let role = self.entity_if_any(tenant.tenant_id(), EntityKind::Role, name).await?;
        Ok(role.is_some_and(|role| role.name == name))
    }

    /// The user or role of this ARN, with its tenant.
    ///
    /// # Errors
    /// The store's.
    pub async fn entity_with_arn(&self, arn: &str) -> Result<Option<(TenantRecord, Entity)>> {
        let Some((account, kind, name)) = entity_of(arn) else { return Ok(None) };
        let Some(tenant) = self.tenant_numbered(account).await? else { return Ok(None) };
        let found = self.entity_if_any(tenant.tenant_id(), kind, name).await?;
        let is_it =
            |entity: &Entity| format!("arn:aws:iam::{account}:{}{}{}", kind.noun(), entity.path, entity.name) == arn;
        Ok(found.filter(is_it).map(|entity| (tenant, entity)))
    }

    async fn entity_if_any(&self, tenant: TenantId, kind: EntityKind, name: &str) -> Result<Option<Entity>> {
        match self.entity(tenant, kind, name).await {
            Ok(entity) => Ok(Some(entity)),
            Err(AccountError::NoSuchEntity(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The account and the role of a session's ARN; a federated user has no role.
fn session_of(arn: &str) -> Option<(&str, Option<&str>)> {
    let (account, name) = arn.strip_prefix("arn:aws:sts::")?.split_once(':')?;
    let role = name.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    Some((account, role))
}

/// The account, the kind and the name in the ARN of a user or role.
fn entity_of(arn: &str) -> Option<(&str, EntityKind, &str)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let (noun, rest) = path.split_once('/')?;
    let kind = [EntityKind::User, EntityKind::Role].into_iter().find(|kind| kind.noun() == noun)?;
    Some((account, kind, rest.rsplit('/').next()?))
}
