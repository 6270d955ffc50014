//! What becomes of a key's requests when operators change it, its user or its tenant.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Operator;
use crate::client::{Client, now};
use crate::harness::Server;

/// How long another front end may go on believing in a key.
const BELIEF: Duration = Duration::from_secs(5);

/// Disabled, expired and unknown keys are answered alike.
#[track_caller]
fn assert_unknown(client: &Client) {
    client.get("/").assert_error(403, "InvalidAccessKeyId");
}

#[test]
fn what_is_changed_here_counts_here_at_once() {
    let operator = Operator::of(Server::shared());
    let (tenant, client) = operator.tenant("at-once");
    let at = format!("/tenants/{tenant}");
    client.get("/").assert_status(200);
    operator.expect(200, "POST", &format!("{at}/disable"), Value::Null);
    assert_unknown(&client);
    operator.expect(200, "POST", &format!("{at}/enable"), Value::Null);
    client.get("/").assert_status(200);
    let key = format!("/keys/{}", client.signer().access);
    operator.expect(200, "POST", &format!("{key}/disable"), Value::Null);
    assert_unknown(&client);
    operator.expect(200, "POST", &format!("{key}/enable"), Value::Null);
    let rotated = operator.expect(201, "POST", &format!("{key}/rotate"), Value::Null);
    assert_unknown(&client);
    let client = operator.client(&rotated["new"]);
    client.get("/").assert_status(200);
    operator.expect(200, "DELETE", &format!("/keys/{}", client.signer().access), Value::Null);
    assert_unknown(&client);
}

#[test]
fn a_rotated_key_works_through_its_grace_and_no_longer() {
    let operator = Operator::of(Server::shared());
    let (_, client) = operator.tenant("grace");
    let at = format!("/keys/{}/rotate", client.signer().access);
    operator.expect(201, "POST", &at, json!({"grace_seconds": 3600}));
    client.get("/").assert_status(200);
    operator.expect(201, "POST", &at, json!({"grace_seconds": 1}));
    let end = now() + 2;
    while now() < end {
        client.get("/");
    }
    assert_unknown(&client);
}

#[test]
fn what_is_changed_elsewhere_counts_within_five_seconds() {
    let Some((here, there)) = Server::siblings() else { return };
    let operator = Operator::of(&here);
    let (tenant, client) = operator.tenant("elsewhere");
    let there = Client::new(there.s3, &client.signer().access, &client.signer().secret);
    there.get("/").assert_status(200);
    operator.expect(200, "POST", &format!("/tenants/{tenant}/disable"), Value::Null);
    let disabled = Instant::now();
    loop {
        let asked = disabled.elapsed();
        if there.get("/").status != 200 {
            break;
        }
        assert!(asked < BELIEF, "it still works");
    }
    assert_unknown(&there);
}

#[test]
fn a_user_may_do_what_its_policies_say() {
    let operator = Operator::of(Server::shared());
    let (tenant, root) = operator.tenant("user");
    let at = format!("/tenants/{tenant}");
    let bucket = crate::ops::fresh_bucket_name();
    root.put(&format!("/{bucket}"), "").assert_status(200);
    root.put(&format!("/{bucket}/k"), "data").assert_status(200);
    operator.expect(201, "POST", &format!("{at}/users"), json!({"name": "ann"}));
    let key = operator.expect(201, "POST", &format!("{at}/keys"), json!({"user": "ann"}));
    assert_eq!(key["key"]["user"], "ann");
    let ann = operator.client(&key);
    ann.get(&format!("/{bucket}/k")).assert_error(403, "AccessDenied");
    operator.expect(201, "POST", &format!("{at}/groups"), json!({"name": "readers"}));
    let read = "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FAmazonS3ReadOnlyAccess";
    operator.expect(200, "PUT", &format!("{at}/groups/readers/attached/{read}"), Value::Null);
    operator.expect(200, "PUT", &format!("{at}/groups/readers/users/ann"), Value::Null);
    ann.get(&format!("/{bucket}/k")).assert_status(200).assert_body("data");
    ann.put(&format!("/{bucket}/k"), "more").assert_error(403, "AccessDenied");
    let list = operator.get(&format!("{at}/keys?user=ann"));
    assert_eq!(list["keys"][0]["access_key"], key["access_key"]);
    operator.expect(200, "DELETE", &format!("{at}/groups/readers/users/ann"), Value::Null);
    ann.get(&format!("/{bucket}/k")).assert_error(403, "AccessDenied");
}

#[test]
fn an_imported_key_signs() {
    let operator = Operator::of(Server::shared());
    let (tenant, _) = operator.tenant("import");
    let access = super::operator::fresh("AK").to_ascii_uppercase();
    let secret = "a secret/from+elsewhere=";
    let import = json!({"access_key": access, "secret_key": secret, "signature_v2": false});
    operator.expect(201, "POST", &format!("/tenants/{tenant}/keys/import"), import);
    let client = Client::new(Server::shared().s3, &access, secret);
    client.get("/").assert_status(200);
    assert_ne!(client.v2().get("/").status, 200);
}

/// Neither what is made nor what is sent in a request that fails.
#[test]
fn no_secret_reaches_the_log() {
    let server = Server::with(&[("log", "level = \"trace\"")]);
    let operator = Operator::of(&server);
    let (tenant, client) = operator.tenant("log");
    client.get("/").assert_status(200);
    let import = |secret: Value| json!({"access_key": "AKLOG00001", "secret_key": secret});
    let at = format!("/tenants/{tenant}/keys/import");
    operator.expect(201, "POST", &at, import(json!("imported-secret-1")));
    operator.refused(409, "exists", "POST", &at, import(json!("imported-secret-2")));
    operator.refused(400, "unreadable", "POST", &at, import(json!(["imported-secret-3"])));
    operator.refused(400, "invalid", "POST", &at, import(json!("imp-sec")));
    let token = operator.expect(201, "POST", "/tokens", json!({"name": "logged", "scopes": ["*"]}));
    let token = token["token"].as_str().expect("a token").to_owned();
    operator.token(&token).get("/tenants");
    let log = server.log();
    assert!(log.contains("create_token"), "changes are logged: {log}");
    let secrets = [client.signer().secret.as_str(), "imported-secret", "imp-sec", &token, crate::harness::ADMIN_TOKEN];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
