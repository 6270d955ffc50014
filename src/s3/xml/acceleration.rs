//! `AccelerateConfiguration`.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::{S3Error, S3ErrorCode};

const ROOT: &str = "AccelerateConfiguration";

/// Writes it; empty where nobody has ever set it.
#[must_use]
pub fn write(suspended: bool) -> Bytes {
    let mut out = Document::new(ROOT);
    out.maybe("Status", suspended.then_some("Suspended"));
    out.finish()
}

/// Reads one that suspends.
///
/// # Errors
/// `MalformedXML`; `NotImplemented` for one that enables.
pub fn parse(document: &[u8]) -> Result<(), S3Error> {
    match Element::parse(document, ROOT)?.text_of("Status").map(str::trim) {
        Some("Suspended") => Ok(()),
        Some("Enabled") => Err(S3ErrorCode::NotImplemented.because("Transfer acceleration is not implemented.")),
        _ => Err(malformed("Status is neither Enabled nor Suspended")),
    }
}
