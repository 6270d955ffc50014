//! Object ownership as headers and documents name it. Source: AWS, "Controlling ownership of objects and disabling ACLs
//! for your bucket".

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::storage::Ownership;

/// The header by which a new bucket gets its own.
pub const HEADER: &str = "x-amz-object-ownership";
const NAMES: [(Ownership, &str); 3] = [
    (Ownership::BucketOwnerEnforced, "BucketOwnerEnforced"),
    (Ownership::BucketOwnerPreferred, "BucketOwnerPreferred"),
    (Ownership::ObjectWriter, "ObjectWriter"),
];

/// Its name; `None` where nobody has said.
#[must_use]
pub fn name(ownership: Ownership) -> Option<&'static str> {
    NAMES.iter().find(|(known, _)| *known == ownership).map(|(_, name)| *name)
}

/// Reads a name.
#[must_use]
pub fn parse(text: &str) -> Option<Ownership> {
    NAMES.iter().find(|(_, name)| *name == text).map(|(ownership, _)| *ownership)
}

/// What a request to create a bucket asks for, if it asks.
///
/// # Errors
/// `InvalidArgument`.
pub fn asked(headers: &Headers) -> Result<Option<Ownership>, S3Error> {
    let Some(value) = headers.bytes(HEADER) else { return Ok(None) };
    let text = String::from_utf8_lossy(value);
    parse(&text).map(Some).ok_or_else(|| {
        S3ErrorCode::InvalidArgument
            .because(format!("Invalid {HEADER} header: {text}"))
            .field("ArgumentName", HEADER)
            .field("ArgumentValue", text.as_ref())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for ownership in [Ownership::BucketOwnerEnforced, Ownership::BucketOwnerPreferred, Ownership::ObjectWriter] {
            assert_eq!(name(ownership).and_then(parse), Some(ownership));
        }
        assert_eq!(name(Ownership::Unset), None);
        for bad in ["", "objectwriter", "Unset"] {
            let mut headers = Headers::default();
            headers.push(HEADER, bad.to_owned());
            assert_eq!(asked(&headers).expect_err(bad).code, S3ErrorCode::InvalidArgument, "{bad}");
        }
        assert_eq!(asked(&Headers::default()).expect("is fine"), None);
    }
}
