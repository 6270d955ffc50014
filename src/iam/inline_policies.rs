//! Policies of users', groups' and roles' own.

use super::Call;
use super::authorize::name_of;
use super::entities::{document, end};
use super::error::Refusal;
use crate::accounts::{EntityKind, InlinePolicy};
use crate::s3::xml::Document;

pub(super) async fn put(call: &Call<'_>, _out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let name = call.parameters.required(name_of(kind))?;
    let policy = InlinePolicy {
        name: call.parameters.required("PolicyName")?.to_owned(),
        document: call.parameters.required("PolicyDocument")?.to_owned(),
    };
    Ok(call.accounts.put_inline_policy(call.tenant(), kind, name, policy).await?)
}

pub(super) async fn get(call: &Call<'_>, out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let (name, policy) = (call.parameters.required(name_of(kind))?, call.parameters.required("PolicyName")?);
    let entity = call.accounts.entity(call.tenant(), kind, name).await?;
    let found = entity.inline.iter().find(|one| one.name == policy).ok_or_else(|| {
        let noun = kind.noun();
        Refusal::sender(404, "NoSuchEntity", format!("The {noun} policy with name {policy} cannot be found."))
    })?;
    out.text(name_of(kind), &entity.name);
    out.text("PolicyName", &found.name);
    document(out, "PolicyDocument", &found.document);
    Ok(())
}

pub(super) async fn list(call: &Call<'_>, out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let entity = call.accounts.entity(call.tenant(), kind, call.parameters.required(name_of(kind))?).await?;
    let mut names: Vec<&str> = entity.inline.iter().map(|policy| policy.name.as_str()).collect();
    names.sort_unstable();
    out.open("PolicyNames");
    for name in names {
        out.text("member", name);
    }
    out.close();
    end(out, None);
    Ok(())
}

pub(super) async fn delete(call: &Call<'_>, _out: &mut Document, kind: EntityKind) -> Result<(), Refusal> {
    let (name, policy) = (call.parameters.required(name_of(kind))?, call.parameters.required("PolicyName")?);
    Ok(call.accounts.delete_inline_policy(call.tenant(), kind, name, policy).await?)
}
