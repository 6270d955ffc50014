//! GetBucketAcl.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the list | the_owner_has_full_control_and_nobody_else_anything |
//! | 403 AccessDenied | the caller has no right to it | the_owner_has_full_control_and_nobody_else_anything |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::ops::Ground;
use crate::ops::acls::{assert_grants, id};

#[test]
fn the_owner_has_full_control_and_nobody_else_anything() {
    let g = Ground::new();
    let owner = id(&g.alice);
    let reply = g.alice.get(&format!("{}?acl", g.root())).assert_status(200);
    assert_grants(&reply, &[(&owner, "FULL_CONTROL")]);
    assert_eq!(reply.elements("DisplayName"), ["alice", "alice"]);
    assert!(reply.text().contains("xsi:type=\"CanonicalUser\""), "{reply}");
    g.bob.get(&format!("{}?acl", g.root())).assert_error(403, "AccessDenied");
}
