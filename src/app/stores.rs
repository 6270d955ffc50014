//! Opens the store that the configuration names.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::config::{Config, StoreKind};
use crate::storage::Storage;
use crate::storage::embedded::{self, EmbeddedConfig};

/// Opens the store.
///
/// # Errors
/// One sentence: what is in the way.
pub async fn open(config: &Config) -> Result<Storage> {
    match config.store.kind {
        StoreKind::Embedded => Ok(embedded::open(embedded_config(config)).await?),
        StoreKind::Cassandra => bail!("this build has no Cassandra store yet: set store.kind = \"embedded\""),
    }
}

fn embedded_config(config: &Config) -> EmbeddedConfig {
    let mut embedded = EmbeddedConfig::new(&config.store.path);
    if let Some(seconds) = config.debug.reclaim_grace_seconds {
        embedded.linger = Duration::from_secs(seconds);
        embedded.orphan_grace = Duration::from_secs(seconds);
    }
    embedded
}
