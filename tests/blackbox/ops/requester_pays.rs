//! Buckets whose requests are charged to whoever sends them (AWS, "Using Requester Pays buckets"): every other tenant has
//! to agree, is told so, and nobody who cannot be charged gets in.

use dolium::s3::operation::ROWS;
use dolium::s3::request::Method;

use crate::client::{Form, Reply, Request};
use crate::ops::access::{Subject, request};
use crate::ops::bucket::put_bucket_ownership_controls::own;
use crate::ops::bucket::put_bucket_policy::{policy, put};
use crate::ops::bucket::put_bucket_request_payment::payment;
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, fresh_bucket_name};

const PAYER: &str = "x-amz-request-payer";
const CHARGED: &str = "x-amz-request-charged";

/// What whoever is let in may do.
const OPERATIONS: &[&str] = &[
    "HeadBucket",
    "ListObjects",
    "ListObjectsV2",
    "ListObjectVersions",
    "GetObject",
    "HeadObject",
    "GetObjectAttributes",
    "GetObjectTagging",
    "PutObjectTagging",
    "PutObject",
    "CopyObject",
    "CreateMultipartUpload",
    "ListMultipartUploads",
    "UploadPart",
    "UploadPartCopy",
    "ListParts",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
    "DeleteObjects",
    "DeleteObject",
];

/// Alice's bucket, open to everybody who pays.
fn paid() -> Ground {
    let g = Ground::new();
    own(&g, "BucketOwnerEnforced").assert_status(200);
    put(&g, policy("Allow", "\"*\"", "s3:*", &g.bucket)).assert_status(204);
    g.alice.put(&format!("{}?requestPayment", g.root()), payment("Requester")).assert_status(200);
    g
}

/// An object, and an upload of its key with a part.
fn subject(g: &Ground) -> Subject {
    g.put("k", "x");
    let upload = Multipart::open(g, "k");
    let (_, part) = upload.part(1, "x");
    Subject { account: String::new(), bucket: g.bucket.clone(), key: "k".into(), upload: upload.id, part }
}

#[track_caller]
fn refused(request: Request, method: Method) {
    let reply = request.send().assert_no_header(CHARGED);
    if method == Method::Head {
        reply.assert_status(403)
    } else {
        reply.assert_error(403, "AccessDenied")
    };
}

#[test]
fn others_agree_and_are_told_and_the_owner_is_not_charged() {
    let g = paid();
    for name in OPERATIONS {
        let row = ROWS.iter().find(|row| row.name == *name).expect("is in the table");
        let about = subject(&g);
        refused(request(row, &about, &g.bob), row.method);
        refused(request(row, &about, &g.bob).header(PAYER, "bucketowner"), row.method);
        refused(request(row, &about, &g.alice.anonymous()), row.method);
        refused(request(row, &about, &g.alice.anonymous()).header(PAYER, "requester"), row.method);
        let charged = request(row, &about, &g.bob).header(PAYER, "requester").send();
        assert!(charged.status < 300 && charged.code().is_none(), "{name}: {charged}");
        charged.assert_header(CHARGED, "requester");
        let about = subject(&g);
        for agrees in [None, Some("requester")] {
            let owners = request(row, &about, &g.alice);
            let owners = agrees.into_iter().fold(owners, |request, who| request.header(PAYER, who)).send();
            assert!(owners.status < 300 || name.contains("Multipart") && owners.status == 404, "{name}: {owners}");
            owners.assert_no_header(CHARGED);
        }
    }
}

#[test]
fn links_and_forms_can_agree_too() {
    let g = paid();
    g.put("k", "x");
    for bob in [g.bob.v4_presigned(), g.bob.v2_presigned()] {
        g.alice.anonymous().get(&bob.presign("GET", &g.path("k"))).assert_error(403, "AccessDenied");
        let agreeing = bob.request("GET", &g.path("k")).in_query(PAYER, "requester").presigned();
        let reply = g.alice.anonymous().get(&agreeing).assert_status(200);
        reply.assert_header(CHARGED, "requester").assert_body("x");
    }
    Form::new(&g.bob, &g.bucket).send().assert_error(403, "AccessDenied");
    let agreeing = Form::new(&g.bob, &g.bucket).field(PAYER, "requester").send().assert_status(204);
    agreeing.assert_header(CHARGED, "requester");
}

#[test]
fn the_source_of_a_copy_is_charged_as_well() {
    let g = paid();
    g.put("k", "x");
    let bobs = fresh_bucket_name();
    g.bob.put(&format!("/{bobs}"), "").assert_status(200);
    let open = g.bob.post(&format!("/{bobs}/u?uploads"), "").assert_status(200);
    let upload = open.element("UploadId").expect("has an id");
    for target in [format!("/{bobs}/copy"), format!("/{bobs}/u?partNumber=1&uploadId={upload}")] {
        let copy = |agrees: &str| -> Reply {
            let request = g.bob.request("PUT", &target).header("x-amz-copy-source", g.path("k"));
            if agrees.is_empty() { request.send() } else { request.header(PAYER, agrees).send() }
        };
        copy("").assert_error(403, "AccessDenied").assert_no_header(CHARGED);
        copy("nobody").assert_error(403, "AccessDenied").assert_no_header(CHARGED);
        copy("requester").assert_status(200).assert_header(CHARGED, "requester");
    }
    let own = g.alice.request("PUT", &g.path("mine")).header("x-amz-copy-source", g.path("k")).send();
    own.assert_status(200).assert_no_header(CHARGED);
}
