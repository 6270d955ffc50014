//! GetObjectAcl.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the list | an_object_is_its_owners_alone |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | 403 AccessDenied | the caller has no right to it | an_object_is_its_owners_alone |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object | an_object_is_its_owners_alone, everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |

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
