//! Storage classes: names that are kept with an object and answered with it. Nothing is archived here, so only those
//! are taken whose bytes can be read at once.

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::storage::ObjectAttrs;

const HEADER: &str = "x-amz-storage-class";
/// What an object is when its writer does not say.
pub const STANDARD: &str = "STANDARD";
/// Kept.
const KEPT: [&str; 6] =
    [STANDARD, "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"];
/// AWS has them, this server does not: asking for one is another error than asking for one that nobody has.
const ELSEWHERE: [&str; 6] = ["GLACIER", "DEEP_ARCHIVE", "OUTPOSTS", "SNOW", "EXPRESS_ONEZONE", "FSX_OPENZFS"];

/// Reads the class that a write asks for, as [`ObjectAttrs::storage_class`] keeps it: empty for `STANDARD`.
///
/// # Errors
/// `InvalidStorageClass`; `NotImplemented` for one that AWS has and this server does not.
pub fn parse(headers: &Headers) -> Result<String, S3Error> {
    let Some(value) = headers.bytes(HEADER) else { return Ok(String::new()) };
    let name = String::from_utf8_lossy(value).into_owned();
    match name.as_str() {
        STANDARD => Ok(String::new()),
        kept if KEPT.contains(&kept) => Ok(name),
        known if ELSEWHERE.contains(&known) => Err(S3ErrorCode::NotImplemented
            .because("A header you provided implies functionality that is not implemented")
            .field("Header", HEADER)
            .field("additionalMessage", format!("{HEADER}: {known}"))),
        _ => Err(S3Error::from(S3ErrorCode::InvalidStorageClass).field("StorageClassRequested", name)),
    }
}

/// Whether a write asks for a class, be it the one it would get anyway.
#[must_use]
pub fn asked(headers: &Headers) -> bool {
    headers.has(HEADER)
}

/// The class as documents show it.
#[must_use]
pub fn shown(attrs: &ObjectAttrs) -> &str {
    if attrs.storage_class.is_empty() { STANDARD } else { &attrs.storage_class }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_can_be_read_at_once_are_kept() {
        let parse = |name: &str| {
            let mut headers = Headers::default();
            headers.push(HEADER, name.to_owned());
            super::parse(&headers).map_err(|e| e.code)
        };
        assert_eq!(super::parse(&Headers::default()).expect("needs none"), "");
        assert_eq!(parse("STANDARD"), Ok(String::new()));
        assert_eq!(parse("STANDARD_IA"), Ok("STANDARD_IA".to_owned()));
        assert_eq!(parse("GLACIER"), Err(S3ErrorCode::NotImplemented));
        for bad in ["", "standard", "FAST"] {
            assert_eq!(parse(bad), Err(S3ErrorCode::InvalidStorageClass), "{bad}");
        }
    }
}
