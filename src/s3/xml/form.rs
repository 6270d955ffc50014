//! `PostResponse`.

use bytes::Bytes;

use super::Document;
use crate::s3::etag::quoted;

/// The answer to a form that asks for 201. It has no namespace.
#[must_use]
pub fn stored(location: &str, bucket: &str, key: &str, etag: &str) -> Bytes {
    let mut out = Document::with_attributes("PostResponse", &[]);
    out.text("Location", location);
    out.text("Bucket", bucket);
    out.text("Key", key);
    out.text("ETag", &quoted(etag));
    out.finish()
}
