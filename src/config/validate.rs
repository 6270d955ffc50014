//! What the types alone cannot say about a configuration.

use std::collections::HashSet;
use std::path::Path;

use tracing_subscriber::EnvFilter;

use super::secret::read_secret_file;
use super::{Config, ConfigError, Key, StoreKind};
use crate::accounts::{CACHE_SECONDS_MAX, EncryptionKeys};

/// Least memory for object data in flight, bytes: a few chunks of one request.
const CHUNK_MEMORY_BYTES_MIN: usize = 8 << 20;
/// Shortest admin token, bytes.
const TOKEN_BYTES_MIN: usize = 24;
/// Longest secret or access key, bytes.
const KEY_BYTES_MAX: usize = 128;

impl Config {
    /// Checks every section, puts host names into lower case and reads the secrets that are kept in files.
    pub(super) fn validated(mut self, file: Option<&Path>) -> Result<Self, ConfigError> {
        self.check().map_err(|what| match file {
            Some(path) => ConfigError(format!("{}: {what}", path.display())),
            None => ConfigError(what),
        })?;
        Ok(self)
    }

    fn check(&mut self) -> Result<(), String> {
        self.check_server()?;
        self.check_store()?;
        let limits = &self.limits;
        at_least("limits.body_bytes_max", limits.body_bytes_max, 1)?;
        at_least("limits.chunk_memory_bytes", limits.chunk_memory_bytes as u64, CHUNK_MEMORY_BYTES_MIN as u64)?;
        at_least("limits.connections_max", limits.connections_max as u64, 1)?;
        at_least("limits.header_timeout_seconds", limits.header_timeout_seconds, 1)?;
        at_least("limits.idle_timeout_seconds", limits.idle_timeout_seconds, 1)?;
        at_least("debug.day_seconds", self.debug.day_seconds.unwrap_or(1), 1)?;
        EnvFilter::try_new(&self.log.level)
            .map_err(|_| format!("log.level: `{}` is none of error, warn, info, debug, trace", self.log.level))?;
        self.check_admin()?;
        for (index, rule) in self.cors.iter().enumerate() {
            rule.check().map_err(|what| format!("[[cors]] number {}: {what}", index + 1))?;
        }
        self.check_accounts()?;
        self.check_keys()
    }

    fn check_accounts(&mut self) -> Result<(), String> {
        let accounts = &mut self.accounts;
        if accounts.cache_seconds > CACHE_SECONDS_MAX {
            let seconds = accounts.cache_seconds;
            return Err(format!("accounts.cache_seconds is {seconds} but must be at most {CACHE_SECONDS_MAX}"));
        }
        if accounts.encryption_key.is_some() && accounts.encryption_key_file.is_some() {
            return Err("accounts.encryption_key and accounts.encryption_key_file are both set".into());
        }
        let mut which = "accounts.encryption_key";
        if let Some(path) = &accounts.encryption_key_file {
            which = "accounts.encryption_key_file";
            accounts.encryption_key = Some(read_secret_file(path).map_err(|what| format!("{which}: {what}"))?);
        }
        match &accounts.encryption_key {
            Some(keys) => EncryptionKeys::parse(keys.expose()).map(drop).map_err(|what| format!("{which}: {what}")),
            None => Ok(()),
        }
    }

    fn check_admin(&mut self) -> Result<(), String> {
        let admin = &mut self.admin;
        if !admin.listen.is_empty() {
            check_address("admin.listen", &admin.listen)?;
        }
        if admin.token.is_some() && admin.token_file.is_some() {
            return Err("admin.token and admin.token_file are both set".into());
        }
        if let Some(path) = &admin.token_file {
            admin.token = Some(read_secret_file(path).map_err(|what| format!("admin.token_file: {what}"))?);
        }
        let legal = |token: &str| token.len() >= TOKEN_BYTES_MIN && token.bytes().all(|b| b.is_ascii_graphic());
        if admin.token.as_ref().is_some_and(|token| !legal(token.expose())) {
            return Err(format!("the admin token has {TOKEN_BYTES_MIN} or more visible ASCII characters"));
        }
        if admin.token.is_some() && !admin.is_open() {
            return Err(format!(
                "admin.listen is {}, which others reach, and the admin token would go over the network in clear: set \
                 admin.insecure = true if that network is trusted, or listen on 127.0.0.1",
                admin.listen
            ));
        }
        Ok(())
    }

    fn check_server(&mut self) -> Result<(), String> {
        let server = &mut self.server;
        check_address("server.listen", &server.listen)?;
        for domain in &mut server.domains {
            domain.make_ascii_lowercase();
            let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
            if domain.is_empty() || domain.starts_with('.') || !domain.bytes().all(legal) {
                return Err(format!(
                    "server.domains: `{domain}` is no host name; write it without scheme, port and leading dot"
                ));
            }
        }
        if server.region.is_empty() || !server.region.bytes().all(|b| b.is_ascii_graphic() && b != b'/') {
            return Err(format!("server.region: `{}` is no region name", server.region));
        }
        match (&server.tls_certificate_file, &server.tls_key_file) {
            (Some(_), None) => return Err("server.tls_certificate_file is set but server.tls_key_file is not".into()),
            (None, Some(_)) => return Err("server.tls_key_file is set but server.tls_certificate_file is not".into()),
            _ => {}
        }
        if server.proxy_protocol && server.trusted_proxies.is_empty() {
            return Err("server.proxy_protocol needs server.trusted_proxies: anybody could claim any address".into());
        }
        Ok(())
    }

    fn check_store(&mut self) -> Result<(), String> {
        if self.store.kind == StoreKind::Embedded {
            return match self.store.path.as_os_str().is_empty() {
                true => Err("store.path is empty".into()),
                false => Ok(()),
            };
        }
        let cassandra = &mut self.cassandra;
        if cassandra.nodes.is_empty() {
            return Err("cassandra.nodes is empty: name at least one node".into());
        }
        for node in &cassandra.nodes {
            check_node(node)?;
        }
        let name = &cassandra.keyspace;
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || name.len() > 48 || !name.bytes().all(legal) {
            return Err(format!(
                "cassandra.keyspace: `{name}` is not a lower-case letter followed by at most 47 letters, digits and _"
            ));
        }
        if cassandra.replication.is_empty() || cassandra.replication.values().any(|replicas| *replicas == 0) {
            return Err("cassandra.replication: name each datacenter with one replica at least, as { dc1 = 3 }".into());
        }
        if cassandra.password.is_some() && cassandra.password_file.is_some() {
            return Err("cassandra.password and cassandra.password_file are both set".into());
        }
        if let Some(path) = &cassandra.password_file {
            cassandra.password =
                Some(read_secret_file(path).map_err(|what| format!("cassandra.password_file: {what}"))?);
        }
        match (&cassandra.username, &cassandra.password) {
            (Some(_), None) => Err("cassandra.username is set but neither password nor password_file".into()),
            (None, Some(_)) => Err("cassandra has a password but no username".into()),
            _ => Ok(()),
        }
    }

    fn check_keys(&mut self) -> Result<(), String> {
        let mut seen = HashSet::new();
        for (index, key) in self.keys.iter_mut().enumerate() {
            let which = format!("[[keys]] number {} (`{}`)", index + 1, key.access_key);
            check_key(key).map_err(|what| format!("{which}: {what}"))?;
            if !seen.insert(key.access_key.clone()) {
                return Err(format!("{which}: this access_key is there twice"));
            }
        }
        Ok(())
    }
}

fn check_key(key: &mut Key) -> Result<(), String> {
    // `:` and `/` end the access key in signatures of version 2 and 4.
    let legal = |b: u8| b.is_ascii_graphic() && !matches!(b, b':' | b'/' | b',' | b'=');
    if key.access_key.is_empty() || key.access_key.len() > KEY_BYTES_MAX || !key.access_key.bytes().all(legal) {
        return Err("access_key has 1 to 128 visible ASCII characters without : / , =".into());
    }
    if key.tenant.is_empty() {
        return Err("tenant is missing: name whom the key belongs to".into());
    }
    match (&key.secret_key, &key.secret_key_file) {
        (None, None) => return Err("secret_key or secret_key_file is missing".into()),
        (Some(_), Some(_)) => return Err("secret_key and secret_key_file are both set".into()),
        (None, Some(path)) => {
            key.secret_key = Some(read_secret_file(path).map_err(|what| format!("secret_key_file: {what}"))?);
        }
        (Some(_), None) => {}
    }
    match &key.secret_key {
        Some(secret) if (8..=KEY_BYTES_MAX).contains(&secret.expose().len()) => Ok(()),
        _ => Err("the secret key has 8 to 128 characters".into()),
    }
}

fn check_address(key: &str, text: &str) -> Result<(), String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
    match port.and_then(|port| port.parse::<u16>().ok()) {
        Some(_) => Ok(()),
        None => Err(format!("{key}: `{text}` is not of the form address:port")),
    }
}

/// `host` (port 9042) or `host:port`.
fn check_node(node: &str) -> Result<(), String> {
    let name = |host: &str| !host.is_empty() && !host.contains([':', '/', ' ']);
    if name(node) || node.parse::<std::net::Ipv6Addr>().is_ok() {
        return Ok(());
    }
    check_address("cassandra.nodes", node)
}

fn at_least(key: &str, value: u64, least: u64) -> Result<(), String> {
    if value < least {
        return Err(format!("{key} is {value} but must be at least {least}"));
    }
    Ok(())
}
