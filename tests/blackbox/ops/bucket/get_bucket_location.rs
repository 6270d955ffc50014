//! GetBucketLocation. Elsewhere than us-east-1: see CreateBucket.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the region | us_east_1_is_an_empty_element |
//! | 403 AccessDenied | the caller has no right to it | access::no_operation_of_the_table_is_open_to_strangers |
//! | 404 NoSuchBucket | there is no such bucket | us_east_1_is_an_empty_element |

use crate::ops::{Ground, fresh_bucket_name};

#[test]
fn us_east_1_is_an_empty_element() {
    let g = Ground::new();
    // Cyberduck sends `?x=`, others `?x`.
    for query in ["location", "location="] {
        let reply = g.alice.get(&format!("{}?{query}", g.root())).assert_status(200);
        assert_eq!(reply.element("LocationConstraint").as_deref(), Some(""), "{reply}");
        assert!(reply.text().contains("http://s3.amazonaws.com/doc/2006-03-01/"));
    }
    g.alice.v2().get(&format!("{}?location", g.root())).assert_status(200);
    g.alice.get(&format!("/{}?location", fresh_bucket_name())).assert_error(404, "NoSuchBucket");
}
