//! One keyspace per group of tests, and one runtime for the sessions of all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use dolium::storage::cassandra::{CassandraConfig, Trial, open};
use dolium::storage::faulty::Fault;
use dolium::storage::{Storage, StorageError};
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::response::query_result::QueryResult;
use scylla::serialize::row::SerializeRow;
use scylla::statement::Consistency;
use scylla::statement::unprepared::Statement;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));

/// The keyspace of the tests that touch only what they made.
static SHARED: OnceCell<CassandraConfig> = OnceCell::const_new();

thread_local! {
    /// The keyspaces of the test that runs on this thread.
    static MADE: RefCell<Vec<CassandraConfig>> = const { RefCell::new(Vec::new()) };
}

/// Runs a test on the runtime that all sessions live on, and drops its keyspaces: each table costs the nodes memory.
pub fn run(test: impl Future<Output = ()>) {
    RUNTIME.block_on(async {
        test.await;
        for config in MADE.take() {
            Rows::of(&config).await.run(&format!("DROP KEYSPACE {}", config.keyspace), ()).await;
        }
    });
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
    MADE.with_borrow_mut(|made| made.push(config.clone()));
    (storage, config)
}

/// A front end of a keyspace that other tests use too, whose statements and clock the test can spoil.
pub async fn shared() -> (Storage, CassandraConfig, Arc<Trial>) {
    let config = SHARED.get_or_init(|| async { fresh_config() }).await;
    let trial = Arc::new(Trial::default());
    let config = CassandraConfig { trial: Some(Arc::clone(&trial)), ..config.clone() };
    (open(config.clone()).await.expect("opens the shared keyspace"), config, trial)
}

/// A store on a fresh keyspace, whose statements and clock the test can spoil.
pub async fn on_trial(change: impl FnOnce(&mut CassandraConfig)) -> (Storage, CassandraConfig, Arc<Trial>) {
    let trial = Arc::new(Trial::default());
    let (storage, config) = fresh(|config| {
        config.trial = Some(Arc::clone(&trial));
        change(config);
    })
    .await;
    (storage, config, trial)
}

/// Another front end of the same keyspace, which nothing goes wrong with.
pub async fn beside(config: &CassandraConfig) -> Storage {
    open(CassandraConfig { trial: None, ..config.clone() }).await.expect("a second front end opens")
}

/// Waits until every planned fault has happened or holds a statement.
pub async fn reached(trial: &Trial) {
    eventually("the planned statement is sent", || async { (trial.faults.left() == 0).then_some(()) }).await;
}

/// What a request says whose outcome is not known.
pub fn lost() -> StorageError {
    StorageError::OutcomeUnknown("as planned".to_owned())
}

/// A reply that is lost after the statement took effect, and a statement that is lost on its way.
pub fn losses() -> [Fault; 2] {
    [Fault::LoseReply(lost()), Fault::Refuse(lost())]
}

/// What the tables say, past the store.
pub struct Rows {
    session: Session,
}

impl Rows {
    /// Of this configuration's keyspace.
    pub async fn of(config: &CassandraConfig) -> Self {
        let session = SessionBuilder::new().known_nodes(&config.nodes).build().await.expect("connects");
        session.use_keyspace(&config.keyspace, true).await.expect("the keyspace is there");
        Self { session }
    }

    /// Runs a statement at quorum.
    pub async fn run(&self, cql: &str, values: impl SerializeRow) -> QueryResult {
        let mut statement = Statement::new(cql);
        statement.set_consistency(Consistency::LocalQuorum);
        self.session.query_unpaged(statement, values).await.expect("the statement is right")
    }

    /// The number of rows of a table.
    pub async fn count(&self, table: &str) -> u64 {
        let answer = self.run(&format!("SELECT COUNT(*) FROM {table}"), ()).await;
        let rows = answer.into_rows_result().expect("a count has a row");
        let (count,) = rows.first_row::<(i64,)>().expect("a number");
        count.unsigned_abs()
    }
}

/// Asks again until it is so; the deadline is far beyond what it takes.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < end, "it never came to pass: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
