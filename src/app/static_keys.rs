//! Keys that are known from the start: those of the configuration, or the one that the first start made.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::accounts::{AccountId, Principal};
use crate::config::Key;
use crate::s3::auth::{Credential, CredentialSource, Lookup};
use crate::storage::{MetadataStore, StorageError};

/// Keys in memory.
pub struct StaticKeys(HashMap<String, Credential>);

impl StaticKeys {
    /// Finds or makes each key's tenant. The keys are validated: each has its secret.
    ///
    /// # Errors
    /// The store could not be asked for a tenant.
    pub async fn new(keys: &[Key], store: &dyn MetadataStore) -> Result<Self, StorageError> {
        let mut known = HashMap::new();
        for key in keys {
            let Some(secret_key) = key.secret_key.clone() else { continue };
            let tenant = store.ensure_tenant(&key.tenant).await?;
            let account = AccountId::of(tenant.id, 0);
            let credential = Credential {
                access_key: key.access_key.clone(),
                secret_key: secret_key.into_inner(),
                principal: Arc::new(Principal::root(tenant, account, key.access_key.clone())),
                signature_v2: key.signature_v2,
            };
            known.insert(key.access_key.clone(), credential);
        }
        Ok(Self(known))
    }
}

#[async_trait]
impl CredentialSource for StaticKeys {
    async fn find(&self, access_key: &str, _token: Option<&str>) -> Result<Lookup, StorageError> {
        Ok(self.0.get(access_key).cloned().map_or(Lookup::Unknown, Lookup::Known))
    }
}
