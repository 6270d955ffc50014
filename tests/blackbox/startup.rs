//! What an operator sees of a start: the first key, the terminal, and one sentence when it cannot start.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use tempfile::TempDir;

use crate::client::Client;

fn dolium() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dolium"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DOLIUM_")) {
        command.env_remove(name);
    }
    command.env("DOLIUM__ADMIN__LISTEN", "").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    dolium().args(arguments).output().expect("runs dolium")
}

/// One plain sentence on standard error, nothing else, and a failure.
#[track_caller]
fn assert_refused(output: &Output, says: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it started: {error}");
    assert!(error.starts_with("dolium: ") && error.contains(says), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// `dolium` without a configuration, as a new user starts it.
struct Started {
    child: Child,
    /// What it printed up to the end of the announcement.
    announced: String,
    endpoint: String,
}

impl Started {
    fn on(data: &Path) -> Self {
        let mut command = dolium();
        command.args(["--listen", "127.0.0.1:0", "--data"]).arg(data);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts dolium");
        let mut lines = BufReader::new(child.stdout.take().expect("is piped"));
        let mut announced = String::new();
        while !announced.contains("Key: ") {
            assert_ne!(lines.read_line(&mut announced).expect("reads"), 0, "it ended: {announced}");
        }
        let endpoint = announced.split_whitespace().find(|word| word.starts_with("http://"));
        let endpoint = endpoint.expect("names its endpoint").to_owned();
        Self { child, announced, endpoint }
    }

    fn client(&self, key: &(String, String)) -> Client {
        let address = self.endpoint.trim_start_matches("http://").parse().expect("an address");
        Client::new(address, &key.0, &key.1)
    }

    fn stop(mut self) -> (ExitStatus, String) {
        signal(&self.child, libc::SIGTERM);
        let mut log = String::new();
        self.child.stderr.take().expect("is piped").read_to_string(&mut log).expect("reads");
        (self.child.wait().expect("waits"), log)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn signal(child: &Child, signal: i32) {
    // SAFETY: the process is our child and has not been waited for, so its id is its own.
    unsafe { libc::kill(child.id().cast_signed(), signal) };
}

fn folder() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("makes a folder");
    let data = parent.path().join("data");
    (parent, data)
}

/// Access key and secret key of the credentials file.
fn generated_key(data: &Path) -> (String, String) {
    let text = fs::read_to_string(data.join("credentials")).expect("reads the credentials");
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).expect("has the line");
        line.split('"').nth(1).expect("has a value").to_owned()
    };
    (value("access_key"), value("secret_key"))
}

#[test]
fn the_first_start_makes_a_key_and_later_ones_keep_it_and_the_data() {
    let (_parent, data) = folder();
    let first = Started::on(&data);
    let key = generated_key(&data);
    let mode = fs::metadata(data.join("credentials")).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(first.announced.contains(&format!("Key: {}", data.join("credentials").display())), "{}", first.announced);
    let client = first.client(&key);
    client.put("/first-bucket", "").assert_status(200);
    client.put("/first-bucket/key", "data").assert_status(200);
    client.v2().get("/first-bucket/key").assert_status(200).assert_body("data");
    let announced = first.announced.clone();
    let (status, log) = first.stop();
    assert!(status.success(), "{status}");
    for secret in [&announced, &log] {
        assert!(!secret.contains(&key.1), "the secret left the folder: {secret}");
    }
    let second = Started::on(&data);
    assert_eq!(generated_key(&data), key);
    second.client(&key).get("/first-bucket/key").assert_status(200).assert_body("data");
}

#[test]
fn credentials_prints_what_clients_need() {
    let (_parent, data) = folder();
    let shown = data.display().to_string();
    assert_refused(&run(&["credentials", "--data", &shown]), "there is no generated key");
    let (status, _) = Started::on(&data).stop();
    assert!(status.success(), "{status}");
    let (access, secret) = generated_key(&data);
    let output = run(&["credentials", "--data", &shown]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    for wanted in ["signature_v2 = True", "signature_v2 = False", "[profile dolium]", "OrdinaryCallingFormat", "boto3"]
    {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(text.contains(&access) && text.contains(&secret) && text.contains("type = s3"), "{text}");
    fs::set_permissions(data.join("credentials"), fs::Permissions::from_mode(0o644)).expect("changes the mode");
    assert_refused(&run(&["credentials", "--data", &shown]), "can be read by others");
}

/// A terminal gets the blocks at each start.
#[test]
fn a_terminal_is_shown_how_clients_reach_the_endpoint() {
    let (_parent, data) = folder();
    let (terminal, ours) = terminal();
    let mut command = dolium();
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(&data);
    let mut child = command.stdout(Stdio::from(terminal)).stderr(Stdio::null()).spawn().expect("starts dolium");
    drop(command);
    let mut seen = String::new();
    let mut lines = BufReader::new(fs::File::from(ours));
    while !seen.contains("force_path_style") {
        assert_ne!(lines.read_line(&mut seen).expect("reads the terminal"), 0, "{seen}");
    }
    let (access, secret) = generated_key(&data);
    assert!(seen.contains(&access) && seen.contains(&secret) && seen.contains("~/.s3cfg"), "{seen}");
    signal(&child, libc::SIGINT);
    assert!(child.wait().expect("waits").success());
}

/// Both ends of a new terminal: the one for a process, and ours.
fn terminal() -> (OwnedFd, OwnedFd) {
    let (mut ours, mut theirs) = (0, 0);
    let null = std::ptr::null_mut();
    // SAFETY: both pointers are to integers of ours; the name, the settings and the size may be null.
    let made = unsafe { libc::openpty(&raw mut ours, &raw mut theirs, null, null.cast(), null.cast()) };
    assert_eq!(made, 0, "opens a terminal");
    // SAFETY: openpty has just made both, and nobody else owns them.
    unsafe { (OwnedFd::from_raw_fd(theirs), OwnedFd::from_raw_fd(ours)) }
}

#[test]
fn a_busy_port_is_one_sentence_and_touches_nothing() {
    let (_parent, data) = folder();
    let busy = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = busy.local_addr().expect("has an address").to_string();
    let output = run(&["serve", "--listen", &address, "--data", &data.display().to_string()]);
    assert_refused(&output, &format!("cannot listen on {address}: the port is in use"));
    assert!(!data.exists());
    let mut command = dolium();
    command.env("DOLIUM__ADMIN__LISTEN", &address).args(["--listen", "127.0.0.1:0", "--data"]).arg(&data);
    assert_refused(&command.output().expect("runs"), "choose another one with admin.listen");
}

#[test]
fn a_folder_that_cannot_be_used_is_one_sentence() {
    let (parent, data) = folder();
    let serve = |data: &Path| run(&["--listen", "127.0.0.1:0", "--data", &data.display().to_string()]);
    let file = parent.path().join("file");
    fs::write(&file, "").expect("writes");
    assert_refused(&serve(&file.join("below")), "Cannot write to the data folder");
    let running = Started::on(&data);
    assert_refused(&serve(&data), "is in use by another process");
    let (status, _) = running.stop();
    assert!(status.success(), "{status}");
    let format = fs::read_to_string(data.join("FORMAT")).expect("reads the version");
    let newer: String = format.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    fs::write(data.join("FORMAT"), newer).expect("writes the version");
    assert_refused(&serve(&data), "use a newer program");
}

#[test]
fn wrong_settings_are_one_sentence() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let file = folder.path().join("dolium.toml");
    let check = |text: &str| {
        fs::write(&file, text).expect("writes");
        run(&["config", "check", &file.display().to_string()])
    };
    assert_refused(&check("[server]\nlisten_at = \"x\"\n"), "the nearest known one is `listen`");
    assert_refused(&check("[server]\nlisten = \"x\"\n"), "server.listen: `x` is not of the form address:port");
    let fine = check("[server]\ndomains = [\"s3.example.org\"]\n");
    assert!(fine.status.success());
    assert!(String::from_utf8_lossy(&fine.stdout).contains("is valid."));
    assert_refused(&run(&["config", "check", "/nowhere/dolium.toml"]), "/nowhere/dolium.toml: cannot be read");
    let output = dolium().env("DOLIUM__SERVER__LISTN", "x").output().expect("runs");
    assert_refused(&output, "the nearest known one is DOLIUM__SERVER__LISTEN");
    let output = dolium().env("DOLIUM__STORE__KIND", "cassandra").output().expect("runs");
    assert_refused(&output, "there is no key: add [[keys]]");
    let output = dolium().args(["schema", "status"]).output().expect("runs");
    assert_refused(&output, "only Cassandra has a schema");
}

#[test]
fn help_explains_by_example() {
    let help = run(&["--help"]);
    let text = String::from_utf8_lossy(&help.stdout);
    assert!(help.status.success() && text.contains("Examples:") && text.contains("DOLIUM__LOG__FORMAT=json"), "{text}");
    let version = run(&["--version"]);
    assert_eq!(String::from_utf8_lossy(&version.stdout), format!("dolium {}\n", env!("CARGO_PKG_VERSION")));
}
