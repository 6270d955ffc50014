//! One keyspace per group of tests, and one runtime for the sessions of all.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use dolium::storage::Storage;
use dolium::storage::cassandra::{CassandraConfig, open};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));

/// Runs a test on the runtime that all sessions live on.
pub fn run(test: impl Future<Output = ()>) {
    RUNTIME.block_on(test);
}

/// The nodes to test against.
pub fn nodes() -> Vec<String> {
    let nodes = std::env::var("DOLIUM_TEST_CASSANDRA")
        .expect("set DOLIUM_TEST_CASSANDRA to the nodes that `tests/cassandra/cluster start 3 DIR` prints");
    nodes.split(',').map(|node| if node.contains(':') { node.to_owned() } else { format!("{node}:9042") }).collect()
}

/// A configuration with a keyspace that nobody has used.
pub fn fresh_config() -> CassandraConfig {
    let nodes = nodes();
    let copies = u32::try_from(nodes.len().min(3)).expect("a few nodes");
    CassandraConfig {
        keyspace: format!("t{}", uuid::Uuid::new_v4().simple()),
        replication: BTreeMap::from([("datacenter1".to_owned(), copies)]),
        lease: Duration::from_millis(500),
        nodes,
        ..CassandraConfig::default()
    }
}

/// A store on a fresh keyspace.
pub async fn fresh(change: impl FnOnce(&mut CassandraConfig)) -> (Storage, CassandraConfig) {
    let mut config = fresh_config();
    change(&mut config);
    let storage = open(config.clone()).await.expect("opens a fresh keyspace");
    (storage, config)
}
