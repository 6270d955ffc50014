//! GetObjectRetention.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the retention | a_retention_comes_back_as_it_was_put |
//! | 400 InvalidRequest | the bucket has no locks | what_is_not_there_has_none |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | 403 AccessDenied | the caller has no right to it | a_retention_comes_back_as_it_was_put |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object, or a delete marker is on top | everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchObjectLockConfiguration | the version has none | a_retention_comes_back_as_it_was_put |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |

use crate::ops::Ground;
use crate::ops::locks::{FAR, ground, of, put_retained, retention, version};

#[test]
fn a_retention_comes_back_as_it_was_put() {
    let g = ground();
    let old = put_retained(&g, "k", "COMPLIANCE");
    let new = version(&g.put("k", "free"));
    let read = |target: &str| g.alice.get(target);
    let reply = read(&of(&g, "k", "retention", &old)).assert_status(200);
    assert_eq!(
        (reply.element("Mode"), reply.element("RetainUntilDate")),
        (Some("COMPLIANCE".into()), Some(FAR.into()))
    );
    read(&of(&g, "k", "retention", &new)).assert_error(404, "NoSuchObjectLockConfiguration");
    let target = format!("{}?retention", g.path("k"));
    read(&target).assert_error(404, "NoSuchObjectLockConfiguration");
    let exact = "2099-01-01T01:02:03.123456Z";
    g.alice.put(&target, retention("GOVERNANCE", exact)).assert_status(200);
    assert_eq!(read(&target).assert_status(200).element("RetainUntilDate").as_deref(), Some(exact));
    g.bob.get(&target).assert_error(403, "AccessDenied");
}

#[test]
fn what_is_not_there_has_none() {
    let g = ground();
    g.alice.get(&format!("{}?retention", g.path("none"))).assert_error(404, "NoSuchKey");
    let without = Ground::new();
    without.put("k", "x");
    without.alice.get(&format!("{}?retention", without.path("k"))).assert_error(400, "InvalidRequest");
}
