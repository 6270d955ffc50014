//! What an operator meets before the first tenant: the token that the first start makes, and what is refused.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use crate::harness::Server;

use super::cli::clean;

#[test]
fn the_first_start_makes_a_token_that_the_command_line_finds() {
    let parent = tempfile::tempdir().expect("makes a folder");
    let data = parent.path().join("data");
    let mut command = clean();
    command.env("DOLIUM__ADMIN__LISTEN", "127.0.0.1:0").args(["--listen", "127.0.0.1:0", "--data"]).arg(&data);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts dolium");
    let mut lines = BufReader::new(child.stdout.take().expect("is piped"));
    let mut announced = String::new();
    while !announced.contains("Key: ") {
        assert_ne!(lines.read_line(&mut announced).expect("reads"), 0, "it ended: {announced}");
    }
    let file = data.join("admin.token");
    assert!(announced.contains(&format!("Admin token: {}", file.display())), "{announced}");
    assert_eq!(fs::metadata(&file).expect("is there").permissions().mode() & 0o777, 0o600);
    let token = fs::read_to_string(&file).expect("reads the token");
    assert!(!announced.contains(token.trim()), "{announced}");
    let health = announced.split_whitespace().find(|word| word.ends_with("/health/ready")).expect("names it");
    let url = health.trim_end_matches("/health/ready");
    let output = clean().args(["tenant", "list", "--admin", url, "--data"]).arg(&data).output().expect("runs");
    child.kill().expect("stops it");
    child.wait().expect("waits");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("default"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_token_is_not_sent_in_clear_over_a_network_by_accident() {
    let folder = tempfile::tempdir().expect("makes a folder");
    let file = folder.path().join("dolium.toml");
    let check = |admin: &str| {
        fs::write(&file, format!("[admin]\n{admin}\n")).expect("writes");
        let output = clean().args(["config", "check"]).arg(&file).output().expect("runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let token = "token = \"0123456789abcdef01234567\"";
    let (valid, error) = check(&format!("listen = \"0.0.0.0:7481\"\n{token}"));
    assert!(!valid && error.contains("in clear") && error.contains("admin.insecure = true"), "{error}");
    assert!(check(&format!("listen = \"0.0.0.0:7481\"\ninsecure = true\n{token}")).0);
    for listen in ["0.0.0.0:7481", "127.0.0.2:7481", "[::1]:7481", "localhost:7481"] {
        assert!(check(&format!("listen = \"{listen}\"")).0, "health alone may be served on {listen}");
    }
    let (valid, error) = check("token = \"short\"");
    assert!(!valid && error.contains("24 or more"), "{error}");
}

/// Health is for everybody; the interface is closed where tokens would travel in clear.
#[test]
fn an_open_address_serves_health_only() {
    let parent = tempfile::tempdir().expect("makes a folder");
    let mut command: Command = clean();
    command.env("DOLIUM__ADMIN__LISTEN", "0.0.0.0:0").args(["--listen", "127.0.0.1:0", "--data"]);
    command.arg(parent.path().join("data"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts dolium");
    let mut lines = BufReader::new(child.stdout.take().expect("is piped"));
    let mut announced = String::new();
    while !announced.contains("Key: ") {
        assert_ne!(lines.read_line(&mut announced).expect("reads"), 0, "it ended: {announced}");
    }
    let health = announced.split_whitespace().find(|word| word.ends_with("/health/ready")).expect("names it");
    let port = health.trim_end_matches("/health/ready").rsplit(':').next().expect("a port").to_owned();
    let admin = format!("127.0.0.1:{port}").parse().expect("an address");
    let statuses = [crate::harness::health(admin, "/health/live"), crate::harness::health(admin, "/admin/v1/tenants")];
    child.kill().expect("stops it");
    child.wait().expect("waits");
    assert_eq!(statuses, [Some(200), Some(503)]);
    assert!(!announced.contains("Admin token"), "{announced}");
}

#[test]
fn a_request_without_a_token_is_told_what_to_send() {
    assert_eq!(crate::harness::health(Server::shared().admin, "/admin/v1/tenants"), Some(401));
}
