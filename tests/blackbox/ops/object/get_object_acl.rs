//! GetObjectAcl.

use crate::ops::Ground;
use crate::ops::acls::{assert_grants, id};

#[test]
fn an_object_is_its_owners_alone() {
    let g = Ground::new();
    g.put("k", "x");
    let alice = id(&g.alice);
    let acl = format!("{}?acl", g.path("k"));
    let reply = g.alice.get(&acl).assert_status(200);
    assert_grants(&reply, &[(&alice, "FULL_CONTROL")]);
    assert_eq!(reply.elements("ID"), [alice.clone(), alice]);
    g.alice.get(&format!("{}?acl", g.path("none"))).assert_error(404, "NoSuchKey");
    g.bob.get(&acl).assert_error(403, "AccessDenied");
}
