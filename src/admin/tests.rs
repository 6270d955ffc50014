//! The interface without a server.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::accounts::{EncryptionKeys, Settings};
use crate::storage::embedded::{EmbeddedConfig, open};

const ROOT: &str = "the-root-token-of-these-tests";
const ENCRYPTION: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

struct Ground {
    admin: Arc<Admin>,
    _folder: TempDir,
}

async fn ground(access: Access) -> Ground {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = open(EmbeddedConfig::new(folder.path())).await.expect("opens");
    let encryption = EncryptionKeys::parse(ENCRYPTION).ok();
    let settings = Settings { encryption, cache: Duration::from_secs(5) };
    let accounts = Accounts::open(&storage, settings, Vec::new()).await.expect("opens accounts");
    Ground { admin: Arc::new(Admin::new(Arc::new(accounts), storage, access)), _folder: folder }
}

async fn open_ground() -> Ground {
    ground(Access::Tokens(Some(Zeroizing::new(ROOT.to_owned())))).await
}

impl Ground {
    async fn ask(&self, token: Option<&str>, from: IpAddr, method: &str, path: &str, body: Value) -> (u16, Value) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = Request {
            method: method.to_owned(),
            path: format!("{PREFIX}{path}"),
            query: query.to_owned(),
            token: token.map(|token| Zeroizing::new(token.to_owned())),
            from,
            body: if body.is_null() { Bytes::new() } else { body.to_string().into() },
        };
        let answer = self.admin.answer(request).await;
        (answer.status, serde_json::from_slice(&answer.body).expect("is JSON"))
    }

    async fn root(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        self.ask(Some(ROOT), IpAddr::V4(Ipv4Addr::LOCALHOST), method, path, body).await
    }

    async fn with(&self, token: &str, method: &str, path: &str) -> (u16, Value) {
        self.ask(Some(token), IpAddr::V4(Ipv4Addr::LOCALHOST), method, path, Value::Null).await
    }

    async fn token(&self, body: Value) -> String {
        let (status, made) = self.root("POST", "/tokens", body).await;
        assert_eq!(status, 201, "{made}");
        made["token"].as_str().expect("a token").to_owned()
    }
}

fn code(answer: &Value) -> &str {
    for member in ["code", "message", "hint"] {
        assert!(answer["error"][member].is_string(), "no {member} in {answer}");
    }
    answer["error"]["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn without_a_token_nothing_is_answered() {
    let ground = open_ground().await;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    for path in ["/tenants", "/openapi.json", "/nothing"] {
        let (status, answer) = ground.ask(None, here, "GET", path, Value::Null).await;
        assert_eq!((status, code(&answer)), (401, "no_token"));
    }
    let (status, answer) = ground.with("wrong", "GET", "/tenants").await;
    assert_eq!((status, code(&answer)), (401, "unknown_token"));
    let bare = super::tests::ground(Access::Tokens(None)).await;
    let (status, answer) = bare.ask(None, here, "GET", "/tenants", Value::Null).await;
    assert!(status == 401 && answer["error"]["hint"].to_string().contains("DOLIUM__ADMIN__TOKEN"), "{answer}");
    let closed = super::tests::ground(Access::Closed("Why it is closed.".into())).await;
    let (status, answer) = closed.ask(Some(ROOT), here, "GET", "/tenants", Value::Null).await;
    assert!(status == 503 && answer["error"]["message"] == "Why it is closed.", "{answer}");
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_until_it_ends_or_is_revoked() {
    let ground = open_ground().await;
    let token = ground.token(json!({"name": "reader", "scopes": ["tenants:read"]})).await;
    assert_eq!(ground.with(&token, "GET", "/tenants").await.0, 200);
    assert_eq!(ground.with(&token, "GET", "/openapi.json").await.0, 200);
    let (status, answer) = ground.with(&token, "DELETE", "/tenants/x").await;
    assert_eq!((status, code(&answer)), (403, "out_of_scope"));
    let expired = ground.token(json!({"name": "late", "scopes": ["*"], "expires_in_seconds": 0})).await;
    let (status, answer) = ground.with(&expired, "GET", "/tenants").await;
    assert_eq!((status, code(&answer)), (401, "expired_token"));
    let (_, list) = ground.root("GET", "/tokens", Value::Null).await;
    assert_eq!(list["tokens"].as_array().map(Vec::len), Some(2), "{list}");
    assert!(!list.to_string().contains(&token) && !list.to_string().contains("dolium_"), "{list}");
    assert_eq!(ground.root("DELETE", "/tokens/reader", Value::Null).await.0, 200);
    assert_eq!(ground.with(&token, "GET", "/tenants").await.0, 401);
    assert_eq!(ground.root("DELETE", "/tokens/reader", Value::Null).await.0, 404);
}

#[tokio::test]
async fn nobody_makes_a_token_that_can_more_or_lasts_longer() {
    let ground = open_ground().await;
    let maker = ground.token(json!({"name": "m", "scopes": ["tokens:write", "keys:read"], "expires_in_seconds": 900}));
    let maker = maker.await;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let make = |body| ground.ask(Some(&maker), here, "POST", "/tokens", body);
    for scopes in [json!(["*"]), json!(["keys:*"]), json!(["keys:read", "tenants:read"])] {
        let (status, answer) = make(json!({"name": "n", "scopes": scopes})).await;
        assert_eq!((status, code(&answer)), (403, "out_of_scope"));
    }
    let (status, made) = make(json!({"name": "n", "scopes": ["keys:read"]})).await;
    assert!(status == 201 && made["about"]["expires"].is_string(), "{made}");
    for body in [
        json!({"name": "n", "scopes": ["*"]}),
        json!({"name": "root", "scopes": ["*"]}),
        json!({"name": "x", "scopes": []}),
    ] {
        assert!(matches!(ground.root("POST", "/tokens", body).await.0, 400 | 409));
    }
}

#[tokio::test]
async fn who_guesses_has_to_wait_and_root_has_not() {
    let ground = open_ground().await;
    let token = ground.token(json!({"name": "t", "scopes": ["*"]})).await;
    let there: IpAddr = "192.0.2.7".parse().expect("an address");
    let mut statuses = Vec::new();
    for _ in 0..12 {
        statuses.push(ground.ask(Some("guess"), there, "GET", "/tenants", Value::Null).await.0);
    }
    assert_eq!(statuses, [[401; 10].as_slice(), &[429; 2]].concat());
    assert_eq!(ground.ask(Some(&token), there, "GET", "/tenants", Value::Null).await.0, 429);
    assert_eq!(ground.ask(Some(ROOT), there, "GET", "/tenants", Value::Null).await.0, 200);
    assert_eq!(ground.with(&token, "GET", "/tenants").await.0, 200, "another address is not kept waiting");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_without_repeating_it() {
    let ground = open_ground().await;
    ground.root("POST", "/tenants", json!({"name": "a"})).await;
    for body in [
        json!({"access_key": "AKX", "secret_key": 81542}),
        json!({"access_key": "AKX", "secret_key": "secret81542", "sceret": "x"}),
        json!({"access_key": "AKX", "secret_key": ["secret81542"]}),
    ] {
        let (status, answer) = ground.root("POST", "/tenants/a/keys/import", body).await;
        assert_eq!((status, code(&answer)), (400, "unreadable"));
        assert!(!answer.to_string().contains("81542"), "{answer}");
    }
    let (status, answer) = ground.root("PUT", "/tenants", Value::Null).await;
    assert!(status == 405 && answer["error"]["hint"].to_string().contains("POST, GET"), "{answer}");
    assert_eq!(ground.root("GET", "/tenants?limit=1001", Value::Null).await.0, 400);
    assert_eq!(ground.root("GET", "/tenants/%FF", Value::Null).await.0, 404);
    assert_eq!(ground.root("GET", "/tenants", json!({})).await.0, 400);
}

/// The document names every route, each schema that it refers to is in it, and every scope is known.
#[tokio::test]
async fn the_document_is_complete() {
    let ground = open_ground().await;
    let (status, document) = ground.root("GET", "/openapi.json", Value::Null).await;
    assert_eq!(status, 200);
    let mut names = std::collections::HashSet::new();
    for route in &ground.admin.routes {
        let place = format!("{PREFIX}{}", route.path);
        let operation = &document["paths"][&place][route.method.name().to_ascii_lowercase()];
        assert_eq!(operation["operationId"], route.name, "{place}");
        assert!(names.insert(route.name), "{} is there twice", route.name);
        assert!(route.scope.is_none_or(|scope| SCOPES.contains(&scope)), "{}", route.name);
    }
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap_or_default();
        assert!(document["components"]["schemas"][name].is_object(), "no schema {name}");
    }
}

#[test]
fn secrets_are_not_shown() {
    let secret = types::SecretText::new(Zeroizing::new("hunter2hunter2".to_owned()));
    let import = types::ImportKey {
        access_key: "AK".into(),
        secret_key: secret,
        user: None,
        description: None,
        expires_in_seconds: None,
        signature_v2: None,
    };
    assert!(!format!("{import:?}").contains("hunter2"));
}
