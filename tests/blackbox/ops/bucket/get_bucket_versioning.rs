//! GetBucketVersioning.

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
