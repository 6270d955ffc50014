//! GetObjectAcl.

use crate::ops::Ground;

#[test]
fn the_owner_has_full_control_and_nobody_else_anything() {
    let g = Ground::new();
    g.put("k", "x");
    let owner = g.alice.get("/").element("ID").expect("an owner has an id");
    let reply = g.alice.get(&format!("{}?acl", g.path("k"))).assert_status(200);
    assert_eq!(reply.elements("ID"), [owner.clone(), owner]);
    assert_eq!(reply.elements("Permission"), ["FULL_CONTROL"]);
    g.alice.get(&format!("{}?acl", g.path("none"))).assert_error(404, "NoSuchKey");
    g.bob.get(&format!("{}?acl", g.path("k"))).assert_error(403, "AccessDenied");
}
