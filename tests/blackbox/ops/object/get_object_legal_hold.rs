//! GetObjectLegalHold.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the hold | a_hold_comes_back_as_it_was_put |
//! | 400 InvalidRequest | the bucket has no locks | what_is_not_there_has_none |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | 403 AccessDenied | the caller has no right to it | a_hold_comes_back_as_it_was_put |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object, or a delete marker is on top | everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchObjectLockConfiguration | no hold was ever put | a_hold_comes_back_as_it_was_put |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |

use crate::ops::Ground;
use crate::ops::locks::{ground, hold, put_retained};

#[test]
fn a_hold_comes_back_as_it_was_put() {
    let g = ground();
    put_retained(&g, "k", "GOVERNANCE");
    let target = format!("{}?legal-hold", g.path("k"));
    g.alice.get(&target).assert_error(404, "NoSuchObjectLockConfiguration");
    for status in ["ON", "OFF"] {
        g.alice.put(&target, hold(status)).assert_status(200);
        assert_eq!(g.alice.get(&target).assert_status(200).element("Status").as_deref(), Some(status));
        g.alice.head(&g.path("k")).assert_header("x-amz-object-lock-legal-hold", status);
    }
    g.bob.get(&target).assert_error(403, "AccessDenied");
}

#[test]
fn what_is_not_there_has_none() {
    let g = ground();
    g.alice.get(&format!("{}?legal-hold", g.path("none"))).assert_error(404, "NoSuchKey");
    let without = Ground::new();
    without.put("k", "x");
    without.alice.get(&format!("{}?legal-hold", without.path("k"))).assert_error(400, "InvalidRequest");
}
