//! The life of a tenant, by the command line.

use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::operator::fresh;
use crate::client::Client;
use crate::harness::{ADMIN_TOKEN, Server};
use crate::ops::fresh_bucket_name;

/// The program, with nothing of its own in the environment.
pub fn clean() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dolium"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("DOLIUM_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

fn run(server: &Server, arguments: &[&str]) -> Output {
    let mut command = clean();
    command.args(arguments).arg("--admin").arg(format!("http://{}", server.admin));
    command.env("DOLIUM_ADMIN_TOKEN", ADMIN_TOKEN).output().expect("runs dolium")
}

/// What a command prints.
#[track_caller]
fn text(arguments: &[&str]) -> String {
    let output = run(Server::shared(), arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("is UTF-8")
}

#[track_caller]
fn json(arguments: &[&str]) -> Value {
    let text = text(&[arguments, &["--json"]].concat());
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{arguments:?} printed no JSON: {text}"))
}

/// One sentence or two on standard error, and a failure.
#[track_caller]
fn refused(arguments: &[&str], says: &str) {
    let output = run(Server::shared(), arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && error.starts_with("dolium: ") && error.contains(says),
        "{arguments:?}: {error}"
    );
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

fn client(key: &Value) -> Client {
    let half = |name: &str| key[name].as_str().unwrap_or_else(|| panic!("no {name} in {key}"));
    Client::new(Server::shared().s3, half("access_key"), half("secret_key"))
}

#[test]
fn a_tenant_lives_and_ends() {
    let tenant = fresh("life");
    assert!(text(&["tenant", "create", &tenant, "--display-name", "A life"]).contains("A life"));
    refused(&["tenant", "create", &tenant], "already exists");
    assert!(text(&["tenant", "list"]).lines().any(|line| line.starts_with(&tenant) && line.contains("active")));
    let key = json(&["key", "create", &tenant, "--description", "first"]);
    let one = client(&key);
    let bucket = fresh_bucket_name();
    one.put(&format!("/{bucket}"), "").assert_status(200);
    one.put(&format!("/{bucket}/k"), "data").assert_status(200);
    assert!(text(&["tenant", "disable", &tenant]).contains("disabled"));
    one.get("/").assert_error(403, "InvalidAccessKeyId");
    text(&["tenant", "enable", &tenant]);
    one.get("/").assert_status(200);
    let access = key["access_key"].as_str().expect("a key");
    let rotated = json(&["key", "rotate", access, "--expires", "90d"]);
    assert_eq!(
        (&rotated["old"]["state"], rotated["new"]["key"]["expires"].is_string()),
        (&Value::from("disabled"), true)
    );
    one.get("/").assert_error(403, "InvalidAccessKeyId");
    let two = client(&rotated["new"]);
    two.get(&format!("/{bucket}/k")).assert_status(200).assert_body("data");
    text(&["key", "enable", access]);
    one.get("/").assert_status(200);
    text(&["key", "disable", access]);
    let list = text(&["key", "list", &tenant]);
    assert!(list.contains(access) && list.contains("disabled") && list.contains("first"), "{list}");
    assert!(!list.contains(&two.signer().secret), "{list}");
    text(&["key", "delete", access]);
    assert_eq!(json(&["bucket", "info", &bucket])["tenant"], tenant.as_str());
    refused(&["tenant", "delete", &tenant], "has buckets");
    refused(&["bucket", "purge", &bucket], "--yes");
    assert!(text(&["bucket", "purge", &bucket, "--yes", "--delete"]).contains("versions removed"));
    refused(&["bucket", "info", &bucket], "There is no bucket");
    text(&["tenant", "delete", &tenant]);
    two.get("/").assert_error(403, "InvalidAccessKeyId");
    refused(&["tenant", "show", &tenant], "There is no tenant");
}

#[test]
fn users_groups_and_policies() {
    let tenant = fresh("people");
    text(&["tenant", "create", &tenant]);
    text(&["user", "create", &tenant, "ann"]);
    text(&["group", "create", &tenant, "readers"]);
    text(&["group", "add", &tenant, "readers", "ann"]);
    text(&["group", "attach", &tenant, "readers", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]);
    let folder = tempfile::tempdir().expect("makes a folder");
    let file = folder.path().join("policy.json");
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]}"#;
    std::fs::write(&file, policy).expect("writes");
    let file = file.display().to_string();
    text(&["user", "put-policy", &tenant, "ann", "put", &file]);
    let ann = json(&["user", "show", &tenant, "ann"]);
    assert_eq!((&ann["groups"][0], &ann["policies"][0]["document"]), (&Value::from("readers"), &Value::from(policy)));
    assert!(text(&["group", "show", &tenant, "readers"]).contains("AmazonS3ReadOnlyAccess"));
    assert!(text(&["user", "list", &tenant]).contains("ann") && text(&["group", "list", &tenant]).contains("readers"));
    let key = json(&["key", "create", &tenant, "--user", "ann"]);
    client(&key).get("/").assert_status(200);
    refused(&["user", "delete", &tenant, "ann"], "must delete access keys first");
    text(&["key", "delete", key["access_key"].as_str().expect("a key")]);
    text(&["user", "delete-policy", &tenant, "ann", "put"]);
    text(&["group", "remove", &tenant, "readers", "ann"]);
    text(&["user", "delete", &tenant, "ann"]);
    text(&["group", "detach", &tenant, "readers", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]);
    text(&["group", "delete", &tenant, "readers"]);
    text(&["tenant", "delete", &tenant]);
}

#[test]
fn buckets_change_hands_and_limits() {
    let (old, new) = (fresh("from"), fresh("to"));
    for tenant in [&old, &new] {
        text(&["tenant", "create", tenant]);
    }
    let (one, two) = (client(&json(&["key", "create", &old])), client(&json(&["key", "create", &new])));
    let bucket = fresh_bucket_name();
    one.put(&format!("/{bucket}"), "").assert_status(200);
    one.put(&format!("/{bucket}/k"), "data").assert_status(200);
    assert!(text(&["bucket", "chown", &bucket, &new]).contains(&new));
    two.get(&format!("/{bucket}/k")).assert_status(200).assert_body("data");
    one.get(&format!("/{bucket}/k")).assert_error(403, "AccessDenied");
    assert!(text(&["bucket", "list", &new]).contains(&bucket) && !text(&["bucket", "list", &old]).contains(&bucket));
    assert!(text(&["bucket", "list"]).contains(&bucket));
    assert!(text(&["bucket", "limit", &bucket, "--requests-per-second", "900"]).contains("900 requests/s"));
    let set = ["tenant", "set", &new, "--sent-bytes-per-second", "1000000", "--block-public-access", "true"];
    let changed = json(&set);
    assert_eq!(changed["limits"]["sent_bytes_per_second"], 1_000_000);
    assert_eq!(changed["public_access_block"]["restrict_public_buckets"], true);
}

#[test]
fn a_key_is_imported_from_a_private_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let tenant = fresh("importer");
    text(&["tenant", "create", &tenant]);
    let folder = tempfile::tempdir().expect("makes a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "secret-of-the-old-days\n").expect("writes");
    let shown = file.display().to_string();
    let access = fresh("AKOLD").to_ascii_uppercase();
    let import = ["key", "import", &tenant, &access, "--secret-file", &shown];
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("changes the mode");
    refused(&import, "can be read by others");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).expect("changes the mode");
    assert!(!text(&import).contains("secret-of-the-old-days"));
    Client::new(Server::shared().s3, &access, "secret-of-the-old-days").get("/").assert_status(200);
}

#[test]
fn tokens_are_made_used_and_revoked() {
    let name = fresh("viewer");
    let made = json(&["token", "create", &name, "--scope", "tenants:read", "--expires", "1h"]);
    let token = made["token"].as_str().expect("a token");
    let with = |arguments: &[&str]| {
        let mut command = clean();
        command.args(arguments).arg("--admin").arg(format!("http://{}", Server::shared().admin));
        command.env("DOLIUM_ADMIN_TOKEN", token).output().expect("runs dolium")
    };
    assert!(with(&["tenant", "list"]).status.success());
    let denied = with(&["tenant", "create", "nobody"]);
    let error = String::from_utf8_lossy(&denied.stderr);
    assert!(!denied.status.success() && error.contains("has not the scope tenants:write"), "{error}");
    let list = text(&["token", "list"]);
    assert!(list.contains(&name) && !list.contains(token), "{list}");
    text(&["token", "revoke", &name]);
    assert!(!with(&["tenant", "list"]).status.success());
    refused(&["token", "create", &name, "--scope", "disks:read"], "is no scope");
}

#[test]
fn failures_say_what_to_do() {
    let nobody =
        clean().args(["tenant", "list", "--admin", "http://127.0.0.1:9"]).env("DOLIUM_ADMIN_TOKEN", "x").output();
    let nobody = nobody.expect("runs");
    let error = String::from_utf8_lossy(&nobody.stderr);
    assert!(!nobody.status.success() && error.contains("does `dolium serve` run there?"), "{error}");
    let folder = tempfile::tempdir().expect("makes a folder");
    let bare = clean().args(["tenant", "list", "--data"]).arg(folder.path()).output().expect("runs");
    let error = String::from_utf8_lossy(&bare.stderr);
    assert!(
        !bare.status.success() && error.contains("there is no admin token") && error.contains("--token-file"),
        "{error}"
    );
    let wrong = clean()
        .args(["tenant", "list", "--admin"])
        .arg(format!("http://{}", Server::shared().admin))
        .env("DOLIUM_ADMIN_TOKEN", "")
        .arg("--config")
        .arg(Server::shared().folder().join("dolium.toml"))
        .output()
        .expect("runs");
    assert!(wrong.status.success(), "the configuration's token is found: {}", String::from_utf8_lossy(&wrong.stderr));
    let s3 = clean()
        .args(["tenant", "list", "--admin"])
        .arg(format!("http://{}", Server::shared().s3))
        .env("DOLIUM_ADMIN_TOKEN", "x")
        .output()
        .expect("runs");
    let error = String::from_utf8_lossy(&s3.stderr);
    assert!(!s3.status.success() && error.contains("is that the operators' interface"), "{error}");
}
