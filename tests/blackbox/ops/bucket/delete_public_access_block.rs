//! DeletePublicAccessBlock.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the switches are off, or were | the_switches_are_off_again |
//! | 403 AccessDenied | the caller has no right to it | the_switches_are_off_again |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::ops::Ground;
use crate::ops::bucket::put_public_access_block::block;

#[test]
fn the_switches_are_off_again() {
    let g = Ground::new();
    let target = format!("{}?publicAccessBlock", g.root());
    block(&g, "BlockPublicAcls").assert_status(200);
    g.bob.delete(&target).assert_error(403, "AccessDenied");
    for _ in 0..2 {
        g.alice.delete(&target).assert_status(204);
        g.alice.get(&target).assert_error(404, "NoSuchPublicAccessBlockConfiguration");
    }
    g.alice.request("PUT", &format!("{}?acl", g.root())).header("x-amz-acl", "public-read").send().assert_status(200);
}
