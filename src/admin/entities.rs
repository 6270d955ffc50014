//! Users and groups of a tenant, as operators see them.

use super::call::Call;
use super::error::Result;
use super::types::{Deleted, Done, Group, GroupPage, NewEntity, NewPolicyText, PolicyText, User, UserPage, time_text};
use crate::accounts::{self, Entity, EntityKind, InlinePolicy, TenantRecord};
use crate::storage::{Page, TenantId};

fn arn(tenant: &TenantRecord, kind: EntityKind, entity: &Entity) -> String {
    format!("arn:aws:iam::{}:{}{}{}", tenant.account, kind.noun(), entity.path, entity.name)
}

fn policies(entity: &Entity) -> Vec<PolicyText> {
    let told = |one: &InlinePolicy| PolicyText { name: one.name.clone(), document: one.document.clone() };
    entity.inline.iter().map(told).collect()
}

fn told_user(tenant: &TenantRecord, user: &Entity) -> User {
    User {
        arn: arn(tenant, EntityKind::User, user),
        name: user.name.clone(),
        id: user.id.clone(),
        path: user.path.clone(),
        created: time_text(user.created_micros),
        groups: user.groups.iter().map(|one| one.group.clone()).collect(),
        keys: user.keys.clone(),
        policies: policies(user),
        attached: user.attached.clone(),
    }
}

fn told_group(tenant: &TenantRecord, group: &Entity, users: Option<Vec<Entity>>) -> Group {
    Group {
        arn: arn(tenant, EntityKind::Group, group),
        name: group.name.clone(),
        id: group.id.clone(),
        path: group.path.clone(),
        created: time_text(group.created_micros),
        policies: policies(group),
        attached: group.attached.clone(),
        users: users.map(|users| users.into_iter().map(|user| user.name).collect()),
    }
}

async fn make(call: &Call, kind: EntityKind, new: NewEntity) -> Result<(TenantRecord, Entity)> {
    let tenant = call.tenant().await?;
    let new = accounts::NewEntity { name: new.name, path: new.path.unwrap_or_default(), ..Default::default() };
    let made = call.admin.accounts.create_entity(tenant.tenant_id(), kind, new).await?;
    Ok((tenant, made))
}

async fn page(call: &Call, kind: EntityKind) -> Result<(TenantRecord, Page<Entity>, Option<String>)> {
    let tenant = call.tenant().await?;
    let (after, limit) = (call.query("after"), call.limit()?);
    let page = call.admin.accounts.entities(tenant.tenant_id(), kind, "/", after, limit).await?;
    let next = page.entries.last().filter(|_| page.more).map(|last| last.name.clone());
    Ok((tenant, page, next))
}

async fn found(call: &Call, kind: EntityKind) -> Result<(TenantRecord, Entity)> {
    let tenant = call.tenant().await?;
    let entity = call.admin.accounts.entity(tenant.tenant_id(), kind, call.parameter(kind.noun())).await?;
    Ok((tenant, entity))
}

async fn delete(call: &Call, kind: EntityKind) -> Result<Deleted> {
    let (tenant, name) = (call.tenant().await?.tenant_id(), call.parameter(kind.noun()));
    call.admin.accounts.delete_entity(tenant, kind, name).await?;
    Ok(Deleted { deleted: name.to_owned() })
}

/// What is changed about an entity's policies.
enum Change {
    Attach,
    Detach,
    Put(String),
    Delete,
}

async fn change_policy(call: &Call, kind: EntityKind, change: Change) -> Result<Done> {
    let tenant: TenantId = call.tenant().await?.tenant_id();
    let (accounts, name, policy) = (&call.admin.accounts, call.parameter(kind.noun()), call.parameter("policy"));
    match change {
        Change::Attach => accounts.attach_policy(tenant, kind, name, policy).await?,
        Change::Detach => accounts.detach_policy(tenant, kind, name, policy).await?,
        Change::Put(document) => {
            let policy = InlinePolicy { name: policy.to_owned(), document };
            accounts.put_inline_policy(tenant, kind, name, policy).await?;
        }
        Change::Delete => accounts.delete_inline_policy(tenant, kind, name, policy).await?,
    }
    Ok(Done { done: name.to_owned() })
}

pub(super) async fn create_user(call: Call, new: NewEntity) -> Result<User> {
    let (tenant, user) = make(&call, EntityKind::User, new).await?;
    Ok(told_user(&tenant, &user))
}

pub(super) async fn list_users(call: Call) -> Result<UserPage> {
    let (tenant, page, next) = page(&call, EntityKind::User).await?;
    Ok(UserPage { users: page.entries.iter().map(|user| told_user(&tenant, user)).collect(), next })
}

pub(super) async fn show_user(call: Call) -> Result<User> {
    let (tenant, user) = found(&call, EntityKind::User).await?;
    Ok(told_user(&tenant, &user))
}

pub(super) async fn delete_user(call: Call) -> Result<Deleted> {
    delete(&call, EntityKind::User).await
}

pub(super) async fn attach_to_user(call: Call) -> Result<Done> {
    change_policy(&call, EntityKind::User, Change::Attach).await
}

pub(super) async fn detach_from_user(call: Call) -> Result<Done> {
    change_policy(&call, EntityKind::User, Change::Detach).await
}

pub(super) async fn put_user_policy(call: Call, new: NewPolicyText) -> Result<Done> {
    change_policy(&call, EntityKind::User, Change::Put(new.document)).await
}

pub(super) async fn delete_user_policy(call: Call) -> Result<Done> {
    change_policy(&call, EntityKind::User, Change::Delete).await
}

pub(super) async fn create_group(call: Call, new: NewEntity) -> Result<Group> {
    let (tenant, group) = make(&call, EntityKind::Group, new).await?;
    Ok(told_group(&tenant, &group, None))
}

pub(super) async fn list_groups(call: Call) -> Result<GroupPage> {
    let (tenant, page, next) = page(&call, EntityKind::Group).await?;
    Ok(GroupPage { groups: page.entries.iter().map(|group| told_group(&tenant, group, None)).collect(), next })
}

pub(super) async fn show_group(call: Call) -> Result<Group> {
    let (tenant, group) = found(&call, EntityKind::Group).await?;
    let users = call.admin.accounts.users_of_group(tenant.tenant_id(), &group).await?;
    Ok(told_group(&tenant, &group, Some(users)))
}

pub(super) async fn delete_group(call: Call) -> Result<Deleted> {
    delete(&call, EntityKind::Group).await
}

pub(super) async fn attach_to_group(call: Call) -> Result<Done> {
    change_policy(&call, EntityKind::Group, Change::Attach).await
}

pub(super) async fn detach_from_group(call: Call) -> Result<Done> {
    change_policy(&call, EntityKind::Group, Change::Detach).await
}

pub(super) async fn put_group_policy(call: Call, new: NewPolicyText) -> Result<Done> {
    change_policy(&call, EntityKind::Group, Change::Put(new.document)).await
}

pub(super) async fn delete_group_policy(call: Call) -> Result<Done> {
    change_policy(&call, EntityKind::Group, Change::Delete).await
}

pub(super) async fn add_to_group(call: Call) -> Result<Done> {
    let tenant = call.tenant().await?.tenant_id();
    let (group, user) = (call.parameter("group"), call.parameter("user"));
    call.admin.accounts.add_to_group(tenant, group, user).await?;
    Ok(Done { done: user.to_owned() })
}

pub(super) async fn remove_from_group(call: Call) -> Result<Done> {
    let tenant = call.tenant().await?.tenant_id();
    let (group, user) = (call.parameter("group"), call.parameter("user"));
    call.admin.accounts.remove_from_group(tenant, group, user).await?;
    Ok(Done { done: user.to_owned() })
}
