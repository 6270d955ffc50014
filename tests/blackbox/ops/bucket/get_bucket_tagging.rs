//! GetBucketTagging.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the tags | tags_of_the_creation_are_there |
//! | 403 AccessDenied | the caller has no right to it | none_is_an_error |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchTagSet | it has none | none_is_an_error |

use crate::ops::Ground;

#[test]
fn tags_of_the_creation_are_there() {
    let g = Ground::new();
    let name = crate::ops::fresh_bucket_name();
    let body =
        "<CreateBucketConfiguration><Tags><Tag><Key>a</Key><Value>1</Value></Tag></Tags></CreateBucketConfiguration>";
    g.alice.put(&format!("/{name}"), body).assert_status(200);
    assert_eq!(g.alice.get(&format!("/{name}?tagging")).assert_status(200).elements("Key"), ["a"]);
}

#[test]
fn none_is_an_error() {
    let g = Ground::new();
    g.alice.get(&format!("{}?tagging", g.root())).assert_error(404, "NoSuchTagSet");
    g.bob.get(&format!("{}?tagging", g.root())).assert_error(403, "AccessDenied");
}
