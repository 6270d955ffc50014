//! Access keys of tenants and of their users.

use zeroize::Zeroizing;

use super::entities::EntityKind;
use super::error::{AccountError, Result, missing};
use super::names::{TENANT_KEYS_MAX, USER_KEYS_MAX, check_description, check_imported};
use super::records::{Entity, KeyRecord, TenantRecord};
use super::secrets::Purpose;
use super::tenants::PROFILE;
use super::{Accounts, machine, random, tenant_scope};
use crate::storage::{TenantId, Timestamp};

pub(super) const RECORD: &str = "record";

pub(super) fn key_scope(access_key: &str) -> String {
    format!("key/{access_key}")
}

/// Whose key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner<'a> {
    /// The tenant.
    pub tenant: TenantId,
    /// One of its users; `None`: the tenant itself.
    pub user: Option<&'a str>,
}

/// What may be said about a key.
#[derive(Debug, Clone, Default)]
pub struct KeyOptions {
    /// For people.
    pub description: String,
    /// When it ends; `None`: never.
    pub expires: Option<Timestamp>,
    /// Whether V2 signatures are taken; `None`: as the installation does.
    pub signature_v2: Option<bool>,
}

/// A key that was just made: the only time that its secret is told.
pub struct NewSecret {
    /// The public half.
    pub access_key: String,
    /// The secret half.
    pub secret_key: Zeroizing<String>,
    /// The rest.
    pub record: KeyRecord,
}

impl Accounts {
    /// Makes a key.
    ///
    /// # Errors
    /// There is no such owner, it has as many as it may, or there is no encryption key.
    pub async fn create_key(&self, owner: Owner<'_>, options: KeyOptions) -> Result<NewSecret> {
        let access_key = random::id("AKIA", 20).map_err(machine)?;
        self.add_key(owner, access_key, random::secret().map_err(machine)?, options).await
    }

    /// Takes over a key pair from elsewhere.
    ///
    /// # Errors
    /// As [`Accounts::create_key`]; or the access key is taken, or one half breaks the rules.
    pub async fn import_key(
        &self,
        owner: Owner<'_>,
        access_key: &str,
        secret_key: Zeroizing<String>,
        options: KeyOptions,
    ) -> Result<NewSecret> {
        check_imported(access_key, &secret_key)?;
        if self.known_keys.contains_key(access_key) {
            return Err(key_taken(access_key));
        }
        self.add_key(owner, access_key.to_owned(), secret_key, options).await
    }

    async fn add_key(
        &self,
        owner: Owner<'_>,
        access_key: String,
        secret_key: Zeroizing<String>,
        options: KeyOptions,
    ) -> Result<NewSecret> {
        check_description(&options.description)?;
        let sealed = self.encryption()?.seal(Purpose::Secret, secret_key.as_bytes(), access_key.as_bytes());
        let sealed = sealed.map_err(machine)?;
        let _noting = self.changes.noting(owner.tenant);
        if self.documents.get::<KeyRecord>(&key_scope(&access_key), RECORD).await?.is_some() {
            return Err(key_taken(&access_key));
        }
        let (user, user_id) = self.list_key(owner, &access_key).await?;
        let record = KeyRecord {
            tenant: bytes::Bytes::copy_from_slice(&owner.tenant.0),
            user,
            user_id,
            sealed: sealed.into(),
            expires_micros: options.expires.map_or(0, |at| at.0),
            created_micros: Timestamp::now().0,
            description: options.description,
            signature_v2: options.signature_v2,
            ..KeyRecord::default()
        };
        if !self.documents.make(&key_scope(&access_key), RECORD, &record).await? {
            // Another import of it was faster. Its owner keeps it in the list, this one does not, unless they are one.
            let winner = self.documents.get::<KeyRecord>(&key_scope(&access_key), RECORD).await?;
            if !winner.is_some_and(|winner| is_owner(&winner, &record)) {
                self.unlist_key(owner, &access_key).await?;
            }
            return Err(key_taken(&access_key));
        }
        Ok(NewSecret { access_key, secret_key, record })
    }

    /// Adds a key to its owner's document; the owner's name and id.
    async fn list_key(&self, owner: Owner<'_>, access_key: &str) -> Result<(String, String)> {
        let add = |keys: &mut Vec<String>, most: usize| {
            if keys.iter().any(|key| key == access_key) {
                return Ok(());
            }
            if keys.len() >= most {
                return Err(AccountError::LimitExceeded(format!("Cannot exceed quota for AccessKeysPerUser: {most}")));
            }
            keys.push(access_key.to_owned());
            Ok(())
        };
        let scope = tenant_scope(owner.tenant);
        match owner.user {
            None => {
                let add = |tenant: &mut TenantRecord| add(&mut tenant.keys, TENANT_KEYS_MAX);
                let found = self.documents.change(&scope, PROFILE, add).await?;
                found.ok_or_else(|| missing("tenant", &owner.tenant.to_string()))?;
                Ok((String::new(), String::new()))
            }
            Some(user) => {
                let add = |entity: &mut Entity| add(&mut entity.keys, USER_KEYS_MAX);
                let found = self.change_entity(owner.tenant, EntityKind::User, user, add).await?;
                Ok((found.name, found.id))
            }
        }
    }

    async fn unlist_key(&self, owner: Owner<'_>, access_key: &str) -> Result<bool> {
        let mut listed = false;
        let mut drop = |keys: &mut Vec<String>| {
            listed = keys.iter().any(|key| key == access_key);
            keys.retain(|key| key != access_key);
            Ok(())
        };
        let scope = tenant_scope(owner.tenant);
        match owner.user {
            None => {
                self.documents.change(&scope, PROFILE, |tenant: &mut TenantRecord| drop(&mut tenant.keys)).await?;
            }
            Some(user) => {
                let drop = |entity: &mut Entity| drop(&mut entity.keys);
                match self.change_entity(owner.tenant, EntityKind::User, user, drop).await {
                    Ok(_) | Err(AccountError::NoSuchEntity(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(listed)
    }

    /// A key by its public half, its user by the name that it has now; its secret stays where it is. Static keys are not
    /// among them.
    ///
    /// # Errors
    /// The store's.
    pub async fn key(&self, access_key: &str) -> Result<Option<KeyRecord>> {
        let Some(mut record) = self.documents.get::<KeyRecord>(&key_scope(access_key), RECORD).await? else {
            return Ok(None);
        };
        if let Some(tenant) = TenantId::from_slice(&record.tenant).filter(|_| !record.user.is_empty()) {
            let found = self.entity_once_called(tenant, EntityKind::User, &record.user, &record.user_id).await?;
            record.user = found.map_or(record.user, |user| user.name);
        }
        Ok(Some(record))
    }

    /// The keys of an owner. One without a record was being made when its front end stopped; it can be deleted.
    ///
    /// # Errors
    /// There is no such owner.
    pub async fn keys(&self, owner: Owner<'_>) -> Result<Vec<(String, Option<KeyRecord>)>> {
        let (listed, id) = match owner.user {
            None => {
                let tenant = self.tenant(owner.tenant).await?;
                (tenant.ok_or_else(|| missing("tenant", &owner.tenant.to_string()))?.keys, String::new())
            }
            Some(user) => {
                let user = self.entity(owner.tenant, EntityKind::User, user).await?;
                (user.keys, user.id)
            }
        };
        let mut keys = Vec::new();
        for access_key in listed {
            let record: Option<KeyRecord> = self.documents.get(&key_scope(&access_key), RECORD).await?;
            let record = record.filter(|record| is_of(record, owner.tenant, &id));
            keys.push((access_key, record));
        }
        Ok(keys)
    }

    /// The id of the user whose keys are meant; empty for the tenant's own.
    async fn owner_id(&self, owner: Owner<'_>) -> Result<String> {
        match owner.user {
            None => Ok(String::new()),
            Some(user) => Ok(self.entity(owner.tenant, EntityKind::User, user).await?.id),
        }
    }

    async fn change_key(
        &self,
        owner: Owner<'_>,
        access_key: &str,
        mut change: impl FnMut(&mut KeyRecord),
    ) -> Result<KeyRecord> {
        let id = self.owner_id(owner).await?;
        let _noting = self.changes.noting(owner.tenant);
        let decide = |record: &mut KeyRecord| {
            if !is_of(record, owner.tenant, &id) {
                return Err(no_key(access_key));
            }
            change(record);
            Ok(())
        };
        let changed = self.documents.change(&key_scope(access_key), RECORD, decide).await?;
        changed.ok_or_else(|| no_key(access_key))
    }

    /// Disables a key or enables it.
    ///
    /// # Errors
    /// The owner has no such key.
    pub async fn set_key_disabled(&self, owner: Owner<'_>, access_key: &str, disabled: bool) -> Result<KeyRecord> {
        self.change_key(owner, access_key, |record| record.disabled = disabled).await
    }

    /// Changes what is said about a key.
    ///
    /// # Errors
    /// The owner has no such key, or the description is too long.
    pub async fn set_key_options(&self, owner: Owner<'_>, access_key: &str, options: KeyOptions) -> Result<KeyRecord> {
        check_description(&options.description)?;
        let change = |record: &mut KeyRecord| {
            record.description.clone_from(&options.description);
            record.expires_micros = options.expires.map_or(0, |at| at.0);
            record.signature_v2 = options.signature_v2;
        };
        self.change_key(owner, access_key, change).await
    }

    /// Deletes a key.
    ///
    /// # Errors
    /// The owner has no such key.
    pub async fn delete_key(&self, owner: Owner<'_>, access_key: &str) -> Result<()> {
        let id = self.owner_id(owner).await?;
        let _noting = self.changes.noting(owner.tenant);
        let is_its = |record: &KeyRecord| is_of(record, owner.tenant, &id);
        let agree = |record: &KeyRecord| if is_its(record) { Ok(()) } else { Err(no_key(access_key)) };
        let removed = self.documents.remove(&key_scope(access_key), RECORD, agree).await?;
        let listed = self.unlist_key(owner, access_key).await?;
        if removed || listed { Ok(()) } else { Err(no_key(access_key)) }
    }
}

fn is_of(record: &KeyRecord, tenant: TenantId, user_id: &str) -> bool {
    record.tenant == tenant.0.as_slice() && record.user_id == user_id
}

fn is_owner(one: &KeyRecord, other: &KeyRecord) -> bool {
    one.tenant == other.tenant && one.user_id == other.user_id
}

fn no_key(access_key: &str) -> AccountError {
    AccountError::NoSuchEntity(format!("The Access Key with id {access_key} cannot be found."))
}

fn key_taken(access_key: &str) -> AccountError {
    AccountError::EntityAlreadyExists(format!("The access key {access_key} already exists."))
}
