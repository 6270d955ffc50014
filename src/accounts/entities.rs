//! Users, groups and roles: what is the same for all of them, and what only roles have.

use super::error::{AccountError, Result, missing, taken};
use super::names::{
    ATTACHED_MAX, GROUPS_MAX, ROLE_SESSION_SECONDS, ROLES_MAX, TAGS_MAX, TRUST_CHARACTERS_MAX, USERS_MAX,
    check_description, check_name, check_path, check_tags,
};
use super::records::{Entity, EntityTag, InlinePolicy};
use super::renames::{Moved, TRIES_MAX, moved_name};
use super::{Accounts, machine, random, tenant_scope};
use crate::policy::{Kind, Policy};
use crate::storage::{Page, PolicyPrincipal, TenantId, Timestamp};

/// What an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EntityKind {
    /// Somebody with keys.
    User,
    /// Users with the same policies.
    Group,
    /// What others may act as for a while.
    Role,
}

impl EntityKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::User, Self::Group, Self::Role];

    /// What it is called in messages and ARNs.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
        }
    }

    fn id_prefix(self) -> &'static str {
        match self {
            Self::User => "AIDA",
            Self::Group => "AGPA",
            Self::Role => "AROA",
        }
    }

    pub(super) fn name_bytes_max(self) -> usize {
        if self == Self::Group { 128 } else { 64 }
    }

    /// How many an account may have.
    fn most(self) -> usize {
        match self {
            Self::User => USERS_MAX,
            Self::Group => GROUPS_MAX,
            Self::Role => ROLES_MAX,
        }
    }

    /// Characters of all inline policies together, without white space.
    fn inline_characters_max(self) -> usize {
        match self {
            Self::User => 2_048,
            Self::Group => 5_120,
            Self::Role => 10_240,
        }
    }
}

/// The entry of an entity.
pub(super) fn entity_name(kind: EntityKind, name: &str) -> String {
    format!("{}/{}", kind.noun(), name.to_ascii_lowercase())
}

/// An entity to make.
#[derive(Debug, Clone, Default)]
pub struct NewEntity {
    /// Unique among its kind regardless of case.
    pub name: String,
    /// `/` when empty.
    pub path: String,
    /// Of users and roles.
    pub tags: Vec<(String, String)>,
    /// Of roles: who may assume it, JSON.
    pub trust: String,
    /// Of roles.
    pub description: String,
    /// Of roles: the longest session, seconds; an hour when 0.
    pub session_seconds_max: u32,
}

/// Characters that count towards AWS's limits of policies.
pub(super) fn characters(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

pub(super) fn check_document(document: &str, kind: Kind<'_>) -> Result<Policy> {
    Policy::parse(document.as_bytes(), kind).map_err(|error| AccountError::MalformedPolicy(error.0))
}

fn check_session_seconds(seconds: u32) -> Result<()> {
    let (least, most) = ROLE_SESSION_SECONDS;
    if (least..=most).contains(&seconds) {
        return Ok(());
    }
    Err(AccountError::Invalid(format!("MaxSessionDuration is {least} to {most} seconds.")))
}

pub(super) fn add_tags(tags: &mut Vec<EntityTag>, new: &[(String, String)]) -> Result<()> {
    for (key, value) in new {
        match tags.iter_mut().find(|tag| tag.key == *key) {
            Some(tag) => tag.value.clone_from(value),
            None => tags.push(EntityTag { key: key.clone(), value: value.clone() }),
        }
    }
    if tags.len() > TAGS_MAX {
        return Err(AccountError::LimitExceeded(format!(
            "The number of tags has reached the maximum limit: {TAGS_MAX}"
        )));
    }
    Ok(())
}

impl Accounts {
    async fn check_trust(&self, document: &str) -> Result<Vec<PolicyPrincipal>> {
        if characters(document) > TRUST_CHARACTERS_MAX {
            return Err(AccountError::LimitExceeded(format!(
                "Cannot exceed quota for ACLSizePerRole: {TRUST_CHARACTERS_MAX}"
            )));
        }
        let policy = check_document(document, Kind::Trust)?;
        let unknown = |name| AccountError::MalformedPolicy(format!("Invalid principal in policy: {name}"));
        self.principals_of(&policy).await?.map_err(unknown)
    }

    /// Makes a user, group or role.
    ///
    /// # Errors
    /// The name is taken, there are as many as there may be, a value breaks its rules, or a role trusts nobody who is there.
    pub async fn create_entity(&self, tenant: TenantId, kind: EntityKind, new: NewEntity) -> Result<Entity> {
        check_name(kind.noun(), &new.name, kind.name_bytes_max())?;
        let path = if new.path.is_empty() { "/".to_owned() } else { new.path };
        check_path(&path)?;
        check_tags(&new.tags)?;
        check_description(&new.description)?;
        let mut tags = Vec::new();
        add_tags(&mut tags, &new.tags)?;
        let (mut session_seconds_max, mut trust_principals) = (0, Vec::new());
        if kind == EntityKind::Role {
            trust_principals = self.check_trust(&new.trust).await?;
            session_seconds_max =
                if new.session_seconds_max == 0 { ROLE_SESSION_SECONDS.0 } else { new.session_seconds_max };
            check_session_seconds(session_seconds_max)?;
        }
        let scope = tenant_scope(tenant);
        if self.entity_count(tenant, kind).await? >= kind.most() {
            let (noun, most) = (kind.noun(), kind.most());
            return Err(AccountError::LimitExceeded(format!("An account has at most {most} {noun}s.")));
        }
        let entity = Entity {
            id: random::id(kind.id_prefix(), 21).map_err(machine)?,
            path,
            created_micros: Timestamp::now().0,
            tags,
            trust: new.trust,
            trust_principals,
            description: new.description,
            session_seconds_max,
            name: new.name,
            ..Entity::default()
        };
        let _noting = self.changes.noting(tenant);
        let entry = entity_name(kind, &entity.name);
        let make = || self.documents.make(&scope, &entry, &entity);
        // The name may be one that a renaming has given up.
        if make().await? || self.settled(tenant, kind, &entity.name).await?.is_none() && make().await? {
            return Ok(entity);
        }
        Err(taken(kind.noun(), &entity.name))
    }

    /// How many users, groups or roles a tenant has.
    ///
    /// # Errors
    /// The store's.
    pub async fn entity_count(&self, tenant: TenantId, kind: EntityKind) -> Result<usize> {
        let prefix = format!("{}/", kind.noun());
        Ok(self.documents.all::<()>(&tenant_scope(tenant), &prefix, kind.most()).await?.len())
    }

    /// A user, group or role.
    ///
    /// # Errors
    /// There is none.
    pub async fn entity(&self, tenant: TenantId, kind: EntityKind, name: &str) -> Result<Entity> {
        let found: Option<Entity> = self.documents.get(&tenant_scope(tenant), &entity_name(kind, name)).await?;
        let counting = match found {
            Some(found) => self.if_it_counts(tenant, found).await?,
            None => None,
        };
        counting.ok_or_else(|| missing(kind.noun(), name))
    }

    /// Users, groups or roles in order of their names in lower case, those after `after`, below a path.
    ///
    /// # Errors
    /// The store's.
    pub async fn entities(
        &self,
        tenant: TenantId,
        kind: EntityKind,
        path: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Entity>> {
        let (scope, prefix) = (tenant_scope(tenant), format!("{}/", kind.noun()));
        let mut after = after.map(str::to_ascii_lowercase);
        loop {
            let page = self.documents.page::<Entity>(&scope, &prefix, after.as_deref(), limit).await?;
            after = page.entries.last().map(|(name, _)| name.clone());
            let below = page.entries.into_iter().map(|(_, entity)| entity).filter(|it| it.path.starts_with(path));
            let entries = self.that_count(tenant, below.collect()).await?;
            if !entries.is_empty() || !page.more {
                return Ok(Page { entries, more: page.more });
            }
        }
    }

    pub(super) async fn change_entity(
        &self,
        tenant: TenantId,
        kind: EntityKind,
        name: &str,
        mut change: impl FnMut(&mut Entity) -> Result<()>,
    ) -> Result<Entity> {
        let _noting = self.changes.noting(tenant);
        for _ in 0..TRIES_MAX {
            let mut settled = true;
            let decide = |entity: &mut Entity| {
                settled = entity.is_settled();
                if settled { change(entity) } else { Err(AccountError::Busy(entity.name.clone())) }
            };
            match self.documents.change(&tenant_scope(tenant), &entity_name(kind, name), decide).await {
                Err(AccountError::Busy(_)) if !settled => drop(self.settled(tenant, kind, name).await?),
                changed => return changed?.ok_or_else(|| missing(kind.noun(), name)),
            }
        }
        Err(AccountError::Busy(name.to_owned()))
    }

    /// Moves an entity to another path.
    ///
    /// # Errors
    /// There is none, or the path breaks its rules.
    pub async fn set_entity_path(&self, tenant: TenantId, kind: EntityKind, name: &str, path: &str) -> Result<Entity> {
        check_path(path)?;
        let change = |entity: &mut Entity| {
            path.clone_into(&mut entity.path);
            Ok(())
        };
        self.change_entity(tenant, kind, name, change).await
    }

    /// Deletes a user, group or role that has no policies, a user without keys and groups, a group without users.
    ///
    /// # Errors
    /// There is none, or something still belongs to it.
    pub async fn delete_entity(&self, tenant: TenantId, kind: EntityKind, name: &str) -> Result<()> {
        let found = self.settled(tenant, kind, name).await?.ok_or_else(|| missing(kind.noun(), name))?.record;
        let conflict = |what: &str| Err(AccountError::DeleteConflict(format!("Cannot delete entity, {what}.")));
        if kind == EntityKind::Group && !self.users_of_group(tenant, &found).await?.is_empty() {
            return conflict("must remove users from group first");
        }
        let agree = |entity: &Entity| match entity {
            _ if !entity.keys.is_empty() => conflict("must delete access keys first"),
            _ if !entity.groups.is_empty() => conflict("must remove users from group first"),
            _ if !entity.attached.is_empty() => conflict("must detach all policies first"),
            _ if !entity.inline.is_empty() => conflict("must delete policies first"),
            _ if entity.id != found.id || !entity.is_settled() => Err(AccountError::Busy(name.to_owned())),
            _ => Ok(()),
        };
        let _noting = self.changes.noting(tenant);
        let scope = tenant_scope(tenant);
        if !self.documents.remove(&scope, &entity_name(kind, name), agree).await? {
            return Err(missing(kind.noun(), name));
        }
        self.documents.remove::<Moved>(&scope, &moved_name(&found.id), |_| Ok(())).await?;
        Ok(())
    }

    /// Gives an entity a policy of its own, replacing one of the same name.
    ///
    /// # Errors
    /// There is no such entity, the text is no policy, or all of them together are too long.
    pub async fn put_inline_policy(
        &self,
        tenant: TenantId,
        kind: EntityKind,
        name: &str,
        policy: InlinePolicy,
    ) -> Result<()> {
        check_name("policy", &policy.name, 128)?;
        check_document(&policy.document, Kind::Identity)?;
        let most = kind.inline_characters_max();
        let change = |entity: &mut Entity| {
            match entity.inline.iter_mut().find(|one| one.name == policy.name) {
                Some(one) => one.document.clone_from(&policy.document),
                None => entity.inline.push(policy.clone()),
            }
            let all: usize = entity.inline.iter().map(|one| characters(&one.document)).sum();
            if all > most {
                let (noun, name) = (kind.noun(), &entity.name);
                return Err(AccountError::LimitExceeded(format!(
                    "Maximum policy size of {most} bytes exceeded for {noun} {name}"
                )));
            }
            Ok(())
        };
        self.change_entity(tenant, kind, name, change).await.map(drop)
    }

    /// Takes a policy of its own from an entity.
    ///
    /// # Errors
    /// There is no such entity or policy.
    pub async fn delete_inline_policy(
        &self,
        tenant: TenantId,
        kind: EntityKind,
        name: &str,
        policy: &str,
    ) -> Result<()> {
        let change = |entity: &mut Entity| {
            let before = entity.inline.len();
            entity.inline.retain(|one| one.name != policy);
            if entity.inline.len() < before { Ok(()) } else { Err(no_policy(kind, policy)) }
        };
        self.change_entity(tenant, kind, name, change).await.map(drop)
    }

    /// Attaches a managed policy; one that is attached stays so.
    ///
    /// # Errors
    /// There is no such entity or policy, or the entity has as many as it may.
    pub async fn attach_policy(&self, tenant: TenantId, kind: EntityKind, name: &str, arn: &str) -> Result<()> {
        self.require_policy(tenant, arn).await?;
        let change = |entity: &mut Entity| {
            if entity.attached.iter().any(|one| one == arn) {
                return Ok(());
            }
            if entity.attached.len() >= ATTACHED_MAX {
                return Err(AccountError::LimitExceeded(format!(
                    "Cannot exceed quota for PoliciesPer{}: {ATTACHED_MAX}",
                    kind.noun()
                )));
            }
            entity.attached.push(arn.to_owned());
            Ok(())
        };
        self.change_entity(tenant, kind, name, change).await.map(drop)
    }

    /// Detaches a managed policy.
    ///
    /// # Errors
    /// There is no such entity, or the policy is not attached to it.
    pub async fn detach_policy(&self, tenant: TenantId, kind: EntityKind, name: &str, arn: &str) -> Result<()> {
        let change = |entity: &mut Entity| {
            let before = entity.attached.len();
            entity.attached.retain(|one| one != arn);
            if entity.attached.len() < before {
                return Ok(());
            }
            Err(AccountError::NoSuchEntity(format!("Policy {arn} was not found.")))
        };
        self.change_entity(tenant, kind, name, change).await.map(drop)
    }

    /// Adds tags to a user or role, replacing those of the same keys.
    ///
    /// # Errors
    /// There is none, a tag breaks its rules, or there are too many.
    pub async fn tag_entity(
        &self,
        tenant: TenantId,
        kind: EntityKind,
        name: &str,
        tags: &[(String, String)],
    ) -> Result<()> {
        check_tags(tags)?;
        self.change_entity(tenant, kind, name, |entity| add_tags(&mut entity.tags, tags)).await.map(drop)
    }

    /// Removes tags from a user or role.
    ///
    /// # Errors
    /// There is no such entity.
    pub async fn untag_entity(&self, tenant: TenantId, kind: EntityKind, name: &str, keys: &[String]) -> Result<()> {
        let change = |entity: &mut Entity| {
            entity.tags.retain(|tag| !keys.contains(&tag.key));
            Ok(())
        };
        self.change_entity(tenant, kind, name, change).await.map(drop)
    }

    /// Changes who may assume a role.
    ///
    /// # Errors
    /// There is no such role, or the text is no trust policy, or names somebody who is not there.
    pub async fn set_role_trust(&self, tenant: TenantId, name: &str, trust: &str) -> Result<()> {
        let principals = self.check_trust(trust).await?;
        let change = |role: &mut Entity| {
            trust.clone_into(&mut role.trust);
            role.trust_principals.clone_from(&principals);
            Ok(())
        };
        self.change_entity(tenant, EntityKind::Role, name, change).await.map(drop)
    }

    /// Changes a role's description and longest session, where they are given.
    ///
    /// # Errors
    /// There is no such role, or a value breaks its rules.
    pub async fn update_role(
        &self,
        tenant: TenantId,
        name: &str,
        description: Option<&str>,
        session_seconds_max: Option<u32>,
    ) -> Result<Entity> {
        check_description(description.unwrap_or_default())?;
        session_seconds_max.map_or(Ok(()), check_session_seconds)?;
        let change = |role: &mut Entity| {
            if let Some(description) = description {
                description.clone_into(&mut role.description);
            }
            role.session_seconds_max = session_seconds_max.unwrap_or(role.session_seconds_max);
            Ok(())
        };
        self.change_entity(tenant, EntityKind::Role, name, change).await
    }
}

pub(super) fn no_policy(kind: EntityKind, policy: &str) -> AccountError {
    AccountError::NoSuchEntity(format!("The {} policy with name {policy} cannot be found.", kind.noun()))
}
