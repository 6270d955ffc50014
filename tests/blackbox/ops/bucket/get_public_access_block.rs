//! GetPublicAccessBlock.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the switches | it_is_there_once_it_was_put |
//! | 403 AccessDenied | the caller has no right to it | it_is_there_once_it_was_put |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchPublicAccessBlockConfiguration | it has none | it_is_there_once_it_was_put |

use crate::ops::Ground;
use crate::ops::bucket::put_public_access_block::document;

#[test]
fn it_is_there_once_it_was_put() {
    let g = Ground::new();
    let target = format!("{}?publicAccessBlock", g.root());
    g.alice.get(&target).assert_error(404, "NoSuchPublicAccessBlockConfiguration");
    g.alice.put(&target, document(&[("IgnorePublicAcls", "TRUE"), ("BlockPublicAcls", "false")])).assert_status(200);
    let reply = g.alice.get(&target).assert_status(200);
    assert_eq!(reply.element("IgnorePublicAcls").as_deref(), Some("true"), "{reply}");
    assert_eq!(reply.element("RestrictPublicBuckets").as_deref(), Some("false"), "{reply}");
    g.bob.get(&target).assert_error(403, "AccessDenied");
}
