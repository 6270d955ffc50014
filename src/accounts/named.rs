//! Who they are whom policies name.

use std::collections::BTreeSet;

use futures::{StreamExt as _, stream};

use super::Accounts;
use super::entities::EntityKind;
use super::error::{AccountError, Result};
use super::principal::AccountId;
use super::records::{Entity, TenantRecord};
use crate::policy::{Kind, Policy, PrincipalName, rename_principals};
use crate::storage::{PolicyPrincipal, TenantId};

/// What is known of somebody whom a policy names.
enum Known {
    Nobody,
    /// Taken as it is.
    There,
    /// A user, role or session with this unique id.
    Held(String),
}

impl Known {
    fn there(is: bool) -> Self {
        if is { Self::There } else { Self::Nobody }
    }
}

/// Names that are looked up at once.
const PARALLEL: usize = 16;

impl Accounts {
    /// Who has the ARNs that a policy names; or the first whom it names and who is not there. AWS refuses such a policy
    /// when it is put, and keeps one whose principals are deleted later. Of sessions the role has to be there, of
    /// federated users the account; the unique ids of users and roles, and services, are taken as they are.
    ///
    /// # Errors
    /// The store's.
    pub async fn principals_of(
        &self,
        policy: &Policy,
    ) -> Result<std::result::Result<Vec<PolicyPrincipal>, PrincipalName>> {
        let names: BTreeSet<&PrincipalName> = policy.principals().collect();
        let lookups: Vec<_> = names.iter().map(|name| self.look_up(name)).collect();
        let mut answers = stream::iter(lookups).buffered(PARALLEL).zip(stream::iter(names));
        let mut held = Vec::new();
        while let Some((known, name)) = answers.next().await {
            match (known?, name) {
                (Known::Nobody, _) => return Ok(Err(name.clone())),
                (Known::Held(id), PrincipalName::Arn(arn)) => held.push(PolicyPrincipal { arn: arn.clone(), id }),
                (Known::There | Known::Held(_), _) => {}
            }
        }
        Ok(Ok(held))
    }

    async fn look_up(&self, name: &PrincipalName) -> Result<Known> {
        let known = match name {
            PrincipalName::Everybody
            | PrincipalName::Id(_)
            | PrincipalName::Held { .. }
            | PrincipalName::Service(_) => Known::There,
            PrincipalName::Account(number) => Known::there(self.tenant_numbered(number).await?.is_some()),
            PrincipalName::Canonical(id) => match TenantId::parse(id) {
                Some(id) => Known::there(self.tenant(id).await?.is_some()),
                None => Known::Nobody,
            },
            PrincipalName::Arn(arn) => match session_of(arn) {
                Some((account, Some((role, session)))) => {
                    let role = self.role(account, role).await?;
                    role.map_or(Known::Nobody, |role| Known::Held(format!("{}:{session}", role.id)))
                }
                Some((account, None)) => Known::there(self.tenant_numbered(account).await?.is_some()),
                None => {
                    let entity = self.entity_with_arn(arn).await?;
                    entity.map_or(Known::Nobody, |(_, entity)| Known::Held(entity.id))
                }
            },
        };
        Ok(known)
    }

    /// A policy as it reads now: whoever it names by another ARN than when it was put by that ARN, and whoever is gone
    /// by the unique id.
    ///
    /// # Errors
    /// The store's.
    pub async fn policy_now(&self, text: &[u8], principals: &[PolicyPrincipal]) -> Result<Option<Vec<u8>>> {
        let mut changed = Vec::new();
        for PolicyPrincipal { arn, id } in principals {
            let now = self.arn_now(arn, id).await?.unwrap_or_else(|| id.clone());
            if now != *arn {
                changed.push((arn, now));
            }
        }
        let name = |arn: &str| changed.iter().find(|(before, _)| *before == arn).map(|(_, now)| now.clone());
        Ok((!changed.is_empty()).then(|| rename_principals(text, name)))
    }

    /// The ARN of whoever had this one and has this id; `None`: gone.
    async fn arn_now(&self, arn: &str, id: &str) -> Result<Option<String>> {
        let session = session_of(arn).and_then(|(account, role)| Some((account, role?)));
        let (account, kind, name) = match (session, entity_of(arn)) {
            (Some((account, (role, _))), _) => (account, EntityKind::Role, role),
            (None, Some(entity)) => entity,
            (None, None) => return Ok(None),
        };
        let Some(tenant) = self.tenant_numbered(account).await? else { return Ok(None) };
        let id = id.split(':').next().unwrap_or(id);
        let found = self.entity_once_called(tenant.tenant_id(), kind, name, id).await?;
        Ok(found.map(|entity| match session {
            Some((_, (_, session))) => format!("arn:aws:sts::{account}:assumed-role/{}/{session}", entity.name),
            None => format!("arn:aws:iam::{account}:{}{}{}", kind.noun(), entity.path, entity.name),
        }))
    }

    async fn tenant_numbered(&self, number: &str) -> Result<Option<TenantRecord>> {
        match AccountId::parse(number) {
            Some(account) => self.tenant_with_account(account).await,
            None => Ok(None),
        }
    }

    async fn role(&self, account: &str, name: &str) -> Result<Option<Entity>> {
        let Some(tenant) = self.tenant_numbered(account).await? else { return Ok(None) };
        let role = self.entity_if_any(tenant.tenant_id(), EntityKind::Role, name).await?;
        Ok(role.filter(|role| role.name == name))
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

    pub(super) async fn entity_if_any(&self, tenant: TenantId, kind: EntityKind, name: &str) -> Result<Option<Entity>> {
        match self.entity(tenant, kind, name).await {
            Ok(entity) => Ok(Some(entity)),
            Err(AccountError::NoSuchEntity(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The id of whoever had an ARN when the policy was put that names it.
pub fn id_of<'p>(principals: &'p [PolicyPrincipal]) -> impl Fn(&str) -> Option<String> + 'p {
    |arn| principals.iter().find(|one| one.arn == arn).map(|one| one.id.clone())
}

impl Entity {
    /// Of roles: who may assume it.
    #[must_use]
    pub fn trust_policy(&self) -> Policy {
        Policy::stored(self.trust.as_bytes(), Kind::Trust).held_to(id_of(&self.trust_principals))
    }
}

/// The account of a session's ARN, with the role and the session's name; a federated user has no role.
fn session_of(arn: &str) -> Option<(&str, Option<(&str, &str)>)> {
    let (account, name) = arn.strip_prefix("arn:aws:sts::")?.split_once(':')?;
    Some((account, name.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/'))))
}

/// The account, the kind and the name in the ARN of a user or role.
fn entity_of(arn: &str) -> Option<(&str, EntityKind, &str)> {
    let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let (noun, rest) = path.split_once('/')?;
    let kind = [EntityKind::User, EntityKind::Role].into_iter().find(|kind| kind.noun() == noun)?;
    Some((account, kind, rest.rsplit('/').next()?))
}
