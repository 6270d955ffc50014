//! What happens below S3: stops, stalls, proxies, TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::Request;
use crate::harness::{ALICE, Server, health};
use crate::ops::{Ground, bytes, client};

/// How long a change may take to show.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again until it is so.
#[track_caller]
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        std::thread::yield_now();
    }
}

#[test]
fn readiness_ends_with_the_signal_and_requests_go_on() {
    let mut server = Server::start();
    let g = Ground::on(&server);
    let admin = server.admin;
    let wire = g.alice.request("PUT", &g.path("k")).expect_continue().body(bytes(100_000)).wire();
    let mut connection = g.alice.connect();
    connection.send(&wire.head_bytes()).expect("sends");
    assert_eq!(connection.read_one(false).expect("answers").status, 100);
    let status = std::thread::scope(|scope| {
        let stop = scope.spawn(|| server.stop());
        until("draining", || health(admin, "/health/ready") == Some(503));
        assert_eq!(health(admin, "/health/live"), Some(200));
        connection.send(&wire.body).expect("sends");
        connection.read(false).expect("answers").assert_status(200);
        stop.join().expect("the server ended")
    });
    assert!(status.success(), "{status}");
}

#[test]
fn the_deadline_ends_requests_that_never_end() {
    let mut server = Server::with(&[("server", "shutdown_deadline_seconds = 1")]);
    let g = Ground::on(&server);
    g.put("kept", "x");
    let wire = g.alice.request("PUT", &g.path("k")).expect_continue().body(bytes(100_000)).wire();
    let mut connection = g.alice.connect();
    connection.send(&wire.head_bytes()).expect("sends");
    assert_eq!(connection.read_one(false).expect("answers").status, 100);
    let status = server.stop();
    assert!(status.success(), "{status}");
    server.resume();
    assert_eq!(g.keys(""), ["kept"]);
}

#[test]
fn a_second_signal_does_not_wait() {
    let mut server = Server::start();
    let g = Ground::on(&server);
    let wire = g.alice.request("PUT", &g.path("k")).expect_continue().body(bytes(100_000)).wire();
    let mut connection = g.alice.connect();
    connection.send(&wire.head_bytes()).expect("sends");
    assert_eq!(connection.read_one(false).expect("answers").status, 100);
    let (pid, admin, began) = (server.pid(), server.admin, Instant::now());
    let status = std::thread::scope(|scope| {
        let stop = scope.spawn(|| server.stop());
        until("draining", || health(admin, "/health/ready") == Some(503));
        signal(pid, libc::SIGINT);
        stop.join().expect("the server ended")
    });
    assert!(!status.success() && began.elapsed() < Duration::from_secs(20), "{status}");
}

fn signal(pid: u32, signal: i32) {
    // SAFETY: the server is a child that its `Server` has not waited for.
    unsafe { libc::kill(pid.cast_signed(), signal) };
}

#[test]
fn stalled_clients_are_let_go() {
    let server = Server::with(&[("limits", "header_timeout_seconds = 1\nidle_timeout_seconds = 1")]);
    let g = Ground::on(&server);
    let mut half_a_head = g.alice.connect();
    half_a_head.send(b"GET / HTTP/1.1\r\nHost: loc").expect("sends");
    let mut half_a_second_head = g.alice.connect();
    half_a_second_head.send(&g.alice.request("HEAD", &g.path("k")).wire().bytes()).expect("sends");
    half_a_second_head.read(true).expect("answers").assert_status(404);
    half_a_second_head.send(b"GET /").expect("sends");
    let mut nothing_at_all = g.alice.connect();
    let wire = g.alice.request("PUT", &g.path("k")).body(bytes(100_000)).wire();
    let mut half_a_body = g.alice.connect();
    half_a_body.send(&wire.head_bytes()).expect("sends");
    half_a_body.send(&wire.body[..50_000]).expect("sends");
    half_a_head.read(false).expect("answers").assert_error(400, "RequestTimeout");
    assert!(half_a_head.is_closed_by_server());
    half_a_second_head.read(false).expect("answers").assert_error(400, "RequestTimeout");
    assert!(half_a_second_head.is_closed_by_server());
    assert!(nothing_at_all.is_closed_by_server());
    half_a_body.read(false).expect("answers").assert_error(400, "RequestTimeout");
    assert!(half_a_body.is_closed_by_server());
    assert!(g.keys("").is_empty());
}

#[test]
fn requests_that_come_at_once_are_answered_in_order() {
    let g = Ground::new();
    g.put("a", "first");
    g.put("b", "second");
    let ask = |key: &str| g.alice.request("GET", &g.path(key)).wire().bytes();
    let mut connection = g.alice.connect();
    connection.send(&[ask("a"), ask("b"), ask("none"), ask("a")].concat()).expect("sends");
    connection.read(false).expect("answers").assert_body("first");
    connection.read(false).expect("answers").assert_body("second");
    connection.read(false).expect("answers").assert_error(404, "NoSuchKey");
    connection.read(false).expect("answers").assert_body("first");
}

#[test]
fn forwarded_addresses_count_from_trusted_proxies_only() {
    let trusting = Server::with(&[("server", "trusted_proxies = [\"127.0.0.0/8\"]")]);
    for (server, logged) in [(&trusting, "client=198.51.100.7"), (Server::shared(), "client=127.0.0.1")] {
        let g = Ground::on(server);
        let marked = |request: Request| request.header("x-forwarded-for", "6.6.6.6, 198.51.100.7, 127.0.0.9");
        marked(g.alice.request("GET", &g.path("forwarded"))).send().assert_error(404, "NoSuchKey");
        let line = |log: &str| log.lines().find(|l| l.contains(&g.path("forwarded"))).map(str::to_owned);
        until("the line", || line(&server.log()).is_some());
        let line = line(&server.log()).expect("is there");
        assert!(line.contains(logged), "{line}");
    }
}

#[test]
fn a_proxy_header_names_the_client() {
    let server = Server::with(&[("server", "proxy_protocol = true\ntrusted_proxies = [\"127.0.0.1\"]")]);
    let alice = client(&server, ALICE);
    let wire = alice.request("GET", "/proxied-bucket").wire().bytes();
    let v2 =
        [b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc6\x33\x64\x08\x7f\0\0\x01\x10\0\0\x50".as_slice(), &wire].concat();
    let v1 = [b"PROXY TCP4 198.51.100.7 127.0.0.1 4711 80\r\n".as_slice(), &wire].concat();
    for (bytes, logged) in [(v1, "client=198.51.100.7"), (v2, "client=198.51.100.8")] {
        let mut connection = alice.connect();
        connection.send(&bytes).expect("sends");
        connection.read(false).expect("answers").assert_error(404, "NoSuchBucket");
        connection.send(&wire).expect("sends");
        connection.read(false).expect("answers").assert_error(404, "NoSuchBucket");
        until(logged, || server.log().matches(logged).count() == 2);
    }
    let mut bare = alice.connect();
    bare.send(&wire).expect("sends");
    assert!(bare.is_closed_by_server());
}

/// A certificate for `localhost` in two files; what a client is to trust.
pub fn certificate(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("makes a certificate");
    let key = folder.join("key.pem");
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).expect("writes");
    std::fs::write(&key, made.signing_key.serialize_pem()).expect("writes");
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("changes the mode");
    made.cert.der().clone()
}

pub type Tls = StreamOwned<ClientConnection, TcpStream>;

/// Connects and shakes hands; fails when the server shows another certificate.
pub fn tls(
    server: &Server,
    trusted: &CertificateDer<'static>,
    version: &'static rustls::SupportedProtocolVersion,
) -> Option<Tls> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("is a certificate");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]).expect("a version");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").expect("a name");
    let mut connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let mut stream = TcpStream::connect(server.s3).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("sets a timeout");
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).ok()?;
    }
    assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
    Some(StreamOwned::new(connection, stream))
}

/// Sends a request and reads the head of its answer.
pub fn ask(stream: &mut Tls, wire: &[u8]) -> String {
    stream.write_all(wire).expect("sends");
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("answers");
        answer.push(byte[0]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn tls_speaks_http_1_and_takes_a_new_certificate_without_dropping_anybody() {
    let files = tempfile::tempdir().expect("makes a folder");
    let first = certificate(files.path());
    let at = |name: &str| files.path().join(name);
    let lines = format!("tls_certificate_file = {:?}\ntls_key_file = {:?}", at("cert.pem"), at("key.pem"));
    let server = Server::with(&[("server", &lines)]);
    let head = client(&server, ALICE).request("HEAD", "/tls-bucket").wire().bytes();
    let mut old = tls(&server, &first, &rustls::version::TLS12).expect("shakes hands");
    assert!(ask(&mut old, &head).starts_with("HTTP/1.1 404 "));

    let second = certificate(files.path());
    signal(server.pid(), libc::SIGHUP);
    until("the new certificate", || tls(&server, &second, &rustls::version::TLS13).is_some());
    assert!(tls(&server, &first, &rustls::version::TLS13).is_none());
    assert!(ask(&mut old, &head).starts_with("HTTP/1.1 404 "), "the old connection goes on");

    // A reload that fails leaves what was there.
    std::fs::write(at("cert.pem"), "no certificate").expect("writes");
    signal(server.pid(), libc::SIGHUP);
    until("the complaint", || server.log().contains("the old one stays"));
    assert!(tls(&server, &second, &rustls::version::TLS13).is_some());
}

#[test]
fn an_old_tls_version_can_be_refused() {
    let files = tempfile::tempdir().expect("makes a folder");
    let trusted = certificate(files.path());
    let at = |name: &str| files.path().join(name);
    let lines = format!(
        "tls_certificate_file = {:?}\ntls_key_file = {:?}\ntls_minimum = \"1.3\"",
        at("cert.pem"),
        at("key.pem")
    );
    let server = Server::with(&[("server", &lines)]);
    assert!(tls(&server, &trusted, &rustls::version::TLS12).is_none());
    assert!(tls(&server, &trusted, &rustls::version::TLS13).is_some());
}
