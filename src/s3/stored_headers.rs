//! The headers that are kept with an object and answered with it.

use std::borrow::Cow;

use bytes::Bytes;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::s3::response::Response;
use crate::storage::{ObjectAttrs, StoredHeader};

/// Kept verbatim.
const KEPT: [&str; 6] =
    ["content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires"];
/// What an object is when its writer does not say (AWS).
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";
const USER_PREFIX: &str = "x-amz-meta-";
/// Names and values of user metadata together, bytes (AWS, "Working with object metadata").
const USER_METADATA_BYTES_MAX: usize = 2 * 1024;

/// What a request says about the object it writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectHeaders {
    /// `content-type` and its like.
    pub headers: Vec<StoredHeader>,
    /// `x-amz-meta-*`.
    pub user_metadata: Vec<StoredHeader>,
}

impl ObjectHeaders {
    /// Reads the headers that are kept.
    ///
    /// # Errors
    /// `MetadataTooLarge`.
    pub fn parse(request: &Headers) -> Result<Self, S3Error> {
        let mut kept = Vec::new();
        for name in KEPT {
            if let Some(value) = request.bytes(name) {
                kept.push(StoredHeader { name: name.to_owned(), value: value.clone() });
            }
        }
        if !kept.iter().any(|h| h.name == "content-type") {
            let value = Bytes::from_static(DEFAULT_CONTENT_TYPE.as_bytes());
            kept.push(StoredHeader { name: "content-type".to_owned(), value });
        }
        let user_metadata = user_metadata(request);
        let bytes: usize = user_metadata.iter().map(|h| h.name.len() + h.value.len()).sum();
        if bytes > USER_METADATA_BYTES_MAX {
            return Err(S3Error::from(S3ErrorCode::MetadataTooLarge)
                .field("Size", bytes.to_string())
                .field("MaxSizeAllowed", USER_METADATA_BYTES_MAX.to_string()));
        }
        Ok(Self { headers: kept, user_metadata })
    }
}

/// Repeated headers are one, joined by commas, as AWS keeps them.
fn user_metadata(request: &Headers) -> Vec<StoredHeader> {
    let mut all: Vec<StoredHeader> = Vec::new();
    for (name, value) in request.iter() {
        let Some(name) = name.strip_prefix(USER_PREFIX).filter(|n| !n.is_empty()) else { continue };
        match all.iter_mut().find(|h| h.name == name) {
            Some(there) => there.value = [there.value.as_ref(), b",", value].concat().into(),
            None => all.push(StoredHeader { name: name.to_owned(), value: value.clone() }),
        }
    }
    all
}

/// Writes the headers of an object's answer: those kept, with overrides where the request has any.
pub fn write(answer: &mut Response, attrs: &ObjectAttrs, overrides: &[(&'static str, String)]) {
    for header in &attrs.headers {
        if !overrides.iter().any(|(name, _)| *name == header.name) {
            answer.header(Cow::Owned(header.name.clone()), header.value.clone());
        }
    }
    for (name, value) in overrides {
        answer.header(*name, Bytes::from(value.clone()));
    }
    for header in &attrs.user_metadata {
        answer.header(Cow::Owned(format!("{USER_PREFIX}{}", header.name)), header.value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<ObjectHeaders, S3Error> {
        let mut headers = Headers::default();
        pairs.iter().for_each(|(n, v)| headers.push(*n, (*v).to_owned()));
        ObjectHeaders::parse(&headers)
    }

    #[test]
    fn metadata_is_joined_and_bounded() {
        let parsed = parse(&[("x-amz-meta-a", "1"), ("X-Amz-Meta-A", "2")]).expect("is valid");
        assert_eq!(parsed.user_metadata, [StoredHeader { name: "a".into(), value: Bytes::from_static(b"1,2") }]);
        assert_eq!(parsed.headers[0].value, DEFAULT_CONTENT_TYPE.as_bytes());
        let big = "x".repeat(2048);
        assert_eq!(parse(&[("x-amz-meta-a", &big)]).expect_err("too large").code, S3ErrorCode::MetadataTooLarge);
    }
}
