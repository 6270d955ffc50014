//! GetObjectLockConfiguration.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the configuration | the_configuration_comes_back |
//! | 403 AccessDenied | the caller has no right to it | the_configuration_comes_back |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 ObjectLockConfigurationNotFoundError | it has none | a_bucket_without_locks_has_none |

use crate::ops::Ground;
use crate::ops::locks::{configure, ground};

#[test]
fn the_configuration_comes_back() {
    let g = ground();
    let target = format!("{}?object-lock", g.root());
    let bare = g.alice.get(&target).assert_status(200);
    assert_eq!(bare.elements("ObjectLockEnabled"), ["Enabled"]);
    assert!(bare.elements("Rule").is_empty(), "{bare}");
    configure(&g, "<Mode>GOVERNANCE</Mode><Days>1</Days>").assert_status(200);
    let ruled = g.alice.get(&target).assert_status(200);
    assert_eq!((ruled.elements("Mode"), ruled.elements("Days")), (vec!["GOVERNANCE".into()], vec!["1".into()]));
    assert!(ruled.elements("Years").is_empty(), "{ruled}");
    g.bob.get(&target).assert_error(403, "AccessDenied");
}

#[test]
fn a_bucket_without_locks_has_none() {
    let g = Ground::new();
    g.versioning("Enabled");
    let none = g.alice.get(&format!("{}?object-lock", g.root()));
    let none = none.assert_error(404, "ObjectLockConfigurationNotFoundError");
    assert_eq!(none.element("BucketName"), Some(g.bucket.clone()));
}
