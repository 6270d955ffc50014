//! PutObjectRetention.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the retention is set, extended, or shortened with the right to | governance_is_extended_by_everyone_and_shortened_with_a_bypass |
//! | 400 InvalidRequest | the bucket has no locks | what_is_no_retention_is_refused |
//! | 400 InvalidArgument | the date is past | what_is_no_retention_is_refused |
//! | 400 MalformedXML | a mode or date that is none | what_is_no_retention_is_refused, everywhere::a_document_that_is_none |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the lock forbids it, or no right to it | compliance_is_shortened_by_nobody, what_is_no_retention_is_refused |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object | a_version_is_named_and_only_that_one_is_locked |
//! | 404 NoSuchVersion | there is no such version | a_version_is_named_and_only_that_one_is_locked |
//! | 405 MethodNotAllowed | the version is a delete marker | a_version_is_named_and_only_that_one_is_locked |
//! | 409 OperationAborted | another has changed the object since the right to it was judged | access::tests::what_came_meanwhile_is_not_what_was_judged |

use crate::ops::Ground;
use crate::ops::locks::{FAR, FARTHER, ground, of, put_retained, remove, retention, version};

/// Asks for a retention of the current version of `k`.
fn retain(g: &Ground, document: impl Into<Vec<u8>>, bypass: bool) -> crate::client::Reply {
    let request = g.alice.request("PUT", &format!("{}?retention", g.path("k"))).body(document);
    if bypass { request.header("x-amz-bypass-governance-retention", "true").send() } else { request.send() }
}

#[test]
fn governance_is_extended_by_everyone_and_shortened_with_a_bypass() {
    let g = ground();
    let id = version(&g.put("k", "x"));
    retain(&g, retention("GOVERNANCE", FAR), false).assert_status(200).assert_body("");
    retain(&g, retention("GOVERNANCE", FARTHER), false).assert_status(200);
    for weaker in [retention("GOVERNANCE", FAR), retention("COMPLIANCE", FARTHER), "<Retention/>".to_owned()] {
        retain(&g, weaker, false).assert_error(403, "AccessDenied");
    }
    retain(&g, retention("GOVERNANCE", FAR), true).assert_status(200);
    remove(&g, "k", &id, false).assert_error(403, "AccessDenied");
    retain(&g, "<Retention/>", true).assert_status(200);
    g.alice.get(&format!("{}?retention", g.path("k"))).assert_error(404, "NoSuchObjectLockConfiguration");
    remove(&g, "k", &id, false).assert_status(204);
}

#[test]
fn compliance_is_shortened_by_nobody() {
    let g = ground();
    let id = put_retained(&g, "k", "GOVERNANCE");
    retain(&g, retention("COMPLIANCE", FAR), true).assert_status(200);
    for bypass in [false, true] {
        for weaker in [
            retention("COMPLIANCE", "2098-01-01T00:00:00Z"),
            retention("GOVERNANCE", FARTHER),
            "<Retention/>".to_owned(),
        ] {
            retain(&g, weaker, bypass).assert_error(403, "AccessDenied");
        }
        remove(&g, "k", &id, bypass).assert_error(403, "AccessDenied");
    }
    retain(&g, retention("COMPLIANCE", FARTHER), false).assert_status(200);
    let head = g.alice.head(&g.path("k")).assert_status(200);
    head.assert_header("x-amz-object-lock-mode", "COMPLIANCE")
        .assert_header("x-amz-object-lock-retain-until-date", FARTHER);
    g.get("k").assert_body("kept");
}

#[test]
fn a_version_is_named_and_only_that_one_is_locked() {
    let g = ground();
    let (old, new) = (version(&g.put("k", "old")), version(&g.put("k", "new")));
    g.alice.put(&of(&g, "k", "retention", &old), retention("GOVERNANCE", FAR)).assert_status(200);
    remove(&g, "k", &new, false).assert_status(204);
    remove(&g, "k", &old, false).assert_error(403, "AccessDenied");
    let marker = version(&g.alice.delete(&g.path("k")).assert_status(204));
    let on_marker = g.alice.put(&of(&g, "k", "retention", &marker), retention("GOVERNANCE", FAR));
    on_marker.assert_error(405, "MethodNotAllowed");
    retain(&g, retention("GOVERNANCE", FAR), false).assert_error(404, "NoSuchKey");
    let never = "0".repeat(32);
    g.alice.put(&of(&g, "k", "retention", &never), retention("GOVERNANCE", FAR)).assert_error(404, "NoSuchVersion");
    remove(&g, "k", &marker, false).assert_status(204);
    g.get("k").assert_body("old");
}

#[test]
fn what_is_no_retention_is_refused() {
    let g = ground();
    g.put("k", "x");
    for document in [
        "<Other/>",
        "<Retention><Mode>GOVERNANCE</Mode></Retention>",
        &format!("<Retention><RetainUntilDate>{FAR}</RetainUntilDate></Retention>"),
        &retention("governance", FAR),
        &retention("abc", FAR),
        &retention("GOVERNANCE", "tomorrow"),
        &retention("GOVERNANCE", "Fri, 01 Jan 2099 00:00:00 GMT"),
    ] {
        retain(&g, document, false).assert_error(400, "MalformedXML");
    }
    retain(&g, retention("GOVERNANCE", "2020-01-01T00:00:00Z"), false).assert_error(400, "InvalidArgument");
    let target = format!("{}?retention", g.path("k"));
    g.bob.put(&target, retention("GOVERNANCE", FAR)).assert_error(403, "AccessDenied");
    g.alice.get(&target).assert_error(404, "NoSuchObjectLockConfiguration");
    let without = Ground::new();
    without.put("k", "x");
    retain(&without, retention("GOVERNANCE", FAR), false).assert_error(400, "InvalidRequest");
}
