//! Managed policies, their versions and their attachments.

use super::Call;
use super::authorize::name_of;
use super::entities::{date, document, end, tags};
use super::error::Refusal;
use crate::accounts::{Entity, EntityKind, ManagedPolicy, NewPolicy, PolicyVersion};
use crate::s3::xml::Document;

/// The account in the ARNs of policies that every account has.
pub(super) const AWS: &str = "arn:aws:iam::aws:policy";

pub(super) fn describe(call: &Call<'_>, out: &mut Document, policy: &ManagedPolicy, arn: &str, attached: usize) {
    out.text("PolicyName", &policy.name);
    out.text("PolicyId", &policy.id);
    out.text("Arn", arn);
    out.text("Path", &policy.path);
    out.text("DefaultVersionId", &format!("v{}", policy.default_version));
    out.number("AttachmentCount", attached as u64);
    out.number("PermissionsBoundaryUsageCount", 0);
    out.flag("IsAttachable", true);
    if !policy.description.is_empty() && call.action.name != "ListPolicies" {
        out.text("Description", &policy.description);
    }
    date(out, "CreateDate", policy.created_micros);
    date(out, "UpdateDate", policy.updated_micros);
    if !policy.tags.is_empty() && matches!(call.action.name, "CreatePolicy" | "GetPolicy") {
        tags(out, &policy.tags);
    }
}

pub(super) fn arn_of(call: &Call<'_>, policy: &ManagedPolicy) -> String {
    call.arn("policy", &policy.path, &policy.name)
}

pub(super) async fn create(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let parameters = &call.parameters;
    let text = |name: &str| parameters.get(name).unwrap_or_default().to_owned();
    let new = NewPolicy {
        name: parameters.required("PolicyName")?.to_owned(),
        path: text("Path"),
        description: text("Description"),
        document: parameters.required("PolicyDocument")?.to_owned(),
        tags: parameters.tags()?,
    };
    let made = call.accounts.create_policy(call.tenant(), new).await?;
    out.open("Policy");
    describe(call, out, &made, &arn_of(call, &made), 0);
    out.close();
    Ok(())
}

pub(super) async fn get(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let arn = call.parameters.required("PolicyArn")?;
    let policy = call.accounts.require_policy(call.tenant(), arn).await?;
    let attached = call.accounts.attached_to(call.tenant(), arn).await?.len();
    out.open("Policy");
    describe(call, out, &policy, arn, attached);
    out.close();
    Ok(())
}

/// The account's own policies come in pages; those that every account has come with the last of them.
pub(super) async fn list(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let parameters = &call.parameters;
    // Nothing has a boundary here.
    let boundaries = match parameters.get("PolicyUsageFilter") {
        None | Some("PermissionsPolicy") => false,
        Some("PermissionsBoundary") => true,
        Some(other) => return Err(Refusal::invalid(format!("There is no PolicyUsageFilter {other:?}."))),
    };
    let (counts, attached) = (call.accounts.attachment_counts(call.tenant()).await?, parameters.flag("OnlyAttached"));
    let shown = |arn: &str| !boundaries && (!attached || counts.of(arn) > 0);
    let path = parameters.get("PathPrefix").unwrap_or("/");
    let (own, aws) = match parameters.get("Scope").unwrap_or("All") {
        "All" => (true, true),
        "Local" => (true, false),
        "AWS" => (false, true),
        other => return Err(Refusal::invalid(format!("Scope is All, AWS or Local, and not {other:?}."))),
    };
    out.open("Policies");
    let mut next = None;
    if own {
        let (after, limit) = (parameters.get("Marker"), parameters.page()?);
        let page = call.accounts.policies(call.tenant(), path, after, limit).await?;
        for (policy, arn) in page.entries.iter().map(|policy| (policy, arn_of(call, policy))) {
            if shown(&arn) {
                out.open("member");
                describe(call, out, policy, &arn, counts.of(&arn));
                out.close();
            }
        }
        next = page.entries.last().filter(|_| page.more).map(|policy| policy.name.clone());
    }
    if aws && next.is_none() {
        for policy in call.accounts.aws_policies().iter().filter(|policy| policy.path.starts_with(path)) {
            let arn = format!("{AWS}/{}", policy.name);
            if shown(&arn) {
                out.open("member");
                describe(call, out, policy, &arn, counts.of(&arn));
                out.close();
            }
        }
    }
    out.close();
    end(out, next.as_deref());
    Ok(())
}

pub(super) async fn delete(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    let arn = own_arn(call)?;
    Ok(call.accounts.delete_policy(call.tenant(), arn).await?)
}

/// The ARN of a policy that is to be changed: in another account there is none.
fn own_arn<'a>(call: &'a Call<'_>) -> Result<&'a str, Refusal> {
    let arn = call.parameters.required("PolicyArn")?;
    let own = arn.starts_with(&call.arn("policy", "/", "")) || arn.starts_with(AWS);
    if own { Ok(arn) } else { Err(Refusal::sender(404, "NoSuchEntity", format!("Policy {arn} was not found."))) }
}

fn version_of(call: &Call<'_>) -> Result<u32, Refusal> {
    let text = call.parameters.required("VersionId")?;
    let number = text.strip_prefix('v').and_then(|number| number.parse().ok());
    number.ok_or_else(|| Refusal::invalid(format!("A version is v1, v2 and so on, and not {text:?}.")))
}

pub(super) fn describe_version(out: &mut Document, policy: &ManagedPolicy, version: &PolicyVersion, whole: bool) {
    if whole {
        document(out, "Document", &version.document);
    }
    out.text("VersionId", &format!("v{}", version.number));
    out.flag("IsDefaultVersion", version.number == policy.default_version);
    date(out, "CreateDate", version.created_micros);
}

pub(super) async fn create_version(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let (document, as_default) = (call.parameters.required("PolicyDocument")?, call.parameters.flag("SetAsDefault"));
    let policy = call.accounts.create_policy_version(call.tenant(), own_arn(call)?, document, as_default).await?;
    if let Some(version) = policy.version(policy.newest_version) {
        out.open("PolicyVersion");
        describe_version(out, &policy, version, false);
        out.close();
    }
    Ok(())
}

pub(super) async fn get_version(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let (arn, number) = (call.parameters.required("PolicyArn")?, version_of(call)?);
    let policy = call.accounts.require_policy(call.tenant(), arn).await?;
    let version = policy.version(number).ok_or_else(|| {
        Refusal::sender(
            404,
            "NoSuchEntity",
            format!("Policy {arn} version v{number} does not exist or is not attachable."),
        )
    })?;
    out.open("PolicyVersion");
    describe_version(out, &policy, version, true);
    out.close();
    Ok(())
}

pub(super) async fn list_versions(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let policy = call.accounts.require_policy(call.tenant(), call.parameters.required("PolicyArn")?).await?;
    out.open("Versions");
    for version in policy.versions.iter().rev() {
        out.open("member");
        describe_version(out, &policy, version, false);
        out.close();
    }
    out.close();
    end(out, None);
    Ok(())
}

pub(super) async fn set_default_version(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    Ok(call.accounts.set_default_policy_version(call.tenant(), own_arn(call)?, version_of(call)?).await?)
}

pub(super) async fn delete_version(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    Ok(call.accounts.delete_policy_version(call.tenant(), own_arn(call)?, version_of(call)?).await?)
}

pub(super) async fn list_entities(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let arn = call.parameters.required("PolicyArn")?;
    call.accounts.require_policy(call.tenant(), arn).await?;
    let attached = call.accounts.attached_to(call.tenant(), arn).await?;
    let path = call.parameters.get("PathPrefix").unwrap_or("/");
    for (kind, list, name, id) in [
        (EntityKind::Group, "PolicyGroups", "GroupName", "GroupId"),
        (EntityKind::User, "PolicyUsers", "UserName", "UserId"),
        (EntityKind::Role, "PolicyRoles", "RoleName", "RoleId"),
    ] {
        let filter = call.parameters.get("EntityFilter");
        let wanted = filter.is_none_or(|filter| filter.eq_ignore_ascii_case(kind.noun()));
        out.open(list);
        for (_, entity) in attached.iter().filter(|(one, it)| wanted && *one == kind && it.path.starts_with(path)) {
            out.open("member");
            out.text(name, &entity.name);
            out.text(id, &entity.id);
            out.close();
        }
        out.close();
    }
    end(out, None);
    Ok(())
}

pub(super) async fn attach(call: &Call<'_>, _out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let (name, arn) = (call.parameters.required(name_of(kind))?, call.parameters.required("PolicyArn")?);
    Ok(call.accounts.attach_policy(call.tenant(), kind, name, arn).await?)
}

pub(super) async fn detach(call: &Call<'_>, _out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let (name, arn) = (call.parameters.required(name_of(kind))?, call.parameters.required("PolicyArn")?);
    Ok(call.accounts.detach_policy(call.tenant(), kind, name, arn).await?)
}

pub(super) async fn list_attached(call: &Call<'_>, out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let entity = call.accounts.entity(call.tenant(), kind, call.parameters.required(name_of(kind))?).await?;
    attached(out, "AttachedPolicies", &entity);
    end(out, None);
    Ok(())
}

/// The managed policies that are attached to an entity.
pub(super) fn attached(out: &mut Document, list: &'static str, entity: &Entity) {
    out.open(list);
    for arn in &entity.attached {
        out.open("member");
        out.text("PolicyName", arn.rsplit('/').next().unwrap_or(arn));
        out.text("PolicyArn", arn);
        out.close();
    }
    out.close();
}

pub(super) async fn tag(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    Ok(call.accounts.tag_policy(call.tenant(), own_arn(call)?, &call.parameters.tags()?).await?)
}

pub(super) async fn untag(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    let keys = call.parameters.members("TagKeys", "");
    Ok(call.accounts.untag_policy(call.tenant(), own_arn(call)?, &keys).await?)
}

pub(super) async fn list_tags(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let policy = call.accounts.require_policy(call.tenant(), call.parameters.required("PolicyArn")?).await?;
    tags(out, &policy.tags);
    end(out, None);
    Ok(())
}
