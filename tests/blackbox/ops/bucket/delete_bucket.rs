//! DeleteBucket.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | it is gone, with its open uploads | an_empty_bucket_goes, open_uploads_go_with_an_empty_bucket_only |
//! | 403 AccessDenied | the caller has no right to it | nobody_else_deletes_it |
//! | 404 NoSuchBucket | there is no such bucket | an_empty_bucket_goes |
//! | 409 BucketNotEmpty | it has objects, versions or delete markers | a_bucket_with_an_object_stays, put_bucket_versioning::a_delete_puts_a_marker_on_top |
//! | 503 SlowDown | more than 10,000 uploads are open: those that were aborted are gone | more_uploads_than_one_request_aborts_take_several |

use dolium::s3::error::S3ErrorCode;
use dolium::s3::ops::bucket::delete_bucket::{BOUNDS, Bounds, abort_uploads};
use dolium::storage::conformance::fixture::Fixture;
use dolium::storage::embedded::{self, EmbeddedConfig};
use dolium::storage::{DeleteBucket, UploadScan};

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
    assert_eq!(reply.element("Message").as_deref(), Some("The bucket you tried to delete is not empty"));
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

/// A store, and a bucket in it.
async fn fixture(folder: &std::path::Path) -> Fixture {
    Fixture::new(embedded::open(EmbeddedConfig::new(folder.join("data"))).await.expect("opens")).await
}

#[tokio::test]
async fn more_uploads_than_one_request_aborts_take_several() {
    let folder = tempfile::tempdir().expect("a folder");
    let f = fixture(folder.path()).await;
    for i in 0..9 {
        f.open(&format!("k{}", i / 2)).await;
    }
    let bounds = Bounds { aborted_between_looks: 2, looks: 2 };
    for _ in 0..2 {
        let stopped = abort_uploads(&f.bucket, f.storage.metadata.as_ref(), &bounds).await.expect_err("there are more");
        assert_eq!(stopped.code, S3ErrorCode::SlowDown);
        assert_eq!(f.delete_bucket().await, DeleteBucket::NotEmpty);
    }
    assert!(abort_uploads(&f.bucket, f.storage.metadata.as_ref(), &bounds).await.expect("was the last"));
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
    assert_eq!(BOUNDS.aborted_between_looks * BOUNDS.looks as usize, 10_000);
}

#[tokio::test]
async fn uploads_of_a_bucket_in_use_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let f = fixture(folder.path()).await;
    f.put("k", "x").await;
    let upload = f.open("u").await;
    assert!(!abort_uploads(&f.bucket, f.storage.metadata.as_ref(), &BOUNDS).await.expect("looks"));
    let scan = UploadScan { prefix: Vec::new(), from: Vec::new(), after_upload: None, limit: 9 };
    let open = f.storage.metadata.list_uploads(&f.bucket, &scan).await.expect("lists").entries;
    assert_eq!(open.iter().map(|open| open.id).collect::<Vec<_>>(), [upload.id]);
}
