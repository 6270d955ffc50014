//! Whoever does not sign may do what everybody may, and hears of a missing key what everybody may hear.

use crate::client::Form;
use crate::ops::Ground;
use crate::ops::bucket::put_bucket_policy::{policy, put};

fn list_of(g: &Ground, target: &str, canned: &str) {
    g.alice.request("PUT", &format!("{target}?acl")).header("x-amz-acl", canned).send().assert_status(200);
}

#[test]
fn a_public_bucket_is_listed_and_its_objects_are_not_read() {
    let g = Ground::new();
    g.put("private", "x");
    list_of(&g, &g.root(), "public-read");
    let nobody = g.alice.anonymous();
    assert_eq!(nobody.get(&g.root()).assert_status(200).elements("Key"), ["private"]);
    nobody.head(&g.root()).assert_status(200);
    nobody.get(&g.path("private")).assert_error(403, "AccessDenied");
    nobody.get(&g.path("missing")).assert_error(404, "NoSuchKey");
    nobody.head(&g.path("missing")).assert_status(404);
    nobody.put(&g.path("new"), "x").assert_error(403, "AccessDenied");
    nobody.delete(&g.path("private")).assert_error(403, "AccessDenied");
    list_of(&g, &g.path("private"), "public-read");
    nobody.get(&g.path("private")).assert_status(200).assert_body("x");
    nobody.head(&g.path("private")).assert_status(200);
    nobody.get(&format!("{}?acl", g.path("private"))).assert_error(403, "AccessDenied");
}

#[test]
fn what_everybody_may_write_is_the_owners() {
    let g = Ground::new();
    list_of(&g, &g.root(), "public-read-write");
    let nobody = g.alice.anonymous();
    nobody.put(&g.path("put"), "by nobody").assert_status(200);
    Form::bare(&nobody, &g.bucket).field("key", "formed").file("f", "by a form").send().assert_status(204);
    g.get("put").assert_body("by nobody");
    g.get("formed").assert_body("by a form");
    nobody.get(&g.path("put")).assert_error(403, "AccessDenied");
    nobody.delete(&g.path("put")).assert_status(204);
    assert_eq!(g.keys(""), ["formed"]);
}

#[test]
fn a_policy_may_let_everybody_read_without_listing() {
    let g = Ground::new();
    g.put("k", "x");
    let nobody = g.alice.anonymous();
    let missing = |status: u16| {
        for client in [nobody.clone(), g.bob.clone()] {
            let reply = client.get(&g.path("missing"));
            assert_eq!(reply.status, status, "{reply}");
            client.head(&g.path("missing")).assert_status(status);
        }
        g.alice.get(&g.path("missing")).assert_error(404, "NoSuchKey");
    };
    missing(403);
    put(&g, policy("Allow", "\"*\"", "s3:GetObject", &g.bucket)).assert_status(204);
    nobody.get(&g.path("k")).assert_status(200).assert_body("x");
    nobody.get(&g.root()).assert_error(403, "AccessDenied");
    missing(403);
    put(&g, policy("Allow", "\"*\"", "s3:*", &g.bucket)).assert_status(204);
    missing(404);
    nobody.put(&g.path("new"), "y").assert_status(200);
    g.get("new").assert_body("y");
}
