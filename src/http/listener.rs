//! Listeners: from a socket to answered requests.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_server::{Server, ServerBuilder};
use actix_service::{ServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::dev::AppConfig;
use actix_web::{App, HttpRequest, web};
use rustls::ServerConfig;
use socket2::{Domain, Protocol as SocketProtocol, Socket, Type};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

pub use crate::http::adapter::Front;
use crate::http::adapter::{answer, judge_expectation};
use crate::http::connection::{Connection, Io};
use crate::http::exchange::About;
use crate::http::proxy_protocol::read_header;
use crate::http::tls;
use crate::http::{KEEP_ALIVE, LINGER, WRITE_BUFFER_BYTES};

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// A socket that is bound but does not take connections yet.
pub struct Bound {
    socket: Socket,
    /// Where it is bound: the real port, also when 0 was asked for.
    pub address: SocketAddr,
}

/// Claims an address.
///
/// # Errors
/// One sentence that names the address and what to do.
pub fn bind(key: &str, listen: &str) -> Result<Bound, String> {
    let addresses = listen.to_socket_addrs().map_err(|e| format!("{key}: cannot resolve {listen}: {e}"))?;
    let mut last = None;
    for address in addresses {
        match bind_one(address) {
            Ok(bound) => return Ok(bound),
            Err(error) => last = Some(error),
        }
    }
    Err(match last {
        Some(e) if e.kind() == io::ErrorKind::AddrInUse => {
            format!("cannot listen on {listen}: the port is in use; choose another one with {key}")
        }
        Some(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            format!("cannot listen on {listen}: ports below 1024 need a privilege; choose another one with {key}")
        }
        Some(e) => format!("cannot listen on {listen}: {e}; choose another address with {key}"),
        None => format!("{key}: {listen} has no address"),
    })
}

fn bind_one(address: SocketAddr) -> io::Result<Bound> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(SocketProtocol::TCP))?;
    // A restart must not wait for the old connections' TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    // Only listen() finds out that another process listens on the port; nothing is accepted before the server runs.
    socket.listen(BACKLOG)?;
    let address = socket.local_addr()?.as_socket().unwrap_or(address);
    Ok(Bound { socket, address })
}

impl Bound {
    /// The socket for a server.
    #[must_use]
    pub fn into_listener(self) -> TcpListener {
        self.socket.into()
    }
}

/// What connections are held to.
#[derive(Clone)]
pub struct Terms {
    /// TLS, if the listener speaks it.
    pub tls: Option<Arc<ServerConfig>>,
    /// Connections begin with a PROXY header.
    pub proxy_protocol: bool,
    /// How long a request's head may take.
    pub head: Duration,
    /// Connections at once.
    pub connections_max: usize,
    /// How long requests may go on after the server was told to stop.
    pub shutdown: Duration,
}

/// Builds the S3 server. It serves from when it is first polled.
///
/// # Errors
/// The socket cannot be used.
pub fn serve(bound: Bound, front: Arc<Front>, terms: Terms) -> io::Result<Server> {
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let builder = ServerBuilder::new()
        .workers(workers)
        .max_concurrent_connections(terms.connections_max.div_ceil(workers).max(1))
        .shutdown_timeout(terms.shutdown.as_secs())
        .disable_signals();
    let stopping = builder.graceful_shutdown_signal();
    let factory = move || {
        let (front, terms, stopping) = (Arc::clone(&front), terms.clone(), stopping.clone());
        let trusted = Arc::clone(&front);
        let accept_terms = terms.clone();
        let (expecting, answering) = (Arc::clone(&front), front);
        let app = App::new().default_service(web::to(move |request: HttpRequest, body: web::Payload| {
            answer(request, body, Arc::clone(&answering))
        }));
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            // The connection itself watches over heads.
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(LINGER)
            .h1_write_buffer_size(WRITE_BUFFER_BYTES)
            .expect(fn_service(move |request| judge_expectation(request, Arc::clone(&expecting))))
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.about().clone());
            })
            .finish(map_config(app, |()| AppConfig::default()));
        accepting(accept_terms, trusted).and_then(http)
    };
    Ok(builder.listen("s3", bound.into_listener(), factory)?.run())
}

/// From a socket to what actix serves: the PROXY header, the TLS handshake, both within the time for a head.
fn accepting(
    terms: Terms,
    front: Arc<Front>,
) -> impl ServiceFactory<
    TcpStream,
    Config = (),
    Response = (Connection, Protocol, Option<SocketAddr>),
    Error = DispatchError,
    InitError = (),
> {
    fn_service(move |stream: TcpStream| {
        let (terms, front) = (terms.clone(), Arc::clone(&front));
        async move {
            let prepared = timeout(terms.head, prepare(stream, &terms, &front)).await;
            match prepared.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                Ok((connection, peer)) => Ok((connection, Protocol::Http1, Some(peer))),
                Err(error) => {
                    tracing::debug!(%error, "a connection was dropped before its first request");
                    Err(DispatchError::Io(error))
                }
            }
        }
    })
}

async fn prepare(mut stream: TcpStream, terms: &Terms, front: &Front) -> io::Result<(Connection, SocketAddr)> {
    // A small streamed answer waits 40 ms for the client's ACK otherwise.
    stream.set_nodelay(true)?;
    let mut peer = stream.peer_addr()?;
    if terms.proxy_protocol {
        if !front.trusted_proxies.iter().any(|network| network.contains(peer.ip())) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the peer is no trusted proxy"));
        }
        peer = read_header(&mut stream).await?.unwrap_or(peer);
    }
    let (io, version) = match &terms.tls {
        None => (Io::Plain(stream), None),
        Some(config) => {
            let stream = TlsAcceptor::from(Arc::clone(config)).accept(stream).await?;
            let version = tls::version(stream.get_ref().1);
            (Io::Tls(Box::new(stream)), Some(version))
        }
    };
    let about = About::new(peer.ip(), version);
    Ok((Connection::new(io, about, terms.head, front.pace()), peer))
}
