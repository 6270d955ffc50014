//! What an operation needs, left out.

use dolium::s3::operation::{ROWS, Row};

use super::{Field, How};
use crate::client::Request;
use crate::ops::{Ground, locks};

/// Operations whose document has to come with a digest.
const WITH_DIGEST: &[&str] = &["DeleteObjects", "PutBucketCors", "PutBucketLifecycleConfiguration"];
const WITH_BODY: &[&str] = &["PutObject", "UploadPart"];

/// Operations, what they are sent without, the status and the error's code.
const RIGHT: &[(&[&str], &str, u16, &str)] = &[
    (&["GetObject", "PutObject", "ListObjects", "PutBucketTagging"], "authorization", 403, "AccessDenied"),
    (&["GetObject", "PutObject", "ListObjects", "PutBucketTagging"], "host", 400, "BadRequest"),
    (&["GetObject", "PutObject", "ListObjects", "PutBucketTagging"], "x-amz-content-sha256", 400, "InvalidRequest"),
    (&["GetObject", "PutObject", "ListObjects", "PutBucketTagging"], "x-amz-date", 403, "AccessDenied"),
    (WITH_BODY, "content-length", 411, "MissingContentLength"),
    (WITH_DIGEST, "content-md5", 400, "InvalidRequest"),
    (&["GetObjectAttributes"], "x-amz-object-attributes", 400, "InvalidRequest"),
];

fn row(name: &str) -> &'static Row {
    ROWS.iter().find(|row| row.name == name).expect("is in the table")
}

/// Without a header: one that the request asks for is not signed either, one that every request has is not sent.
fn without(request: Request, name: &'static str) -> Request {
    request.without(name).tamper(move |wire| {
        let is_it = |line: &&str| line.split_once(':').is_some_and(|(n, _)| n.eq_ignore_ascii_case(name));
        wire.head = wire.head.split("\r\n").filter(|line| !is_it(line)).collect::<Vec<_>>().join("\r\n");
        // Without its length a body would be another request.
        wire.body.clear();
    })
}

#[test]
fn what_an_operation_needs_is_asked_for() {
    let g = locks::ground();
    for (operations, name, status, code) in RIGHT {
        for row in operations.iter().map(|name| row(name)) {
            let mut field = Field::new(&g, row);
            let mut request = field.request("");
            if *name == "content-md5" {
                request = request.without("content-md5");
            } else {
                request = without(request, name);
            }
            let reply = request.send().assert_error(*status, code);
            field.check(name, How::Missing, reply);
        }
    }
}

/// Each names the other: one alone says nothing (AWS, API_PutObject).
#[test]
fn a_retention_has_a_mode_and_a_date() {
    let g = locks::ground();
    for (name, value) in [("x-amz-object-lock-mode", "GOVERNANCE"), ("x-amz-object-lock-retain-until-date", locks::FAR)]
    {
        for operation in ["PutObject", "CopyObject", "CreateMultipartUpload"] {
            let field = Field::new(&g, row(operation));
            field.request("").header(name, value).send().assert_error(400, "InvalidArgument");
        }
    }
}

/// An upload is named by its id, and a part by its number, or something else would be written.
#[test]
fn half_of_a_name_is_none() {
    let g = Ground::new();
    g.put("k", "x");
    for query in ["partNumber=1", "uploadId", "uploadId=", "partNumber=1&uploadId=", "partNumber=&uploadId=x"] {
        let reply = g.alice.put(&format!("{}?{query}", g.path("k")), "other");
        assert!((400..500).contains(&reply.status) || reply.status == 501, "{query}: {reply}");
    }
    g.get("k").assert_body("x");
}
