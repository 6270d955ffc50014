//! PutObjectTagging.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the tags are replaced | tags_are_replaced_and_nothing_else_changes |
//! | 400 InvalidTag | too many, too long, twice, or reserved | wrong_tags_are_refused |
//! | 400 MalformedXML | the document is none | wrong_tags_are_refused, everywhere::a_document_that_is_none |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | 403 AccessDenied | the caller has no right to it | wrong_tags_are_refused |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object | everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version, or what is on top, is a delete marker | each_version_has_its_own, everywhere::a_key_or_a_version_that_is_not_there |
//! | 409 OperationAborted | another has changed the object since the right to it was judged | access::tests::what_came_meanwhile_is_not_what_was_judged |
//! | never 500 InternalError | the tags could not be applied: the store is there or it is 503 | faults::a_refused_call_is_an_error_and_changes_nothing |

use crate::client::Reply;
use crate::ops::Ground;

/// A document of these tags.
pub fn document(tags: &[(&str, &str)]) -> String {
    let tag = |(key, value): &(&str, &str)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>");
    let tags: String = tags.iter().map(tag).collect();
    format!("<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>{tags}</TagSet></Tagging>")
}

fn put(g: &Ground, query: &str, document: impl Into<Vec<u8>>) -> Reply {
    g.alice.put(&format!("{}?tagging{query}", g.path("k")), document)
}

#[test]
fn tags_are_replaced_and_nothing_else_changes() {
    let g = Ground::new();
    let before = g.put("k", "bytes");
    let modified = g.get("k").header("last-modified");
    put(&g, "", document(&[("a", "1"), ("b", "2")])).assert_status(200);
    put(&g, "", document(&[("c", "3")])).assert_status(200);
    let reply = g.get("k").assert_body("bytes").assert_header("x-amz-tagging-count", "1");
    assert_eq!((reply.etag(), reply.header("last-modified")), (before.etag(), modified));
    put(&g, "", document(&[])).assert_status(200);
    g.get("k").assert_no_header("x-amz-tagging-count");
    let large = crate::ops::bytes(400_000);
    g.put("k", large.clone());
    put(&g, "", document(&[("a", "1")])).assert_status(200);
    g.get("k").assert_body(large);
}

#[test]
fn wrong_tags_are_refused() {
    let g = Ground::new();
    g.put("k", "x");
    let many: Vec<String> = (0..11).map(|i| format!("k{i}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "v")).collect();
    put(&g, "", document(&many)).assert_error(400, "InvalidTag");
    put(&g, "", document(&many[..10])).assert_status(200);
    put(&g, "", document(&[(&"k".repeat(129), "v")])).assert_error(400, "InvalidTag");
    put(&g, "", document(&[("k", &"v".repeat(257))])).assert_error(400, "InvalidTag");
    for (tags, message, key, value) in [
        (&[("k", "1"), ("k", "2")][..], "Cannot provide multiple Tags with the same key", "k", None),
        (&[("a,b", "1")], "The TagKey you have provided is invalid", "a,b", None),
        (&[("k", "1,2")], "The TagValue you have provided is invalid", "k", Some("1,2")),
        (&[("aws:k", "1")], "Your TagKey cannot be prefixed with aws:", "aws:k", None),
    ] {
        let reply = put(&g, "", document(tags)).assert_error(400, "InvalidTag");
        assert_eq!(
            (reply.element("Message").as_deref(), reply.element("TagKey").as_deref()),
            (Some(message), Some(key))
        );
        assert_eq!(reply.element("TagValue").as_deref(), value, "{reply}");
    }
    put(&g, "", "").assert_error(400, "MissingRequestBodyError");
    put(&g, "", "<Tagging/>").assert_error(400, "MalformedXML");
    assert_eq!(g.alice.get(&format!("{}?tagging", g.path("k"))).elements("Key").len(), 10);
    g.bob.put(&format!("{}?tagging", g.path("k")), document(&[])).assert_error(403, "AccessDenied");
    g.alice.put(&format!("{}?tagging", g.path("absent")), document(&[])).assert_error(404, "NoSuchKey");
}

#[test]
fn each_version_has_its_own() {
    let g = Ground::new();
    g.versioning("Enabled");
    let id = |reply: Reply| reply.header("x-amz-version-id").expect("is a version");
    let (old, new) = (id(g.put("k", "old")), id(g.put("k", "new")));
    assert_eq!(id(put(&g, &format!("&versionId={old}"), document(&[("old", "1")])).assert_status(200)), old);
    assert_eq!(id(put(&g, "", document(&[("new", "1")])).assert_status(200)), new);
    for (version, key, body) in [(&old, "old", "old"), (&new, "new", "new")] {
        let reply = g.alice.get(&format!("{}?tagging&versionId={version}", g.path("k"))).assert_status(200);
        assert_eq!(reply.elements("Key"), [key]);
        g.alice.get(&format!("{}?versionId={version}", g.path("k"))).assert_status(200).assert_body(body);
    }
    let marker = id(g.alice.delete(&g.path("k")).assert_status(204));
    put(&g, "", document(&[])).assert_error(405, "MethodNotAllowed");
    put(&g, &format!("&versionId={marker}"), document(&[])).assert_error(405, "MethodNotAllowed");
}
