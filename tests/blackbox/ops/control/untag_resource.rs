//! UntagResource.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the tags are gone, or were | the_named_tags_go |
//! | 400 InvalidRequest | signed by V2 | the_named_tags_go |
//! | 403 AccessDenied | the caller has no right to it | the_named_tags_go |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 405 MethodNotAllowed | no tag is named | the_named_tags_go |

use super::{resource, tagged};

#[test]
fn the_named_tags_go() {
    let g = tagged();
    let target = resource(&g.bucket);
    g.bob.delete(&format!("{target}?tagKeys=a")).assert_error(403, "AccessDenied");
    g.alice.delete(&format!("{target}?tagKeys=none")).assert_status(204);
    g.alice.delete(&target).assert_error(405, "MethodNotAllowed");
    g.alice.v2().delete(&format!("{target}?tagKeys=a")).assert_error(400, "InvalidRequest");
    assert_eq!(g.alice.get(&target).assert_status(200).elements("Key"), ["a", "b"]);
    g.alice.delete(&format!("{target}?tagKeys=a&tagKeys=c")).assert_status(204);
    assert_eq!(g.alice.get(&target).assert_status(200).elements("Key"), ["b"]);
    g.alice.delete(&format!("{target}?tagKeys=b")).assert_status(204);
    g.alice.get(&format!("{}?tagging", g.root())).assert_error(404, "NoSuchTagSet");
}
