//! `PolicyStatus`.

use bytes::Bytes;

use super::Document;

/// Writes it. In lower case, because botocore takes AWS's own example, `TRUE`, for false.
#[must_use]
pub fn write(public: bool) -> Bytes {
    let mut out = Document::new("PolicyStatus");
    out.flag("IsPublic", public);
    out.finish()
}
