//! PutBucketLifecycleConfiguration, and the headers that say what rules will do. What the worker does with them:
//! `expiry.rs`.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the rules are replaced | rules_replace_each_other |
//! | 400 InvalidArgument | a value that cannot be, an id twice | faults_leave_the_rules_as_they_were |
//! | 400 InvalidRequest | a rule without action; no digest | faults_leave_the_rules_as_they_were, the_document_has_to_carry_a_digest |
//! | 400 MalformedXML | the document is none | faults_leave_the_rules_as_they_were |
//! | 400 BadDigest | the digest of the document differs | the_document_has_to_carry_a_digest |
//! | 400 InvalidDigest | the digest of the document is none | the_document_has_to_carry_a_digest |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the caller has no right to it | who_may |
//! | 404 NoSuchBucket | there is no such bucket | who_may |
//! | 501 NotImplemented | transitions | faults_leave_the_rules_as_they_were |

use crate::client::{Form, Reply};
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, md5_base64};

const TRANSITION_MINIMUM: &str = "x-amz-transition-default-minimum-object-size";

/// Puts rules, as XML.
pub fn put(g: &Ground, rules: &str) -> Reply {
    let document = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
    let request = g.alice.request("PUT", &format!("{}?lifecycle", g.root()));
    request.header("content-md5", md5_base64(document.as_bytes())).body(document).send()
}

/// An enabled rule with this id.
pub fn rule(id: &str, inner: &str) -> String {
    format!("<Rule><ID>{id}</ID><Status>Enabled</Status>{inner}</Rule>")
}

#[test]
fn rules_replace_each_other() {
    let g = Ground::new();
    let get = || g.alice.get(&format!("{}?lifecycle", g.root()));
    put(&g, &rule("a", "<Prefix>x</Prefix><Expiration><Days>3</Days></Expiration>"))
        .assert_status(200)
        .assert_header(TRANSITION_MINIMUM, "all_storage_classes_128K")
        .assert_body("");
    assert_eq!(get().assert_status(200).elements("ID"), ["a"]);
    put(&g, &rule("b", "<Filter/><Expiration><Days>3</Days></Expiration>")).assert_status(200);
    assert_eq!(get().assert_status(200).elements("ID"), ["b"]);
}

#[test]
fn faults_leave_the_rules_as_they_were() {
    let g = Ground::new();
    put(&g, &rule("a", "<Filter/><Expiration><Days>3</Days></Expiration>")).assert_status(200);
    let days = |days: &str| format!("<Filter/><Expiration><Days>{days}</Days></Expiration>");
    put(&g, "").assert_error(400, "MalformedXML");
    put(&g, &rule("b", &days("x"))).assert_error(400, "MalformedXML");
    put(&g, &rule("b", &days("0"))).assert_error(400, "InvalidArgument");
    put(&g, &rule("b", &days("1")).repeat(2)).assert_error(400, "InvalidArgument");
    put(&g, &rule("b", "<Filter/>")).assert_error(400, "InvalidRequest");
    put(&g, &rule("b", "<Filter/><Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"))
        .assert_error(501, "NotImplemented");
    let listed = g.alice.get(&format!("{}?lifecycle", g.root())).assert_status(200);
    assert_eq!((listed.elements("ID"), listed.elements("Days")), (vec!["a".to_owned()], vec!["3".to_owned()]));
}

#[test]
fn the_document_has_to_carry_a_digest() {
    let g = Ground::new();
    let target = format!("{}?lifecycle", g.root());
    let document = "<LifecycleConfiguration><Rule><Filter/><Status>Enabled</Status>\
        <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    g.alice.put(&target, document).assert_error(400, "InvalidRequest");
    let with = |name: &str, value: &str| g.alice.request("PUT", &target).header(name, value).body(document).send();
    with("content-md5", &md5_base64(b"other")).assert_error(400, "BadDigest");
    with("content-md5", "x").assert_error(400, "InvalidDigest");
    with("x-amz-checksum-crc32", "AAAAAA==").assert_error(400, "BadDigest");
    with("content-md5", &md5_base64(document.as_bytes())).assert_status(200);
}

#[test]
fn the_transition_minimum_is_kept() {
    let g = Ground::new();
    let document = "<LifecycleConfiguration><Rule><Filter/><Status>Enabled</Status>\
        <Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>";
    let put = |minimum: &str| {
        let request = g.alice.request("PUT", &format!("{}?lifecycle", g.root())).header(TRANSITION_MINIMUM, minimum);
        request.header("content-md5", md5_base64(document.as_bytes())).body(document).send()
    };
    put("varies_by_storage_class").assert_status(200).assert_header(TRANSITION_MINIMUM, "varies_by_storage_class");
    let get = g.alice.get(&format!("{}?lifecycle", g.root())).assert_status(200);
    get.assert_header(TRANSITION_MINIMUM, "varies_by_storage_class");
    put("other").assert_error(400, "InvalidRequest");
}

#[test]
fn who_may() {
    let g = Ground::new();
    for who in [&g.bob, &g.alice.anonymous()] {
        for method in ["PUT", "GET", "DELETE"] {
            let request = who.request(method, &format!("{}?lifecycle", g.root())).body("");
            request.send().assert_error(403, "AccessDenied");
        }
    }
    g.alice.get("/no-such-bucket-at-all?lifecycle").assert_error(404, "NoSuchBucket");
}

/// The days from an answer's `Date` to the midnight that a header names, rounded down.
fn days_until(reply: &Reply, text: &str) -> u64 {
    let date = httpdate::parse_http_date(&reply.header("date").expect("has a date")).expect("is a date");
    let until = httpdate::parse_http_date(text).expect("is a date");
    let seconds =
        |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    assert_eq!(seconds(until) % 86_400, 0, "{text} is no midnight");
    (seconds(until) - seconds(date)) / 86_400
}

/// The days and the rule's id that `x-amz-expiration` names.
fn expiration(reply: &Reply) -> (u64, String) {
    let header = reply.header("x-amz-expiration").unwrap_or_else(|| panic!("no expiration in {reply}"));
    let (date, id) = header
        .strip_prefix("expiry-date=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|rest| rest.split_once("\", rule-id=\""))
        .unwrap_or_else(|| panic!("{header}"));
    (days_until(reply, date), id.to_owned())
}

#[test]
fn objects_say_when_they_expire() {
    let g = Ground::new();
    g.versioning("Enabled");
    let rules = rule("by prefix &amp; ü", "<Filter><Prefix>e</Prefix></Filter><Expiration><Days>3</Days></Expiration>")
        + &rule(
            "never",
            "<Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>",
        );
    put(&g, &rules).assert_status(200);
    let wanted = (3, "by%20prefix%20%26%20%C3%BC".to_owned());
    assert_eq!(expiration(&g.put("e", "x")), wanted);
    assert_eq!(expiration(&g.get("e")), wanted);
    let head = g.alice.head(&g.path("e")).assert_status(200);
    assert_eq!(expiration(&head), wanted);
    let version = head.header("x-amz-version-id").expect("has a version");
    g.alice
        .get(&format!("{}?versionId={version}", g.path("e")))
        .assert_status(200)
        .assert_no_header("x-amz-expiration");
    let source = format!("/{}/e", g.bucket);
    let copied = g.alice.request("PUT", &g.path("e/copy")).header("x-amz-copy-source", source).send();
    assert_eq!(expiration(&copied.assert_status(200)), wanted);
    let upload = Multipart::open(&g, "e/parts");
    let part = upload.part(1, "x");
    assert_eq!(expiration(&upload.complete(&[part]).assert_status(200)), wanted);
    let form = Form::bare(&g.alice, &g.bucket).field("key", "e/form").send().assert_status(204);
    assert_eq!(expiration(&form), wanted);
    g.put("other", "x").assert_no_header("x-amz-expiration");
}

#[test]
fn uploads_say_when_they_are_aborted() {
    let g = Ground::new();
    let abort = "<Filter><Prefix>u</Prefix></Filter><AbortIncompleteMultipartUpload><DaysAfterInitiation>7\
        </DaysAfterInitiation></AbortIncompleteMultipartUpload>";
    put(&g, &rule("up", abort)).assert_status(200);
    let created = g.alice.post(&format!("{}?uploads", g.path("u")), "").assert_status(200);
    let upload = created.element("UploadId").expect("an upload has an id");
    let listed = g.alice.get(&format!("{}?uploadId={upload}", g.path("u"))).assert_status(200);
    for reply in [created, listed] {
        let reply = reply.assert_header("x-amz-abort-rule-id", "up");
        assert_eq!(days_until(&reply, &reply.header("x-amz-abort-date").expect("has a date")), 7);
    }
    let other = g.alice.post(&format!("{}?uploads", g.path("other")), "").assert_status(200);
    other.assert_no_header("x-amz-abort-date").assert_no_header("x-amz-abort-rule-id");
}
