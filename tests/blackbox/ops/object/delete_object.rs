//! DeleteObject.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | it is gone, or was | an_object_goes_and_an_absent_one_is_gone_as_well |
//! | 400 InvalidArgument | `versionId` or a condition is none | the_only_version_is_null, a_time_and_a_size_are_conditions_too |
//! | 403 AccessDenied | no right to it, or a lock | nobody_else_deletes_it, a_locked_version_is_covered_and_not_removed |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | `If-Match` of what is not there, or of a delete marker | a_condition_can_protect_it |
//! | never 409 ConditionalRequestConflict | a write at the same time: one of them is judged on the other | histories::answers_about_an_unversioned_bucket_have_an_order |
//! | 412 PreconditionFailed | `If-Match` does not hold | a_condition_can_protect_it |

use crate::ops::{Ground, bytes, fresh_bucket_name, locks};

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
    let missing = delete("*").assert_error(404, "NoSuchKey");
    assert_eq!(missing.element("Key").as_deref(), Some("k"));
    g.versioning("Enabled");
    g.put("k", "y");
    delete("*").assert_status(204);
    // What is on top now is a marker.
    for tag in ["*", &etag, "\"0\""] {
        delete(tag).assert_error(404, "NoSuchKey");
    }
}

/// `x-amz-if-match-*` are taken here as Ceph's gateway takes them.
#[test]
fn a_time_and_a_size_are_conditions_too() {
    let g = Ground::new();
    g.put("k", "four");
    let modified = g.get("k").header("last-modified").expect("a time");
    let delete =
        |key: &str, name: &str, value: &str| g.alice.request("DELETE", &g.path(key)).header(name, value).send();
    let (time, size) = ("x-amz-if-match-last-modified-time", "x-amz-if-match-size");
    let failed = delete("k", size, "5").assert_error(412, "PreconditionFailed");
    assert_eq!(failed.element("Condition").as_deref(), Some(size));
    delete("k", time, "Mon, 01 Jan 2001 00:00:00 GMT").assert_error(412, "PreconditionFailed");
    delete("k", size, "many").assert_error(400, "InvalidArgument");
    delete("k", time, "never").assert_error(400, "InvalidArgument");
    delete("none", size, "4").assert_status(204);
    let both = g.alice.request("DELETE", &g.path("k")).header(time, modified).header(size, "4").send();
    both.assert_status(204);
    assert!(g.keys("").is_empty());
    g.alice.request("PUT", &g.path("k")).header(size, "4").body("x").send().assert_error(501, "NotImplemented");
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

#[test]
fn a_locked_version_is_covered_and_not_removed() {
    let g = locks::ground();
    for (mode, bypassed) in [("GOVERNANCE", 204), ("COMPLIANCE", 403)] {
        let id = locks::put_retained(&g, "k", mode);
        let marker = g.alice.delete(&g.path("k")).assert_status(204).assert_header("x-amz-delete-marker", "true");
        let refused = locks::remove(&g, "k", &id, false).assert_error(403, "AccessDenied");
        assert!(refused.element("Message").is_some_and(|m| m.contains("object lock")), "{refused}");
        g.alice.get(&format!("{}?versionId={id}", g.path("k"))).assert_status(200).assert_body("kept");
        locks::remove(&g, "k", &locks::version(&marker), false).assert_status(204);
        locks::remove(&g, "k", &id, true).assert_status(bypassed);
    }
    // Where nothing can be locked the header means nothing.
    let without = Ground::new();
    without.put("k", "x");
    locks::remove(&without, "k", "null", true).assert_status(204);
}
