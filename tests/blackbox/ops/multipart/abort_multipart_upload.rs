//! AbortMultipartUpload.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the upload and its parts are gone | an_aborted_upload_is_gone_and_nothing_else |
//! | 403 AccessDenied | the caller has no right to it | an_aborted_upload_is_gone_and_nothing_else |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchUpload | there is no such upload, or it was aborted or completed | an_aborted_upload_is_gone_and_nothing_else, a_completed_or_unknown_upload_cannot_be_aborted, everywhere::an_upload_that_is_not_there |

use crate::ops::Ground;
use crate::ops::multipart::Multipart;

#[test]
fn an_aborted_upload_is_gone_and_nothing_else() {
    let g = Ground::new();
    g.put("k", "kept");
    let upload = Multipart::open(&g, "k");
    let part = upload.part(1, "x");
    g.bob.delete(&upload.target("")).assert_error(403, "AccessDenied");
    g.alice.anonymous().delete(&upload.target("")).assert_error(403, "AccessDenied");
    g.alice.delete(&upload.target("")).assert_status(204).assert_body("");
    g.alice.delete(&upload.target("")).assert_error(404, "NoSuchUpload");
    upload.complete(&[part]).assert_error(404, "NoSuchUpload");
    g.alice.put(&upload.target("partNumber=1&"), "x").assert_error(404, "NoSuchUpload");
    g.get("k").assert_body("kept");
    assert!(g.alice.get(&format!("{}?uploads", g.root())).assert_status(200).elements("UploadId").is_empty());
}

#[test]
fn a_completed_or_unknown_upload_cannot_be_aborted() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let part = upload.part(1, "x");
    upload.complete(&[part]).assert_status(200);
    g.alice.delete(&upload.target("")).assert_error(404, "NoSuchUpload");
    g.alice.delete(&format!("{}?uploadId=nope", g.path("k"))).assert_error(404, "NoSuchUpload");
    g.get("k").assert_body("x");
}
