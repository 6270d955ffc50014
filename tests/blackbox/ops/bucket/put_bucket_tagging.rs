//! PutBucketTagging.

use crate::ops::Ground;
use crate::ops::object::put_object_tagging::document;

#[test]
fn tags_are_replaced() {
    let g = Ground::new();
    let target = format!("{}?tagging", g.root());
    g.alice.put(&target, document(&[("a", "1"), ("b", "2")])).assert_status(204);
    g.alice.put(&target, document(&[("c", "3")])).assert_status(204);
    let reply = g.alice.get(&target).assert_status(200);
    assert_eq!((reply.elements("Key"), reply.elements("Value")), (vec!["c".into()], vec!["3".into()]));
    g.put("k", "x");
    g.get("k").assert_no_header("x-amz-tagging-count");
}

#[test]
fn wrong_tags_are_refused() {
    let g = Ground::new();
    let target = format!("{}?tagging", g.root());
    let many: Vec<String> = (0..51).map(|i| format!("k{i}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "v")).collect();
    g.alice.put(&target, document(&many)).assert_error(400, "InvalidTag");
    g.alice.put(&target, document(&many[..50])).assert_status(204);
    g.alice.put(&target, "<Tagging/>").assert_error(400, "MalformedXML");
    g.bob.put(&target, document(&[])).assert_error(403, "AccessDenied");
    assert_eq!(g.alice.get(&target).elements("Key").len(), 50);
}
