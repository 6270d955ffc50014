//! Accounts as the configuration has them: static keys, and the key that secrets are encrypted under.

use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Error, Result};

use super::private_file;
use crate::accounts::{Accounts, EncryptionKeys, Settings, StaticKey};
use crate::config::{Config, Key, StoreKind, read_secret_file};
use crate::storage::Storage;

/// Where the embedded store's own encryption key is kept, in its folder.
const NAME: &str = "accounts.key";

/// Opens the accounts in a store, with these static keys, each of which has its secret.
///
/// # Errors
/// One sentence: the encryption key cannot be read or made, or the store could not be asked.
pub async fn open(config: &Config, storage: &Storage, keys: &[Key]) -> Result<Accounts> {
    let cache = Duration::from_secs(config.accounts.cache_seconds);
    let settings = Settings { encryption: encryption(config).map_err(Error::msg)?, cache };
    let keys = keys.iter().filter_map(|key| {
        let secret_key = key.secret_key.clone()?.into_inner();
        let (access_key, tenant) = (key.access_key.clone(), key.tenant.clone());
        Some(StaticKey { access_key, secret_key, tenant, signature_v2: key.signature_v2 })
    });
    Accounts::open(storage, settings, keys.collect()).await.context("cannot find the keys' tenants")
}

fn encryption(config: &Config) -> Result<Option<EncryptionKeys>, String> {
    match (&config.accounts.encryption_key, config.store.kind) {
        (Some(keys), _) => EncryptionKeys::parse(keys.expose()).map(Some),
        (None, StoreKind::Embedded) => read_or_make(&config.store.path).map(Some),
        (None, StoreKind::Cassandra) => Ok(None),
    }
}

/// Reads the folder's key, making it if there is none. Only the holder of the folder's lock may call this.
fn read_or_make(data: &Path) -> Result<EncryptionKeys, String> {
    let file = data.join(NAME);
    let shown = file.display();
    match std::fs::metadata(&file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            let key = EncryptionKeys::generate()?;
            private_file::write(data, NAME, &key).map_err(|e| format!("cannot write {shown}: {e}"))?;
        }
        Err(e) => return Err(format!("cannot read {shown}: {e}")),
        Ok(_) => {}
    }
    EncryptionKeys::parse(read_secret_file(&file)?.expose()).map_err(|what| format!("{shown}: {what}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_first_start_makes_a_key_that_the_next_ones_keep() {
        let data = tempfile::tempdir().unwrap();
        read_or_make(data.path()).unwrap();
        let made = std::fs::read(data.path().join(NAME)).unwrap();
        read_or_make(data.path()).unwrap();
        assert_eq!(std::fs::read(data.path().join(NAME)).unwrap(), made);
        assert_eq!(std::fs::metadata(data.path().join(NAME)).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(data.path().join(NAME), "short").unwrap();
        let error = read_or_make(data.path()).unwrap_err();
        assert!(error.contains("accounts.key") && !error.contains("short"), "{error}");
    }
}
