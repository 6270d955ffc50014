//! The store on Apache Cassandra (and, untested, ScyllaDB): the only place that names the driver and holds CQL.
//!
//! Who owns what: [`schema`] the keyspace and its migrations; `session` connections and the three ways to send a
//! statement; `statements` all CQL; `views` the leased view of a bucket, `shards` that of its
//! shard map; `reshard`, `weight`, `copy` how shards are split, merged and rewritten; `buckets`, `tenants`, `directory`, `heads`, `change`,
//! `listing`, `repair`, `uploads`, `completion`, `blocks` the rows; `inodes`, `log`, `reclaim` the reclaimer; `work` whose turn
//! it is to do what in the background.
//!
//! # Why LWTs
//! The truth about a key is one row group, its head, and every change of a head is one conditional write on its
//! revision. The listing index is derived, and says `?` wherever it might be wrong, so that it never is.

mod background;
mod blocks;
mod buckets;
mod change;
mod clock;
mod completion;
mod copy;
mod directory;
mod heads;
mod health;
mod index;
mod inodes;
mod judge;
mod listing;
mod log;
mod reclaim;
mod repair;
mod reshard;
mod rows;
pub mod schema;
mod session;
mod shards;
mod statements;
mod tenants;
mod traits;
mod trial;
mod uploads;
mod versions;
mod views;
mod weight;
mod work;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use self::background::Background;
use self::change::KeyLocks;
use self::clock::NodesClock;
use self::reshard::Moves;
use self::session::{Cluster, Profiles, connect};
use self::shards::ShardMap;
use self::statements::Statements;
use self::views::Views;
use self::weight::Limits;

pub use self::trial::Trial;
use super::{Storage, Timestamp};

/// Longest lease that may be configured.
pub const LEASE_MAX: Duration = Duration::from_secs(3);
/// Shortest grace period of the reclaimer: writes that take half as long start again. For tests; production has days.
pub const RECLAIM_GRACE_MIN: Duration = Duration::from_secs(1);
/// Smallest limit of a shard's rows that may be configured; for tests.
pub const SHARD_ROWS_MIN: u32 = 50;
/// Chunks in flight beyond the one that each stream may always have: 64 MiB, each counted twice because the driver has
/// a copy of its own.
const SHARED_CHUNKS: usize = 64;

/// How to reach a cluster, and what all front ends of one keyspace agree on.
#[derive(Clone)]
pub struct CassandraConfig {
    /// Some nodes, `host` or `host:port`; the others are found through them.
    pub nodes: Vec<String>,
    /// The keyspace; created when absent.
    pub keyspace: String,
    /// Copies kept in each datacentre; used when the keyspace is created.
    pub replication: BTreeMap<String, u32>,
    /// The datacentre to talk to; may be left out when the cluster has only one.
    pub local_datacenter: Option<String>,
    /// For password authentication, together with `password`.
    pub username: Option<String>,
    /// For password authentication.
    pub password: Option<String>,
    /// Certificates (PEM) to trust; TLS is used when this is set.
    pub tls_ca_file: Option<PathBuf>,
    /// How long something stays untouched before the reclaimer looks at it. No request may live half as long.
    pub reclaim_grace: Duration,
    /// How long a front end may rely on what it read about a bucket; at most [`LEASE_MAX`]. Deleting a bucket takes
    /// twice as long.
    pub lease: Duration,
    /// Index rows that one shard of a listing may have; beyond, it is split. At least [`SHARD_ROWS_MIN`].
    pub shard_rows_max: u32,
    /// What a test does to the store.
    pub trial: Option<Arc<Trial>>,
}

impl Default for CassandraConfig {
    fn default() -> Self {
        Self {
            nodes: vec!["127.0.0.1:9042".to_owned()],
            keyspace: "dolium".to_owned(),
            replication: BTreeMap::from([("datacenter1".to_owned(), 3)]),
            local_datacenter: None,
            username: None,
            password: None,
            tls_ca_file: None,
            reclaim_grace: Duration::from_secs(48 * 3600),
            lease: Duration::from_secs(1),
            shard_rows_max: 50_000,
            trial: None,
        }
    }
}

impl std::fmt::Debug for CassandraConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CassandraConfig")
            .field("nodes", &self.nodes)
            .field("keyspace", &self.keyspace)
            .field("replication", &self.replication)
            .field("local_datacenter", &self.local_datacenter)
            .field("username", &self.username)
            .field("tls_ca_file", &self.tls_ca_file)
            .field("reclaim_grace", &self.reclaim_grace)
            .field("lease", &self.lease)
            .field("shard_rows_max", &self.shard_rows_max)
            .finish_non_exhaustive()
    }
}

/// Why the store cannot be opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The configuration makes no sense by itself.
    #[error("the configuration of the Cassandra store is wrong: {0}")]
    Config(String),
    /// The file of trusted certificates cannot be used.
    #[error("cannot use the certificates in {}: {reason}", file.display())]
    Trust {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// No node answered.
    #[error("cannot reach Cassandra at {nodes}: {reason}")]
    Unreachable {
        /// Those that were tried.
        nodes: String,
        /// The driver's words.
        reason: String,
    },
    /// A datacentre that the cluster does not have.
    #[error("the cluster has no datacentre {datacenter:?}; it has: {known}")]
    NoSuchDatacenter {
        /// As configured.
        datacenter: String,
        /// Those that the cluster has.
        known: String,
    },
    /// Several datacentres, and nothing says which is near.
    #[error("the cluster has several datacentres, {known}: set which one is local (local_datacenter)")]
    WhichDatacenter {
        /// Those that the cluster has.
        known: String,
    },
    /// Nothing says how many copies to keep.
    #[error("set how many copies each datacentre keeps (replication); the cluster has the datacentres: {known}")]
    NoReplication {
        /// Those that the cluster has.
        known: String,
    },
    /// More copies than nodes.
    #[error(
        "the cluster knows {nodes} node(s) in datacentre {datacenter}, but the replication factor there is \
         {replication}: start more nodes, or set a smaller replication factor for a new keyspace"
    )]
    TooFewNodes {
        /// Where.
        datacenter: String,
        /// How many the cluster knows there.
        nodes: usize,
        /// How many copies were asked for.
        replication: u32,
    },
    /// The database is ahead of this program.
    #[error("the schema has version {found}, this program knows {wanted}: use a newer program")]
    NewerSchema {
        /// In the database.
        found: u32,
        /// In this program.
        wanted: u32,
    },
    /// The database is behind this program.
    #[error("the schema has version {found}, this program needs {wanted}: run dolium schema migrate")]
    OlderSchema {
        /// In the database.
        found: u32,
        /// In this program.
        wanted: u32,
    },
    /// All front ends must agree on this setting: durations, or the datacentre that conditional writes are decided in
    /// (in two at once, both sides of a race would win).
    #[error("{setting} is {configured} here, but {recorded} in the database; all front ends must agree on it")]
    Disagreement {
        /// Its name.
        setting: &'static str,
        /// As configured here.
        configured: String,
        /// As the first front end recorded it.
        recorded: String,
    },
    /// The schema could not be read or changed.
    #[error("cannot prepare the schema: {0}")]
    Schema(String),
}

/// Everything that the store's parts share.
pub(in crate::storage) struct Core {
    cluster: Cluster,
    clock: NodesClock,
    keyspace: String,
    lease: Duration,
    grace: Duration,
    created: Timestamp,
    views: Views,
    shards: ShardMap,
    moves: Moves,
    limits: Limits,
    key_locks: KeyLocks,
    background: Background,
    chunk_pool: Arc<Semaphore>,
    me: uuid::Uuid,
}

/// Connects, prepares the schema where the keyspace is empty or absent, and returns the store.
///
/// # Errors
/// When the cluster cannot be reached or does not fit the configuration, or its schema is another version's.
pub async fn open(mut config: CassandraConfig) -> Result<Storage, OpenError> {
    check_config(&config)?;
    let profiles = Profiles::new(&config);
    let (meta, blobs) = futures::try_join!(connect(&config, &profiles), connect(&config, &profiles))?;
    schema::check_cluster(&meta, &config)?;
    schema::ensure(&meta, &config, false).await?;
    for session in [&meta, &blobs] {
        session.refresh_metadata().await.map_err(|e| OpenError::Schema(e.to_string()))?;
        session.use_keyspace(&config.keyspace, true).await.map_err(|e| OpenError::Schema(e.to_string()))?;
    }
    // From here on no other datacentre is asked, should the cluster grow one.
    config.local_datacenter = Some(schema::local_datacenter(&meta, &config)?);
    let profiles = Profiles::new(&config);
    let st = Statements::prepare(&meta, &blobs, &profiles).await.map_err(|e| OpenError::Schema(e.to_string()))?;
    let cluster = Cluster { meta, blobs, st, trial: config.trial.clone() };
    let created = check_agreement(&cluster, &config).await?;
    let clock = NodesClock::new(config.trial);
    clock.look(&cluster.meta).await;
    if let Err(error) = clock.check() {
        tracing::error!(%error, "the clock is wrong");
    }
    let core = Arc::new(Core {
        cluster,
        clock,
        keyspace: config.keyspace,
        lease: config.lease,
        grace: config.reclaim_grace,
        created,
        views: Views::default(),
        shards: ShardMap::default(),
        moves: Moves::default(),
        limits: Limits::of(config.shard_rows_max),
        key_locks: KeyLocks::default(),
        background: Background::new(),
        chunk_pool: Arc::new(Semaphore::new(SHARED_CHUNKS)),
        me: uuid::Uuid::new_v4(),
    });
    tokio::spawn(NodesClock::keep_looking(Arc::downgrade(&core)));
    Ok(traits::storage_of(core))
}

fn check_config(config: &CassandraConfig) -> Result<(), OpenError> {
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let name = config.keyspace.as_bytes();
    if name.is_empty() || name.len() > 48 || !name[0].is_ascii_lowercase() || !name.iter().all(|b| legal(*b)) {
        return Err(OpenError::Config(format!(
            "the keyspace {:?} is not 1 to 48 lower-case letters, digits and underscores that begin with a letter",
            config.keyspace
        )));
    }
    if config.lease.is_zero() || config.lease > LEASE_MAX {
        return Err(OpenError::Config(format!(
            "the lease is {:?}, not above 0 and at most {LEASE_MAX:?}",
            config.lease
        )));
    }
    if config.reclaim_grace < RECLAIM_GRACE_MIN {
        return Err(OpenError::Config(format!(
            "the reclaimer's grace period is {:?}, below {RECLAIM_GRACE_MIN:?}",
            config.reclaim_grace
        )));
    }
    if config.shard_rows_max < SHARD_ROWS_MIN {
        return Err(OpenError::Config(format!(
            "a shard may have {} rows, below {SHARD_ROWS_MIN}",
            config.shard_rows_max
        )));
    }
    if config.replication.keys().any(|datacenter| datacenter.contains('\'')) {
        return Err(OpenError::Config("a datacentre's name has a quote in it".to_owned()));
    }
    Ok(())
}

/// Version, lease and grace period (milliseconds), creation (microseconds), datacentre and consistency, as
/// `schema_version` has them.
type Recorded = (Option<i32>, Option<i64>, Option<i64>, Option<i64>, Option<String>, Option<String>);

/// Front ends that measured leases or grace periods differently, or decided races in other datacentres, would break
/// each other's promises.
async fn check_agreement(cluster: &Cluster, config: &CassandraConfig) -> Result<Timestamp, OpenError> {
    let row: Option<Recorded> =
        cluster.row(&cluster.st.version_read, ("schema",)).await.map_err(|e| OpenError::Schema(e.to_string()))?;
    let (_, lease, grace, created, datacenter, consistency) = row.unwrap_or_default();
    let settings = [("lease", config.lease, lease), ("reclaim_grace", config.reclaim_grace, grace)];
    for (setting, configured, recorded) in settings {
        let recorded = Duration::from_millis(recorded.unwrap_or_default().unsigned_abs());
        if configured != recorded {
            let (configured, recorded) = (format!("{configured:?}"), format!("{recorded:?}"));
            return Err(OpenError::Disagreement { setting, configured, recorded });
        }
    }
    let local = config.local_datacenter.clone().unwrap_or_default();
    let settings =
        [("local_datacenter", local, datacenter), ("consistency", schema::CONSISTENCY.to_owned(), consistency)];
    for (setting, configured, recorded) in settings {
        let recorded = recorded.unwrap_or_default();
        if configured != recorded {
            return Err(OpenError::Disagreement { setting, configured, recorded });
        }
    }
    Ok(Timestamp(created.unwrap_or_default()))
}
