//! Whose a bucket is, and how it is emptied.

use serde_json::{Value, json};

use super::Operator;
use crate::client::Client;
use crate::harness::Server;
use crate::ops::acls::id;
use crate::ops::bucket::put_bucket_ownership_controls::own;
use crate::ops::multipart::{Multipart, document};
use crate::ops::{Ground, fresh_bucket_name, locks, versioning};

fn bucket_of(client: &Client) -> String {
    let bucket = fresh_bucket_name();
    client.put(&format!("/{bucket}"), "").assert_status(200);
    bucket
}

/// All steps of an action; the sum of a member, and the last answer.
fn steps(operator: &Operator, path: &str, mut body: Value, member: &str) -> (u64, Value) {
    let mut sum = 0;
    loop {
        let answer = operator.expect(200, "POST", path, body.clone());
        sum += answer[member].as_u64().expect("a number");
        if let Some(from) = answer.get("from") {
            body["from"] = from.clone();
        }
        match answer["next"].as_str() {
            Some(next) => body["after"] = json!(next),
            None => return (sum, answer),
        }
    }
}

#[test]
fn a_bucket_is_given_with_what_its_owner_has_in_it() {
    let operator = Operator::of(Server::shared());
    let (_, old) = operator.tenant("old");
    let (new_name, new) = operator.tenant("new");
    let bucket = bucket_of(&old);
    let key = |key: &str| format!("/{bucket}/{key}");
    old.put(&format!("/{bucket}?versioning"), versioning("Enabled")).assert_status(200);
    for i in 0..3 {
        old.put(&key("a"), format!("a{i}")).assert_status(200);
    }
    old.put(&key("b"), "b").assert_status(200);
    old.delete(&key("b")).assert_status(204);
    new.get(&key("a")).assert_error(403, "AccessDenied");
    let (changed, last) =
        steps(&operator, &format!("/buckets/{bucket}/chown"), json!({ "tenant": new_name }), "changed");
    assert_eq!((changed, &last["bucket"]["tenant"]), (5, &json!(new_name)));
    new.get(&key("a")).assert_status(200).assert_body("a2");
    new.put(&key("c"), "c").assert_status(200);
    for target in [key("a"), format!("/{bucket}")] {
        old.get(&target).assert_error(403, "AccessDenied");
    }
    assert_eq!(new.get("/").elements("Name"), [bucket.as_str()]);
    assert!(old.get("/").elements("Name").is_empty());
    let owners = new.get(&format!("/{bucket}?versions")).assert_status(200).elements("ID");
    let id = operator.get(&format!("/tenants/{new_name}"))["id"].as_str().expect("an id").to_owned();
    assert!(owners.len() == 6 && owners.iter().all(|owner| *owner == id), "{owners:?}");
    operator.refused(404, "not_found", "POST", &format!("/buckets/{bucket}/chown"), json!({"tenant": "nobody at all"}));
}

#[test]
fn an_upload_that_is_open_when_its_bucket_is_given_is_whose_objects_of_the_bucket_are() {
    let operator = Operator::of(Server::shared());
    for (ownership, owner) in [("BucketOwnerEnforced", 1), ("ObjectWriter", 0)] {
        let (_, old) = operator.tenant("old");
        let (new_name, new) = operator.tenant("new");
        let g = Ground { alice: old.clone(), bob: new.clone(), bucket: bucket_of(&old) };
        own(&g, ownership).assert_status(200);
        let upload = Multipart::open(&g, "k");
        let part = upload.part(1, "x");
        steps(&operator, &format!("/buckets/{}/chown", g.bucket), json!({ "tenant": new_name }), "changed");
        upload.complete(std::slice::from_ref(&part)).assert_error(403, "AccessDenied");
        new.post(&upload.target(""), document(&[part])).assert_status(200);
        // Where lists count, what another has opened is another's; where they do not, everything is the bucket's owner's.
        own(&Ground { alice: new.clone(), ..g.clone() }, "ObjectWriter").assert_status(200);
        let listed = new.get(&format!("{}?versions", g.root())).assert_status(200);
        assert_eq!(listed.elements("ID"), [id([&old, &new][owner])], "{ownership}");
        new.get(&g.path("k")).assert_status([403, 200][owner]);
        new.delete(&g.path("k")).assert_status(204);
    }
}

#[test]
fn a_purge_leaves_nothing_but_what_is_locked() {
    let operator = Operator::of(Server::shared());
    let (tenant, client) = operator.tenant("purge");
    let bucket = fresh_bucket_name();
    let made = client.request("PUT", &format!("/{bucket}")).header("x-amz-bucket-object-lock-enabled", "true").send();
    made.assert_status(200);
    let key = |key: &str| format!("/{bucket}/{key}");
    for i in 0..3 {
        client.put(&key("a"), format!("a{i}")).assert_status(200);
        client.put(&key(&format!("k{i}")), "k").assert_status(200);
    }
    client.delete(&key("a")).assert_status(204);
    let held = client.put(&key("held"), "held").assert_status(200).header("x-amz-version-id").expect("an id");
    let hold = |on: &str| format!("<LegalHold><Status>{on}</Status></LegalHold>");
    let target = format!("{}?legal-hold&versionId={held}", key("held"));
    client.put(&target, hold("ON")).assert_status(200);
    client.post(&format!("{}?uploads", key("upload")), "").assert_status(200);
    let at = format!("/buckets/{bucket}/purge");
    let first = operator.expect(200, "POST", &at, json!({}));
    assert_eq!((&first["removed"], &first["locked"], &first["aborted"]), (&json!(7), &json!(1), &json!(1)), "{first}");
    let left = client.get(&format!("/{bucket}?versions")).assert_status(200);
    assert_eq!((left.elements("Key"), left.elements("VersionId")), (vec!["held".to_owned()], vec![held]));
    assert!(client.get(&format!("/{bucket}?uploads")).assert_status(200).elements("Upload").is_empty());
    operator.refused(409, "in_use", "DELETE", &format!("/buckets/{bucket}"), Value::Null);
    client.put(&target, hold("OFF")).assert_status(200);
    assert_eq!(steps(&operator, &at, json!({}), "removed").0, 1);
    operator.expect(200, "DELETE", &format!("/buckets/{bucket}"), Value::Null);
    operator.expect(200, "DELETE", &format!("/tenants/{tenant}"), Value::Null);
}

/// Neither retention nor hold gives way to whoever operates the installation, and the answer says which it was.
#[test]
fn a_purge_says_what_keeps_a_version() {
    let operator = Operator::of(Server::shared());
    let (tenant, client) = operator.tenant("kept");
    let bucket = fresh_bucket_name();
    let g = Ground { alice: client.clone(), bob: client.clone(), bucket: bucket.clone() };
    let made = client.request("PUT", &g.root()).header("x-amz-bucket-object-lock-enabled", "true").send();
    made.assert_status(200);
    let mut kept = vec![locks::put_retained(&g, "k", "GOVERNANCE"), locks::put_retained(&g, "k", "COMPLIANCE")];
    let held = |key: &str, mode: Option<&str>| {
        let request = locks::digested(&g, key, "kept").header("x-amz-object-lock-legal-hold", "ON");
        let retained = |mode| (("x-amz-object-lock-mode", mode), ("x-amz-object-lock-retain-until-date", locks::FAR));
        let request = mode
            .map(retained)
            .into_iter()
            .fold(request, |request, ((a, mode), (b, until))| request.header(a, mode).header(b, until));
        locks::version(&request.send().assert_status(200))
    };
    kept.extend([held("held", None), held("both", Some("GOVERNANCE"))]);
    g.put("k", "free");
    g.put("free", "free");
    client.delete(&g.path("k")).assert_status(204);
    client.post(&format!("{}?uploads", g.path("k")), "").assert_status(200);
    let at = format!("/buckets/{bucket}/purge");
    for (removed, aborted) in [(3, 1), (0, 0)] {
        let wanted = json!({
            "removed": removed, "aborted": aborted,
            "locked": 4, "legal_hold": 2, "governance": 2, "compliance": 1,
        });
        let answer = operator.expect(200, "POST", &at, json!({}));
        let told = wanted.as_object().expect("an object").iter().all(|(name, value)| answer[name] == *value);
        assert!(told && answer.get("next").is_none_or(Value::is_null), "{answer}");
    }
    let mut left = client.get(&format!("{}?versions", g.root())).assert_status(200).elements("VersionId");
    left.sort();
    kept.sort();
    assert_eq!(left, kept);
    for key in ["k", "held", "both"] {
        g.get(key).assert_body("kept");
    }
    operator.refused(409, "in_use", "DELETE", &format!("/buckets/{bucket}"), Value::Null);
    operator.refused(409, "in_use", "DELETE", &format!("/tenants/{tenant}"), Value::Null);
}

/// Everybody's, in pages that join.
#[test]
fn all_buckets_are_listed_tenant_by_tenant() {
    let operator = Operator::of(Server::shared());
    let mut wanted = Vec::new();
    for name in ["list/one", "list two"] {
        let name = super::operator::fresh(name);
        operator.expect(201, "POST", "/tenants", json!({ "name": name }));
        let called = crate::client::encode_value(&name);
        let key = operator.expect(201, "POST", &format!("/tenants/{called}/keys"), json!({}));
        let client = operator.client(&key);
        wanted.extend((0..3).map(|_| (bucket_of(&client), name.clone())));
    }
    for limit in [1, 2, 1000] {
        let (mut after, mut found) = (String::new(), Vec::new());
        loop {
            let page = operator.get(&format!("/buckets?limit={limit}&after={after}"));
            let entries = page["buckets"].as_array().expect("a list");
            assert!(entries.len() <= limit);
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            found.extend(entries.iter().map(|one| (text(&one["name"]), text(&one["tenant"]))));
            match page["next"].as_str() {
                Some(next) => after = crate::client::encode_value(next),
                None => break,
            }
        }
        for one in &wanted {
            assert_eq!(found.iter().filter(|it| *it == one).count(), 1, "{one:?} in pages of {limit}");
        }
    }
}
