//! Tenants and who may act for them. Knows the storage traits and the policy language; no HTTP.
//!
//! Everything is a small document of the [directory](crate::storage::directory), and each change is one compare-and-set
//! on one document:
//!
//! | scope | name | holds |
//! |---|---|---|
//! | `tenants` | a tenant's name | its canonical id |
//! | `account/<12 digits>`, `email/<lower case>` | `claim` | which tenant has the number or address |
//! | `tenant/<canonical id>` | `profile` | the tenant: [`TenantRecord`] |
//! | | `user/…`, `group/…`, `role/…` and the name in lower case | [`Entity`] |
//! | | `policy/…` and the name in lower case | [`ManagedPolicy`] |
//! | | `moved/<id>` | where a user or group is that was given another name |
//! | `key/<access key>` | `record` | [`KeyRecord`], the secret encrypted |
//!
//! Where something takes two documents, the one that makes it work is written last and removed first, so that nothing is
//! ever half there: a tenant is its profile, and number, address and list entry are claimed before it; a key works while
//! its record is there *and* its owner's document lists it, and the list is written before the record, and after it on
//! removal. What a crash leaves behind is a claim that its own tenant takes up again, or a listed key without a record,
//! which shows as inactive and can be deleted.
//!
//! # Why names are not enough
//! A user is known by its name and by an id that no later user of that name has. Whatever refers to a user, group or role
//! holds both, so that nothing is inherited by a namesake, and nothing is lost with another name.

mod access_keys;
mod aws_managed;
mod changes;
mod credential;
mod documents;
mod entities;
mod error;
mod groups;
mod lookup;
mod managed_policies;
mod named;
mod names;
pub mod principal;
pub mod random;
mod records;
mod renames;
mod secrets;
mod sessions;
mod tenants;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

pub use access_keys::{KeyOptions, NewSecret, Owner};
pub use credential::{Credential, CredentialSource, Lookup};
pub use entities::{EntityKind, NewEntity};
pub use error::{AccountError, NO_ENCRYPTION_KEY, Result};
pub use lookup::CACHE_SECONDS_MAX;
pub use managed_policies::{AttachmentCounts, NewPolicy, PolicyRef};
pub use named::id_of;
pub use names::*;
pub use principal::{AccountId, Identity, Principal, Session};
pub use records::{Entity, EntityTag, InlinePolicy, KeyRecord, ManagedPolicy, Membership, PolicyVersion, TenantRecord};
pub use secrets::EncryptionKeys;
pub use sessions::{NewSession, TemporaryCredentials};
pub use tenants::NewTenant;

use self::changes::Changes;
use self::documents::Documents;
use self::lookup::Caches;
use crate::storage::{MetadataStore, Storage, StorageError, Tenant, TenantId};

/// A key of the configuration. It speaks for its tenant.
pub struct StaticKey {
    /// The public half.
    pub access_key: String,
    /// The secret half.
    pub secret_key: Zeroizing<String>,
    /// Its tenant's name.
    pub tenant: String,
    /// Whether V2 signatures are taken.
    pub signature_v2: Option<bool>,
}

/// How accounts are kept.
#[derive(Debug, Default)]
pub struct Settings {
    /// Without, only static keys work.
    pub encryption: Option<EncryptionKeys>,
    /// How long an answer of the store may be believed; at most [`CACHE_SECONDS_MAX`] count. Zero: not at all.
    pub cache: Duration,
}

/// A static key with its tenant found.
struct KnownKey {
    secret_key: Zeroizing<String>,
    tenant: Tenant,
    signature_v2: Option<bool>,
}

/// All accounts of a platform.
pub struct Accounts {
    documents: Documents,
    metadata: Arc<dyn MetadataStore>,
    encryption: Option<EncryptionKeys>,
    known_keys: HashMap<String, KnownKey>,
    caches: Caches,
    changes: Changes,
}

impl Accounts {
    /// The accounts in a store, and static keys beside them, whose tenants are made where they are not there.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(storage: &Storage, settings: Settings, keys: Vec<StaticKey>) -> Result<Self> {
        let mut accounts = Self {
            documents: Documents(Arc::clone(&storage.directory)),
            metadata: Arc::clone(&storage.metadata),
            encryption: settings.encryption,
            known_keys: HashMap::new(),
            caches: Caches::new(settings.cache),
            changes: Changes::default(),
        };
        let mut tenants: HashMap<String, Tenant> = HashMap::new();
        for key in keys {
            let tenant = match tenants.get(&key.tenant) {
                Some(tenant) => tenant.clone(),
                None => accounts.ensure_tenant(&key.tenant).await?.tenant(),
            };
            tenants.insert(key.tenant, tenant.clone());
            let known = KnownKey { secret_key: key.secret_key, tenant, signature_v2: key.signature_v2 };
            accounts.known_keys.insert(key.access_key, known);
        }
        Ok(accounts)
    }

    fn encryption(&self) -> Result<&EncryptionKeys> {
        self.encryption.as_ref().ok_or(AccountError::NoEncryptionKey)
    }
}

fn tenant_scope(tenant: TenantId) -> String {
    format!("tenant/{tenant}")
}

/// Randomness or encryption that fails is the machine's fault.
fn machine(reason: String) -> AccountError {
    AccountError::Store(StorageError::Unavailable(reason))
}
