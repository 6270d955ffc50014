//! DeleteBucketOwnershipControls.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | it is gone, or was | what_was_said_is_gone |
//! | 403 AccessDenied | the caller has no right to it | what_was_said_is_gone |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::ops::Ground;
use crate::ops::bucket::put_bucket_ownership_controls::own;

#[test]
fn what_was_said_is_gone() {
    let g = Ground::new();
    let target = format!("{}?ownershipControls", g.root());
    own(&g, "BucketOwnerEnforced").assert_status(200);
    g.bob.delete(&target).assert_error(403, "AccessDenied");
    for _ in 0..2 {
        g.alice.delete(&target).assert_status(204);
        g.alice.get(&target).assert_error(404, "OwnershipControlsNotFoundError");
    }
    g.put("k", "x");
    let acl = format!("{}?acl", g.path("k"));
    g.alice.request("PUT", &acl).header("x-amz-acl", "public-read").send().assert_status(200);
}
