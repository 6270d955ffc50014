//! What AWS answers alike in every operation ("Error responses"): about buckets, keys, versions and uploads that are not
//! there, and about whoever signs wrong.
//!
//! | answer | when | test |
//! |---|---|---|
//! | never 301 PermanentRedirect | another endpoint: an installation has one | create_bucket::a_location_is_the_region_or_an_error |
//! | 400 AuthorizationHeaderMalformed | a V4 header that is none, or of another region | signatures::any_region_is_taken_unless_the_server_is_strict |
//! | 400 AuthorizationQueryParametersError | a V4 query that is none | signatures::one_mechanism_only |
//! | 400 BadRequest | no HTTP | heads::what_is_no_http_is_refused_in_s3s_words |
//! | 400 ExpiredToken | the session has ended | auth::tests::an_ended_session_is_told_so |
//! | never 400 IllegalLocationConstraintException | the region of another endpoint: `InvalidLocationConstraint` | create_bucket::a_location_is_the_region_or_an_error |
//! | 400 InvalidArgument | two ways to sign at once | signatures::one_mechanism_only |
//! | 400 InvalidArgument | `versionId` is none | a_key_or_a_version_that_is_not_there |
//! | 400 InvalidToken | a token that nobody has been given | signatures::tokens_of_long_lived_keys_are_refused, iam::sessions::wrong_tokens_are_refused |
//! | 400 InvalidURI | what is no UTF-8 once decoded | refusals::names_and_documents |
//! | 400 MalformedXML | the document is none | a_document_that_is_none |
//! | 400 BadDigest | the digest of the document differs | a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | a_document_larger_than_any |
//! | 400 MalformedPolicy | a policy that is none | a_document_that_is_none |
//! | 400 MalformedACLError | a list that is none | a_document_that_is_none |
//! | 400 MissingRequestBodyError | no document at all | a_document_that_is_none |
//! | 400 RequestHeaderSectionTooLarge | a head of more than 32 KiB or 96 headers | heads::an_overlong_head_is_refused_in_s3s_words, heads::metadata_in_more_headers_than_a_request_has_is_refused_whole |
//! | 400 RequestTimeout | the client has stopped sending | wire::stalled_clients_are_let_go |
//! | 403 AccessDenied | another owner than expected | an_owner_other_than_the_expected_one |
//! | 403 AccessForbidden | no rule lets the page of another site ask | preflight::a_refusal_says_why_as_s3_does |
//! | 403 InvalidAccessKeyId | nobody has this key | a_wrong_secret_and_an_unknown_key |
//! | 403 SignatureDoesNotMatch | signed wrong | a_wrong_secret_and_an_unknown_key |
//! | 403 RequestTimeTooSkewed | more than 15 minutes off | refusals::a_skewed_clock_and_an_expired_link |
//! | 404 NoSuchBucket | there is no such bucket | a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object, or a delete marker is on top | a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchUpload | there is no such upload, or it is closed | an_upload_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | a method that nothing has | unconfigured::a_sub_resource_nobody_has_is_refused_and_does_nothing_else |
//! | 500 InternalError | stored data is damaged | faults::damage_and_a_full_store_have_answers_of_their_own |
//! | 501 NotImplemented | what is not here | unconfigured::a_sub_resource_nobody_has_is_refused_and_does_nothing_else |
//! | 503 ServiceUnavailable | the store is full, has stopped, or does not answer | faults::damage_and_a_full_store_have_answers_of_their_own |
//! | 503 SlowDown | no memory for another body | sleepers::hundreds_of_sleeping_uploads_neither_fill_memory_nor_keep_others_waiting |

use dolium::s3::operation::{BodyKind, Level, ROWS, Row};
use dolium::s3::ops::bucket::unconfigured;
use dolium::s3::request::Method;

use crate::client::{Reply, Request};
use crate::harness::ALICE;
use crate::ops::access::{Subject, request, target};
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, control, fresh_bucket_name, locks, md5_base64};

/// Operations that find a version and answer about it, or change what lies beside it.
const OF_VERSIONS: &[&str] = &[
    "GetObject",
    "HeadObject",
    "GetObjectAttributes",
    "RestoreObject",
    "GetObjectAcl",
    "PutObjectAcl",
    "GetObjectTagging",
    "PutObjectTagging",
    "DeleteObjectTagging",
    "GetObjectRetention",
    "PutObjectRetention",
    "GetObjectLegalHold",
    "PutObjectLegalHold",
];

/// Operations on an open upload.
const OF_UPLOADS: &[&str] =
    &["UploadPart", "UploadPartCopy", "ListParts", "CompleteMultipartUpload", "AbortMultipartUpload"];

fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(unconfigured::ROWS).copied()
}

fn subject(g: &Ground, bucket: &str, key: &str) -> Subject {
    Subject {
        account: control::account(&g.alice),
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        upload: "0".repeat(32),
        part: "0".repeat(32),
    }
}

/// An answer to HEAD has the status alone.
#[track_caller]
fn refused(row: &Row, reply: Reply, status: u16, code: &str) -> Reply {
    assert_eq!(reply.status, status, "{}: {reply}", row.name);
    if row.method == Method::Head { reply.assert_body("") } else { reply.assert_error(status, code) }
}

#[test]
fn a_bucket_that_is_not_there() {
    let g = Ground::new();
    let of_buckets = |row: &&Row| !matches!(row.level, Level::Service | Level::Account) && row.name != "CreateBucket";
    for row in rows().filter(of_buckets) {
        let absent = fresh_bucket_name();
        let reply = refused(row, request(row, &subject(&g, &absent, "k"), &g.alice).send(), 404, "NoSuchBucket");
        if row.method != Method::Head {
            assert_eq!(reply.element("BucketName"), Some(absent), "{}: {reply}", row.name);
        }
    }
}

#[test]
fn an_owner_other_than_the_expected_one() {
    let g = Ground::new();
    let of_s3 = |row: &&Row| matches!(row.level, Level::Bucket | Level::Object) && row.name != "CreateBucket";
    for row in rows().filter(of_s3) {
        let asked = request(row, &subject(&g, &g.bucket, "k"), &g.alice);
        let reply = asked.header("x-amz-expected-bucket-owner", "111122223333").send();
        refused(row, reply, 403, "AccessDenied");
    }
}

#[test]
fn a_wrong_secret_and_an_unknown_key() {
    let g = Ground::new();
    for row in rows() {
        for (access, code) in [(ALICE.access, "SignatureDoesNotMatch"), ("AKNOBODY00000000000", "InvalidAccessKeyId")] {
            let stranger = g.alice.keys(access, "not the secret of anybody");
            refused(row, request(row, &subject(&g, &g.bucket, "k"), &stranger).send(), 403, code);
        }
    }
}

/// Every operation that reads a document, what it is about, and how long the document may be.
fn documents(g: &Ground) -> Vec<(&'static Row, Subject, usize)> {
    let mut found = Vec::new();
    for &row in ROWS {
        let BodyKind::Document(bytes_max) = row.body else { continue };
        let upload = Multipart::open(g, "k").id;
        let bucket = if row.name == "CreateBucket" { fresh_bucket_name() } else { g.bucket.clone() };
        found.push((row, Subject { upload, ..subject(g, &bucket, "k") }, bytes_max));
    }
    assert!(found.len() > 15, "only {} documents", found.len());
    found
}

/// The operation with this document, which has this digest.
fn with_document(row: &Row, subject: &Subject, g: &Ground, document: &[u8], digest: &str) -> Request {
    let request = g.alice.request(row.method.as_str(), &target(row, subject));
    request.header("x-amz-account-id", &subject.account).header("content-md5", digest).body(document)
}

#[test]
fn a_document_that_is_none() {
    let g = locks::ground();
    g.put("k", "x");
    for (row, subject, _) in documents(&g) {
        let code = match row.name {
            "PutBucketPolicy" => "MalformedPolicy",
            "PutBucketAcl" | "PutObjectAcl" => "MalformedACLError",
            _ => "MalformedXML",
        };
        let refuse = |document: &str, code: &'static str| {
            let reply = with_document(row, &subject, &g, document.as_bytes(), &md5_base64(document.as_bytes())).send();
            refused(row, reply, 400, code);
        };
        for document in ["<Other/>", "<Unended>", "none", "<a>\u{1}</a>"] {
            refuse(document, code);
        }
        match (row.name, code) {
            // Nothing at all is as good as a document, or leaves it to headers.
            ("CreateBucket" | "RestoreObject" | "PutBucketAcl" | "PutObjectAcl", _) => {}
            ("CompleteMultipartUpload" | "PutBucketPolicy", _) => refuse("", code),
            _ => refuse("", "MissingRequestBodyError"),
        }
    }
}

#[test]
fn a_document_whose_digest_differs() {
    let g = locks::ground();
    g.put("k", "x");
    for (row, subject, _) in documents(&g) {
        for (digest, code) in [(md5_base64(b"another"), "BadDigest"), ("nonsense".to_owned(), "InvalidDigest")] {
            let reply = with_document(row, &subject, &g, b"<Other/>", &digest).send();
            refused(row, reply, 400, code);
        }
    }
}

#[test]
fn a_document_larger_than_any() {
    let g = locks::ground();
    g.put("k", "x");
    for (row, subject, bytes_max) in documents(&g) {
        let document = vec![b' '; bytes_max + 1];
        let reply = with_document(row, &subject, &g, &document, &md5_base64(&document)).expect_continue().send();
        assert!(!reply.continued, "{}: {reply}", row.name);
        let reply = refused(row, reply, 400, "MaxMessageLengthExceeded");
        assert_eq!(reply.element("MaxSizeAllowed"), Some(bytes_max.to_string()), "{}: {reply}", row.name);
    }
}

#[test]
fn a_key_or_a_version_that_is_not_there() {
    let g = locks::ground();
    g.put("k", "x");
    let marker = locks::version(&g.alice.delete(&g.path("k")).assert_status(204));
    let never = "0".repeat(32);
    for row in rows().filter(|row| OF_VERSIONS.contains(&row.name)) {
        let ask = |key: &str, version: &str| {
            let query = if version.is_empty() { String::new() } else { format!("versionId={version}") };
            request(row, &subject(&g, &g.bucket, key), &g.alice).more_query(&query).send()
        };
        refused(row, ask("none", ""), 404, "NoSuchKey").assert_header("x-amz-delete-marker", "false");
        // To those who ask about tags AWS says what is on top.
        let (status, code) =
            if row.name.ends_with("ObjectTagging") { (405, "MethodNotAllowed") } else { (404, "NoSuchKey") };
        let on_top = refused(row, ask("k", ""), status, code).assert_header("x-amz-delete-marker", "true");
        let on_top = on_top.assert_header("x-amz-version-id", &marker);
        refused(row, ask("k", &never), 404, "NoSuchVersion");
        refused(row, ask("none", &never), 404, "NoSuchVersion");
        let on_marker = refused(row, ask("k", &marker), 405, "MethodNotAllowed");
        let on_marker = on_marker.assert_header("x-amz-delete-marker", "true").assert_header("allow", "DELETE");
        assert!(on_marker.header("last-modified").is_some(), "{}: {on_marker}", row.name);
        for reply in [on_top, on_marker].into_iter().filter(|reply| reply.status == 405 && !reply.body.is_empty()) {
            let named = (reply.element("Method"), reply.element("ResourceType"));
            assert_eq!(named, (Some(row.method.as_str().to_owned()), Some("DeleteMarker".to_owned())), "{}", row.name);
        }
        refused(row, ask("k", "nonsense"), 400, "InvalidArgument");
    }
}

#[test]
fn an_upload_that_is_not_there() {
    let g = Ground::new();
    g.put("k", "x");
    let (aborted, completed) = (Multipart::open(&g, "k"), Multipart::open(&g, "k"));
    g.alice.delete(&aborted.target("")).assert_status(204);
    let part = completed.part(1, "x");
    completed.complete(&[part]).assert_status(200);
    for row in rows().filter(|row| OF_UPLOADS.contains(&row.name)) {
        for upload in ["0".repeat(32), "nonsense".to_owned(), aborted.id.clone(), completed.id.clone()] {
            let subject = Subject { upload, ..subject(&g, &g.bucket, "k") };
            refused(row, request(row, &subject, &g.alice).send(), 404, "NoSuchUpload");
        }
    }
    g.get("k").assert_body("x");
}
