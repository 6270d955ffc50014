//! DeleteBucketTagging.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the tags are gone, or were | all_tags_go |
//! | 403 AccessDenied | the caller has no right to it | all_tags_go |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::ops::Ground;
use crate::ops::object::put_object_tagging::document;

#[test]
fn all_tags_go() {
    let g = Ground::new();
    let target = format!("{}?tagging", g.root());
    g.alice.put(&target, document(&[("a", "1")])).assert_status(204);
    g.bob.delete(&target).assert_error(403, "AccessDenied");
    g.alice.delete(&target).assert_status(204);
    g.alice.delete(&target).assert_status(204);
    g.alice.get(&target).assert_error(404, "NoSuchTagSet");
}
