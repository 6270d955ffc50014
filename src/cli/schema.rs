//! `dolium schema`: the tables in Cassandra.

use anyhow::{Result, bail};

use crate::app::stores::cassandra_config;
use crate::config::{Config, StoreKind};
use crate::storage::cassandra::schema;

/// Shows which version the keyspace has and which this program needs.
pub async fn status(config: &Config) -> Result<()> {
    needs_cassandra(config)?;
    let status = schema::status(&cassandra_config(config)).await?;
    let found = status.found.map_or_else(|| "no schema".to_owned(), |version| format!("version {version}"));
    println!("keyspace {} has {found}, this program needs version {}", config.cassandra.keyspace, status.wanted);
    Ok(())
}

/// Applies the migrations that the keyspace lacks.
pub async fn migrate(config: &Config) -> Result<()> {
    needs_cassandra(config)?;
    let version = schema::migrate(&cassandra_config(config)).await?;
    println!("keyspace {} has version {version}", config.cassandra.keyspace);
    Ok(())
}

fn needs_cassandra(config: &Config) -> Result<()> {
    if config.store.kind != StoreKind::Cassandra {
        bail!("only Cassandra has a schema: set store.kind = \"cassandra\", or name a file with --config");
    }
    Ok(())
}
