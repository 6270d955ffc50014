//! DeleteObjectTagging.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the tags are gone, or were | all_tags_go_and_the_object_stays |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | 403 AccessDenied | the caller has no right to it | all_tags_go_and_the_object_stays |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object, or a delete marker is on top | everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |
//! | 409 OperationAborted | another has changed the object since the right to it was judged | access::tests::what_came_meanwhile_is_not_what_was_judged |

use super::put_object_tagging::document;
use crate::ops::Ground;

#[test]
fn all_tags_go_and_the_object_stays() {
    let g = Ground::new();
    let target = format!("{}?tagging", g.path("k"));
    g.put("k", "bytes");
    g.alice.put(&target, document(&[("a", "1")])).assert_status(200);
    g.bob.delete(&target).assert_error(403, "AccessDenied");
    g.alice.delete(&target).assert_status(204);
    g.alice.delete(&target).assert_status(204);
    assert!(g.alice.get(&target).assert_status(200).elements("Key").is_empty());
    g.get("k").assert_body("bytes");
    g.alice.delete(&format!("{}?tagging", g.path("absent"))).assert_error(404, "NoSuchKey");
}
