//! `dolium schema`: the tables in Cassandra.

use anyhow::{Result, bail};

use crate::config::{Config, StoreKind};

/// Shows which migrations the keyspace has and which it lacks.
pub async fn status(config: &Config) -> Result<()> {
    needs_cassandra(config)
}

/// Applies the migrations that the keyspace lacks.
pub async fn migrate(config: &Config) -> Result<()> {
    needs_cassandra(config)
}

fn needs_cassandra(config: &Config) -> Result<()> {
    if config.store.kind != StoreKind::Cassandra {
        bail!("only Cassandra has a schema: set store.kind = \"cassandra\", or name a file with --config");
    }
    bail!("this build has no Cassandra store yet")
}
