//! Users, groups and roles.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Call;
use super::authorize::{name_of, new_name_of};
use super::error::Refusal;
use crate::accounts::{Entity, EntityKind, EntityTag, Identity, NewEntity, TenantRecord};
use crate::s3::time::iso8601;
use crate::s3::xml::Document;
use crate::storage::Timestamp;

/// What policies keep when they are written into an answer.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A policy, percent-encoded as IAM's answers have it.
pub(super) fn document(out: &mut Document, name: &'static str, text: &str) {
    out.text(name, &utf8_percent_encode(text, UNRESERVED).to_string());
}

pub(super) fn date(out: &mut Document, name: &'static str, micros: i64) {
    out.text(name, &iso8601(Timestamp(micros)));
}

/// An entity as it is told: a role's trust policy names those it trusts as they are called now.
pub(super) async fn shown(call: &Call<'_>, mut entity: Entity) -> Result<Entity, Refusal> {
    let now = call.accounts.policy_now(entity.trust.as_bytes(), &entity.trust_principals).await?;
    entity.trust = now.and_then(|text| String::from_utf8(text).ok()).unwrap_or(entity.trust);
    Ok(entity)
}

/// Writes what an entity is, without an element around it.
pub(super) fn describe(call: &Call<'_>, out: &mut Document, kind: EntityKind, entity: &Entity, whole: bool) {
    let (name, id) = match kind {
        EntityKind::User => ("UserName", "UserId"),
        EntityKind::Group => ("GroupName", "GroupId"),
        EntityKind::Role => ("RoleName", "RoleId"),
    };
    out.text("Path", &entity.path);
    out.text(name, &entity.name);
    out.text(id, &entity.id);
    out.text("Arn", &call.arn(kind.noun(), &entity.path, &entity.name));
    date(out, "CreateDate", entity.created_micros);
    if kind == EntityKind::Role {
        document(out, "AssumeRolePolicyDocument", &entity.trust);
        if !entity.description.is_empty() {
            out.text("Description", &entity.description);
        }
        out.number("MaxSessionDuration", entity.session_seconds_max.into());
    }
    if whole && kind != EntityKind::Group && !entity.tags.is_empty() {
        tags(out, &entity.tags);
    }
}

pub(super) fn tags(out: &mut Document, tags: &[EntityTag]) {
    out.open("Tags");
    for tag in tags {
        out.open("member");
        out.text("Key", &tag.key);
        out.text("Value", &tag.value);
        out.close();
    }
    out.close();
}

fn element(kind: EntityKind) -> (&'static str, &'static str) {
    match kind {
        EntityKind::User => ("User", "Users"),
        EntityKind::Group => ("Group", "Groups"),
        EntityKind::Role => ("Role", "Roles"),
    }
}

pub(super) async fn create(call: &Call<'_>, out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let parameters = &call.parameters;
    let text = |name: &str| parameters.get(name).unwrap_or_default().to_owned();
    let new = NewEntity {
        name: parameters.required(name_of(kind))?.to_owned(),
        path: text("Path"),
        tags: parameters.tags()?,
        trust: text("AssumeRolePolicyDocument"),
        description: text("Description"),
        session_seconds_max: parameters.number("MaxSessionDuration")?.unwrap_or_default(),
    };
    let made = call.accounts.create_entity(call.tenant(), kind, new).await?;
    out.open(element(kind).0);
    describe(call, out, kind, &made, true);
    out.close();
    Ok(())
}

/// The name of the user that a call is about: the one it names, or the caller; `None` for the account itself.
pub(super) fn user_of<'a>(call: &'a Call<'_>) -> Result<Option<&'a str>, Refusal> {
    match (call.parameters.get("UserName"), &call.principal.identity) {
        (Some(name), _) => Ok(Some(name)),
        (None, Identity::User { name, .. }) => Ok(Some(name)),
        (None, Identity::Root) => Ok(None),
        (None, Identity::Role { .. }) => {
            Err(Refusal::invalid("Must specify userName when calling with non-User credentials"))
        }
    }
}

pub(super) async fn get(call: &Call<'_>, out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let name = match kind {
        EntityKind::User => user_of(call)?,
        _ => Some(call.parameters.required(name_of(kind))?),
    };
    out.open(element(kind).0);
    match name {
        Some(name) => {
            let found = shown(call, call.accounts.entity(call.tenant(), kind, name).await?).await?;
            describe(call, out, kind, &found, true);
        }
        None => {
            let tenant = call.accounts.tenant(call.tenant()).await?;
            describe_root(call, out, &tenant.unwrap_or_default());
        }
    }
    out.close();
    Ok(())
}

fn describe_root(call: &Call<'_>, out: &mut Document, tenant: &TenantRecord) {
    out.text("Path", "/");
    out.text("UserName", &call.principal.tenant.name);
    out.text("UserId", call.principal.account.as_str());
    out.text("Arn", &call.principal.arn());
    date(out, "CreateDate", tenant.created_micros);
}

/// The end of a page.
pub(super) fn end(out: &mut Document, next: Option<&str>) {
    out.flag("IsTruncated", next.is_some());
    out.maybe("Marker", next);
}

pub(super) async fn list(call: &Call<'_>, out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let parameters = &call.parameters;
    let path = parameters.get("PathPrefix").unwrap_or("/");
    let (after, limit) = (parameters.get("Marker"), parameters.page()?);
    let page = call.accounts.entities(call.tenant(), kind, path, after, limit).await?;
    out.open(element(kind).1);
    let next = page.entries.last().filter(|_| page.more).map(|entity| entity.name.clone());
    for entity in page.entries {
        out.open("member");
        describe(call, out, kind, &shown(call, entity).await?, false);
        out.close();
    }
    out.close();
    end(out, next.as_deref());
    Ok(())
}

pub(super) async fn update(call: &Call<'_>, _out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let (tenant, name) = (call.tenant(), call.parameters.required(name_of(kind))?);
    match (call.parameters.get(new_name_of(kind)), call.parameters.get("NewPath")) {
        (Some(to), path) => call.accounts.rename_entity(tenant, kind, name, to, path).await?,
        (None, Some(path)) => call.accounts.set_entity_path(tenant, kind, name, path).await?,
        (None, None) => call.accounts.entity(tenant, kind, name).await?,
    };
    Ok(())
}

pub(super) async fn delete(call: &Call<'_>, _out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let name = call.parameters.required(name_of(kind))?;
    Ok(call.accounts.delete_entity(call.tenant(), kind, name).await?)
}

pub(super) async fn tag(call: &Call<'_>, _out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let name = call.parameters.required(name_of(kind))?;
    Ok(call.accounts.tag_entity(call.tenant(), kind, name, &call.parameters.tags()?).await?)
}

pub(super) async fn untag(call: &Call<'_>, _out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let name = call.parameters.required(name_of(kind))?;
    let keys = call.parameters.members("TagKeys", "");
    Ok(call.accounts.untag_entity(call.tenant(), kind, name, &keys).await?)
}

pub(super) async fn list_tags(call: &Call<'_>, out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let name = call.parameters.required(name_of(kind))?;
    tags(out, &call.accounts.entity(call.tenant(), kind, name).await?.tags);
    end(out, None);
    Ok(())
}

/// There are no machines here that roles could be given to.
pub(super) async fn list_instance_profiles(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    call.accounts.entity(call.tenant(), EntityKind::Role, call.parameters.required("RoleName")?).await?;
    out.open("InstanceProfiles");
    out.close();
    end(out, None);
    Ok(())
}

pub(super) async fn update_role(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    let parameters = &call.parameters;
    let (name, seconds) = (parameters.required("RoleName")?, parameters.number("MaxSessionDuration")?);
    call.accounts.update_role(call.tenant(), name, parameters.get("Description"), seconds).await?;
    Ok(())
}

pub(super) async fn update_role_description(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let (name, text) = (call.parameters.required("RoleName")?, call.parameters.get("Description").unwrap_or_default());
    let role = shown(call, call.accounts.update_role(call.tenant(), name, Some(text), None).await?).await?;
    out.open("Role");
    describe(call, out, EntityKind::Role, &role, true);
    out.close();
    Ok(())
}

pub(super) async fn update_trust(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    let (name, document) = (call.parameters.required("RoleName")?, call.parameters.required("PolicyDocument")?);
    Ok(call.accounts.set_role_trust(call.tenant(), name, document).await?)
}
