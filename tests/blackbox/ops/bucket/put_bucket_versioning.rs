//! PutBucketVersioning, and what it does to the operations on objects.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the state is set | a_wrong_document_is_refused |
//! | 400 IllegalVersioningConfigurationException | no state | a_wrong_document_is_refused |
//! | 400 MalformedXML | the document is none | a_wrong_document_is_refused |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the caller has no right to it | a_wrong_document_is_refused |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 409 InvalidBucketState | suspended under locks | put_object_lock_configuration::a_rule_can_be_set_changed_and_taken_away_but_locks_stay_possible |
//! | 501 NotImplemented | MFA delete | a_wrong_document_is_refused |

use crate::ops::multipart::Multipart;
use crate::ops::{Ground, bytes};

/// A version's id, as the answer tells it.
fn id(reply: &crate::client::Reply) -> String {
    reply.header("x-amz-version-id").unwrap_or_else(|| panic!("no version in {reply}"))
}

fn of(g: &Ground, key: &str, version: &str) -> String {
    format!("{}?versionId={version}", g.path(key))
}

#[test]
fn a_wrong_document_is_refused() {
    let g = Ground::new();
    let target = format!("{}?versioning", g.root());
    let put = |inner: &str| {
        let body = format!("<VersioningConfiguration>{inner}</VersioningConfiguration>");
        g.alice.put(&target, body)
    };
    for none in ["", "<Status/>"] {
        let reply = put(none).assert_error(400, "IllegalVersioningConfigurationException");
        assert_eq!(reply.element("Message").as_deref(), Some("The Versioning element must be specified"));
    }
    put("<Status>Off</Status>").assert_error(400, "MalformedXML");
    put("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>").assert_error(501, "NotImplemented");
    put("<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>").assert_status(200);
    let none = g.alice.put(&target, "").assert_error(400, "MissingRequestBodyError");
    assert_eq!(none.element("Message").as_deref(), Some("Request Body is empty"));
    g.alice.put(&target, "<Other/>").assert_error(400, "MalformedXML");
    g.bob.put(&target, "<VersioningConfiguration/>").assert_error(403, "AccessDenied");
}

#[test]
fn each_put_makes_a_version_and_the_old_ones_stay() {
    let g = Ground::new();
    g.put("k", "null").assert_no_header("x-amz-version-id");
    g.versioning("Enabled");
    let (one, two) = (id(&g.put("k", "one")), id(&g.put("k", bytes(300_000))));
    assert_ne!(one, two);
    assert_eq!(id(&g.get("k").assert_body(bytes(300_000))), two);
    assert_eq!(id(&g.alice.get(&of(&g, "k", &one)).assert_status(200).assert_body("one")), one);
    assert_eq!(id(&g.alice.get(&of(&g, "k", "null")).assert_status(200).assert_body("null")), "null");
    assert_eq!(id(&g.alice.head(&of(&g, "k", &one)).assert_status(200).assert_header("content-length", "3")), one);
    let never = "0".repeat(32);
    g.alice.get(&of(&g, "k", &never)).assert_error(404, "NoSuchVersion");
    g.alice.get(&of(&g, "absent", &one)).assert_error(404, "NoSuchVersion");
    for bad in ["", "x", "NULL"] {
        g.alice.get(&of(&g, "k", bad)).assert_error(400, "InvalidArgument");
    }
    assert_eq!(g.keys(""), ["k"]);
}

#[test]
fn a_delete_puts_a_marker_on_top() {
    let g = Ground::new();
    g.versioning("Enabled");
    let one = id(&g.put("k", "one"));
    let deleted = g.alice.delete(&g.path("k")).assert_status(204).assert_header("x-amz-delete-marker", "true");
    let marker = id(&deleted);
    let gone = g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
    assert_eq!(gone.header("x-amz-delete-marker").as_deref(), Some("true"));
    assert_eq!(id(&gone), marker);
    g.alice.head(&g.path("k")).assert_status(404).assert_header("x-amz-delete-marker", "true");
    let reply = g.alice.get(&of(&g, "k", &marker)).assert_error(405, "MethodNotAllowed");
    reply.assert_header("x-amz-delete-marker", "true").assert_header("allow", "DELETE");
    assert!(g.keys("").is_empty());
    g.alice.get(&of(&g, "k", &one)).assert_body("one");
    let kept = g.alice.delete(&g.root()).assert_error(409, "BucketNotEmpty");
    let message = "The bucket you tried to delete is not empty. You must delete all versions in the bucket.";
    assert_eq!(kept.element("Message").as_deref(), Some(message));
    let unmarked =
        g.alice.delete(&of(&g, "k", &marker)).assert_status(204).assert_header("x-amz-delete-marker", "true");
    assert_eq!(id(&unmarked), marker);
    g.get("k").assert_body("one");
    let removed = g.alice.delete(&of(&g, "k", &one)).assert_status(204).assert_no_header("x-amz-delete-marker");
    assert_eq!(id(&removed), one);
    g.alice.delete(&of(&g, "k", &one)).assert_status(204);
    g.alice.delete(&g.root()).assert_status(204);
}

#[test]
fn a_marker_is_put_where_nothing_was() {
    let g = Ground::new();
    g.versioning("Enabled");
    g.alice.delete(&g.path("never")).assert_status(204).assert_header("x-amz-delete-marker", "true");
    let listed = g.alice.get(&format!("{}?versions", g.root())).assert_status(200);
    assert_eq!(listed.elements("DeleteMarker").len(), 1, "{listed}");
}

#[test]
fn suspended_puts_replace_the_null_version_only() {
    let g = Ground::new();
    g.versioning("Enabled");
    let kept = id(&g.put("k", "kept"));
    g.versioning("Suspended");
    // Writers are told no version that is not their own; readers are told which it is.
    g.put("k", "null one").assert_no_header("x-amz-version-id");
    let copied = g.alice.request("PUT", &g.path("copy")).header("x-amz-copy-source", format!("/{}/k", g.bucket)).send();
    copied.assert_status(200).assert_no_header("x-amz-version-id");
    let upload = Multipart::open(&g, "k");
    let part = upload.part(1, "null two");
    upload.complete(&[part]).assert_status(200).assert_no_header("x-amz-version-id");
    assert_eq!(id(&g.get("k").assert_body("null two")), "null");
    g.alice.delete(&g.path("copy")).assert_status(204);
    g.alice.delete(&of(&g, "copy", "null")).assert_status(204);
    let listed = g.alice.get(&format!("{}?versions", g.root())).assert_status(200);
    assert_eq!(listed.elements("VersionId"), ["null", kept.as_str()], "{listed}");
    let deleted = g.alice.delete(&g.path("k")).assert_status(204).assert_header("x-amz-delete-marker", "true");
    assert_eq!(id(&deleted), "null");
    let listed = g.alice.get(&format!("{}?versions", g.root())).assert_status(200);
    assert_eq!(listed.elements("VersionId"), ["null", kept.as_str()], "{listed}");
    g.alice.get(&of(&g, "k", "null")).assert_error(405, "MethodNotAllowed");
    g.alice.get(&of(&g, "k", &kept)).assert_body("kept");
}

#[test]
fn a_version_can_be_copied_and_restored() {
    let g = Ground::new();
    g.versioning("Enabled");
    let old = id(&g.put("k", "old"));
    g.put("k", "new");
    let source = format!("/{}/k?versionId={old}", g.bucket);
    let copy =
        |key: &str, source: &str| g.alice.request("PUT", &g.path(key)).header("x-amz-copy-source", source).send();
    let reply = copy("other", &source).assert_status(200).assert_header("x-amz-copy-source-version-id", &old);
    assert_ne!(id(&reply), old);
    g.get("other").assert_body("old");
    copy("k", &source).assert_status(200);
    g.get("k").assert_body("old");
    let marker = id(&g.alice.delete(&g.path("k")).assert_status(204));
    copy("x", &format!("/{}/k", g.bucket)).assert_error(404, "NoSuchKey");
    copy("x", &format!("/{}/k?versionId={marker}", g.bucket)).assert_error(400, "InvalidRequest");
}

#[test]
fn a_completed_upload_is_a_version() {
    let g = Ground::new();
    g.versioning("Enabled");
    let before = id(&g.put("k", "before"));
    let upload = Multipart::open(&g, "k");
    let part = upload.part(1, "part");
    let made = id(&upload.complete(std::slice::from_ref(&part)).assert_status(200));
    assert_eq!(id(&upload.complete(&[part]).assert_status(200)), made, "the same answer twice");
    g.alice.get(&of(&g, "k", &made)).assert_status(200).assert_body("part");
    g.alice.get(&of(&g, "k", &before)).assert_status(200).assert_body("before");
}

#[test]
fn many_versions_are_deleted_at_once() {
    let g = Ground::new();
    g.versioning("Enabled");
    let (a, b) = (id(&g.put("a", "1")), id(&g.put("b", "1")));
    let document = format!(
        "<Delete><Object><Key>a</Key><VersionId>{a}</VersionId></Object><Object><Key>b</Key></Object></Delete>"
    );
    let reply = g
        .alice
        .request("POST", &format!("{}?delete", g.root()))
        .header("content-md5", crate::ops::md5_base64(document.as_bytes()))
        .body(document)
        .send()
        .assert_status(200);
    assert_eq!(reply.elements("VersionId"), [a], "{reply}");
    assert_eq!(reply.elements("DeleteMarker"), ["true"], "{reply}");
    let marker = reply.element("DeleteMarkerVersionId").expect("names the marker");
    let listed = g.alice.get(&format!("{}?versions", g.root())).assert_status(200);
    assert_eq!(listed.elements("VersionId"), [marker, b], "{listed}");
}

#[test]
fn conditions_judge_the_current_version() {
    let g = Ground::new();
    g.versioning("Enabled");
    let etag = g.put("k", "x").etag();
    let put = |name: &str, value: &str| g.alice.request("PUT", &g.path("k")).header(name, value).body("y").send();
    put("if-none-match", "*").assert_error(412, "PreconditionFailed");
    g.alice.delete(&g.path("k")).assert_status(204);
    put("if-match", &etag).assert_error(404, "NoSuchKey");
    put("if-none-match", "*").assert_status(200);
    put("if-match", &etag).assert_error(412, "PreconditionFailed");
}
