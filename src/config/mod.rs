//! What an installation can set: one struct per section, each key with its meaning and its default. Knows no store and
//! no HTTP.
//!
//! A value comes from the file, then from `DOLIUM__SECTION__KEY`, then from a flag; the last one counts. The structs
//! below are the only list of keys: the names that are looked for, and the ones that are suggested for a misspelt one,
//! are taken from them.

mod cors;
mod fields;
mod load;
mod network;
mod secret;
mod validate;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;

pub use cors::{CorsRule, rules as cors_rules};
pub use load::{ConfigError, Flags, load};
pub use network::Network;
pub use secret::{Secret, read_private_file, read_secret_file};

/// The largest body that S3 takes in one request, bytes (AWS, "Uploading objects": 5 GiB).
pub const SINGLE_PUT_BYTES_MAX: u64 = 5 << 30;

/// Everything that can be set.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The S3 endpoint.
    pub server: Server,
    /// Where data is kept.
    pub store: Store,
    /// The cluster, when `store.kind` is `cassandra`.
    pub cassandra: Cassandra,
    /// What one process takes on.
    pub limits: Limits,
    /// What is logged.
    pub log: Log,
    /// The listener for operators.
    pub admin: Admin,
    /// Rules for buckets.
    pub buckets: Buckets,
    /// For tests only; no promise is made about these.
    pub debug: Debug,
    /// CORS rules of buckets that have none of their own.
    pub cors: Vec<CorsRule>,
    /// Tenants, keys and users.
    pub accounts: Accounts,
    /// Static keys.
    pub keys: Vec<Key>,
}

/// `[server]`: the S3 endpoint.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: String,
    /// Endpoint domains. `bucket.<domain>` is virtual-host style; several allowed.
    pub domains: Vec<String>,
    /// The region that `?location` answers and that V4 scopes name.
    pub region: String,
    /// Refuse a V4 scope of another region.
    pub strict_region: bool,
    /// Certificate chain, PEM. With `tls_key_file` the endpoint speaks TLS only. Read again on SIGHUP.
    pub tls_certificate_file: Option<PathBuf>,
    /// Private key, PEM; nobody but its owner may be able to read it. Read again on SIGHUP.
    pub tls_key_file: Option<PathBuf>,
    /// The oldest TLS version that is spoken.
    pub tls_minimum: TlsMinimum,
    /// Addresses and networks whose `X-Forwarded-For`, `X-Forwarded-Proto` and PROXY headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// Every connection begins with a PROXY protocol header (version 1 or 2). Needs `trusted_proxies`.
    pub proxy_protocol: bool,
    /// What a `Host` means that is neither a domain, nor below one, nor an IP address.
    pub unknown_host: UnknownHost,
    /// How long requests may go on after SIGTERM, seconds.
    pub shutdown_deadline_seconds: u64,
    /// Take V2 signatures; a key may say otherwise for itself.
    pub signature_v2: bool,
    /// How far ahead a V2 presigned URL may expire, seconds; unbounded when not set.
    pub v2_expires_seconds_max: Option<u64>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7480".into(),
            domains: vec!["localhost".into()],
            region: "us-east-1".into(),
            strict_region: false,
            tls_certificate_file: None,
            tls_key_file: None,
            tls_minimum: TlsMinimum::Tls12,
            trusted_proxies: Vec::new(),
            proxy_protocol: false,
            unknown_host: UnknownHost::Path,
            shutdown_deadline_seconds: 30,
            signature_v2: true,
            v2_expires_seconds_max: None,
        }
    }
}

/// The oldest TLS version that is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum TlsMinimum {
    /// `"1.2"`.
    #[serde(rename = "1.2")]
    Tls12,
    /// `"1.3"`.
    #[serde(rename = "1.3")]
    Tls13,
}

/// What an unknown `Host` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnknownHost {
    /// The request is path-style: a LAN address works at once.
    Path,
    /// The request is refused.
    Refuse,
}

/// `[store]`: where data is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// Which store.
    pub kind: StoreKind,
    /// The embedded store's folder; made if it is not there.
    pub path: PathBuf,
}

impl Default for Store {
    fn default() -> Self {
        Self { kind: StoreKind::Embedded, path: "./dolium-data".into() }
    }
}

/// The stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// One folder.
    Embedded,
    /// An Apache Cassandra cluster.
    Cassandra,
}

/// `[cassandra]`: the cluster.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cassandra {
    /// Nodes to ask first, `host` or `host:port`; the port is 9042 when it is not named.
    pub nodes: Vec<String>,
    /// The keyspace; made on the first start if it is not there.
    pub keyspace: String,
    /// Replicas per datacenter of a keyspace that is made.
    pub replication: BTreeMap<String, u32>,
    /// The datacenter whose nodes are asked; may be left out when the cluster has only one.
    pub local_datacenter: Option<String>,
    /// The user name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// A file with the password.
    pub password_file: Option<PathBuf>,
    /// Speak TLS to the nodes and trust this authority's certificates, PEM.
    pub tls_ca_file: Option<PathBuf>,
}

impl Default for Cassandra {
    fn default() -> Self {
        Self {
            nodes: vec!["127.0.0.1:9042".into()],
            keyspace: "dolium".into(),
            replication: BTreeMap::from([("datacenter1".into(), 3)]),
            local_datacenter: None,
            username: None,
            password: None,
            password_file: None,
            tls_ca_file: None,
        }
    }
}

/// `[limits]`: what one process takes on.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Largest body of one request, bytes, after aws-chunked framing is removed.
    pub body_bytes_max: u64,
    /// Memory for object data in flight, all requests together, bytes. An eighth is kept for requests of up to 64 KiB.
    pub chunk_memory_bytes: usize,
    /// Connections that are open at once; further ones wait to be accepted.
    pub connections_max: usize,
    /// How long a client may take for a request's head (and for a TLS handshake), seconds.
    pub header_timeout_seconds: u64,
    /// How long a client may send or take next to nothing in the middle of a body, seconds; at most 5 while others wait
    /// for memory.
    pub idle_timeout_seconds: u64,
    /// Wrong signatures per minute from one address (of IPv6, one /64) with one access key; more, and right ones among
    /// them, are told to slow down. 0: unbounded.
    pub failed_signatures_per_minute: u32,
    /// Requests per second of each tenant that has no limits of its own; 0: unbounded. This and the following hold for
    /// one front end.
    pub tenant_requests_per_second: u32,
    /// Bytes of bodies received per second from each such tenant; 0: unbounded. What is faster is slowed down.
    pub tenant_received_bytes_per_second: u64,
    /// Bytes of bodies sent per second to each such tenant; 0: unbounded.
    pub tenant_sent_bytes_per_second: u64,
    /// Requests per second about each bucket that has no limits of its own; 0: unbounded.
    pub bucket_requests_per_second: u32,
    /// Bytes of bodies received per second for each such bucket; 0: unbounded.
    pub bucket_received_bytes_per_second: u64,
    /// Bytes of bodies sent per second from each such bucket; 0: unbounded.
    pub bucket_sent_bytes_per_second: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: SINGLE_PUT_BYTES_MAX,
            chunk_memory_bytes: 64 << 20,
            connections_max: 10_000,
            header_timeout_seconds: 15,
            idle_timeout_seconds: 60,
            failed_signatures_per_minute: 60,
            tenant_requests_per_second: 0,
            tenant_received_bytes_per_second: 0,
            tenant_sent_bytes_per_second: 0,
            bucket_requests_per_second: 0,
            bucket_received_bytes_per_second: 0,
            bucket_sent_bytes_per_second: 0,
        }
    }
}

/// `[log]`: what is logged, on standard error.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug` or `trace`; or directives such as `info,dolium::access=off`.
    pub level: String,
    /// How lines look.
    pub format: LogFormat,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Text }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

/// `[admin]`: the listener for operators.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Address and port of `/health/live`, `/health/ready` and the operators' interface below `/admin/v1/`; port 0 takes a
    /// free one, an empty text means none.
    pub listen: String,
    /// The root token of the operators' interface: every right, and no end. The embedded store makes one on its first
    /// start, in `admin.token` of its folder.
    pub token: Option<Secret>,
    /// A file with the root token.
    pub token_file: Option<PathBuf>,
    /// Serve the interface without TLS on an address that others reach. Without, it is closed there.
    pub insecure: bool,
}

impl Admin {
    /// Whether the interface may be served: tokens do not go over a network in clear unless that is wanted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let host = self.listen.rsplit_once(':').map_or("", |(host, _)| host);
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let loopback = bare.parse::<IpAddr>().map_or(bare == "localhost", |ip| ip.is_loopback());
        self.insecure || loopback || self.listen.is_empty()
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self { listen: "127.0.0.1:7481".into(), token: None, token_file: None, insecure: false }
    }
}

/// `[buckets]`: rules for buckets.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Buckets {
    /// Also take names that Pithos and Ceph took: upper case, underscores, up to 255 bytes.
    pub legacy_names: bool,
    /// Location constraints that mean `server.region`.
    pub location_aliases: Vec<String>,
    /// Who owns the objects of new buckets, and whether access control lists count there, where `CreateBucket` does not
    /// say.
    pub ownership: BucketOwnership,
    /// New buckets begin with all four switches against public access on.
    pub block_public_access: bool,
}

impl Default for Buckets {
    fn default() -> Self {
        Self {
            legacy_names: false,
            location_aliases: vec!["US".into(), "EU".into()],
            ownership: BucketOwnership::ObjectWriter,
            block_public_access: false,
        }
    }
}

/// Who owns objects, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum BucketOwnership {
    /// The bucket's owner; access control lists do not count. AWS's own default.
    BucketOwnerEnforced,
    /// The bucket's owner, of what is put with `bucket-owner-full-control`.
    BucketOwnerPreferred,
    /// Whoever puts them.
    ObjectWriter,
}

/// `[accounts]`: tenants, keys and users that are kept in the store.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Accounts {
    /// Encrypts secret keys at rest and signs session tokens: 32 bytes as base64 or 64 hexadecimal digits, the same on
    /// all front ends. Several, separated by commas: the first encrypts, all decrypt. The embedded store makes one on its
    /// first start.
    pub encryption_key: Option<Secret>,
    /// A file with the same, one to a line.
    pub encryption_key_file: Option<PathBuf>,
    /// How long a front end may believe what it has read about a key, seconds, 5 at most: how long a key that another
    /// front end disables goes on working.
    pub cache_seconds: u64,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { encryption_key: None, encryption_key_file: None, cache_seconds: 3 }
    }
}

/// `[debug]`: for tests only.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Debug {
    /// How long a blob that nothing refers to is left alone, seconds; the store's own rule when not set.
    pub reclaim_grace_seconds: Option<u64>,
    /// Index rows of one shard of a listing on Cassandra, instead of 50,000: beyond, it is split.
    pub shard_rows: Option<u32>,
    /// Pause between two steps of the sweeper, milliseconds.
    pub sweep_interval_ms: Option<u64>,
    /// How long lifecycle's days are, seconds; they end when they are over and not at midnight. The same on all front
    /// ends.
    pub day_seconds: Option<u64>,
}

/// `[[keys]]`: a static key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Key {
    /// The public half.
    pub access_key: String,
    /// The secret half.
    pub secret_key: Option<Secret>,
    /// A file with the secret half.
    pub secret_key_file: Option<PathBuf>,
    /// The name of the tenant it belongs to; the tenant is made if it is not there.
    pub tenant: String,
    /// Take V2 signatures with this key; `server.signature_v2` when not set.
    pub signature_v2: Option<bool>,
}

#[cfg(test)]
mod tests;
