//! `CopyObjectResult` and `CopyPartResult`.

use bytes::Bytes;

use super::Document;
use crate::s3::etag::quoted;
use crate::s3::time::iso8601;
use crate::storage::Timestamp;

/// The answer to CopyObject (`CopyObjectResult`) or UploadPartCopy (`CopyPartResult`).
#[must_use]
pub fn result(root: &'static str, etag: &str, modified: Timestamp) -> Bytes {
    let mut out = Document::new(root);
    out.text("LastModified", &iso8601(modified));
    out.text("ETag", &quoted(etag));
    out.finish()
}
