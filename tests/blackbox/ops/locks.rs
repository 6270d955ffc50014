//! What tests of object lock have in common.

use crate::client::{Reply, Request};
use crate::harness::Server;
use crate::ops::{Ground, client, fresh_bucket_name, md5_base64};

/// A date that no test lives to see.
pub const FAR: &str = "2099-01-01T00:00:00.000Z";
/// A day later.
pub const FARTHER: &str = "2099-01-02T00:00:00.000Z";

/// A bucket whose versions can be locked.
pub fn ground() -> Ground {
    let alice = client(Server::shared(), crate::harness::ALICE);
    let bob = client(Server::shared(), crate::harness::BOB);
    let ground = Ground { alice, bob, bucket: fresh_bucket_name() };
    let request = ground.alice.request("PUT", &ground.root()).header("x-amz-bucket-object-lock-enabled", "true");
    request.send().assert_status(200);
    ground
}

/// Sets a bucket's rule; an empty one takes it away.
#[track_caller]
pub fn configure(g: &Ground, rule: &str) -> Reply {
    let rule = if rule.is_empty() {
        String::new()
    } else {
        format!("<Rule><DefaultRetention>{rule}</DefaultRetention></Rule>")
    };
    g.alice.put(&format!("{}?object-lock", g.root()), configuration(&rule))
}

/// A bucket's configuration with this inside.
pub fn configuration(rule: &str) -> String {
    format!(
        "<ObjectLockConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
         <ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}</ObjectLockConfiguration>"
    )
}

/// A retention as a document.
pub fn retention(mode: &str, until: &str) -> String {
    format!("<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>")
}

/// A legal hold as a document.
pub fn hold(status: &str) -> String {
    format!("<LegalHold><Status>{status}</Status></LegalHold>")
}

/// A sub-resource of a version.
pub fn of(g: &Ground, key: &str, sub_resource: &str, version: &str) -> String {
    format!("{}?{sub_resource}&versionId={version}", g.path(key))
}

/// A version's id, as the answer tells it.
#[track_caller]
pub fn version(reply: &Reply) -> String {
    reply.header("x-amz-version-id").unwrap_or_else(|| panic!("no version in {reply}"))
}

/// A PUT with a digest, to which lock headers can be added.
pub fn digested(g: &Ground, key: &str, body: &str) -> Request {
    g.alice.request("PUT", &g.path(key)).header("content-md5", md5_base64(body.as_bytes())).body(body)
}

/// Stores a version under this retention; its id.
#[track_caller]
pub fn put_retained(g: &Ground, key: &str, mode: &str) -> String {
    let request = digested(g, key, "kept").header("x-amz-object-lock-mode", mode);
    version(&request.header("x-amz-object-lock-retain-until-date", FAR).send().assert_status(200))
}

/// Removes a version, with or without setting governance aside.
pub fn remove(g: &Ground, key: &str, version: &str, bypass: bool) -> Reply {
    let request = g.alice.request("DELETE", &format!("{}?versionId={version}", g.path(key)));
    if bypass { request.header("x-amz-bypass-governance-retention", "true").send() } else { request.send() }
}
