//! `x-amz-copy-source` and its range: which object a copy reads.

use std::ops::Range;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;

/// What a copy reads. Decoded exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopySource {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version asked for.
    pub version_id: Option<String>,
}

impl CopySource {
    /// Reads `[/]bucket/key[?versionId=…]`, percent-encoded (AWS API_CopyObject).
    ///
    /// # Errors
    /// `InvalidArgument`; `NotImplemented` for access points.
    pub fn parse(headers: &Headers) -> Result<Self, S3Error> {
        let invalid =
            |why: &'static str| S3ErrorCode::InvalidArgument.because(why).field("ArgumentName", "x-amz-copy-source");
        let raw = headers.bytes("x-amz-copy-source").ok_or_else(|| invalid("x-amz-copy-source is missing."))?;
        let raw = std::str::from_utf8(raw).map_err(|_| invalid("x-amz-copy-source is not UTF-8."))?;
        let (path, version_id) = match raw.rsplit_once("?versionId=") {
            Some((path, version)) => (path, Some(version.to_owned())),
            None => (raw, None),
        };
        // As AWS, and as s5cmd relies on: a `+` is a space, as in a form.
        let path = path.replace('+', " ");
        let path = percent_encoding::percent_decode_str(&path)
            .decode_utf8()
            .map_err(|_| invalid("x-amz-copy-source is not percent-encoded UTF-8."))?;
        let path = path.strip_prefix('/').unwrap_or(&path);
        if path.starts_with("arn:") {
            return Err(S3ErrorCode::NotImplemented.because("Copying from an access point is not implemented."));
        }
        match path.split_once('/') {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() => {
                Ok(Self { bucket: bucket.to_owned(), key: key.to_owned(), version_id })
            }
            _ => Err(invalid("x-amz-copy-source has the form bucket/key.")),
        }
    }
}

/// Reads `x-amz-copy-source-range`, which takes only `bytes=first-last`.
///
/// # Errors
/// `InvalidArgument`; `InvalidRange` when it ends beyond the source, as Ceph's gateway says it (AWS: `InvalidArgument`).
pub fn range(headers: &Headers, size: u64) -> Result<Range<u64>, S3Error> {
    let Some(text) = headers.get("x-amz-copy-source-range") else { return Ok(0..size) };
    let invalid = || {
        S3ErrorCode::InvalidArgument
            .because("The x-amz-copy-source-range value must be of the form bytes=first-last.")
            .field("ArgumentName", "x-amz-copy-source-range")
            .field("ArgumentValue", text)
    };
    let (first, last) = text.strip_prefix("bytes=").and_then(|s| s.split_once('-')).ok_or_else(invalid)?;
    let (first, last) = (first.parse::<u64>().map_err(|_| invalid())?, last.parse::<u64>().map_err(|_| invalid())?);
    if first > last {
        return Err(invalid());
    }
    if last >= size {
        return Err(S3ErrorCode::InvalidRange
            .because(format!("Range specified is not valid for source object of size: {size}"))
            .field("RangeRequested", text)
            .field("ActualObjectSize", size.to_string()));
    }
    Ok(first..last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Result<CopySource, S3Error> {
        let mut headers = Headers::default();
        headers.push("x-amz-copy-source", value.to_owned());
        CopySource::parse(&headers)
    }

    #[test]
    fn sources_are_decoded_once() {
        for (raw, bucket, key, version) in [
            ("b/k", "b", "k", None),
            ("/b/k", "b", "k", None),
            ("b/a%20b%2Fc%2525", "b", "a b/c%25", None),
            ("b//a/../c+d%2B", "b", "/a/../c d+", None),
            ("/b/k?versionId=null", "b", "k", Some("null")),
            ("b%2Fk", "b", "k", None),
            ("b/k%3FversionId=x", "b", "k?versionId=x", None),
        ] {
            let source = parse(raw).expect(raw);
            assert_eq!(
                (source.bucket.as_str(), source.key.as_str(), source.version_id.as_deref()),
                (bucket, key, version)
            );
        }
        for bad in ["", "/", "b", "b/", "/b/", "%ff/k", "arn:aws:s3:x:y:accesspoint/z/object/k"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn ranges_lie_within_the_source() {
        let with = |value: &str| {
            let mut headers = Headers::default();
            headers.push("x-amz-copy-source-range", value.to_owned());
            range(&headers, 10)
        };
        assert_eq!(range(&Headers::default(), 10).expect("is whole"), 0..10);
        assert_eq!(with("bytes=0-9").expect("fits"), 0..10);
        for bad in ["bytes=3-2", "bytes=3-", "bytes=-3", "0-1"] {
            assert_eq!(with(bad).expect_err(bad).code, S3ErrorCode::InvalidArgument, "{bad}");
        }
        for beyond in ["bytes=0-10", "bytes=10-20"] {
            assert_eq!(with(beyond).expect_err(beyond).code, S3ErrorCode::InvalidRange, "{beyond}");
        }
    }
}
