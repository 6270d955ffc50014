//! GetBucketCors.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the rules | only_what_was_set_is_told |
//! | 403 AccessDenied | the caller has no right to it | a_bucket_without_rules_says_so_by_its_name |
//! | 404 NoSuchBucket | there is no such bucket | a_bucket_without_rules_says_so_by_its_name |
//! | 404 NoSuchCORSConfiguration | it has none | a_bucket_without_rules_says_so_by_its_name |

use super::put_bucket_cors::{put, rule};
use crate::ops::Ground;

#[test]
fn a_bucket_without_rules_says_so_by_its_name() {
    let g = Ground::new();
    let target = format!("{}?cors", g.root());
    let none = g.alice.get(&target).assert_error(404, "NoSuchCORSConfiguration");
    assert_eq!(none.element("BucketName"), Some(g.bucket.clone()));
    assert_eq!(none.element("Message").as_deref(), Some("The CORS configuration does not exist"));
    g.bob.get(&target).assert_error(403, "AccessDenied");
    g.alice.get(&format!("/{}-none?cors", g.bucket)).assert_error(404, "NoSuchBucket");
}

#[test]
fn only_what_was_set_is_told() {
    let g = Ground::new();
    put(&g, &rule(&[""], &["GET"], "")).assert_status(200);
    let told = g.alice.get(&format!("{}?cors=", g.root())).assert_status(200);
    assert_eq!(told.elements("AllowedOrigin"), [""]);
    for name in ["ID", "AllowedHeader", "ExposeHeader", "MaxAgeSeconds"] {
        assert!(told.elements(name).is_empty(), "{told}");
    }
}
