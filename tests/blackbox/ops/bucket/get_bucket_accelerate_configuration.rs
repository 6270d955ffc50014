//! GetBucketAccelerateConfiguration.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | what has been set; empty where nothing was | nothing_is_said_until_it_was_suspended |
//! | 403 AccessDenied | the caller has no right to it | nothing_is_said_until_it_was_suspended |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::ops::Ground;
use crate::ops::bucket::put_bucket_accelerate_configuration::document;

#[test]
fn nothing_is_said_until_it_was_suspended() {
    let g = Ground::new();
    let target = format!("{}?accelerate", g.root());
    let reply = g.alice.get(&target).assert_status(200);
    assert_eq!(reply.element("AccelerateConfiguration").as_deref(), Some(""), "{reply}");
    g.alice.put(&target, document("Suspended")).assert_status(200);
    let reply = g.alice.get(&target).assert_status(200);
    assert_eq!(reply.elements("Status"), ["Suspended"], "{reply}");
    g.bob.get(&target).assert_error(403, "AccessDenied");
}
