//! PutObjectLegalHold.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the hold is put or taken off | a_held_version_stays_until_the_hold_is_taken_off |
//! | 400 InvalidRequest | the bucket has no locks | what_is_no_hold_is_refused |
//! | 400 MalformedXML | the document is none | what_is_no_hold_is_refused, everywhere::a_document_that_is_none |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | 403 AccessDenied | the caller has no right to it | what_is_no_hold_is_refused |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object, or a delete marker is on top | everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |
//! | 409 OperationAborted | another has changed the object since the right to it was judged | access::tests::what_came_meanwhile_is_not_what_was_judged |

use crate::ops::Ground;
use crate::ops::locks::{ground, hold, of, put_retained, remove, version};

#[test]
fn a_held_version_stays_until_the_hold_is_taken_off() {
    let g = ground();
    let id = version(&g.put("k", "x"));
    let target = of(&g, "k", "legal-hold", &id);
    g.alice.put(&target, hold("ON")).assert_status(200).assert_body("");
    g.alice.head(&g.path("k")).assert_status(200).assert_header("x-amz-object-lock-legal-hold", "ON");
    for bypass in [false, true] {
        remove(&g, "k", &id, bypass).assert_error(403, "AccessDenied");
    }
    g.alice.delete(&g.path("k")).assert_status(204).assert_header("x-amz-delete-marker", "true");
    g.alice.put(&target, hold("OFF")).assert_status(200);
    remove(&g, "k", &id, false).assert_status(204);
}

#[test]
fn a_hold_is_beside_the_retention() {
    let g = ground();
    let id = put_retained(&g, "k", "GOVERNANCE");
    g.alice.put(&of(&g, "k", "legal-hold", &id), hold("ON")).assert_status(200);
    g.alice.head(&g.path("k")).assert_header("x-amz-object-lock-mode", "GOVERNANCE");
    remove(&g, "k", &id, true).assert_error(403, "AccessDenied");
    g.alice.put(&of(&g, "k", "legal-hold", &id), hold("OFF")).assert_status(200);
    remove(&g, "k", &id, false).assert_error(403, "AccessDenied");
    remove(&g, "k", &id, true).assert_status(204);
}

#[test]
fn what_is_no_hold_is_refused() {
    let g = ground();
    g.put("k", "x");
    let target = format!("{}?legal-hold", g.path("k"));
    for document in ["<LegalHold/>", "<Other/>", &hold("on"), &hold("abc")] {
        g.alice.put(&target, document).assert_error(400, "MalformedXML");
    }
    g.bob.put(&target, hold("ON")).assert_error(403, "AccessDenied");
    g.alice.put(&format!("{}?legal-hold", g.path("none")), hold("ON")).assert_error(404, "NoSuchKey");
    let without = Ground::new();
    without.put("k", "x");
    without.alice.put(&format!("{}?legal-hold", without.path("k")), hold("ON")).assert_error(400, "InvalidRequest");
}
