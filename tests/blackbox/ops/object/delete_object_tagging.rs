//! DeleteObjectTagging.

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
