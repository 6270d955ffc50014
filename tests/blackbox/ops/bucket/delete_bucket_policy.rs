//! DeleteBucketPolicy.

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
