//! Only the owner's tenant may act: every row of the operation table, asked by a stranger and by nobody.

use std::collections::BTreeMap;

use dolium::s3::operation::{Level, ROWS, Row};
use dolium::s3::request::Method;

use crate::client::{Client, Form, Request};
use crate::ops::bucket::put_bucket_cors::{document as cors_document, rule as cors_rule};
use crate::ops::bucket::put_bucket_lifecycle_configuration::rule as lifecycle_rule;
use crate::ops::bucket::{
    put_bucket_accelerate_configuration, put_bucket_ownership_controls, put_bucket_policy, put_public_access_block,
};
use crate::ops::control;
use crate::ops::multipart::{Multipart, document};
use crate::ops::object::put_object_tagging::document as tagging;
use crate::ops::{Ground, bytes, locks, md5_base64, versioning};

/// What the requests of the rows are about.
pub struct Subject {
    /// The number of the account that owns the bucket.
    pub account: String,
    pub bucket: String,
    pub key: String,
    /// An open upload of this key, and the ETag of its part 1.
    pub upload: String,
    pub part: String,
}

/// What a row's request is sent to.
pub fn target(row: &Row, subject: &Subject) -> String {
    let Subject { bucket, key, upload, .. } = subject;
    let target = match row.level {
        Level::Service => "/".to_owned(),
        Level::Bucket => format!("/{bucket}"),
        Level::Object => format!("/{bucket}/{key}"),
        Level::Control => control::resource(bucket),
        Level::Account => control::SWITCHES.to_owned(),
    };
    let value = |name: &&str| match *name {
        "uploadId" => format!("uploadId={upload}"),
        "partNumber" => "partNumber=2".to_owned(),
        other => other.to_owned(),
    };
    let query: Vec<String> = row.query.iter().map(value).collect();
    if query.is_empty() { target } else { format!("{target}?{}", query.join("&")) }
}

/// A request that does what the row does.
pub fn request(row: &Row, subject: &Subject, client: &Client) -> Request {
    let Subject { bucket, account, key, part, .. } = subject;
    let body = match row.name {
        "RestoreObject" => "<RestoreRequest><Days>1</Days></RestoreRequest>".to_owned(),
        "DeleteObjects" => format!("<Delete><Object><Key>{key}</Key></Object></Delete>"),
        "CompleteMultipartUpload" => document(&[(1, part.clone())]),
        "PutBucketVersioning" => versioning("Enabled"),
        "PutBucketTagging" | "PutObjectTagging" => tagging(&[("a", "b")]),
        "PutBucketLifecycleConfiguration" => {
            let rule = lifecycle_rule("a", "<Filter/><Expiration><Days>9</Days></Expiration>");
            format!("<LifecycleConfiguration>{rule}</LifecycleConfiguration>")
        }
        "PutBucketCors" => cors_document(&cors_rule(&["*"], &["GET"], "")),
        "TagResource" => control::document(&[("a", "b")]),
        "PutBucketRequestPayment" => {
            "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>".to_owned()
        }
        "PutBucketAccelerateConfiguration" => put_bucket_accelerate_configuration::document("Suspended"),
        "PutBucketLogging" => "<BucketLoggingStatus/>".to_owned(),
        "PutBucketNotificationConfiguration" => "<NotificationConfiguration/>".to_owned(),
        "PutBucketAbac" => "<AbacStatus><Status>Disabled</Status></AbacStatus>".to_owned(),
        "PutBucketOwnershipControls" => put_bucket_ownership_controls::document("ObjectWriter"),
        "PutBucketPolicy" => put_bucket_policy::policy("Allow", "\"*\"", "s3:ListBucket", bucket),
        "PutPublicAccessBlock" | "PutAccountPublicAccessBlock" => put_public_access_block::document(&[]),
        "PutObjectLockConfiguration" => locks::configuration(""),
        "PutObjectRetention" => locks::retention("GOVERNANCE", locks::FARTHER),
        "PutObjectLegalHold" => locks::hold("OFF"),
        "PutObject" | "UploadPart" => "new".repeat(100_000),
        "PostObject" => {
            let form = Form::bare(client, bucket).field("key", key).file("new", "new".repeat(100_000));
            return form.request();
        }
        _ => String::new(),
    };
    let mut request = client.request(row.method.as_str(), &target(row, subject));
    match (row.header, row.name) {
        (Some("x-amz-copy-source"), "CopyObject") => {
            // Onto itself, with a change.
            request = request.header("x-amz-metadata-directive", "REPLACE");
            request = request.header("x-amz-copy-source", format!("/{bucket}/{key}"));
        }
        (Some("x-amz-copy-source"), _) => request = request.header("x-amz-copy-source", format!("/{bucket}/{key}")),
        (Some(other), _) => panic!("{other}: a header this test does not know how to fill"),
        (None, "GetObjectAttributes") => request = request.header("x-amz-object-attributes", "ETag,ObjectSize"),
        (None, "PutBucketAcl" | "PutObjectAcl") => request = request.header("x-amz-acl", "private"),
        (None, _) => {}
    }
    if row.level == Level::Account {
        request = request.header("x-amz-account-id", account);
    }
    if ["DeleteObjects", "PutBucketCors", "PutBucketLifecycleConfiguration"].contains(&row.name) {
        request = request.header("content-md5", md5_base64(body.as_bytes()));
    }
    if matches!(row.method, Method::Put | Method::Post) { request.body(body) } else { request }
}

#[test]
fn no_operation_of_the_table_is_open_to_strangers() {
    let g = Ground::new();
    let body = bytes(300_000);
    g.put("k", body.clone());
    let upload = Multipart::open(&g, "u");
    let on_k = Multipart::open(&g, "k");
    let part = "0".repeat(32);
    let (account, upload_id) = (control::account(&g.alice), on_k.id.clone());
    let subject = Subject { bucket: g.bucket.clone(), account, key: "k".to_owned(), upload: upload_id, part };
    let mut outcomes: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
    for row in ROWS {
        for client in [g.bob.v4(), g.bob.v2(), g.bob.v4_presigned(), g.bob.v2_presigned(), g.alice.anonymous()] {
            let v2 = [1, 3].contains(&outcomes.get(row.name).map_or(0, Vec::len));
            let reply = request(row, &subject, &client).send();
            outcomes.entry(row.name).or_default().push(reply.status);
            let anonymous = outcomes[row.name].len() == 5;
            match row.name {
                // A stranger has buckets of his own; and a name that is taken may be known.
                "ListBuckets" if !anonymous => assert!(!reply.elements("Name").contains(&g.bucket), "{reply}"),
                "CreateBucket" if !anonymous => drop(reply.assert_error(409, "BucketAlreadyExists")),
                // Each key has an outcome of its own.
                "DeleteObjects" => assert_eq!(reply.assert_status(200).elements("Code"), ["AccessDenied"]),
                _ if matches!(row.level, Level::Control | Level::Account) && v2 => {
                    drop(reply.assert_error(400, "InvalidRequest"));
                }
                _ if row.method == Method::Head => drop(reply.assert_status(403)),
                _ => drop(reply.assert_error(403, "AccessDenied")),
            }
        }
    }
    assert!(outcomes.len() >= 24, "{outcomes:?}");
    // Nothing has happened.
    g.get("k").assert_body(body);
    assert_eq!(g.keys(""), ["k"]);
    let open = g.alice.get(&format!("{}?uploads", g.root())).assert_status(200).elements("UploadId");
    assert_eq!(open, [on_k.id.clone(), upload.id.clone()]);
    assert!(g.alice.get(&on_k.target("")).assert_status(200).elements("PartNumber").is_empty());
}

#[test]
fn the_owner_may_do_everything_in_every_way_to_sign() {
    let g = Ground::new();
    for client in [g.alice.v4(), g.alice.v2(), g.alice.v4_presigned(), g.alice.v2_presigned()] {
        client.put(&g.path("k"), "x").assert_status(200);
        client.get(&g.path("k")).assert_status(200).assert_body("x");
        assert_eq!(client.get(&format!("{}?prefix=k", g.root())).assert_status(200).elements("Key"), ["k"]);
        client.delete(&g.path("k")).assert_status(204);
    }
}

#[test]
fn a_foreign_bucket_hides_which_keys_it_has() {
    let g = Ground::new();
    g.put("there", "x");
    for key in ["there", "absent"] {
        g.bob.get(&g.path(key)).assert_error(403, "AccessDenied");
        g.alice.anonymous().get(&g.path(key)).assert_error(403, "AccessDenied");
    }
}
