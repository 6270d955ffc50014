//! Connections, and the three ways to send a statement: read, write, compare-and-set. Knows no table.

use std::fs::File;
use std::io::BufReader;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use scylla::client::PoolSize;
use scylla::client::execution_profile::{ExecutionProfile, ExecutionProfileHandle};
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::deserialize::row::DeserializeRow;
use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use scylla::policies::load_balancing::DefaultPolicy;
use scylla::policies::retry::FallthroughRetryPolicy;
use scylla::policies::speculative_execution::SimpleSpeculativeExecutionPolicy;
use scylla::response::query_result::QueryResult;
use scylla::serialize::row::SerializeRow;
use scylla::statement::{Consistency, SerialConsistency};
use scylla::value::{CqlValue, Row};
use uuid::Uuid;

use super::statements::{Statement, Statements};
use super::trial::Trial;
use super::{CassandraConfig, OpenError};
use crate::storage::{Result, StorageError};

/// Longest wait for one request, all its attempts together.
const REQUEST_SECONDS: u64 = 6;
/// After this, an idempotent request is also sent to another node (a paused coordinator answers nothing).
const SPECULATE_AFTER: Duration = Duration::from_millis(1_500);
/// Connections to each node, per session.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(2).expect("2 is not 0");
/// After this no further attempt is begun: a client that waits for longer has gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often one conditional statement is sent, or its outcome looked for, before the caller is told.
const CAS_ATTEMPTS_MAX: u32 = 5;
/// First pause between attempts; doubles.
const CAS_PAUSE: Duration = Duration::from_millis(50);

/// Everything that talks to the cluster.
pub(super) struct Cluster {
    /// Metadata: small rows.
    pub(super) meta: Session,
    /// Blobs: large rows, on connections of their own so that they never stand in front of small ones.
    pub(super) blobs: Session,
    /// All statements, prepared.
    pub(super) st: Statements,
    /// What a test does to statements on their way.
    pub(super) trial: Option<Arc<Trial>>,
}

/// How requests are routed and retried.
pub(super) struct Profiles {
    /// For reads and idempotent writes.
    pub(super) plain: ExecutionProfileHandle,
    /// For compare-and-set: replicas in ring order, so that front ends meet at one coordinator instead of racing
    /// their ballots; never sent twice by the driver.
    pub(super) conditional: ExecutionProfileHandle,
}

impl Profiles {
    pub(super) fn new(config: &CassandraConfig) -> Self {
        let policy = |shuffle: bool| {
            let mut policy = DefaultPolicy::builder().token_aware(true).enable_shuffling_replicas(shuffle);
            if let Some(datacenter) = &config.local_datacenter {
                policy = policy.prefer_datacenter(datacenter.clone());
            }
            policy.build()
        };
        let timeout = Some(Duration::from_secs(REQUEST_SECONDS));
        let plain = ExecutionProfile::builder()
            .load_balancing_policy(policy(true))
            .consistency(Consistency::LocalQuorum)
            .request_timeout(timeout)
            .speculative_execution_policy(Some(Arc::new(SimpleSpeculativeExecutionPolicy {
                max_retry_count: 1,
                retry_interval: SPECULATE_AFTER,
            })))
            .build();
        let conditional = ExecutionProfile::builder()
            .load_balancing_policy(policy(false))
            .consistency(Consistency::LocalQuorum)
            .serial_consistency(Some(SerialConsistency::LocalSerial))
            .request_timeout(timeout)
            .retry_policy(Arc::new(FallthroughRetryPolicy::new()))
            .speculative_execution_policy(None)
            .build();
        Self { plain: plain.into_handle(), conditional: conditional.into_handle() }
    }
}

/// Opens one session.
pub(super) async fn connect(config: &CassandraConfig, profiles: &Profiles) -> std::result::Result<Session, OpenError> {
    let mut builder = SessionBuilder::new()
        .known_nodes(&config.nodes)
        .default_execution_profile_handle(profiles.plain.clone())
        .pool_size(PoolSize::PerHost(CONNECTIONS))
        .schema_agreement_interval(Duration::from_millis(50))
        .keepalive_interval(Duration::from_secs(5))
        .keepalive_timeout(Duration::from_secs(5))
        .tcp_nodelay(true);
    if let (Some(username), Some(password)) = (&config.username, &config.password) {
        builder = builder.user(username, password);
    }
    if let Some(file) = &config.tls_ca_file {
        builder = builder.tls_context(Some(trust(file)?));
    }
    builder.build().await.map_err(|e| OpenError::Unreachable { nodes: config.nodes.join(", "), reason: e.to_string() })
}

fn trust(file: &std::path::Path) -> std::result::Result<Arc<rustls::ClientConfig>, OpenError> {
    let failed = |reason: String| OpenError::Trust { file: file.to_owned(), reason };
    let reader = BufReader::new(File::open(file).map_err(|e| failed(e.to_string()))?);
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_reader_iter(reader) {
        let certificate = certificate.map_err(|e| failed(e.to_string()))?;
        roots.add(certificate).map_err(|e| failed(e.to_string()))?;
    }
    if roots.is_empty() {
        return Err(failed("it holds no certificate".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| failed(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// What a compare-and-set answered.
#[derive(Debug)]
pub(super) enum Cas {
    /// It took effect.
    Applied,
    /// The condition does not hold; the columns of the condition, where there is a row.
    Refused(CasRow),
}

/// The columns a refused compare-and-set comes back with.
#[derive(Debug, Default)]
pub(super) struct CasRow(Vec<(String, Option<CqlValue>)>);

impl CasRow {
    fn get(&self, name: &str) -> Option<&CqlValue> {
        self.0.iter().find(|(column, _)| column == name).and_then(|(_, value)| value.as_ref())
    }

    /// A uuid column; `None` when it is null or there is no row.
    pub(super) fn uuid(&self, name: &str) -> Option<Uuid> {
        self.get(name).and_then(CqlValue::as_uuid)
    }

    /// A blob column.
    pub(super) fn blob(&self, name: &str) -> Option<&[u8]> {
        self.get(name).and_then(CqlValue::as_blob).map(Vec::as_slice)
    }

    /// A tinyint column.
    pub(super) fn tinyint(&self, name: &str) -> Option<i8> {
        self.get(name).and_then(CqlValue::as_tinyint)
    }
}

/// What a serial read shows after a compare-and-set whose outcome is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// It took effect.
    Ours,
    /// It has not (yet); sending the very same one again is safe.
    AsExpected,
    /// Something else happened in between.
    Other,
}

/// A failed request, by what it means for a write.
pub(super) enum Failure {
    /// It had no effect.
    Unsent(String),
    /// It may have had one, now or later.
    Unknown(String),
}

fn failure(error: &ExecutionError) -> Failure {
    let text = error.to_string();
    let unsent = match error {
        ExecutionError::BadQuery(_)
        | ExecutionError::EmptyPlan
        | ExecutionError::PrepareError(_)
        | ExecutionError::ConnectionPoolError(_)
        | ExecutionError::UseKeyspaceError(_) => true,
        ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, _)) => matches!(
            error,
            DbError::SyntaxError
                | DbError::Invalid
                | DbError::Unauthorized
                | DbError::ConfigError
                | DbError::Unavailable { .. }
                | DbError::IsBootstrapping
        ),
        ExecutionError::LastAttemptError(
            RequestAttemptError::SerializationError(_)
            | RequestAttemptError::CqlRequestSerialization(_)
            | RequestAttemptError::UnableToAllocStreamId,
        ) => true,
        _ => false,
    };
    if unsent { Failure::Unsent(text) } else { Failure::Unknown(text) }
}

/// An error of a read, or of an idempotent write that may simply be sent again.
pub(super) fn unavailable(error: impl std::fmt::Display) -> StorageError {
    StorageError::Unavailable(format!("Cassandra: {error}"))
}

/// A row that cannot be what this program wrote.
pub(super) fn corrupt(what: &str, error: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt(format!("{what}: {error}"))
}

impl Cluster {
    /// Sends a statement on the connections that it belongs on.
    pub(super) async fn send(
        &self,
        statement: &Statement,
        values: impl SerializeRow,
    ) -> std::result::Result<QueryResult, ExecutionError> {
        let session = if statement.of_blobs { &self.blobs } else { &self.meta };
        match &self.trial {
            None => session.execute_unpaged(&statement.prepared, values).await,
            // Boxed, so that what only tests need makes no other request's future larger.
            Some(trial) => {
                trial.around(statement.name, Box::pin(session.execute_unpaged(&statement.prepared, values))).await
            }
        }
    }

    /// All rows of a metadata read; its statement bounds their number.
    pub(super) async fn rows<R>(&self, statement: &Statement, values: impl SerializeRow) -> Result<Vec<R>>
    where
        R: for<'f> DeserializeRow<'f, 'f>,
    {
        let answer = self.send(statement, values).await.map_err(unavailable)?;
        let rows = answer.into_rows_result().map_err(unavailable)?;
        let typed = rows.rows::<R>().map_err(|e| corrupt("a row", e))?;
        typed.map(|row| row.map_err(|e| corrupt("a row", e))).collect()
    }

    /// The first row of a metadata read.
    pub(super) async fn row<R>(&self, statement: &Statement, values: impl SerializeRow) -> Result<Option<R>>
    where
        R: for<'f> DeserializeRow<'f, 'f>,
    {
        Ok(self.rows(statement, values).await?.into_iter().next())
    }

    /// An idempotent write.
    pub(super) async fn write(&self, statement: &Statement, values: impl SerializeRow) -> Result<()> {
        let mut pause = CAS_PAUSE;
        let mut attempt = 1;
        let began = Instant::now();
        loop {
            match self.send(statement, &values).await {
                Ok(_) => return Ok(()),
                Err(e) if attempt == CAS_ATTEMPTS_MAX || began.elapsed() > PATIENCE => return Err(unavailable(e)),
                Err(_) => tokio::time::sleep(jittered(pause)).await,
            }
            attempt += 1;
            pause *= 2;
        }
    }

    /// Sends a compare-and-set once.
    pub(super) async fn cas_once(
        &self,
        statement: &Statement,
        values: impl SerializeRow,
    ) -> std::result::Result<Cas, Failure> {
        let answer = self.send(statement, values).await.map_err(|e| failure(&e))?;
        let unreadable = |e: String| Failure::Unknown(format!("unreadable answer: {e}"));
        let rows = answer.into_rows_result().map_err(|e| unreadable(e.to_string()))?;
        let names: Vec<String> = rows.column_specs().iter().map(|column| column.name().to_owned()).collect();
        let row: Row = rows.first_row().map_err(|e| unreadable(e.to_string()))?;
        let row = CasRow(names.into_iter().zip(row.columns).collect());
        match row.get("[applied]").and_then(CqlValue::as_boolean) {
            Some(true) => Ok(Cas::Applied),
            Some(false) => Ok(Cas::Refused(row)),
            None => Err(unreadable("no [applied] in it".to_owned())),
        }
    }

    /// Sends a compare-and-set until its outcome is known.
    ///
    /// `ours` recognises our own value in a refusal; `look` reads at SERIAL. The same values are sent each time, so
    /// that an earlier attempt that lands late does no harm.
    pub(super) async fn cas<'a>(
        &self,
        statement: &Statement,
        values: impl SerializeRow,
        ours: impl Fn(&CasRow) -> bool,
        look: impl Fn() -> BoxFuture<'a, Result<Look>>,
    ) -> Result<Cas> {
        let mut doubt: Option<String> = None;
        let mut pause = CAS_PAUSE;
        let mut last = String::new();
        let began = Instant::now();
        for attempt in 0..CAS_ATTEMPTS_MAX {
            if attempt > 0 && began.elapsed() > PATIENCE {
                break;
            }
            match self.cas_once(statement, &values).await {
                Ok(Cas::Applied) => return Ok(Cas::Applied),
                Ok(Cas::Refused(row)) if ours(&row) => return Ok(Cas::Applied),
                Ok(Cas::Refused(row)) => match doubt {
                    None => return Ok(Cas::Refused(row)),
                    Some(reason) => return Err(StorageError::OutcomeUnknown(reason)),
                },
                Err(Failure::Unsent(reason)) => last = reason,
                Err(Failure::Unknown(reason)) => {
                    last.clone_from(&reason);
                    doubt = Some(reason);
                    match look().await {
                        Ok(Look::Ours) => return Ok(Cas::Applied),
                        Ok(Look::Other) => return Err(StorageError::OutcomeUnknown(last)),
                        Ok(Look::AsExpected) | Err(_) => {}
                    }
                }
            }
            tokio::time::sleep(jittered(pause)).await;
            pause *= 2;
        }
        Err(match doubt {
            Some(reason) => StorageError::OutcomeUnknown(reason),
            None => unavailable(last),
        })
    }
}

/// `pause`, made shorter by up to a half at random, so that those who met do not meet again.
pub(super) fn jittered(pause: Duration) -> Duration {
    let random = f64::from(u16::from_le_bytes(Uuid::new_v4().as_bytes()[..2].try_into().unwrap_or([0; 2])));
    pause.mul_f64(0.5 + random / f64::from(u16::MAX) / 2.0)
}
