//! Who is in which group.

use super::Call;
use super::entities::{describe, end};
use super::error::Refusal;
use crate::accounts::EntityKind;
use crate::s3::xml::Document;

pub(super) async fn get(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let name = call.parameters.required("GroupName")?;
    let group = call.accounts.entity(call.tenant(), EntityKind::Group, name).await?;
    let users = call.accounts.users_of_group(call.tenant(), &group).await?;
    out.open("Group");
    describe(call, out, EntityKind::Group, &group, true);
    out.close();
    out.open("Users");
    for user in &users {
        out.open("member");
        describe(call, out, EntityKind::User, user, false);
        out.close();
    }
    out.close();
    end(out, None);
    Ok(())
}

pub(super) async fn add_user(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    let (group, user) = (call.parameters.required("GroupName")?, call.parameters.required("UserName")?);
    Ok(call.accounts.add_to_group(call.tenant(), group, user).await?)
}

pub(super) async fn remove_user(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    let (group, user) = (call.parameters.required("GroupName")?, call.parameters.required("UserName")?);
    Ok(call.accounts.remove_from_group(call.tenant(), group, user).await?)
}

pub(super) async fn list_for_user(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let groups = call.accounts.groups_of_user(call.tenant(), call.parameters.required("UserName")?).await?;
    out.open("Groups");
    for group in &groups {
        out.open("member");
        describe(call, out, EntityKind::Group, group, false);
        out.close();
    }
    out.close();
    end(out, None);
    Ok(())
}
