//! The command line as a client of the operators' interface: where it is, with which token, and how answers are shown.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::crypto::ring;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::http::Request;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Error};

use crate::admin::PREFIX;
use crate::admin::types::ErrorAnswer;
use crate::app::admin_token;
use crate::cli::snippets::show_ip;
use crate::config::{Config, Flags, Secret, StoreKind, read_secret_file};

/// How long one request may take: a step of emptying a bucket is the longest.
const PATIENCE: Duration = Duration::from_secs(300);
/// What stays as it is in a segment of a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

const NO_TOKEN: &str = "there is no admin token: name a file with --token-file, set DOLIUM_ADMIN_TOKEN, or name the server's \
    configuration with --config";

/// Flags of every command that talks to the interface.
#[derive(Args, Clone)]
pub(super) struct Connection {
    /// Where the interface is, such as http://127.0.0.1:7481
    #[arg(long, value_name = "URL", global = true)]
    admin: Option<String>,
    /// A file with the token; else $DOLIUM_ADMIN_TOKEN, else the configuration's, else admin.token in the data folder
    #[arg(long, value_name = "FILE", global = true)]
    token_file: Option<PathBuf>,
    /// The server's configuration file (TOML), for its address and token
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Folder of the embedded store
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Certificates (PEM) that an https address may have been signed by
    #[arg(long, value_name = "FILE", global = true)]
    ca_file: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    json: bool,
}

impl Connection {
    /// The client that these flags describe.
    pub(super) fn open(&self) -> Result<Client> {
        let flags = Flags { listen: None, data: self.data.clone() };
        let config = super::load(self.config.as_deref(), &flags)?;
        let url = match &self.admin {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => address(&config)?,
        };
        let token = self.token(&config)?;
        Ok(Client { agent: self.agent(&url)?, url, token, json: self.json })
    }

    fn token(&self, config: &Config) -> Result<Secret> {
        if let Some(file) = &self.token_file {
            return read_secret_file(file).map_err(anyhow::Error::msg);
        }
        if let Some(token) = std::env::var("DOLIUM_ADMIN_TOKEN").ok().filter(|token| !token.is_empty()) {
            return Ok(Secret::new(token));
        }
        if let Some(token) = &config.admin.token {
            return Ok(token.clone());
        }
        let made = admin_token::path(&config.store.path);
        if config.store.kind == StoreKind::Embedded && made.exists() {
            return read_secret_file(&made).map_err(anyhow::Error::msg);
        }
        bail!(NO_TOKEN)
    }

    fn agent(&self, url: &str) -> Result<Agent> {
        let mut tls = TlsConfig::builder().unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()));
        match &self.ca_file {
            Some(file) => {
                let shown = file.display();
                let pem = std::fs::read(file).with_context(|| format!("cannot read {shown}"))?;
                let items = parse_pem(&pem).filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                });
                let certificates: Vec<Certificate<'static>> = items.collect();
                if certificates.is_empty() {
                    bail!("{shown} holds no certificate in PEM");
                }
                tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
            }
            None if url.starts_with("https:") => {
                bail!("{url} speaks TLS: name the certificates that it may have been signed by with --ca-file");
            }
            None => {}
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            // A token goes where it was meant to go, and nowhere else.
            .proxy(None)
            .max_redirects(0)
            .tls_config(tls.build());
        Ok(config.build().new_agent())
    }
}

/// Where this configuration's interface is.
fn address(config: &Config) -> Result<String> {
    let listen = &config.admin.listen;
    let (host, port) = listen.rsplit_once(':').unwrap_or((listen, "0"));
    if listen.is_empty() || port == "0" {
        bail!("admin.listen in the configuration names no port: say where the interface is with --admin");
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let host = bare.parse().map_or_else(|_| host.to_owned(), show_ip);
    Ok(format!("http://{host}:{port}"))
}

/// A path of the interface, of segments that may hold anything.
pub(super) fn path(segments: &[&str]) -> String {
    segments.iter().map(|one| format!("/{}", utf8_percent_encode(one, PLAIN))).collect()
}

/// A path with a query; values that are empty are left out.
pub(super) fn with_query(path: &str, query: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = query
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, PLAIN)))
        .collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// Talks to the interface.
pub(super) struct Client {
    agent: Agent,
    url: String,
    token: Secret,
    json: bool,
}

impl Client {
    pub(super) fn get<O: DeserializeOwned>(&self, path: &str) -> Result<O> {
        self.send("GET", path, None)
    }

    pub(super) fn delete<O: DeserializeOwned>(&self, path: &str) -> Result<O> {
        self.send("DELETE", path, None)
    }

    /// With an empty body.
    pub(super) fn act<O: DeserializeOwned>(&self, method: &str, path: &str) -> Result<O> {
        self.send(method, path, Some(Vec::new()))
    }

    pub(super) fn post<O: DeserializeOwned>(&self, path: &str, input: &impl Serialize) -> Result<O> {
        self.send("POST", path, Some(serde_json::to_vec(input)?))
    }

    pub(super) fn put<O: DeserializeOwned>(&self, path: &str, input: &impl Serialize) -> Result<O> {
        self.send("PUT", path, Some(serde_json::to_vec(input)?))
    }

    pub(super) fn patch<O: DeserializeOwned>(&self, path: &str, input: &impl Serialize) -> Result<O> {
        self.send("PATCH", path, Some(serde_json::to_vec(input)?))
    }

    /// All pages of a list.
    pub(super) fn all<P: DeserializeOwned, T>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        split: impl Fn(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>> {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let query: Vec<(&str, &str)> = query.iter().copied().chain([("after", after.as_str())]).collect();
            let (entries, next) = split(self.get(&with_query(path, &query))?);
            all.extend(entries);
            match next {
                Some(next) => after = next,
                None => return Ok(all),
            }
        }
    }

    fn send<O: DeserializeOwned>(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Result<O> {
        let url = format!("{}{PREFIX}{path}", self.url);
        let authorization = format!("Bearer {}", self.token.expose());
        let request = Request::builder().method(method).uri(&url).header("authorization", authorization);
        let answered = match body {
            None => self.agent.run(request.body(()).with_context(|| format!("{url} is no address"))?),
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body);
                self.agent.run(request.with_context(|| format!("{url} is no address"))?)
            }
        };
        let mut answer = answered.map_err(|error| unreachable(&self.url, &error))?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_vec().with_context(|| format!("{} broke off its answer", self.url))?;
        if (200..300).contains(&status) {
            return serde_json::from_slice(&text).with_context(|| {
                format!("{} answered what this program does not know: are both of one version?", self.url)
            });
        }
        Err(match serde_json::from_slice::<ErrorAnswer>(&text) {
            Ok(ErrorAnswer { error }) if error.hint.is_empty() => anyhow!("{}", error.message),
            Ok(ErrorAnswer { error }) => anyhow!("{} {}", error.message, error.hint),
            Err(_) => anyhow!("{} answered {status}: is that the operators' interface of Dolium?", self.url),
        })
    }

    /// Shows an answer: as JSON, or as `rows` make it readable.
    pub(super) fn show<T: Serialize>(&self, answer: &T, rows: impl FnOnce(&T) -> Table) -> Result<()> {
        if self.json {
            return print(&format!("{}\n", serde_json::to_string_pretty(answer)?));
        }
        print(&rows(answer).to_string())
    }
}

fn unreachable(url: &str, error: &Error) -> anyhow::Error {
    anyhow!("cannot reach {url}: {error}; does `dolium serve` run there? --admin names another address")
}

/// Whoever reads only the first lines has what they wanted.
fn print(text: &str) -> Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("cannot write"),
        _ => Ok(()),
    }
}

/// Rows for people; each column is as wide as its widest value.
pub(super) struct Table(Vec<Vec<String>>);

impl Table {
    /// With a line of headings.
    pub(super) fn list(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
        Self([headings].into_iter().chain(rows).collect())
    }

    /// One thing, a line for each of its parts that has a value.
    pub(super) fn parts(parts: &[(&str, String)]) -> Self {
        let rows = parts.iter().filter(|(_, value)| !value.is_empty());
        Self(rows.map(|(name, value)| vec![(*name).to_owned(), value.clone()]).collect())
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = |column: usize| {
            self.0.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.0.iter().map(Vec::len).max().unwrap_or(0)).map(width).collect();
        for row in &self.0 {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| {
                    // What a name may hold must not reach the terminal as a command to it.
                    let plain: String = cell.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
                    format!("{plain:width$}")
                })
                .collect();
            writeln!(f, "{}", cells.join("  ").trim_end())?;
        }
        Ok(())
    }
}

/// A value that may be absent.
pub(super) fn or_none(value: Option<&str>, none: &str) -> String {
    value.unwrap_or(none).to_owned()
}

/// Reads a duration such as `90d`, `12h`, `30m` or `45s`; seconds.
pub(super) fn seconds(text: &str) -> std::result::Result<u64, String> {
    let wrong = || format!("`{text}` is no duration such as 90d, 12h, 30m or 45s");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let factor = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    number.checked_mul(factor).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!((seconds("90d"), seconds("12h")), (Ok(7_776_000), Ok(43_200)));
        assert_eq!((seconds("30m"), seconds("0s")), (Ok(1_800), Ok(0)));
        for text in ["", "90", "d", "-1d", "1w", "1.5h", "99999999999999999999d", "400000000000000d", "1ä"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn columns_stand_below_each_other() {
        let rows = [vec!["a".into(), "1".into()], vec!["long name".into(), "2".into()], vec!["x\x1b[2J".into()]];
        assert_eq!(Table::list(&["NAME", "N"], rows).to_string(), "NAME       N\na          1\nlong name  2\nx?[2J\n");
        assert_eq!(Table::parts(&[("name", "a".into()), ("none", String::new())]).to_string(), "name  a\n");
    }

    #[test]
    fn a_path_holds_any_name() {
        assert_eq!(path(&["tenants", "a/b c%", "users", "ü.-_~"]), "/tenants/a%2Fb%20c%25/users/%C3%BC.-_~");
        assert_eq!(with_query("/x", &[("a", "1&2"), ("b", "")]), "/x?a=1%262");
    }

    #[test]
    fn the_interface_is_where_the_configuration_says() {
        let mut config = Config::default();
        assert_eq!(address(&config).unwrap(), "http://127.0.0.1:7481");
        for (listen, url) in
            [("0.0.0.0:1", "http://127.0.0.1:1"), ("[::]:1", "http://[::1]:1"), ("a.example:1", "http://a.example:1")]
        {
            config.admin.listen = listen.into();
            assert_eq!(address(&config).unwrap(), url);
        }
        for listen in ["", "127.0.0.1:0"] {
            config.admin.listen = listen.into();
            assert!(address(&config).unwrap_err().to_string().contains("--admin"));
        }
    }
}
