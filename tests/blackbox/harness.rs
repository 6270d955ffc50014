//! Starts the real server for tests, and ends it whatever happens to them.
//!
//! On the embedded store by default; with `DOLIUM_TEST_CASSANDRA=host:port,…` on that cluster, in a keyspace of this
//! process's own, so that the same tests run on both.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A tenant's key pair in every server's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    pub tenant: &'static str,
    pub access: &'static str,
    pub secret: &'static str,
}

/// Whose buckets most tests use.
pub const ALICE: Key = Key { tenant: "alice", access: "AKALICE000000000001", secret: "alice-secret/with+signs==" };
/// Everybody else.
pub const BOB: Key = Key { tenant: "bob", access: "AKBOB00000000000001", secret: "bob-secret-0123456789" };
/// Owns nothing but what one test makes: for answers about all buckets of a tenant.
pub const CAROL: Key = Key { tenant: "carol", access: "AKCAROL000000000001", secret: "carol-secret-0123456789" };

/// The root token of every server's operators' interface.
pub const ADMIN_TOKEN: &str = "the-root-token-of-the-black-box-tests";
/// What every server encrypts the secrets of accounts with.
const ENCRYPTION_KEY: &str = "f0e1d2c3b4a5968778695a4b3c2d1e0ff0e1d2c3b4a5968778695a4b3c2d1e0f";

/// How long a server may take until it is ready: an empty keyspace gets its schema first.
const READY: Duration = Duration::from_secs(120);
/// How long a server may take to end after SIGTERM.
const STOP: Duration = Duration::from_secs(60);
/// Tries to find a pair of ports that nobody takes between our looking and the server's binding.
const PORT_TRIES: usize = 5;

/// A running server. Dropping it kills it and removes its folder.
pub struct Server {
    /// Where S3 is served.
    pub s3: SocketAddr,
    /// Where health is served.
    pub admin: SocketAddr,
    additions: Vec<(String, String)>,
    folder: TempDir,
    child: Option<Child>,
}

impl Server {
    /// The server that tests share that do not need one of their own; they use bucket names of their own instead.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Option<Server>> = OnceLock::new();
        // One attempt for all: a server that does not start would keep every test waiting in turn.
        let server = SHARED.get_or_init(|| match Self::try_with(&[]) {
            Ok(server) => Some(server),
            Err(why) => {
                eprintln!("{why}");
                None
            }
        });
        server.as_ref().expect("the shared server has started")
    }

    /// A server of its own with the usual configuration.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// A server of its own; each addition is a section's name and lines for it.
    pub fn with(additions: &[(&str, &str)]) -> Self {
        Self::try_with(additions).unwrap_or_else(|why| panic!("the server did not start: {why}"))
    }

    fn try_with(additions: &[(&str, &str)]) -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("a folder for the server");
        let additions = additions.iter().map(|(section, lines)| ((*section).to_owned(), (*lines).to_owned())).collect();
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = Self { s3: nowhere, admin: nowhere, additions, folder, child: None };
        let mut attempt = 1;
        loop {
            (server.s3, server.admin) = free_ports();
            match server.launch() {
                Ok(()) => return Ok(server),
                Err(why) if attempt == PORT_TRIES || !why.contains("in use") => return Err(why),
                Err(_) => attempt += 1,
            }
        }
    }

    /// The folder that holds its configuration, its data and its log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The embedded store's folder.
    pub fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    /// What it has written to standard output and standard error.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }

    /// The process, for those who look at its memory or send it signals.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("the server runs").id()
    }

    /// Ends it gracefully and waits for it.
    pub fn stop(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("the server runs");
        // SAFETY: the process is our child and has not been waited for, so its id is its own.
        unsafe { libc::kill(child.id().cast_signed(), libc::SIGTERM) };
        let deadline = Instant::now() + STOP;
        loop {
            if let Some(status) = child.try_wait().expect("waits for the server") {
                return status;
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                panic!("the server did not end within {STOP:?} of SIGTERM:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Ends it the way a power cut ends a process.
    pub fn kill9(&mut self) {
        let mut child = self.child.take().expect("the server runs");
        child.kill().expect("kills the server");
        child.wait().expect("waits for the server");
    }

    /// Starts it again on the same folder and ports, after [`Self::stop`] or [`Self::kill9`].
    pub fn resume(&mut self) {
        assert!(self.child.is_none(), "it still runs");
        self.launch().unwrap_or_else(|why| panic!("the server did not start again: {why}"));
    }

    /// Ends it gracefully and starts it again.
    pub fn restart(&mut self) {
        let status = self.stop();
        assert!(status.success(), "{status}\n{}", self.log());
        self.resume();
    }

    /// Two servers on one store, where the store takes two (not on the embedded one).
    pub fn siblings() -> Option<(Self, Self)> {
        Self::siblings_with(&[])
    }

    /// The same, with additions as in [`Self::with`].
    pub fn siblings_with(additions: &[(&str, &str)]) -> Option<(Self, Self)> {
        cassandra_nodes().map(|_| (Self::with(additions), Self::with(additions)))
    }

    /// Tries to start a second process with this one's configuration, on ports of its own; how it ended, and what it
    /// said.
    pub fn start_beside(&self) -> (ExitStatus, String) {
        let mut text = self.configuration();
        for address in [self.s3, self.admin] {
            text = text.replace(&address.to_string(), "127.0.0.1:0");
        }
        let config = self.folder().join("second.toml");
        fs::write(&config, text).expect("writes the configuration");
        let done = Command::new(env!("CARGO_BIN_EXE_dolium")).arg("serve").arg("--config").arg(&config).output();
        let done = done.expect("runs");
        (done.status, String::from_utf8_lossy(&done.stderr).into_owned())
    }

    fn launch(&mut self) -> Result<(), String> {
        let config = self.folder().join("dolium.toml");
        fs::write(&config, self.configuration()).expect("writes the configuration");
        fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).expect("keeps the configuration to us");
        let log =
            fs::OpenOptions::new().create(true).append(true).open(self.folder().join("log")).expect("opens the log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_dolium"));
        command.arg("serve").arg("--config").arg(&config).current_dir(self.folder());
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("duplicates the log")).stderr(log);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DOLIUM_")) {
            command.env_remove(name);
        }
        let mut child = spawn(command);
        let deadline = Instant::now() + READY;
        loop {
            if let Some(status) = child.try_wait().expect("waits for the server") {
                return Err(format!("{status}\n{}", self.log()));
            }
            if health(self.admin, "/health/ready") == Some(200) {
                self.child = Some(child);
                return Ok(());
            }
            if Instant::now() > deadline {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("not ready within {READY:?}\n{}", self.log()));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn configuration(&self) -> String {
        let mut sections = vec![
            ("server".to_owned(), format!("listen = \"{}\"\ndomains = [\"localhost\"]\n", self.s3)),
            ("admin".to_owned(), format!("listen = \"{}\"\ntoken = \"{ADMIN_TOKEN}\"\n", self.admin)),
            ("accounts".to_owned(), format!("encryption_key = \"{ENCRYPTION_KEY}\"\n")),
        ];
        match cassandra_nodes() {
            None => {
                sections.push(("store".to_owned(), format!("kind = \"embedded\"\npath = {:?}\n", self.data())));
            }
            Some(nodes) => {
                sections.push(("store".to_owned(), "kind = \"cassandra\"\n".to_owned()));
                let keyspace = keyspace();
                let lines =
                    format!("nodes = {nodes:?}\nkeyspace = \"{keyspace}\"\nreplication = {{ datacenter1 = 3 }}\n");
                sections.push(("cassandra".to_owned(), lines));
            }
        }
        // Tests send wrong signatures by the hundred, all from one address.
        if !self.additions.iter().any(|(_, lines)| lines.contains("failed_signatures")) {
            sections.push(("limits".to_owned(), "failed_signatures_per_minute = 0\n".to_owned()));
        }
        for (section, lines) in &self.additions {
            match sections.iter_mut().find(|(name, _)| name == section) {
                Some((_, there)) => writeln!(there, "{lines}").expect("writes to memory"),
                None => sections.push((section.clone(), format!("{lines}\n"))),
            }
        }
        let mut text = String::new();
        for (name, lines) in sections {
            write!(text, "[{name}]\n{lines}\n").expect("writes to memory");
        }
        for Key { tenant, access, secret } in [ALICE, BOB, CAROL] {
            write!(text, "[[keys]]\naccess_key = \"{access}\"\nsecret_key = \"{secret}\"\ntenant = \"{tenant}\"\n\n")
                .expect("writes to memory");
        }
        text
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            eprintln!("--- the server's log ---\n{}", self.log());
        }
    }
}

/// The cluster that the tests are to run on, if they are to.
pub fn cassandra_nodes() -> Option<Vec<String>> {
    let nodes = std::env::var("DOLIUM_TEST_CASSANDRA").ok()?;
    Some(nodes.split(',').map(str::trim).filter(|node| !node.is_empty()).map(str::to_owned).collect())
}

/// The keyspace of this process there.
pub fn keyspace() -> String {
    format!("dolium_blackbox_{}", std::process::id())
}

/// The status that the admin listener answers with; `None` while nobody answers.
pub fn health(admin: SocketAddr, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect_timeout(&admin, Duration::from_secs(5)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {admin}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

/// Two ports that were free a moment ago.
fn free_ports() -> (SocketAddr, SocketAddr) {
    let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("binds a port");
    let (a, b) = (bind(), bind());
    (a.local_addr().expect("has an address"), b.local_addr().expect("has an address"))
}

/// Starts a process that ends when this one does, even when this one is killed.
///
/// The kernel sends the death signal when the *thread* that started the process ends; test threads end early, and a
/// static is never dropped, so one thread that lives as long as the process starts them all.
fn spawn(command: Command) -> Child {
    static SPAWNER: OnceLock<Sender<(Command, Sender<Child>)>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (orders, inbox) = channel::<(Command, Sender<Child>)>();
        std::thread::spawn(move || {
            for (mut command, reply) in inbox {
                // SAFETY: prctl is async-signal-safe and touches nothing of the parent's memory.
                unsafe {
                    command.pre_exec(|| {
                        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                        Ok(())
                    });
                }
                let _ = reply.send(command.spawn().expect("starts the server"));
            }
        });
        orders
    });
    let (reply, child) = channel();
    spawner.send((command, reply)).expect("the spawner lives as long as we do");
    child.recv().expect("the server was started")
}
