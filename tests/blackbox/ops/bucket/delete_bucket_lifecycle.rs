//! DeleteBucketLifecycle.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the rules are gone, or were | rules_are_gone_and_may_be_gone_already |
//! | 403 AccessDenied | the caller has no right to it | put_bucket_lifecycle_configuration::who_may |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use super::put_bucket_lifecycle_configuration::{put, rule};
use crate::ops::Ground;

#[test]
fn rules_are_gone_and_may_be_gone_already() {
    let g = Ground::new();
    let target = format!("{}?lifecycle", g.root());
    g.alice.delete(&target).assert_status(204);
    put(&g, &rule("a", "<Filter/><Expiration><Days>3</Days></Expiration>")).assert_status(200);
    g.alice.delete(&target).assert_status(204);
    g.alice.get(&target).assert_error(404, "NoSuchLifecycleConfiguration");
    g.put("k", "x").assert_no_header("x-amz-expiration");
    g.alice.head(&g.root()).assert_status(200);
}
