//! Each route of the document answers, as the document says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Operator;
use super::operator::fresh;
use crate::harness::Server;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
const MANAGED: &str = "arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2FAmazonS3ReadOnlyAccess";

#[test]
fn each_route_answers_as_the_document_says() {
    let operator = Operator::of(Server::shared());
    operator.get("/openapi.json");
    let (name, client) = operator.tenant("document");
    let tenant = format!("/tenants/{name}");
    tenants(&operator, &tenant, &name);
    keys(&operator, &tenant);
    users_and_groups(&operator, &tenant);
    let bucket = crate::ops::fresh_bucket_name();
    client.put(&format!("/{bucket}"), "").assert_status(200);
    buckets(&operator, &name, &bucket);
    let token = operator.expect(201, "POST", "/tokens", json!({"name": fresh("t"), "scopes": ["*"]}));
    operator.get("/tokens");
    let id = token["about"]["id"].as_str().expect("an id");
    operator.expect(200, "DELETE", &format!("/tokens/{id}"), Value::Null);
    operator.expect(200, "DELETE", &tenant, Value::Null);
    operator.refused(404, "not_found", "GET", &tenant, Value::Null);
    let document = operator.document();
    let paths = document["paths"].as_object().expect("has paths");
    let operations = paths.values().flat_map(|item| item.as_object().expect("has methods").values());
    let all: BTreeSet<String> =
        operations.map(|it| it["operationId"].as_str().expect("has a name").to_owned()).collect();
    assert_eq!(*operator.asked.borrow(), all);
}

fn tenants(operator: &Operator, tenant: &str, name: &str) {
    let shown = operator.get(tenant);
    assert_eq!((&shown["name"], &shown["disabled"]), (&json!(name), &json!(false)));
    for called in [shown["id"].as_str().expect("an id"), shown["account"].as_str().expect("a number")] {
        assert_eq!(operator.get(&format!("/tenants/{called}"))["name"], name);
    }
    let email = format!("{}@mail.example", fresh("a"));
    let change = json!({
        "display_name": "The Document", "email": email, "limits": {"requests_per_second": 5000},
        "public_access_block": {"block_public_acls": true},
    });
    let changed = operator.expect(200, "PATCH", tenant, change);
    assert_eq!(changed["display_name"], "The Document");
    assert_eq!(changed["limits"]["requests_per_second"], 5000);
    assert_eq!(changed["public_access_block"]["block_public_acls"], true);
    assert_eq!(changed["email"], email.as_str());
    assert_eq!(operator.expect(200, "POST", &format!("{tenant}/disable"), Value::Null)["disabled"], true);
    assert_eq!(operator.expect(200, "POST", &format!("{tenant}/enable"), Value::Null)["disabled"], false);
    operator.refused(409, "exists", "POST", "/tenants", json!({ "name": name }));
    operator.refused(400, "invalid", "POST", "/tenants", json!({"name": ""}));
    operator.refused(400, "unreadable", "POST", "/tenants", json!({"name": "x", "nmae": "y"}));
    let (mut after, mut found) = (String::new(), false);
    loop {
        let page = operator.get(&format!("/tenants?limit=2&after={after}"));
        let entries = page["tenants"].as_array().expect("a list");
        assert!(entries.len() <= 2);
        found |= entries.iter().any(|one| one["name"] == name);
        match page["next"].as_str() {
            Some(next) => after = crate::client::encode_value(next),
            None => break,
        }
    }
    assert!(found);
}

fn keys(operator: &Operator, tenant: &str) {
    let made = operator.expect(201, "POST", &format!("{tenant}/keys"), json!({"description": "d"}));
    let key = format!("/keys/{}", made["access_key"].as_str().expect("a key"));
    assert_eq!(operator.get(&key)["state"], "active");
    assert_eq!(operator.expect(200, "POST", &format!("{key}/disable"), Value::Null)["state"], "disabled");
    assert_eq!(operator.expect(200, "POST", &format!("{key}/enable"), Value::Null)["state"], "active");
    let rotated = operator.expect(201, "POST", &format!("{key}/rotate"), json!({"grace_seconds": 3600}));
    assert!(rotated["old"]["expires"].is_string() && rotated["new"]["key"]["description"] == "d", "{rotated}");
    let access_key = fresh("AKIMPORTED").to_ascii_uppercase();
    let import = json!({"access_key": access_key, "secret_key": "imported-secret-0123"});
    let imported = operator.expect(201, "POST", &format!("{tenant}/keys/import"), import.clone());
    assert!(!imported.to_string().contains("imported-secret"), "{imported}");
    operator.refused(409, "exists", "POST", &format!("{tenant}/keys/import"), import);
    let list = operator.get(&format!("{tenant}/keys"));
    assert_eq!(list["keys"].as_array().map(Vec::len), Some(4), "{list}");
    assert!(!list.to_string().contains("secret"), "{list}");
    operator.expect(200, "DELETE", &key, Value::Null);
    operator.refused(404, "not_found", "DELETE", &key, Value::Null);
}

fn users_and_groups(operator: &Operator, tenant: &str) {
    let (user, group) = (format!("{tenant}/users/ann"), format!("{tenant}/groups/staff"));
    let made = operator.expect(201, "POST", &format!("{tenant}/users"), json!({"name": "ann", "path": "/a/"}));
    assert!(made["arn"].as_str().is_some_and(|arn| arn.ends_with(":user/a/ann")), "{made}");
    operator.expect(201, "POST", &format!("{tenant}/groups"), json!({"name": "staff"}));
    operator.refused(409, "exists", "POST", &format!("{tenant}/groups"), json!({"name": "STAFF"}));
    operator.expect(200, "PUT", &format!("{group}/users/ann"), Value::Null);
    for one in [&user, &group] {
        operator.expect(200, "PUT", &format!("{one}/attached/{MANAGED}"), Value::Null);
        operator.expect(200, "PUT", &format!("{one}/policies/all"), json!({ "document": POLICY }));
        let wrong = json!({"document": "{}"});
        operator.refused(400, "malformed_policy", "PUT", &format!("{one}/policies/none"), wrong);
    }
    let shown = operator.get(&user);
    assert_eq!((&shown["groups"], &shown["policies"][0]["document"]), (&json!(["staff"]), &json!(POLICY)));
    assert_eq!(operator.get(&group)["users"], json!(["ann"]));
    assert_eq!(operator.get(&format!("{tenant}/users"))["users"][0]["name"], "ann");
    assert_eq!(operator.get(&format!("{tenant}/groups"))["groups"][0]["name"], "staff");
    operator.refused(409, "in_use", "DELETE", &user, Value::Null);
    operator.expect(200, "DELETE", &format!("{group}/users/ann"), Value::Null);
    for one in [&user, &group] {
        operator.expect(200, "DELETE", &format!("{one}/attached/{MANAGED}"), Value::Null);
        operator.expect(200, "DELETE", &format!("{one}/policies/all"), Value::Null);
        operator.expect(200, "DELETE", one, Value::Null);
    }
}

fn buckets(operator: &Operator, tenant: &str, bucket: &str) {
    let at = format!("/buckets/{bucket}");
    let shown = operator.get(&at);
    assert_eq!((&shown["tenant"], &shown["versioning"]), (&json!(tenant), &json!("off")));
    let limits = json!({"limits": {"requests_per_second": 7000}});
    assert_eq!(operator.expect(200, "PATCH", &at, limits)["limits"]["requests_per_second"], 7000);
    let list = operator.get(&format!("/buckets?tenant={tenant}"));
    assert_eq!(list["buckets"][0]["name"], bucket);
    operator.refused(409, "in_use", "DELETE", &format!("/tenants/{tenant}"), Value::Null);
    let chowned = operator.expect(200, "POST", &format!("{at}/chown"), json!({ "tenant": tenant }));
    assert_eq!(chowned["changed"], 0);
    operator.expect(200, "POST", &format!("{at}/purge"), json!({}));
    operator.expect(200, "DELETE", &at, Value::Null);
    operator.refused(404, "not_found", "GET", &at, Value::Null);
}
