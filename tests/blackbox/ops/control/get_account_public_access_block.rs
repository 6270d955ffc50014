//! GetPublicAccessBlock of S3 Control.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the switches | the_switches_are_told_in_the_namespace_of_s3_control |
//! | 400 InvalidRequest | signed by V2 | access::no_operation_of_the_table_is_open_to_strangers |
//! | 403 AccessDenied | the caller has no right to it | the_switches_are_told_in_the_namespace_of_s3_control |
//! | 404 NoSuchPublicAccessBlockConfiguration | it has none | the_switches_are_told_in_the_namespace_of_s3_control |

use crate::ops::Ground;
use crate::ops::bucket::put_public_access_block::document;
use crate::ops::control::switches;

#[test]
fn the_switches_are_told_in_the_namespace_of_s3_control() {
    let g = Ground::apart();
    let get = || switches("GET", &g.alice, &g.alice).send();
    get().assert_error(404, "NoSuchPublicAccessBlockConfiguration");
    let text = document(&[("RestrictPublicBuckets", "TRUE")]);
    switches("PUT", &g.alice, &g.alice).body(text).send().assert_status(200);
    let reply = get().assert_status(200);
    assert_eq!(reply.element("RestrictPublicBuckets").as_deref(), Some("true"), "{reply}");
    assert_eq!(reply.element("BlockPublicAcls").as_deref(), Some("false"), "{reply}");
    assert!(reply.text().contains("http://awss3control.amazonaws.com/doc/2018-08-20/"), "{reply}");
    switches("GET", &g.bob, &g.alice).send().assert_error(403, "AccessDenied");
    switches("GET", &g.bob, &g.bob).send().assert_error(404, "NoSuchPublicAccessBlockConfiguration");
}
