//! Access keys, as operators see them: a secret is told once, when its key is made.

use super::call::Call;
use super::error::{ApiError, Result};
use super::tokens::after;
use super::types::{
    Deleted, ImportKey, IssuedKey, Key, KeyList, KeyState, NewKey, RotateKey, RotatedKey, SecretText, time_text,
};
use crate::accounts::{KeyOptions, KeyRecord, NewSecret, Owner, TenantRecord};
use crate::storage::{TenantId, Timestamp};

fn told(tenant: &str, user: Option<&str>, access_key: &str, record: Option<&KeyRecord>) -> Key {
    let (access_key, tenant) = (access_key.to_owned(), tenant.to_owned());
    let Some(record) = record else {
        let (user, state) = (user.map(str::to_owned), KeyState::Unfinished);
        let description = String::new();
        return Key { access_key, tenant, user, state, created: None, expires: None, description, signature_v2: None };
    };
    let state = match record {
        _ if record.disabled => KeyState::Disabled,
        _ if record.is_active(Timestamp::now()) => KeyState::Active,
        _ => KeyState::Expired,
    };
    Key {
        access_key,
        tenant,
        user: (!record.user.is_empty()).then(|| record.user.clone()),
        state,
        created: Some(time_text(record.created_micros)),
        expires: (record.expires_micros != 0).then(|| time_text(record.expires_micros)),
        description: record.description.clone(),
        signature_v2: record.signature_v2,
    }
}

fn issued(tenant: &str, made: NewSecret) -> IssuedKey {
    let key = told(tenant, None, &made.access_key, Some(&made.record));
    IssuedKey { access_key: made.access_key, secret_key: SecretText::new(made.secret_key), key }
}

/// A key of the store, and whose it is.
struct Known {
    tenant: TenantRecord,
    access_key: String,
    record: KeyRecord,
}

impl Known {
    async fn of(call: &Call) -> Result<Self> {
        let access_key = call.parameter("key").to_owned();
        let accounts = &call.admin.accounts;
        let missing = || {
            let message = format!("There is no key {access_key} in the store.");
            let hint = "`dolium key list TENANT` shows what there is; keys of the configuration are changed there.";
            ApiError::new(404, "not_found", message, hint)
        };
        let record = accounts.key(&access_key).await?.ok_or_else(missing)?;
        let id = TenantId::from_slice(&record.tenant).ok_or_else(missing)?;
        let tenant = accounts.tenant(id).await?.ok_or_else(missing)?;
        Ok(Self { tenant, access_key, record })
    }

    fn owner(&self) -> Owner<'_> {
        let user = (!self.record.user.is_empty()).then_some(self.record.user.as_str());
        Owner { tenant: self.tenant.tenant_id(), user }
    }

    fn told(&self, record: &KeyRecord) -> Key {
        told(&self.tenant.name, None, &self.access_key, Some(record))
    }
}

fn options(call: &Call, description: Option<String>, seconds: Option<u64>, signature_v2: Option<bool>) -> KeyOptions {
    let expires = seconds.map(|seconds| after(call.admin.now(), seconds));
    KeyOptions { description: description.unwrap_or_default(), expires, signature_v2 }
}

pub(super) async fn create(call: Call, new: NewKey) -> Result<IssuedKey> {
    let tenant = call.tenant().await?;
    let owner = Owner { tenant: tenant.tenant_id(), user: new.user.as_deref() };
    let options = options(&call, new.description, new.expires_in_seconds, new.signature_v2);
    Ok(issued(&tenant.name, call.admin.accounts.create_key(owner, options).await?))
}

pub(super) async fn import(call: Call, new: ImportKey) -> Result<Key> {
    let tenant = call.tenant().await?;
    let owner = Owner { tenant: tenant.tenant_id(), user: new.user.as_deref() };
    let options = options(&call, new.description, new.expires_in_seconds, new.signature_v2);
    let secret = new.secret_key.into_inner();
    let made = call.admin.accounts.import_key(owner, &new.access_key, secret, options).await?;
    Ok(told(&tenant.name, None, &made.access_key, Some(&made.record)))
}

pub(super) async fn list(call: Call) -> Result<KeyList> {
    let tenant = call.tenant().await?;
    let owner = Owner { tenant: tenant.tenant_id(), user: call.query("user") };
    let keys = call.admin.accounts.keys(owner).await?;
    let told = |(key, record): &(String, Option<KeyRecord>)| told(&tenant.name, owner.user, key, record.as_ref());
    Ok(KeyList { keys: keys.iter().map(told).collect() })
}

pub(super) async fn show(call: Call) -> Result<Key> {
    let known = Known::of(&call).await?;
    Ok(known.told(&known.record))
}

/// The new key is there before the old one goes; if the old one cannot go, the new one does.
pub(super) async fn rotate(call: Call, how: RotateKey) -> Result<RotatedKey> {
    let known = Known::of(&call).await?;
    let accounts = &call.admin.accounts;
    let now = call.admin.now();
    let description = Some(known.record.description.clone());
    let options = options(&call, description, how.expires_in_seconds, known.record.signature_v2);
    let made = accounts.create_key(known.owner(), options).await?;
    let retired = match how.grace_seconds.filter(|grace| *grace > 0) {
        None => accounts.set_key_disabled(known.owner(), &known.access_key, true).await,
        Some(grace) => {
            let ends = after(now, grace);
            let ended = (known.record.expires_micros != 0).then_some(Timestamp(known.record.expires_micros));
            let old = KeyOptions {
                description: known.record.description.clone(),
                expires: ended.into_iter().chain([ends]).min(),
                signature_v2: known.record.signature_v2,
            };
            accounts.set_key_options(known.owner(), &known.access_key, old).await
        }
    };
    match retired {
        Ok(old) => Ok(RotatedKey { new: issued(&known.tenant.name, made), old: known.told(&old) }),
        Err(error) => {
            if let Err(stays) = accounts.delete_key(known.owner(), &made.access_key).await {
                tracing::warn!(access_key = made.access_key, error = %stays, "a key that nobody knows was left");
            }
            Err(error.into())
        }
    }
}

pub(super) async fn disable(call: Call) -> Result<Key> {
    set_disabled(call, true).await
}

pub(super) async fn enable(call: Call) -> Result<Key> {
    set_disabled(call, false).await
}

async fn set_disabled(call: Call, disabled: bool) -> Result<Key> {
    let known = Known::of(&call).await?;
    let changed = call.admin.accounts.set_key_disabled(known.owner(), &known.access_key, disabled).await?;
    Ok(known.told(&changed))
}

/// One that was never whole has no record that says whose it is: then the query has to.
pub(super) async fn delete(call: Call) -> Result<Deleted> {
    let access_key = call.parameter("key").to_owned();
    match call.query("tenant") {
        Some(tenant) => {
            let tenant = call.tenant_called(tenant).await?;
            let owner = Owner { tenant: tenant.tenant_id(), user: call.query("user") };
            call.admin.accounts.delete_key(owner, &access_key).await?;
        }
        None => {
            let known = Known::of(&call).await?;
            call.admin.accounts.delete_key(known.owner(), &access_key).await?;
        }
    }
    Ok(Deleted { deleted: access_key })
}
