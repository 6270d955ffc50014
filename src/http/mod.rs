//! The wire: listeners, TLS, limits and the adapter between actix and the pipeline. The only place, beside `app.rs`,
//! that names actix.
//!
//! # Why an own `HttpService` and not `HttpServer`
//! `Expect: 100-continue` must be answered after the request is found to be allowed, connections may begin with a PROXY
//! header, and a stalled client must not hold a descriptor for ever: all three are set where a connection becomes a
//! stream of requests, which `HttpServer` keeps to itself.

mod access_log;
mod adapter;
pub mod admin;
mod alarm;
mod chunked;
mod client;
mod connection;
mod exchange;
mod framing;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod gate;
mod head;
pub mod listener;
mod pace;
mod proxy_protocol;
mod reply;
pub mod tls;
mod upload;

use std::time::Duration;

/// How long a connection may be idle between two requests.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long what a refused client still sends is read and thrown away, so that it sees the answer and not a reset.
const LINGER: Duration = Duration::from_secs(2);
/// What is written to a connection at once, bytes.
const WRITE_BUFFER_BYTES: usize = 128 * 1024;
