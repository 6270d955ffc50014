//! Who is in which group. A user's document says so; a group has no list of its own.

use super::entities::EntityKind;
use super::error::{AccountError, Result};
use super::names::{USER_GROUPS_MAX, USERS_MAX};
use super::records::{Entity, Membership};
use super::{Accounts, tenant_scope};
use crate::storage::TenantId;

impl Accounts {
    /// Puts a user into a group; one who is in it stays so.
    ///
    /// # Errors
    /// There is no such user or group, or the user is in as many as may be.
    pub async fn add_to_group(&self, tenant: TenantId, group: &str, user: &str) -> Result<()> {
        let group = self.entity(tenant, EntityKind::Group, group).await?;
        let member = self.entity(tenant, EntityKind::User, user).await?;
        let there = self.groups_of(tenant, &member).await?;
        let is_gone = |one: &Membership| member.groups.contains(one) && there.iter().all(|it| it.id != one.group_id);
        let change = |user: &mut Entity| {
            user.groups.retain(|one| !is_gone(one));
            if user.groups.iter().any(|one| one.group_id == group.id) {
                return Ok(());
            }
            if user.groups.len() >= USER_GROUPS_MAX {
                return Err(AccountError::LimitExceeded(format!(
                    "Cannot exceed quota for GroupsPerUser: {USER_GROUPS_MAX}"
                )));
            }
            user.groups.push(Membership { group: group.name.clone(), group_id: group.id.clone() });
            Ok(())
        };
        self.change_entity(tenant, EntityKind::User, user, change).await.map(drop)
    }

    /// Takes a user out of a group.
    ///
    /// # Errors
    /// There is no such user or group, or the user is not in it.
    pub async fn remove_from_group(&self, tenant: TenantId, group: &str, user: &str) -> Result<()> {
        let group = self.entity(tenant, EntityKind::Group, group).await?;
        let change = |user: &mut Entity| {
            let before = user.groups.len();
            user.groups.retain(|one| one.group_id != group.id);
            if user.groups.len() < before {
                return Ok(());
            }
            Err(AccountError::NoSuchEntity(format!("User {} is not in group {}.", user.name, group.name)))
        };
        self.change_entity(tenant, EntityKind::User, user, change).await.map(drop)
    }

    /// The groups that a user is in.
    ///
    /// # Errors
    /// There is no such user.
    pub async fn groups_of_user(&self, tenant: TenantId, user: &str) -> Result<Vec<Entity>> {
        let user = self.entity(tenant, EntityKind::User, user).await?;
        self.groups_of(tenant, &user).await
    }

    /// The groups that a user is in, who was read before.
    ///
    /// # Errors
    /// The store's.
    pub async fn groups_of(&self, tenant: TenantId, user: &Entity) -> Result<Vec<Entity>> {
        let read =
            user.groups.iter().map(|one| self.entity_once_called(tenant, EntityKind::Group, &one.group, &one.group_id));
        Ok(futures::future::try_join_all(read).await?.into_iter().flatten().collect())
    }

    /// The users who are in a group.
    ///
    /// # Errors
    /// The store's.
    pub async fn users_of_group(&self, tenant: TenantId, group: &Entity) -> Result<Vec<Entity>> {
        let users = self.documents.all::<Entity>(&tenant_scope(tenant), "user/", USERS_MAX).await?;
        let is_in = |user: &Entity| user.groups.iter().any(|one| one.group_id == group.id);
        self.that_count(tenant, users.into_iter().filter(is_in).collect()).await
    }
}
