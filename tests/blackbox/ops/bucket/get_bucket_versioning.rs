//! GetBucketVersioning.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the state, if it was ever set | what_was_never_asked_for_is_an_empty_document |
//! | 403 AccessDenied | the caller has no right to it | what_was_never_asked_for_is_an_empty_document |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::ops::Ground;

#[test]
fn what_was_never_asked_for_is_an_empty_document() {
    let g = Ground::new();
    let target = format!("{}?versioning", g.root());
    let reply = g.alice.get(&target).assert_status(200);
    assert_eq!(reply.element("VersioningConfiguration").as_deref(), Some(""), "{reply}");
    g.bob.get(&target).assert_error(403, "AccessDenied");
    for state in ["Enabled", "Suspended"] {
        g.versioning(state);
        let reply = g.alice.get(&target).assert_status(200);
        assert_eq!(reply.element("Status").as_deref(), Some(state), "{reply}");
    }
}
