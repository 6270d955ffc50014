//! UntagResource.

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
