//! Where log lines go: standard error, so that standard output stays what was asked for.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging. A second call changes nothing.
pub fn start(log: &Log) {
    let filter = EnvFilter::try_new(&log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    // actix tells each cut connection as an error, which the access log says already; scylla each connection it makes.
    let filter = ["actix_http=off", "actix_server=warn", "scylla=warn"]
        .into_iter()
        .filter(|quiet| !quiet.split(['_', '=']).next().is_some_and(|library| log.level.contains(library)))
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // The only error is that somebody else has started it.
    let _ = match log.format {
        LogFormat::Text => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
    };
}
