//! DeleteBucketPolicy.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the policy is gone, or was | what_it_gave_is_gone |
//! | 403 AccessDenied | the caller has no right to it | what_it_gave_is_gone |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 405 MethodNotAllowed | allowed, but to another account | put_bucket_policy::another_account_does_not_touch_it_whatever_it_may |

use crate::ops::Ground;
use crate::ops::bucket::put_bucket_policy::{policy, put};

#[test]
fn what_it_gave_is_gone() {
    let g = Ground::new();
    g.put("k", "x");
    let (target, nobody) = (format!("{}?policy", g.root()), g.alice.anonymous());
    put(&g, policy("Allow", "\"*\"", "s3:GetObject", &g.bucket)).assert_status(204);
    nobody.get(&g.path("k")).assert_status(200);
    g.bob.delete(&target).assert_error(403, "AccessDenied");
    for _ in 0..2 {
        g.alice.delete(&target).assert_status(204);
        g.alice.get(&target).assert_error(404, "NoSuchBucketPolicy");
    }
    nobody.get(&g.path("k")).assert_error(403, "AccessDenied");
}
