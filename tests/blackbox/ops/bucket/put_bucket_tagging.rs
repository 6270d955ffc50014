//! PutBucketTagging.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the tags are replaced | tags_are_replaced |
//! | 400 InvalidTag | too many, too long, twice, or reserved | wrong_tags_are_refused |
//! | 400 MalformedXML | the document is none | wrong_tags_are_refused |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the caller has no right to it | wrong_tags_are_refused |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | never 409 OperationAborted | another change at the same time: each is made on what the other left | changes_at_once_are_all_made |
//! | never 500 InternalError | the tags could not be applied: the store is there or it is 503 | faults::a_refused_call_is_an_error_and_changes_nothing |

use crate::ops::bucket::put_bucket_request_payment::payment;
use crate::ops::object::put_object_tagging::document;
use crate::ops::{Ground, insist};

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

/// Each change is made on what the other has left.
#[test]
fn changes_at_once_are_all_made() {
    let g = Ground::new();
    let (tags, payer) = (format!("{}?tagging", g.root()), format!("{}?requestPayment", g.root()));
    for round in 0..10 {
        let wanted = ["Requester", "BucketOwner"][round % 2];
        std::thread::scope(|scope| {
            scope.spawn(|| insist(|| g.alice.put(&payer, payment(wanted))).assert_status(200));
            insist(|| g.alice.put(&tags, document(&[("round", &round.to_string())]))).assert_status(204);
        });
        assert_eq!(g.alice.get(&tags).assert_status(200).elements("Value"), [round.to_string()]);
        assert_eq!(g.alice.get(&payer).assert_status(200).elements("Payer"), [wanted]);
    }
}
