//! The keyspace and its numbered migrations. Knows no row of a table but its own two.
//!
//! # Why fixed table ids
//! Two nodes that are asked to create the same table at once give it two ids and then disagree for ever. The two
//! tables that every front end may have to create get ids made of the keyspace's name; all others are created under a
//! lease that the first two make possible.

use std::time::{Duration, Instant};

use scylla::client::session::Session;
use scylla::cluster::metadata::Strategy;
use scylla::statement::unprepared::Statement;
use scylla::statement::{Consistency, SerialConsistency};
use sha1::{Digest, Sha1};
use uuid::Uuid;

use super::session::{Profiles, connect};
use super::{CassandraConfig, OpenError};
use crate::storage::Timestamp;

/// Numbered, append-only; a released one is never changed.
const MIGRATIONS: &[(u32, &str)] = &[
    (1, include_str!("../../../schema/0001_foundation.cql")),
    (2, include_str!("../../../schema/0002_range_shards.cql")),
];
/// How long one front end may take for one statement of a migration before another takes over.
const LEASE: Duration = Duration::from_secs(60);
/// How often the version is read until the answer is believed to be an error, and the pause between.
const VERSION_READS: u32 = 20;
const VERSION_PAUSE: Duration = Duration::from_millis(500);
/// How long to wait for another front end's migration.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long errors are tried again.
const TROUBLE: Duration = Duration::from_secs(20);
/// How conditional writes to buckets' contents are agreed on: by the replicas of one datacentre. Recorded, so that a
/// front end which would ask all datacentres cannot be started beside one that asks its own.
pub(super) const CONSISTENCY: &str = "local";
/// Pause between looks at another's migration.
const PAUSE: Duration = Duration::from_millis(300);

/// The schema's version in the database, and what this program needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaStatus {
    /// In the database; `None` when the keyspace or its tables do not exist.
    pub found: Option<u32>,
    /// What this program needs.
    pub wanted: u32,
}

/// The number of the newest migration.
#[must_use]
pub fn wanted_version() -> u32 {
    MIGRATIONS.last().map_or(0, |(number, _)| *number)
}

/// Compares the database's schema with what this program needs; changes nothing.
///
/// # Errors
/// When the cluster cannot be reached, or does not fit the configuration.
pub async fn status(config: &CassandraConfig) -> Result<SchemaStatus, OpenError> {
    let session = connect(config, &Profiles::new(config)).await?;
    let found = if keyspace_exists(&session, config) { version(&session, config).await? } else { None };
    Ok(SchemaStatus { found, wanted: wanted_version() })
}

/// Creates the keyspace where it is missing and applies the migrations that are missing; returns the version reached.
/// Safe to run on any number of machines at once.
///
/// # Errors
/// When the cluster cannot be reached or does not fit the configuration, or holds a newer schema.
pub async fn migrate(config: &CassandraConfig) -> Result<u32, OpenError> {
    let session = connect(config, &Profiles::new(config)).await?;
    check_cluster(&session, config)?;
    ensure(&session, config, true).await?;
    Ok(wanted_version())
}

/// Brings an empty database to the wanted version, and refuses one that has another.
pub(super) async fn ensure(session: &Session, config: &CassandraConfig, upgrade: bool) -> Result<(), OpenError> {
    if !keyspace_exists(session, config) {
        create_keyspace(session, config).await?;
    }
    let wanted = wanted_version();
    match settled_version(session, config).await? {
        Some(found) if found == wanted => {}
        Some(found) if found > wanted => return Err(OpenError::NewerSchema { found, wanted }),
        Some(found) if found > 0 && !upgrade => return Err(OpenError::OlderSchema { found, wanted }),
        _ => apply(session, config).await?,
    }
    session.await_schema_agreement().await.map_err(schema_error)?;
    Ok(())
}

/// Refuses a cluster that cannot keep as many copies as asked for, or has no such datacentre.
pub(super) fn check_cluster(session: &Session, config: &CassandraConfig) -> Result<(), OpenError> {
    let state = session.get_cluster_state();
    let known = |datacenter: &str| {
        state.get_nodes_info().iter().filter(|node| node.datacenter.as_deref() == Some(datacenter)).count()
    };
    let datacenters = datacenters(session);
    let absent = |datacenter: &str| OpenError::NoSuchDatacenter {
        datacenter: datacenter.to_owned(),
        known: datacenters.join(", "),
    };
    local_datacenter(session, config)?;
    let existing = state.get_keyspace(&config.keyspace).map(|keyspace| &keyspace.strategy);
    let replication: Vec<(String, u32)> = match existing {
        Some(Strategy::NetworkTopologyStrategy { datacenter_repfactors }) => datacenter_repfactors
            .iter()
            .map(|(datacenter, factor)| (datacenter.clone(), u32::try_from(*factor).unwrap_or(u32::MAX)))
            .collect(),
        _ => config.replication.iter().map(|(datacenter, factor)| (datacenter.clone(), *factor)).collect(),
    };
    if replication.is_empty() {
        return Err(OpenError::NoReplication { known: datacenters.join(", ") });
    }
    for (datacenter, factor) in replication {
        let nodes = known(&datacenter);
        if nodes == 0 {
            return Err(absent(&datacenter));
        }
        if nodes < factor as usize {
            return Err(OpenError::TooFewNodes { datacenter, nodes, replication: factor });
        }
    }
    Ok(())
}

fn datacenters(session: &Session) -> Vec<String> {
    let state = session.get_cluster_state();
    let mut names: Vec<String> = state.get_nodes_info().iter().filter_map(|node| node.datacenter.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The datacentre that this front end asks: the one that is configured, or the only one.
pub(super) fn local_datacenter(session: &Session, config: &CassandraConfig) -> Result<String, OpenError> {
    let mut datacenters = datacenters(session);
    let known = datacenters.join(", ");
    match &config.local_datacenter {
        Some(local) if datacenters.contains(local) => Ok(local.clone()),
        Some(local) => Err(OpenError::NoSuchDatacenter { datacenter: local.clone(), known }),
        None if datacenters.len() > 1 => Err(OpenError::WhichDatacenter { known }),
        None => datacenters
            .pop()
            .ok_or_else(|| OpenError::Schema("the cluster does not say which datacentre its nodes are in".to_owned())),
    }
}

fn keyspace_exists(session: &Session, config: &CassandraConfig) -> bool {
    session.get_cluster_state().get_keyspace(&config.keyspace).is_some()
}

async fn create_keyspace(session: &Session, config: &CassandraConfig) -> Result<(), OpenError> {
    let factors: String =
        config.replication.iter().map(|(datacenter, factor)| format!(", '{datacenter}': {factor}")).collect();
    let keyspace = &config.keyspace;
    run(
        session,
        &format!(
            "CREATE KEYSPACE IF NOT EXISTS {keyspace} \
             WITH replication = {{'class': 'NetworkTopologyStrategy'{factors}}}"
        ),
    )
    .await?;
    session.refresh_metadata().await.map_err(schema_error)
}

/// An id for one of the first two tables, the same wherever it is made.
fn table_id(keyspace: &str, table: &str) -> Uuid {
    let digest = Sha1::digest(format!("dolium {keyspace}.{table}"));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_sha1_bytes(bytes).into_uuid()
}

async fn create_first_tables(session: &Session, config: &CassandraConfig) -> Result<(), OpenError> {
    let keyspace = &config.keyspace;
    let columns = [
        (
            "schema_version",
            "name text PRIMARY KEY, version int, lease_ms bigint, grace_ms bigint, created bigint, \
             datacenter text, consistency text",
        ),
        ("lease", "name text PRIMARY KEY, owner uuid, until bigint, window bigint, after uuid"),
    ];
    for (table, columns) in columns {
        let id = table_id(keyspace, table);
        run(session, &format!("CREATE TABLE IF NOT EXISTS {keyspace}.{table} ({columns}) WITH ID = {id}")).await?;
    }
    Ok(())
}

/// The version that was reached. A table that only some nodes know yet is asked for again: taken for absent, it would be
/// migrated beside front ends that still run.
async fn settled_version(session: &Session, config: &CassandraConfig) -> Result<Option<u32>, OpenError> {
    for _ in 1..VERSION_READS {
        match version(session, config).await {
            Ok(found) => return Ok(found),
            Err(error) => tracing::debug!(%error, "the schema's version could not be read, and is read again"),
        }
        tokio::time::sleep(VERSION_PAUSE).await;
    }
    version(session, config).await
}

async fn version(session: &Session, config: &CassandraConfig) -> Result<Option<u32>, OpenError> {
    let state = session.get_cluster_state();
    let tables = state.get_keyspace(&config.keyspace).map(|keyspace| &keyspace.tables);
    if !tables.is_some_and(|tables| tables.contains_key("schema_version")) {
        return Ok(None);
    }
    let cql = format!("SELECT version FROM {}.schema_version WHERE name = 'schema'", config.keyspace);
    let answer = session.query_unpaged(serial(&cql), ()).await.map_err(schema_error)?;
    let rows = answer.into_rows_result().map_err(schema_error)?;
    let row = rows.maybe_first_row::<(Option<i32>,)>().map_err(schema_error)?;
    Ok(Some(row.and_then(|(version,)| version).map_or(0, i32::unsigned_abs)))
}

/// Applies what is missing under the schema lease; waits where another front end does. A node may not know yet what
/// another one has created, so errors are tried again for a while.
async fn apply(session: &Session, config: &CassandraConfig) -> Result<(), OpenError> {
    let me = Uuid::new_v4();
    let began = Instant::now();
    let mut well = Instant::now();
    while began.elapsed() < PATIENCE {
        match apply_once(session, config, me).await {
            Ok(true) => return Ok(()),
            Ok(false) => well = Instant::now(),
            Err(error) if well.elapsed() > TROUBLE => return Err(error),
            Err(error) => tracing::debug!(%error, "the schema is tried again"),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(OpenError::Schema("another front end has held the schema lease for too long".to_owned()))
}

/// One try; false when another front end has the lease.
async fn apply_once(session: &Session, config: &CassandraConfig, me: Uuid) -> Result<bool, OpenError> {
    create_first_tables(session, config).await?;
    session.refresh_metadata().await.map_err(schema_error)?;
    let keyspace = &config.keyspace;
    let found = version(session, config).await?.unwrap_or(0);
    if found >= wanted_version() {
        return Ok(true);
    }
    if !take_lease(session, config, me).await? {
        return Ok(false);
    }
    for (number, text) in MIGRATIONS.iter().filter(|(number, _)| *number > found) {
        for statement in statements_of(text) {
            run(session, &qualified(&statement, keyspace)).await?;
            if !take_lease(session, config, me).await? {
                return Ok(false);
            }
        }
        record(session, config, *number).await?;
    }
    session.refresh_metadata().await.map_err(schema_error)?;
    Ok(true)
}

async fn take_lease(session: &Session, config: &CassandraConfig, me: Uuid) -> Result<bool, OpenError> {
    let keyspace = &config.keyspace;
    let read = format!("SELECT owner, until FROM {keyspace}.lease WHERE name = 'schema'");
    let answer = session.query_unpaged(serial(&read), ()).await.map_err(schema_error)?;
    let rows = answer.into_rows_result().map_err(schema_error)?;
    let row = rows.maybe_first_row::<(Option<Uuid>, Option<i64>)>().map_err(schema_error)?;
    let (owner, until) = row.unwrap_or_default();
    let now = Timestamp::now().0;
    if owner.is_some_and(|owner| owner != me) && until.is_some_and(|until| until > now) {
        return Ok(false);
    }
    let end = now + i64::try_from(LEASE.as_micros()).unwrap_or(i64::MAX - now);
    let take = format!("UPDATE {keyspace}.lease SET owner = ?, until = ? WHERE name = 'schema' IF until = ?");
    applied(session, config, &take, (me, end, until)).await
}

/// Writes the version, and with the first one what all front ends must agree on.
async fn record(session: &Session, config: &CassandraConfig, number: u32) -> Result<(), OpenError> {
    let keyspace = &config.keyspace;
    let number = i32::try_from(number).map_err(schema_error)?;
    if number == 1 {
        let insert = format!(
            "INSERT INTO {keyspace}.schema_version (name, version, lease_ms, grace_ms, created, datacenter, consistency) \
             VALUES ('schema', ?, ?, ?, ?, ?, ?) IF NOT EXISTS"
        );
        let lease = i64::try_from(config.lease.as_millis()).map_err(schema_error)?;
        let grace = i64::try_from(config.reclaim_grace.as_millis()).map_err(schema_error)?;
        let datacenter = local_datacenter(session, config)?;
        let values = (number, lease, grace, Timestamp::now().0, datacenter, CONSISTENCY);
        applied(session, config, &insert, values).await?;
    } else {
        let update = format!("UPDATE {keyspace}.schema_version SET version = ? WHERE name = 'schema' IF version < ?");
        applied(session, config, &update, (number, number)).await?;
    }
    Ok(())
}

async fn applied(
    session: &Session,
    config: &CassandraConfig,
    cql: &str,
    values: impl scylla::serialize::row::SerializeRow,
) -> Result<bool, OpenError> {
    let mut statement = Statement::new(cql);
    // Never sent twice by the driver: a second try would be refused by the first.
    statement.set_execution_profile_handle(Some(Profiles::new(config).conditional));
    statement.set_consistency(Consistency::Quorum);
    statement.set_serial_consistency(Some(SerialConsistency::Serial));
    let answer = session.query_unpaged(statement, values).await.map_err(schema_error)?;
    let rows = answer.into_rows_result().map_err(schema_error)?;
    let row = rows.first_row::<scylla::value::Row>().map_err(schema_error)?;
    Ok(row.columns.first().and_then(Option::as_ref).and_then(scylla::value::CqlValue::as_boolean) == Some(true))
}

fn serial(cql: &str) -> Statement {
    let mut statement = Statement::new(cql);
    statement.set_consistency(Consistency::Serial);
    statement.set_is_idempotent(true);
    statement
}

async fn run(session: &Session, cql: &str) -> Result<(), OpenError> {
    session.query_unpaged(cql, ()).await.map(|_| ()).map_err(schema_error)
}

fn schema_error(error: impl std::fmt::Display) -> OpenError {
    OpenError::Schema(error.to_string())
}

/// The statements of a migration: what stands between semicolons at the ends of lines, without comment lines.
fn statements_of(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    code.join("\n")
        .split(";\n")
        .map(|statement| statement.trim().trim_end_matches(';').to_owned())
        .filter(|statement| !statement.is_empty())
        .collect()
}

/// Migrations name tables without their keyspace, which is configuration.
fn qualified(statement: &str, keyspace: &str) -> String {
    statement.replacen("CREATE TABLE IF NOT EXISTS ", &format!("CREATE TABLE IF NOT EXISTS {keyspace}."), 1).replacen(
        "ALTER TABLE ",
        &format!("ALTER TABLE {keyspace}."),
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gap_and_split_into_statements() {
        for (i, (number, text)) in MIGRATIONS.iter().enumerate() {
            assert_eq!(*number as usize, i + 1);
            for statement in statements_of(text) {
                // Each can be run again by whoever comes after a front end that died in the middle.
                let qualified = qualified(&statement, "ks");
                let again = ["CREATE TABLE IF NOT EXISTS ks.", "ALTER TABLE ks."];
                assert!(again.iter().any(|begins| qualified.starts_with(begins)), "{statement}");
                assert!(qualified.contains(" IF NOT EXISTS "), "{statement}");
                assert!(!statement.contains(';') && !statement.contains("--"), "{statement}");
            }
        }
        assert_eq!(statements_of("-- a;\nA (\n b\n);\n\nC;\n").len(), 2);
    }

    #[test]
    fn the_first_tables_have_one_id_wherever_they_are_made() {
        assert_eq!(table_id("a", "lease"), table_id("a", "lease"));
        assert_ne!(table_id("a", "lease"), table_id("b", "lease"));
    }
}
