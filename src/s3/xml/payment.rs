//! `RequestPaymentConfiguration`.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::S3Error;

const ROOT: &str = "RequestPaymentConfiguration";

/// Writes it.
#[must_use]
pub fn write(requester_pays: bool) -> Bytes {
    let mut out = Document::new(ROOT);
    out.text("Payer", if requester_pays { "Requester" } else { "BucketOwner" });
    out.finish()
}

/// Reads whether the requester pays.
///
/// # Errors
/// `MalformedXML`.
pub fn parse(document: &[u8]) -> Result<bool, S3Error> {
    match Element::parse(document, ROOT)?.text_of("Payer").map(str::trim) {
        Some("Requester") => Ok(true),
        Some("BucketOwner") => Ok(false),
        _ => Err(malformed("Payer is neither Requester nor BucketOwner")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::error::S3ErrorCode;

    #[test]
    fn a_payer_comes_back_as_it_was_written() {
        for pays in [true, false] {
            assert_eq!(parse(&write(pays)).expect("parses"), pays);
        }
        for wrong in ["", "<Payer/>", "<Payer>requester</Payer>"] {
            let error = parse(format!("<{ROOT}>{wrong}</{ROOT}>").as_bytes()).expect_err(wrong);
            assert_eq!(error.code, S3ErrorCode::MalformedXML, "{wrong}");
        }
    }
}
