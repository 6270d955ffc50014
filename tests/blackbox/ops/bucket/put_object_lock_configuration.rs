//! PutObjectLockConfiguration.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the rule is set | a_rule_can_be_set_changed_and_taken_away_but_locks_stay_possible |
//! | 400 InvalidArgument | a period that no calendar has | a_wrong_configuration_changes_nothing |
//! | 400 InvalidRetentionPeriod | a period that is not positive | a_wrong_configuration_changes_nothing |
//! | 400 MalformedXML | the document is none | a_wrong_configuration_changes_nothing |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the caller has no right to it | a_wrong_configuration_changes_nothing |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 409 InvalidBucketState | there is no versioning | an_existing_bucket_needs_versioning_first |

use crate::ops::Ground;
use crate::ops::locks::{configuration, configure, digested, ground, remove, version};

#[test]
fn a_rule_can_be_set_changed_and_taken_away_but_locks_stay_possible() {
    let g = ground();
    let rules = |g: &Ground| g.alice.get(&format!("{}?object-lock", g.root())).assert_status(200).elements("Mode");
    configure(&g, "<Mode>GOVERNANCE</Mode><Days>1</Days>").assert_status(200).assert_body("");
    configure(&g, "<Mode>COMPLIANCE</Mode><Years>1</Years>").assert_status(200);
    assert_eq!(rules(&g), ["COMPLIANCE"]);
    configure(&g, "").assert_status(200);
    assert!(rules(&g).is_empty());
    let suspend = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    g.alice.put(&format!("{}?versioning", g.root()), suspend).assert_error(409, "InvalidBucketState");
    g.alice.delete(&format!("{}?object-lock", g.root())).assert_error(501, "NotImplemented");
}

#[test]
fn an_existing_bucket_needs_versioning_first() {
    let g = Ground::new();
    let old = g.put("k", "null").header("x-amz-version-id");
    assert_eq!(old, None);
    configure(&g, "").assert_error(409, "InvalidBucketState");
    g.versioning("Suspended");
    configure(&g, "").assert_error(409, "InvalidBucketState");
    g.versioning("Enabled");
    configure(&g, "").assert_status(200);
    // What was there before can be locked as well.
    let hold = format!("{}?legal-hold&versionId=null", g.path("k"));
    g.alice.put(&hold, crate::ops::locks::hold("ON")).assert_status(200);
    remove(&g, "k", "null", true).assert_error(403, "AccessDenied");
    g.alice.put(&hold, crate::ops::locks::hold("OFF")).assert_status(200);
    remove(&g, "k", "null", false).assert_status(204);
}

#[test]
fn a_wrong_configuration_changes_nothing() {
    let g = ground();
    configure(&g, "<Mode>GOVERNANCE</Mode><Days>7</Days>").assert_status(200);
    for (rule, code) in [
        ("<Mode>GOVERNANCE</Mode>", "MalformedXML"),
        ("<Days>1</Days>", "MalformedXML"),
        ("<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>", "MalformedXML"),
        ("<Mode>governance</Mode><Days>1</Days>", "MalformedXML"),
        ("<Mode>abc</Mode><Years>1</Years>", "MalformedXML"),
        ("<Mode>GOVERNANCE</Mode><Days>many</Days>", "MalformedXML"),
        ("<Mode>GOVERNANCE</Mode><Days>0</Days>", "InvalidRetentionPeriod"),
        ("<Mode>GOVERNANCE</Mode><Years>-1</Years>", "InvalidRetentionPeriod"),
        ("<Mode>GOVERNANCE</Mode><Days>999999999</Days>", "InvalidArgument"),
    ] {
        configure(&g, rule).assert_error(400, code);
    }
    let target = format!("{}?object-lock", g.root());
    let disabled = configuration("").replace(">Enabled<", ">Disabled<");
    for document in [disabled.as_str(), &configuration("<Rule/>"), "<ObjectLockConfiguration/>", "<Other/>"] {
        g.alice.put(&target, document).assert_error(400, "MalformedXML");
    }
    g.bob.put(&target, configuration("")).assert_error(403, "AccessDenied");
    assert_eq!(g.alice.get(&target).assert_status(200).elements("Days"), ["7"]);
}

#[test]
fn new_versions_get_the_rule_and_need_a_digest() {
    let g = ground();
    let before = version(&g.put("k", "before"));
    configure(&g, "<Mode>GOVERNANCE</Mode><Days>3</Days>").assert_status(200);
    g.alice.put(&g.path("k"), "undigested").assert_error(400, "InvalidRequest");
    let locked = version(&digested(&g, "k", "locked").send().assert_status(200));
    let head = g.alice.head(&g.path("k")).assert_status(200).assert_header("x-amz-object-lock-mode", "GOVERNANCE");
    assert!(head.header("x-amz-object-lock-retain-until-date").is_some(), "{head}");
    head.assert_no_header("x-amz-object-lock-legal-hold");
    let source = format!("/{}/k?versionId={before}", g.bucket);
    let copied = g.alice.request("PUT", &g.path("copy")).header("x-amz-copy-source", source).send();
    let copied = version(&copied.assert_status(200));
    for (key, id) in [("k", &locked), ("copy", &copied)] {
        remove(&g, key, id, false).assert_error(403, "AccessDenied");
        remove(&g, key, id, true).assert_status(204);
    }
    remove(&g, "k", &before, false).assert_status(204);
}
