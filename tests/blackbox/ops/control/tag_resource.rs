//! TagResource.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the tags are added or replaced | tags_are_added_and_replaced |
//! | 400 InvalidTag | too many, twice, or reserved | what_is_wrong_changes_nothing |
//! | 400 MalformedXML | the document is none | what_is_wrong_changes_nothing |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 400 InvalidRequest | signed by V2 | access::no_operation_of_the_table_is_open_to_strangers |
//! | 403 AccessDenied | the caller has no right to it | what_is_wrong_changes_nothing |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use super::{document, resource, tagged};

#[test]
fn tags_are_added_and_replaced() {
    let g = tagged();
    let target = resource(&g.bucket);
    g.alice.post(&target, document(&[("b", "new"), ("c", "3")])).assert_status(204).assert_body("");
    let reply = g.alice.get(&target).assert_status(200);
    assert_eq!(
        (reply.elements("Key"), reply.elements("Value")),
        (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], vec!["1".to_owned(), "new".to_owned(), "3".to_owned()])
    );
}

#[test]
fn what_is_wrong_changes_nothing() {
    let g = tagged();
    let target = resource(&g.bucket);
    for wrong in ["<Other/>", "<TagResourceRequest/>"] {
        g.alice.post(&target, wrong).assert_error(400, "MalformedXML");
    }
    g.alice.post(&target, document(&[("aws:x", "1")])).assert_error(400, "InvalidTag");
    g.alice.post(&target, document(&[("x", "1"), ("x", "2")])).assert_error(400, "InvalidTag");
    let many: Vec<String> = (0..49).map(|i| format!("k{i}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
    g.alice.post(&target, document(&many)).assert_error(400, "InvalidTag");
    g.bob.post(&target, document(&[("x", "1")])).assert_error(403, "AccessDenied");
    assert_eq!(g.alice.get(&target).assert_status(200).elements("Key"), ["a", "b"]);
    g.alice.post(&target, document(&many[1..])).assert_status(204);
}
