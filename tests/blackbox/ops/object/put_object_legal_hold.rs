//! PutObjectLegalHold. AWS documents 200; 400 `InvalidRequest` in a bucket without locks, `MalformedXML`.

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
    for document in ["", "<LegalHold/>", "<Other/>", &hold("on"), &hold("abc")] {
        g.alice.put(&target, document).assert_error(400, "MalformedXML");
    }
    g.bob.put(&target, hold("ON")).assert_error(403, "AccessDenied");
    g.alice.put(&format!("{}?legal-hold", g.path("none")), hold("ON")).assert_error(404, "NoSuchKey");
    let without = Ground::new();
    without.put("k", "x");
    without.alice.put(&format!("{}?legal-hold", without.path("k")), hold("ON")).assert_error(400, "InvalidRequest");
}
