//! GetBucketAcl.

use crate::ops::Ground;

#[test]
fn the_owner_has_full_control_and_nobody_else_anything() {
    let g = Ground::new();
    let owner = g.alice.get("/").element("ID").expect("an owner has an id");
    let reply = g.alice.get(&format!("{}?acl", g.root())).assert_status(200);
    assert_eq!(reply.elements("ID"), [owner.clone(), owner]);
    assert_eq!(reply.elements("Permission"), ["FULL_CONTROL"]);
    assert!(reply.text().contains("xsi:type=\"CanonicalUser\""), "{reply}");
    g.bob.get(&format!("{}?acl", g.root())).assert_error(403, "AccessDenied");
}
