//! `CopyObjectResult` and `CopyPartResult`.

use bytes::Bytes;

use super::{Document, checksum};
use crate::s3::etag::quoted;
use crate::s3::time::iso8601;
use crate::storage::{ObjectAttrs, StoredChecksum, Timestamp};

/// The answer to CopyObject.
#[must_use]
pub fn object(attrs: &ObjectAttrs) -> Bytes {
    let mut out = begin("CopyObjectResult", &attrs.etag, Timestamp(attrs.modified_micros));
    checksum::members(&mut out, &attrs.checksums);
    checksum::kind(&mut out, &attrs.checksums);
    out.finish()
}

/// The answer to UploadPartCopy.
#[must_use]
pub fn part(etag: &str, modified: Timestamp, checksums: &[StoredChecksum]) -> Bytes {
    let mut out = begin("CopyPartResult", etag, modified);
    checksum::members(&mut out, checksums);
    out.finish()
}

fn begin(root: &'static str, etag: &str, modified: Timestamp) -> Document {
    let mut out = Document::new(root);
    out.text("LastModified", &iso8601(modified));
    out.text("ETag", &quoted(etag));
    out
}
