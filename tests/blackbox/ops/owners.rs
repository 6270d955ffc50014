//! Objects whose owner is not the bucket's: whose they are, who reads them, and who is told so.

use crate::client::Reply;
use crate::ops::acls::{assert_grants, id};
use crate::ops::bucket::put_bucket_ownership_controls::own;
use crate::ops::{Ground, versioning};

/// A bucket of Alice's that everybody may read and write.
fn shared() -> Ground {
    let g = Ground::new();
    let acl = format!("{}?acl", g.root());
    g.alice.request("PUT", &acl).header("x-amz-acl", "public-read-write").send().assert_status(200);
    g
}

/// Bob puts an object, with a canned list if it is named.
fn put(g: &Ground, key: &str, canned: &str) -> Reply {
    let request = g.bob.request("PUT", &g.path(key)).body("b");
    let request = if canned.is_empty() { request } else { request.header("x-amz-acl", canned) };
    request.send()
}

fn acl(g: &Ground, key: &str) -> String {
    format!("{}?acl", g.path(key))
}

#[test]
fn whoever_writes_an_object_owns_it() {
    let g = shared();
    let (alice, bob) = (id(&g.alice), id(&g.bob));
    g.put("a", "a");
    put(&g, "b", "").assert_status(200);
    assert_grants(&g.bob.get(&acl(&g, "b")).assert_status(200), &[(&bob, "FULL_CONTROL")]);
    g.alice.get(&g.path("b")).assert_error(403, "AccessDenied");
    g.alice.get(&acl(&g, "b")).assert_error(403, "AccessDenied");
    let canned = g.alice.request("PUT", &acl(&g, "b")).header("x-amz-acl", "private");
    canned.send().assert_error(403, "AccessDenied");
    let owners = |query: &str| {
        let reply = g.alice.get(&format!("{}?{query}", g.root())).assert_status(200);
        (reply.elements("ID"), reply.elements("DisplayName"))
    };
    let told = (vec![alice.clone(), bob.clone()], vec!["alice".to_owned(), "bob".to_owned()]);
    assert_eq!(owners(""), told);
    assert_eq!(owners("list-type=2&fetch-owner=true"), told);
    assert_eq!(owners("versions"), told);
    assert_eq!(owners("list-type=2"), (vec![], vec![]));
    // The bucket's owner may remove what is in it, and whoever may write, too.
    g.alice.delete(&g.path("b")).assert_status(204);
    g.bob.delete(&g.path("a")).assert_status(204);
}

#[test]
fn the_writer_can_let_the_buckets_owner_in() {
    let g = shared();
    let (alice, bob) = (id(&g.alice), id(&g.bob));
    put(&g, "r", "bucket-owner-read").assert_status(200);
    g.alice.get(&g.path("r")).assert_status(200).assert_body("b");
    g.alice.get(&acl(&g, "r")).assert_error(403, "AccessDenied");
    put(&g, "f", "bucket-owner-full-control").assert_status(200);
    let wanted = [(bob.as_str(), "FULL_CONTROL"), (alice.as_str(), "FULL_CONTROL")];
    let reply = g.alice.get(&acl(&g, "f")).assert_status(200);
    assert_grants(&reply, &wanted);
    assert_eq!(reply.elements("ID")[0], bob, "the owner is who wrote it: {reply}");
    // Who may write the list does not become the owner by that.
    g.alice.request("PUT", &acl(&g, "f")).header("x-amz-acl", "private").send().assert_status(200);
    assert_grants(&g.bob.get(&acl(&g, "f")).assert_status(200), &[(&bob, "FULL_CONTROL")]);
    g.alice.get(&g.path("f")).assert_error(403, "AccessDenied");
}

#[test]
fn ownership_controls_give_objects_to_the_buckets_owner() {
    let g = shared();
    let (alice, bob) = (id(&g.alice), id(&g.bob));
    own(&g, "BucketOwnerPreferred").assert_status(200);
    put(&g, "kept", "").assert_status(200);
    put(&g, "given", "bucket-owner-full-control").assert_status(200);
    assert_grants(&g.bob.get(&acl(&g, "kept")).assert_status(200), &[(&bob, "FULL_CONTROL")]);
    assert_grants(&g.alice.get(&acl(&g, "given")).assert_status(200), &[(&alice, "FULL_CONTROL")]);
    g.bob.get(&g.path("given")).assert_error(403, "AccessDenied");
    g.alice.get(&g.path("kept")).assert_error(403, "AccessDenied");
    // From now on all of them are, those of before too; and lists let nobody in any more.
    g.alice.request("PUT", &format!("{}?acl", g.root())).header("x-amz-acl", "private").send().assert_status(200);
    own(&g, "BucketOwnerEnforced").assert_status(200);
    g.alice.get(&g.path("kept")).assert_status(200).assert_body("b");
    assert_grants(&g.alice.get(&acl(&g, "kept")).assert_status(200), &[(&alice, "FULL_CONTROL")]);
    g.bob.get(&g.path("kept")).assert_error(403, "AccessDenied");
    put(&g, "new", "").assert_error(403, "AccessDenied");
    let listed = g.alice.get(&g.root()).assert_status(200);
    assert_eq!(listed.elements("ID"), [alice.clone(), alice]);
    own(&g, "ObjectWriter").assert_status(200);
    g.bob.get(&g.path("kept")).assert_status(200).assert_body("b");
}

#[test]
fn what_nobody_signs_is_the_bucket_owners() {
    let g = shared();
    g.alice.anonymous().put(&g.path("n"), "n").assert_status(200);
    let alice = id(&g.alice);
    assert_grants(&g.alice.get(&acl(&g, "n")).assert_status(200), &[(&alice, "FULL_CONTROL")]);
    g.alice.get(&g.path("n")).assert_status(200).assert_body("n");
    g.alice.anonymous().get(&g.path("n")).assert_error(403, "AccessDenied");
}

#[test]
fn uploads_tell_who_opened_them() {
    let g = shared();
    let (alice, bob) = (id(&g.alice), id(&g.bob));
    g.alice.put(&format!("{}?versioning", g.root()), versioning("Enabled")).assert_status(200);
    let upload = g.bob.post(&format!("{}?uploads", g.path("u")), "").assert_status(200);
    let upload = upload.element("UploadId").expect("an id");
    g.alice.post(&format!("{}?uploads", g.path("v")), "").assert_status(200);
    let listed = g.alice.get(&format!("{}?uploads", g.root())).assert_status(200);
    assert_eq!(listed.elements("ID"), [bob.clone(), bob.clone(), alice.clone(), alice]);
    let parts = g.bob.get(&format!("{}?uploadId={upload}", g.path("u"))).assert_status(200);
    assert_eq!(parts.elements("ID"), [bob.clone(), bob]);
}
