//! DeletePublicAccessBlock of S3 Control.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the switches are off, or were | the_switches_are_off_again |
//! | 400 InvalidRequest | signed by V2 | access::no_operation_of_the_table_is_open_to_strangers |
//! | 403 AccessDenied | the caller has no right to it | the_switches_are_off_again |

use crate::ops::Ground;
use crate::ops::bucket::put_public_access_block::document;
use crate::ops::control::switches;

#[test]
fn the_switches_are_off_again() {
    let g = Ground::apart();
    let text = document(&[("BlockPublicAcls", "true")]);
    switches("PUT", &g.alice, &g.alice).body(text).send().assert_status(200);
    switches("DELETE", &g.bob, &g.alice).send().assert_error(403, "AccessDenied");
    for _ in 0..2 {
        switches("DELETE", &g.alice, &g.alice).send().assert_status(204);
        switches("GET", &g.alice, &g.alice).send().assert_error(404, "NoSuchPublicAccessBlockConfiguration");
    }
    g.alice.request("PUT", &format!("{}?acl", g.root())).header("x-amz-acl", "public-read").send().assert_status(200);
}
