//! DeleteBucket.

use crate::ops::multipart::Multipart;
use crate::ops::{Ground, fresh_bucket_name};

#[test]
fn an_empty_bucket_goes() {
    let g = Ground::new();
    g.alice.delete(&g.root()).assert_status(204).assert_body("");
    g.alice.delete(&g.root()).assert_error(404, "NoSuchBucket");
    g.alice.head(&g.root()).assert_status(404);
    g.alice.put(&g.path("k"), "x").assert_error(404, "NoSuchBucket");
    g.alice.get(&g.root()).assert_error(404, "NoSuchBucket");
    g.alice.delete(&format!("/{}", fresh_bucket_name())).assert_error(404, "NoSuchBucket");
}

#[test]
fn a_bucket_with_an_object_stays() {
    let g = Ground::new();
    g.put("k", "x");
    let reply = g.alice.delete(&g.root()).assert_error(409, "BucketNotEmpty");
    assert_eq!(reply.element("BucketName"), Some(g.bucket.clone()));
    g.get("k").assert_body("x");
    g.alice.delete(&g.path("k")).assert_status(204);
    g.alice.delete(&g.root()).assert_status(204);
}

#[test]
fn open_uploads_go_with_an_empty_bucket_only() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let part = upload.part(1, "x");
    g.put("other", "x");
    g.alice.delete(&g.root()).assert_error(409, "BucketNotEmpty");
    upload.complete(&[part]).assert_status(200);
    for key in ["k", "other"] {
        g.alice.delete(&g.path(key)).assert_status(204);
    }
    let uploads = [Multipart::open(&g, "a"), Multipart::open(&g, "a"), Multipart::open(&g, "b")];
    uploads[0].part(1, "y");
    g.alice.delete(&g.root()).assert_status(204);
    g.alice.put(&g.root(), "").assert_status(200);
    assert!(g.alice.get(&format!("{}?uploads", g.root())).assert_status(200).elements("UploadId").is_empty());
    for upload in &uploads {
        g.alice.get(&upload.target("")).assert_error(404, "NoSuchUpload");
    }
}

#[test]
fn a_bucket_made_again_is_empty() {
    let g = Ground::new();
    g.put("k", "old");
    g.alice.delete(&g.path("k")).assert_status(204);
    g.alice.delete(&g.root()).assert_status(204);
    g.alice.put(&g.root(), "").assert_status(200);
    g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
    assert!(g.keys("").is_empty());
}

#[test]
fn nobody_else_deletes_it() {
    let g = Ground::new();
    g.bob.delete(&g.root()).assert_error(403, "AccessDenied");
    g.alice.anonymous().delete(&g.root()).assert_error(403, "AccessDenied");
    let wrong = g.alice.request("DELETE", &g.root()).header("x-amz-expected-bucket-owner", "0".repeat(64));
    wrong.send().assert_error(403, "AccessDenied");
    g.alice.head(&g.root()).assert_status(200);
}
