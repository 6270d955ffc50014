//! Access keys of users, and of the account itself where its root calls.

use super::Call;
use super::entities::{date, end, user_of};
use super::error::Refusal;
use crate::accounts::{KeyOptions, Owner};
use crate::s3::xml::Document;
use crate::storage::Timestamp;

fn owner<'a>(call: &'a Call<'_>) -> Result<Owner<'a>, Refusal> {
    Ok(Owner { tenant: call.tenant(), user: user_of(call)? })
}

fn user_name<'a>(call: &'a Call<'_>, owner: Owner<'a>) -> &'a str {
    owner.user.unwrap_or(&call.principal.tenant.name)
}

fn status(active: bool) -> &'static str {
    if active { "Active" } else { "Inactive" }
}

pub(super) async fn create(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let owner = owner(call)?;
    let made = call.accounts.create_key(owner, KeyOptions::default()).await?;
    out.open("AccessKey");
    out.text("UserName", user_name(call, owner));
    out.text("AccessKeyId", &made.access_key);
    out.text("Status", status(true));
    out.text("SecretAccessKey", &made.secret_key);
    date(out, "CreateDate", made.record.created_micros);
    out.close();
    Ok(())
}

pub(super) async fn list(call: &Call<'_>, out: &mut Document) -> Result<(), Refusal> {
    let owner = owner(call)?;
    let keys = call.accounts.keys(owner).await?;
    out.open("AccessKeyMetadata");
    for (access_key, record) in &keys {
        out.open("member");
        out.text("UserName", user_name(call, owner));
        out.text("AccessKeyId", access_key);
        out.text("Status", status(record.as_ref().is_some_and(|record| record.is_active(Timestamp::now()))));
        if let Some(record) = record {
            date(out, "CreateDate", record.created_micros);
        }
        out.close();
    }
    out.close();
    end(out, None);
    Ok(())
}

pub(super) async fn update(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    let access_key = call.parameters.required("AccessKeyId")?;
    let disabled = match call.parameters.required("Status")? {
        "Active" => false,
        "Inactive" => true,
        other => return Err(Refusal::invalid(format!("Status is Active or Inactive, and not {other:?}."))),
    };
    call.accounts.set_key_disabled(owner(call)?, access_key, disabled).await?;
    Ok(())
}

pub(super) async fn delete(call: &Call<'_>, _out: &mut Document) -> Result<(), Refusal> {
    let access_key = call.parameters.required("AccessKeyId")?;
    Ok(call.accounts.delete_key(owner(call)?, access_key).await?)
}
