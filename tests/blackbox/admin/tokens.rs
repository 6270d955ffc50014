//! Tokens: what they may be used for, and for how long.

use serde_json::{Value, json};

use super::Operator;
use super::operator::fresh;
use crate::harness::Server;

#[test]
fn a_token_does_what_its_scopes_say() {
    let operator = Operator::of(Server::shared());
    let name = fresh("reader");
    let made = operator.expect(201, "POST", "/tokens", json!({"name": name, "scopes": ["tenants:read", "keys:*"]}));
    let reader = operator.token(made["token"].as_str().expect("a token"));
    reader.get("/tenants");
    reader.get("/openapi.json");
    let tenant = json!({"name": fresh("x")});
    let error = reader.refused(403, "out_of_scope", "POST", "/tenants", tenant);
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("--scope tenants:write")), "{error}");
    reader.refused(403, "out_of_scope", "POST", "/tokens", json!({"name": fresh("y"), "scopes": ["*"]}));
    reader.refused(403, "out_of_scope", "GET", "/buckets", Value::Null);
    operator.expect(200, "DELETE", &format!("/tokens/{name}"), Value::Null);
    reader.refused(401, "unknown_token", "GET", "/tenants", Value::Null);
}

#[test]
fn an_expired_token_is_refused() {
    let operator = Operator::of(Server::shared());
    let new = json!({"name": fresh("late"), "scopes": ["*"], "expires_in_seconds": 0});
    let made = operator.expect(201, "POST", "/tokens", new);
    let late = operator.token(made["token"].as_str().expect("a token"));
    late.refused(401, "expired_token", "GET", "/tenants", Value::Null);
}

#[test]
fn guesses_are_slowed_down_and_the_root_token_works_on() {
    let server = Server::start();
    let operator = Operator::of(&server);
    let guesser = operator.token("a guess");
    for _ in 0..10 {
        guesser.refused(401, "unknown_token", "GET", "/tenants", Value::Null);
    }
    guesser.refused(429, "too_many_failures", "GET", "/tenants", Value::Null);
    operator.get("/tenants");
}
