//! Accounts on an embedded store.

mod entities;
mod keys;
mod races;
mod renames;
mod sessions;
mod tenants;

use std::time::Duration;

use tempfile::TempDir;

use super::{
    AccountError, Accounts, Credential, CredentialSource, EncryptionKeys, EntityKind, KeyOptions, Lookup, NewEntity,
    NewSecret, NewTenant, Owner, Result, Settings, StaticKey,
};
use crate::storage::embedded::{EmbeddedConfig, open};
use crate::storage::{Storage, TenantId};

const ENCRYPTION: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const TRUST: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
const ALLOW: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

/// A store, and accounts in it that believe what they read for as long as may be.
struct Ground {
    storage: Storage,
    accounts: Accounts,
    folder: TempDir,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = open(EmbeddedConfig::new(folder.path())).await.expect("opens");
        let accounts = beside(&storage, ENCRYPTION).await;
        Self { storage, accounts, folder }
    }

    /// A new tenant's id.
    async fn tenant(&self, name: &str) -> TenantId {
        let new = NewTenant { name: name.to_owned(), ..NewTenant::default() };
        self.accounts.create_tenant(new).await.expect("makes a tenant").tenant_id()
    }

    async fn key(&self, tenant: TenantId, user: Option<&str>) -> NewSecret {
        self.accounts.create_key(Owner { tenant, user }, KeyOptions::default()).await.expect("makes a key")
    }

    async fn entity(&self, tenant: TenantId, kind: EntityKind, name: &str) -> super::Entity {
        self.accounts.create_entity(tenant, kind, named(name)).await.expect("makes an entity")
    }

    /// Whom a long-lived key speaks for.
    async fn known(&self, access_key: &str) -> Option<Credential> {
        known(&self.accounts, access_key, None).await
    }
}

/// Another front end on the same store.
async fn beside(storage: &Storage, encryption: &str) -> Accounts {
    let encryption = EncryptionKeys::parse(encryption).ok();
    let settings = Settings { encryption, cache: Duration::from_secs(5) };
    let fixed = StaticKey {
        access_key: "STATIC".to_owned(),
        secret_key: "static secret".to_owned().into(),
        tenant: "fixed".to_owned(),
        signature_v2: Some(false),
    };
    Accounts::open(storage, settings, vec![fixed]).await.expect("opens")
}

async fn known(accounts: &Accounts, access_key: &str, token: Option<&str>) -> Option<Credential> {
    match accounts.find(access_key, token).await.expect("looks up") {
        Lookup::Known(credential) => Some(credential),
        _ => None,
    }
}

fn named(name: &str) -> NewEntity {
    NewEntity { name: name.to_owned(), trust: TRUST.to_owned(), ..NewEntity::default() }
}

#[track_caller]
fn refused<T>(answer: Result<T>, wanted: fn(String) -> AccountError) {
    match answer {
        Ok(_) => panic!("accepted"),
        Err(error) => {
            let wanted = wanted(String::new());
            assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&wanted), "{error:?}");
        }
    }
}
