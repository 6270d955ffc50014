//! Opens the store that the configuration names.

use std::time::Duration;

use anyhow::Result;

use crate::config::{Config, StoreKind};
use crate::storage::Storage;
use crate::storage::cassandra::{self, CassandraConfig};
use crate::storage::embedded::{self, EmbeddedConfig};

/// Opens the store.
///
/// # Errors
/// One sentence: what is in the way.
pub async fn open(config: &Config) -> Result<Storage> {
    match config.store.kind {
        StoreKind::Embedded => Ok(embedded::open(embedded_config(config)).await?),
        StoreKind::Cassandra => Ok(cassandra::open(cassandra_config(config)).await?),
    }
}

/// What the store needs of the configuration.
pub(crate) fn cassandra_config(config: &Config) -> CassandraConfig {
    let section = &config.cassandra;
    let defaults = CassandraConfig::default();
    let grace = config.debug.reclaim_grace_seconds.map(Duration::from_secs);
    CassandraConfig {
        nodes: section.nodes.clone(),
        keyspace: section.keyspace.clone(),
        replication: section.replication.clone(),
        local_datacenter: section.local_datacenter.clone(),
        username: section.username.clone(),
        password: section.password.as_ref().map(|password| password.expose().to_owned()),
        tls_ca_file: section.tls_ca_file.clone(),
        reclaim_grace: grace.unwrap_or(defaults.reclaim_grace),
        lease: defaults.lease,
        shard_rows_max: config.debug.shard_rows.unwrap_or(defaults.shard_rows_max),
        trial: None,
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
