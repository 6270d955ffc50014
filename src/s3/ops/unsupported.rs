//! Headers that ask a write for what this server does not do. Such a write is refused before its body is sent; one
//! that restates what holds anyway succeeds.

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::Row;
use crate::s3::request::Headers;
use crate::s3::{ownership, storage_class, stored_headers};

/// Names that start so are never acted on.
const REFUSED_PREFIXES: [&str; 4] = [
    "x-amz-server-side-encryption",
    "x-amz-copy-source-server-side-encryption",
    "x-amz-object-lock-event-hold",
    "x-amz-if-match-",
];
/// Values of headers that are never acted on, unless they say what holds anyway.
const RESTATING: [(&str, &str); 1] = [("x-amz-write-offset-bytes", "")];
/// The operations that act on access control lists in headers, and those headers' names.
const WITH_ACL: [&str; 7] =
    ["CreateBucket", "PutBucketAcl", "PutObject", "PostObject", "CopyObject", "CreateMultipartUpload", "PutObjectAcl"];
const ACL: [&str; 2] = ["x-amz-acl", "x-amz-grant-"];

/// Refuses what is not done here.
///
/// # Errors
/// `NotImplemented` that names the header; `InvalidStorageClass` and `InvalidRedirectLocation`, which need no body
/// either.
pub fn refuse(row: &Row, headers: &Headers) -> Result<(), S3Error> {
    let acted_on = |name: &str| row.name == "DeleteObject" && name.starts_with("x-amz-if-match-");
    for (name, value) in headers.iter().filter(|(name, _)| !acted_on(name)) {
        let text = std::str::from_utf8(value).unwrap_or("?");
        let restates = RESTATING.iter().find(|(n, _)| *n == name).map(|(_, v)| v.eq_ignore_ascii_case(text.trim()));
        let idle = ACL.iter().any(|prefix| name.starts_with(prefix)) && !WITH_ACL.contains(&row.name)
            || name == ownership::HEADER && row.name != "CreateBucket";
        if idle || restates == Some(false) || REFUSED_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
            return Err(not_implemented(name, text));
        }
    }
    storage_class::parse(headers)?;
    stored_headers::redirect(headers)?;
    Ok(())
}

fn not_implemented(name: &str, value: &str) -> S3Error {
    S3ErrorCode::NotImplemented
        .because("A header you provided implies functionality that is not implemented")
        .field("Header", name)
        .field("additionalMessage", format!("{name}: {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(row: &Row, name: &str, value: &str) -> Option<S3ErrorCode> {
        let mut headers = Headers::default();
        headers.push(name, value.to_owned());
        refuse(row, &headers).err().map(|e| e.code)
    }

    fn code(name: &str, value: &str) -> Option<S3ErrorCode> {
        code_of(&crate::s3::ops::object::put_object::ROW, name, value)
    }

    #[test]
    fn lists_are_refused_where_nothing_gets_one() {
        for (name, value) in [("x-amz-acl", "public-read"), ("x-amz-grant-read", "id=x")] {
            let refused = code_of(&crate::s3::ops::multipart::upload_part::ROW, name, value);
            assert_eq!(refused, Some(S3ErrorCode::NotImplemented), "{name}");
        }
    }

    #[test]
    fn what_restates_what_holds_succeeds_and_the_rest_is_refused() {
        for (name, value) in
            [("x-amz-acl", "public-read"), ("x-amz-storage-class", "STANDARD"), ("x-amz-meta-acl", "public-read")]
        {
            assert_eq!(code(name, value), None, "{name}: {value}");
        }
        for (name, value) in [
            ("x-amz-object-ownership", "ObjectWriter"),
            ("x-amz-storage-class", "GLACIER"),
            ("x-amz-server-side-encryption", "AES256"),
            ("x-amz-server-side-encryption-customer-key", "x"),
            ("x-amz-object-lock-event-hold", "ON"),
        ] {
            assert_eq!(code(name, value), Some(S3ErrorCode::NotImplemented), "{name}: {value}");
        }
        assert_eq!(code("x-amz-storage-class", "FAST"), Some(S3ErrorCode::InvalidStorageClass));
        assert_eq!(code("x-amz-website-redirect-location", "x"), Some(S3ErrorCode::InvalidRedirectLocation));
    }
}
