//! The composition root: configuration → store → services → listeners and workers → an orderly end.

mod accounts;
pub mod admin_token;
pub mod first_key;
mod private_file;
pub(crate) mod stores;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_server::{Server, ServerHandle};
use anyhow::{Context as _, Error, Result, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::accounts::Accounts;
use crate::admin::{Access, Admin};
use crate::cli::snippets::{self, Endpoint};
use crate::config::{self, BucketOwnership, Config, Key, StoreKind, UnknownHost};
use crate::http;
use crate::http::admin::Readiness;
use crate::http::listener::{self, Bound, Front, Terms};
use crate::http::tls::{self, Certificate};
use crate::s3::access::Policies;
use crate::s3::limits::{Defaults, Limits};
use crate::s3::services::{ChunkMemory, Rules, Services};
use crate::s3::target::Domains;
use crate::storage::names::NameRules;
use crate::storage::{Ownership, RateLimits, Storage};
use crate::workers::collect_garbage::CollectGarbage;
use crate::workers::expire_objects::{ExpireObjects, Pace};
use crate::workers::{Supervisor, Worker};

/// How long connections are still taken after the signal to stop, so that what is on its way is not reset.
const SETTLE: Duration = Duration::from_millis(250);
/// How long the store may take to write what is pending when the process ends.
const CLOSE_WAIT: Duration = Duration::from_secs(20);

/// What to do about an installation on Cassandra that nobody could use.
const NO_KEY: &str = "there is no key: add [[keys]] with access_key, secret_key (or secret_key_file) and tenant to the \
    configuration, or set DOLIUM__KEYS__0__ACCESS_KEY, DOLIUM__KEYS__0__SECRET_KEY and DOLIUM__KEYS__0__TENANT; or set \
    encryption_key_file in [accounts] and token_file in [admin], and make keys with `dolium tenant` and `dolium key`";

/// Serves until SIGTERM or SIGINT, then ends orderly.
///
/// # Errors
/// One sentence: what could not be started, or what went wrong while it ended.
pub async fn serve(config: Config) -> Result<()> {
    let stored = config.store.kind == StoreKind::Embedded || config.accounts.encryption_key.is_some();
    if config.keys.is_empty() && !stored {
        bail!(NO_KEY);
    }
    // Before the first file is touched, so that a busy port changes nothing.
    let s3 = bind("server.listen (or --listen)", &config.server.listen)?;
    let admin = match config.admin.listen.as_str() {
        "" => None,
        listen => Some(bind("admin.listen", listen)?),
    };
    let certificate = read_certificate(&config)?;
    raise_descriptor_limit();
    let mut signals = Signals::new().context("cannot listen to signals")?;

    let storage = stores::open(&config).await?;
    let started = start(&config, storage.clone(), s3, admin, certificate.clone()).await;
    let outcome = match started {
        Ok(running) => {
            let ended = running.wait(&mut signals, certificate.as_deref()).await;
            running.stop(&mut signals).await;
            ended
        }
        Err(error) => Err(error),
    };
    match timeout(CLOSE_WAIT, storage.health.close()).await {
        Ok(closed) => closed.context("the store could not be closed")?,
        Err(_) => bail!("the store was not closed within {} seconds", CLOSE_WAIT.as_secs()),
    }
    outcome
}

async fn start(
    config: &Config,
    storage: Storage,
    s3: Bound,
    admin: Option<Bound>,
    certificate: Option<Arc<Certificate>>,
) -> Result<Running> {
    let keys = keys(config)?;
    let accounts = Arc::new(accounts::open(config, &storage, &keys).await?);
    let operators = operators(config, admin.is_some(), accounts.clone(), storage.clone())?;
    let readiness = Arc::new(Readiness { health: Arc::clone(&storage.health), draining: AtomicBool::new(false) });
    let sweeper: Arc<dyn Worker> = Arc::new(CollectGarbage::new(
        Arc::clone(&storage.reclaim),
        config.debug.sweep_interval_ms.map(Duration::from_millis),
    ));
    let expirer: Arc<dyn Worker> = Arc::new(ExpireObjects::new(storage.clone(), Pace::new(config.debug.day_seconds)));
    let front = Arc::new(Front {
        services: Arc::new(services(config, storage, Arc::clone(&accounts))),
        trusted_proxies: config.server.trusted_proxies.clone(),
        idle: Duration::from_secs(config.limits.idle_timeout_seconds),
    });
    let endpoint = Endpoint::of(config, Some(s3.address));
    let admin_address = admin.as_ref().map(|bound| bound.address);
    let s3 = Listener::start(listener::serve(s3, front, terms(config, certificate)?).context("cannot serve S3")?);
    let admin = match admin {
        Some(bound) => {
            let served = http::admin::serve(bound, Arc::clone(&readiness), operators).context("cannot serve health")?;
            Some(Listener::start(served))
        }
        None => None,
    };
    let health = admin_address.map(|address| format!("http://{address}/health/ready"));
    // A closed standard output is no reason to stop.
    let _ = announce(config, &endpoint, health.as_deref(), &keys);
    tracing::info!(endpoint = %endpoint.url(), version = env!("CARGO_PKG_VERSION"), "serving");
    Ok(Running { readiness, s3, admin, workers: Supervisor::start([sweeper, expirer]) })
}

/// The operators' interface; without a listener there is nobody to make a token for.
fn operators(config: &Config, listens: bool, accounts: Arc<Accounts>, storage: Storage) -> Result<Arc<Admin>> {
    let access = match listens {
        true => admin_token::access(config).map_err(Error::msg)?,
        false => Access::Closed("The operators' interface has no listener.".to_owned()),
    };
    Ok(Arc::new(Admin::new(accounts, storage, access)))
}

/// Takes as many file descriptors as the system allows: many shells start processes with 1024, which is less than
/// `limits.connections_max`.
fn raise_descriptor_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit writes, and setrlimit reads, one structure of ours.
    let raised = unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 && {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) == 0
        }
    };
    if !raised {
        tracing::warn!("the limit of open files could not be raised");
    }
}

fn bind(key: &str, listen: &str) -> Result<Bound> {
    listener::bind(key, listen).map_err(Error::msg)
}

fn read_certificate(config: &Config) -> Result<Option<Arc<Certificate>>> {
    match (&config.server.tls_certificate_file, &config.server.tls_key_file) {
        (Some(chain), Some(key)) => Ok(Some(Certificate::read(chain, key).map_err(Error::msg)?)),
        _ => Ok(None),
    }
}

fn terms(config: &Config, certificate: Option<Arc<Certificate>>) -> Result<Terms> {
    let tls =
        certificate.map(|it| tls::server_config(it, config.server.tls_minimum)).transpose().map_err(Error::msg)?;
    Ok(Terms {
        tls,
        proxy_protocol: config.server.proxy_protocol,
        head: Duration::from_secs(config.limits.header_timeout_seconds),
        connections_max: config.limits.connections_max,
        shutdown: Duration::from_secs(config.server.shutdown_deadline_seconds),
    })
}

/// The keys of the configuration; without any, the embedded store's own.
fn keys(config: &Config) -> Result<Vec<Key>> {
    if !config.keys.is_empty() || config.store.kind == StoreKind::Cassandra {
        return Ok(config.keys.clone());
    }
    let made = first_key::read_or_make(&config.store.path).map_err(Error::msg)?;
    Ok(vec![Key {
        access_key: made.access_key,
        secret_key: Some(made.secret_key),
        tenant: made.tenant,
        ..Key::default()
    }])
}

fn services(config: &Config, storage: Storage, accounts: Arc<Accounts>) -> Services {
    let server = &config.server;
    Services {
        storage,
        credentials: Arc::clone(&accounts) as _,
        limits: Limits::new(limits(&config.limits), Some(Arc::clone(&accounts) as _)),
        accounts,
        policies: Policies::default(),
        domains: Domains {
            endpoints: server.domains.clone(),
            refuse_unknown_host: server.unknown_host == UnknownHost::Refuse,
        },
        rules: Rules {
            region: server.region.as_str().into(),
            strict_region: server.strict_region,
            signature_v2: server.signature_v2,
            v2_expires_seconds_max: server.v2_expires_seconds_max,
            bucket_names: if config.buckets.legacy_names { NameRules::Legacy } else { NameRules::S3 },
            location_aliases: config.buckets.location_aliases.clone(),
            ownership: match config.buckets.ownership {
                BucketOwnership::BucketOwnerEnforced => Ownership::BucketOwnerEnforced,
                BucketOwnership::BucketOwnerPreferred => Ownership::BucketOwnerPreferred,
                BucketOwnership::ObjectWriter => Ownership::ObjectWriter,
            },
            block_public_access: config.buckets.block_public_access,
            body_bytes_max: config.limits.body_bytes_max,
        },
        cors: config::cors_rules(&config.cors),
        memory: ChunkMemory::new(config.limits.chunk_memory_bytes),
        host_id: host_id(),
    }
}

fn limits(config: &config::Limits) -> Defaults {
    Defaults {
        tenant: RateLimits {
            requests_per_second: config.tenant_requests_per_second,
            received_bytes_per_second: config.tenant_received_bytes_per_second,
            sent_bytes_per_second: config.tenant_sent_bytes_per_second,
        },
        bucket: RateLimits {
            requests_per_second: config.bucket_requests_per_second,
            received_bytes_per_second: config.bucket_received_bytes_per_second,
            sent_bytes_per_second: config.bucket_sent_bytes_per_second,
        },
        failed_signatures_per_minute: config.failed_signatures_per_minute,
    }
}

/// Names this process in `x-amz-id-2`: 16 random hexadecimal digits, nothing about the machine.
fn host_id() -> String {
    format!("{:016x}", uuid::Uuid::new_v4().as_u64_pair().1)
}

/// Says where to find what. Secrets go to a terminal only, never to a service's log.
fn announce(config: &Config, endpoint: &Endpoint, health: Option<&str>, keys: &[Key]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "Dolium {} serves S3 on {} (region {}).",
        env!("CARGO_PKG_VERSION"),
        endpoint.url(),
        endpoint.region
    )?;
    if let Some(health) = health {
        writeln!(out, "Health: {health}")?;
        if admin_token::is_made(config) {
            writeln!(out, "Admin token: {}", admin_token::path(&config.store.path).display())?;
        }
    }
    let generated = config.keys.is_empty() && config.store.kind == StoreKind::Embedded;
    if config.store.kind == StoreKind::Embedded {
        writeln!(out, "Data: {}", config.store.path.display())?;
    }
    if generated {
        writeln!(out, "Key: {}", first_key::path(&config.store.path).display())?;
    }
    if let (true, Some(key)) = (out.is_terminal(), keys.first()) {
        let secret = key.secret_key.as_ref().map_or("", |secret| secret.expose());
        writeln!(out, "\n{}", snippets::blocks(endpoint, &key.access_key, secret))?;
    }
    out.flush()
}

/// The signals that this process answers.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// One server and its end.
struct Listener {
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
}

impl Listener {
    fn start(server: Server) -> Self {
        Self { handle: server.handle(), task: tokio::spawn(server) }
    }
}

/// Everything that runs.
struct Running {
    readiness: Arc<Readiness>,
    s3: Listener,
    admin: Option<Listener>,
    workers: Supervisor,
}

impl Running {
    /// Returns when the process is to stop.
    async fn wait(&self, signals: &mut Signals, certificate: Option<&Certificate>) -> Result<()> {
        loop {
            tokio::select! {
                _ = signals.terminate.recv() => return Ok(()),
                _ = signals.interrupt.recv() => return Ok(()),
                _ = signals.hang_up.recv() => reload(certificate),
            }
        }
    }

    /// Lets requests finish, up to the deadline. A second signal ends the process at once.
    async fn stop(self, signals: &mut Signals) {
        self.readiness.draining.store(true, Ordering::Relaxed);
        tracing::info!("stopping: no new connections, requests may finish");
        let orderly = async {
            sleep(SETTLE).await;
            self.s3.handle.stop(true).await;
            let _ = self.s3.task.await;
            self.workers.stop().await;
            if let Some(admin) = self.admin {
                admin.handle.stop(false).await;
                let _ = admin.task.await;
            }
        };
        tokio::select! {
            () = orderly => {}
            () = signals.stop() => {
                tracing::warn!("stopped by a second signal; requests were cut off");
                std::process::exit(1);
            }
        }
    }
}

fn reload(certificate: Option<&Certificate>) {
    match certificate.map(Certificate::reload) {
        Some(Ok(())) => tracing::info!("the certificate was read again"),
        Some(Err(error)) => tracing::error!(error, "the certificate could not be read again; the old one stays"),
        None => {}
    }
}
