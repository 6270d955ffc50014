//! DeleteObject.

use crate::ops::{Ground, bytes, fresh_bucket_name};

#[test]
fn an_object_goes_and_an_absent_one_is_gone_as_well() {
    let g = Ground::new();
    for size in [1, 300_000] {
        g.put("k", bytes(size));
        g.alice.delete(&g.path("k")).assert_status(204).assert_body("");
        g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
        assert!(g.keys("").is_empty());
        g.alice.delete(&g.path("k")).assert_status(204);
    }
    g.alice.delete(&g.path("never there")).assert_status(204);
    g.alice.delete(&format!("/{}/k", fresh_bucket_name())).assert_error(404, "NoSuchBucket");
    g.put("k", "again");
    g.get("k").assert_body("again");
}

#[test]
fn the_only_version_is_null() {
    let g = Ground::new();
    g.put("k", "x");
    g.alice.delete(&format!("{}?versionId=abc", g.path("k"))).assert_error(400, "InvalidArgument");
    g.get("k").assert_body("x");
    g.alice.delete(&format!("{}?versionId=null", g.path("k"))).assert_status(204);
    assert!(g.keys("").is_empty());
}

#[test]
fn a_condition_can_protect_it() {
    let g = Ground::new();
    let etag = g.put("k", "x").etag();
    let delete = |etag: &str| g.alice.request("DELETE", &g.path("k")).header("if-match", etag).send();
    delete("\"0\"").assert_error(412, "PreconditionFailed");
    g.get("k").assert_body("x");
    delete(&format!("\"{etag}\"")).assert_status(204);
    g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
}

#[test]
fn nobody_else_deletes_it() {
    let g = Ground::new();
    g.put("k", "x");
    g.bob.delete(&g.path("k")).assert_error(403, "AccessDenied");
    g.alice.anonymous().delete(&g.path("k")).assert_error(403, "AccessDenied");
    g.bob.delete(&g.path("absent")).assert_error(403, "AccessDenied");
    g.get("k").assert_body("x");
}
