//! DeleteBucketTagging.

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
