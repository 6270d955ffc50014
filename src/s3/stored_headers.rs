//! The headers that are kept with an object and answered with it.

use std::borrow::Cow;

use bytes::Bytes;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::s3::response::Response;
use crate::s3::{storage_class, tags};
use crate::storage::{ObjectAttrs, StoredHeader, Tag};

/// Kept verbatim.
const KEPT: [&str; 6] =
    ["content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires"];
/// What an object is when its writer does not say (AWS).
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";
const USER_PREFIX: &str = "x-amz-meta-";
/// Kept like the others, but belongs to one object: a copy does not take it along (AWS API_CopyObject).
const REDIRECT: &str = "x-amz-website-redirect-location";
/// Longest redirect location, bytes (AWS, "Configuring a webpage redirect").
const REDIRECT_BYTES_MAX: usize = 2 * 1024;
/// Names and values of user metadata together, bytes (AWS, "Working with object metadata").
const USER_METADATA_BYTES_MAX: usize = 2 * 1024;

/// What a request says about the object it writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectHeaders {
    /// `content-type` and its like.
    pub headers: Vec<StoredHeader>,
    /// `x-amz-meta-*`.
    pub user_metadata: Vec<StoredHeader>,
    /// As [`ObjectAttrs::storage_class`] keeps it.
    pub storage_class: String,
    /// `x-amz-tagging`.
    pub tags: Vec<Tag>,
}

impl ObjectHeaders {
    /// Reads the headers that are kept.
    ///
    /// # Errors
    /// `MetadataTooLarge`, `InvalidStorageClass`, `InvalidRedirectLocation`, `InvalidTag`, `InvalidArgument`.
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
        kept.extend(redirect(request)?);
        let user_metadata = user_metadata(request);
        let bytes: usize = user_metadata.iter().map(|h| h.name.len() + h.value.len()).sum();
        if bytes > USER_METADATA_BYTES_MAX {
            return Err(S3Error::from(S3ErrorCode::MetadataTooLarge)
                .field("Size", bytes.to_string())
                .field("MaxSizeAllowed", USER_METADATA_BYTES_MAX.to_string()));
        }
        let tags = tags::of_header(request)?.unwrap_or_default();
        Ok(Self { headers: kept, user_metadata, storage_class: storage_class::parse(request)?, tags })
    }

    /// The attributes of an object that has these and nothing else yet.
    #[must_use]
    pub fn into_attrs(self) -> ObjectAttrs {
        let Self { headers, user_metadata, storage_class, tags } = self;
        ObjectAttrs { headers, user_metadata, storage_class, tags, ..ObjectAttrs::default() }
    }
}

/// Reads `x-amz-website-redirect-location`.
///
/// # Errors
/// `InvalidRedirectLocation` for one that is neither a path nor a URL, or too long.
pub fn redirect(request: &Headers) -> Result<Option<StoredHeader>, S3Error> {
    let Some(value) = request.bytes(REDIRECT).filter(|value| !value.is_empty()) else { return Ok(None) };
    let location = ["/", "http://", "https://"].iter().any(|start| value.starts_with(start.as_bytes()));
    if location && value.len() <= REDIRECT_BYTES_MAX {
        return Ok(Some(StoredHeader { name: REDIRECT.to_owned(), value: value.clone() }));
    }
    Err(S3ErrorCode::InvalidRedirectLocation.into())
}

/// Replaces the redirect among an object's headers by the one that a copy asks for, if any.
pub fn set_redirect(headers: &mut Vec<StoredHeader>, redirect: Option<StoredHeader>) {
    headers.retain(|header| header.name != REDIRECT);
    headers.extend(redirect);
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
    if !attrs.tags.is_empty() {
        answer.set("x-amz-tagging-count", attrs.tags.len().to_string());
    }
    for header in &attrs.user_metadata {
        answer.header(Cow::Owned(format!("{USER_PREFIX}{}", header.name)), header.value.clone());
    }
    // AWS says nothing of the usual class.
    if !attrs.storage_class.is_empty() {
        answer.set("x-amz-storage-class", attrs.storage_class.as_str());
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

    #[test]
    fn a_redirect_is_a_path_or_a_url() {
        let redirect =
            |value: &str| parse(&[(REDIRECT, value)]).map(|kept| kept.headers.len() == 2).map_err(|e| e.code);
        assert_eq!(redirect("/a"), Ok(true));
        assert_eq!(redirect("https://a"), Ok(true));
        assert_eq!(redirect(""), Ok(false));
        assert_eq!(redirect("a"), Err(S3ErrorCode::InvalidRedirectLocation));
        assert_eq!(redirect(&"/".repeat(2049)), Err(S3ErrorCode::InvalidRedirectLocation));
        let mut headers = parse(&[(REDIRECT, "/a")]).expect("is valid").headers;
        set_redirect(&mut headers, None);
        assert_eq!(headers.len(), 1);
    }
}
