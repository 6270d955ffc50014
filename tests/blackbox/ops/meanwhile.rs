//! What changes while a document is on its way counts when the request does something: a slow sender had hours in which
//! versioning was off, and a right that had been taken away still held.

use serde_json::{Value, json};

use crate::admin::operator::Operator;
use crate::client::{Connection, Reply, Request, Wire};
use crate::harness::Server;
use crate::ops::acls::id;
use crate::ops::bucket::delete_objects::document;
use crate::ops::bucket::put_bucket_policy::{policy, put};
use crate::ops::multipart::{Multipart, document as parts_document};
use crate::ops::{Ground, fresh_bucket_name, md5_base64};

/// A request that was let in and whose body has not been sent.
fn begun(g: &Ground, request: Request) -> (Connection, Wire) {
    let wire = request.expect_continue().wire();
    let mut connection = g.alice.connect();
    connection.send(&wire.head_bytes()).expect("sends");
    assert_eq!(connection.read_one(false).expect("answers").status, 100);
    (connection, wire)
}

fn bulk_delete(g: &Ground, keys: &[&str]) -> Request {
    let text = document(keys, false);
    let request = g.alice.request("POST", &format!("{}?delete", g.root()));
    request.header("content-md5", md5_base64(text.as_bytes())).body(text)
}

#[test]
fn a_bulk_delete_removes_nothing_that_is_kept_by_now() {
    let g = Ground::new();
    g.put("k", "x");
    let (mut connection, wire) = begun(&g, bulk_delete(&g, &["k"]));
    g.versioning("Enabled");
    connection.send(&wire.body).expect("sends");
    let reply = connection.read(false).expect("answers").assert_status(200);
    assert_eq!(reply.element("DeleteMarker").as_deref(), Some("true"), "{reply}");
    g.alice.get(&format!("{}?versionId=null", g.path("k"))).assert_status(200).assert_body("x");
}

#[test]
fn a_bulk_delete_is_decided_by_the_policy_of_now() {
    let g = Ground::new();
    g.put("k", "x");
    let (mut connection, wire) = begun(&g, bulk_delete(&g, &["k"]));
    let deny = policy("Deny", "\"*\"", "s3:DeleteObject", &g.bucket);
    put(&g, deny).assert_status(204);
    connection.send(&wire.body).expect("sends");
    let reply = connection.read(false).expect("answers").assert_status(200);
    assert_eq!(reply.elements("Code"), ["AccessDenied"], "{reply}");
    g.get("k");
}

#[test]
fn a_completion_makes_a_version_where_versions_are_made_by_now() {
    let g = Ground::new();
    g.put("k", "old");
    let upload = Multipart::open(&g, "k");
    let text = parts_document(&[upload.part(1, "new")]);
    let (mut connection, wire) = begun(&g, g.alice.request("POST", &upload.target("")).body(text));
    g.versioning("Enabled");
    connection.send(&wire.body).expect("sends");
    let reply = connection.read(false).expect("answers").assert_status(200);
    assert!(reply.header("x-amz-version-id").is_some(), "{reply}");
    g.alice.get(&format!("{}?versionId=null", g.path("k"))).assert_status(200).assert_body("old");
    g.get("k").assert_body("new");
}

#[test]
fn a_completion_is_decided_by_the_policy_of_now() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let text = parts_document(&[upload.part(1, "x")]);
    let (mut connection, wire) = begun(&g, g.alice.request("POST", &upload.target("")).body(text));
    put(&g, policy("Deny", "\"*\"", "s3:PutObject", &g.bucket)).assert_status(204);
    connection.send(&wire.body).expect("sends");
    connection.read(false).expect("answers").assert_error(403, "AccessDenied");
    g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
}

#[test]
fn a_bulk_delete_that_names_an_owner_deletes_nothing_of_the_next() {
    let g = Ground::apart();
    g.put("k", "x");
    put(&g, policy("Allow", "\"*\"", "s3:DeleteObject", &g.bucket)).assert_status(204);
    let operator = Operator::of(Server::shared());
    let (next, _) = operator.tenant("next");
    let request = bulk_delete(&g, &["k"]).header("x-amz-expected-bucket-owner", id(&g.alice));
    let (mut connection, wire) = begun(&g, request);
    operator.expect(200, "POST", &format!("/buckets/{}/chown", g.bucket), json!({ "tenant": next }));
    connection.send(&wire.body).expect("sends");
    connection.read(false).expect("answers").assert_error(403, "AccessDenied");
}

/// The answer to a request whose key is disabled while its body is on its way.
fn sent_while_disabled(g: &Ground, request: Request) -> Reply {
    let (mut connection, wire) = begun(g, request);
    let operator = Operator::of(Server::shared());
    let key = |action: &str| {
        operator.expect(200, "POST", &format!("/keys/{}/{action}", g.alice.signer().access), Value::Null);
    };
    key("disable");
    connection.send(&wire.body).expect("sends");
    let reply = connection.read(false).expect("answers");
    key("enable");
    reply
}

#[test]
fn a_key_that_is_disabled_by_now_deletes_nothing() {
    let g = Ground::apart();
    g.put("k", "x");
    sent_while_disabled(&g, bulk_delete(&g, &["k"])).assert_error(403, "InvalidAccessKeyId");
    g.get("k");
}

#[test]
fn a_key_that_is_disabled_by_now_completes_nothing() {
    let g = Ground::apart();
    let upload = Multipart::open(&g, "k");
    let text = parts_document(&[upload.part(1, "x")]);
    let request = g.alice.request("POST", &upload.target("")).body(text);
    sent_while_disabled(&g, request).assert_error(403, "InvalidAccessKeyId");
    g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
}

/// The document of a new bucket may be as slow as its tenant's deletion is fast.
#[test]
fn a_tenant_that_is_deleted_by_now_gets_no_bucket() {
    let operator = Operator::of(Server::shared());
    let (tenant, client) = operator.tenant("late");
    let g = Ground { alice: client, ..Ground::new() };
    let name = format!("/{}", fresh_bucket_name());
    let document = "<CreateBucketConfiguration/>";
    let (mut connection, wire) = begun(&g, g.alice.request("PUT", &name).body(document));
    operator.expect(200, "DELETE", &format!("/tenants/{tenant}"), Value::Null);
    connection.send(&wire.body).expect("sends");
    connection.read(false).expect("answers").assert_error(403, "InvalidAccessKeyId");
    g.bob.head(&name).assert_status(404);
}
