//! The canonical forms of paths, queries and headers that signatures are made over.

use std::borrow::Cow;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Headers, Query, WireHead};
use crate::s3::target::split_absolute;

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same, with slashes kept: paths.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// AWS's `UriEncode`, slashes too.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    percent_encode(bytes, RESERVED).to_string()
}

/// The readings of a V4 path: encoded once by the rules, and as it was sent. They differ where a client sends `+` or
/// another reserved character as it is, or encodes one that need not be; they always mean the same key.
#[must_use]
pub fn paths(raw: &str) -> Vec<String> {
    let decoded: Vec<u8> = percent_decode_str(raw).collect();
    let encoded = percent_encode(&decoded, RESERVED_IN_PATH).to_string();
    if encoded == raw { vec![encoded] } else { vec![encoded, raw.to_owned()] }
}

/// The V4 canonical query string, without the parameter that carries the signature.
#[must_use]
pub fn query(query: &Query, signature_name: Option<&str>) -> String {
    let mut pairs: Vec<(String, String)> = query
        .iter()
        .filter(|p| signature_name.is_none_or(|name| !p.name.eq_ignore_ascii_case(name)))
        .map(|p| (encode(p.name.as_bytes()), encode(p.value.as_bytes())))
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// How white space inside header values is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spaces {
    /// Runs become one space (AWS's text, botocore, minio-go).
    Collapsed,
    /// As sent (boto 2, s3cmd).
    Kept,
}

/// The values of a header as one: trimmed, joined by commas.
pub fn joined<'a>(values: impl Iterator<Item = &'a Bytes>, spaces: Spaces) -> Vec<u8> {
    let mut all = Vec::new();
    for (i, value) in values.enumerate() {
        if i > 0 {
            all.push(b',');
        }
        let value = value.trim_ascii();
        match spaces {
            Spaces::Kept => all.extend_from_slice(value),
            Spaces::Collapsed => {
                let words: Vec<&[u8]> = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
                all.extend_from_slice(&words.join(&b' '));
            }
        }
    }
    all
}

/// The readings of header values: as they were sent, and those beyond ASCII as Latin-1 that was signed as UTF-8, as boto3
/// and whatever else sends characters through Python's HTTP client does.
pub fn charsets(sent: &[u8]) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let signed = (!sent.is_ascii()).then(|| sent.iter().map(|byte| char::from(*byte)).collect::<String>());
    std::iter::once(Cow::Borrowed(sent)).chain(signed.map(|text| Cow::Owned(text.into_bytes())))
}

/// The host that was signed: an absolute request target replaces `Host` (RFC 9112), as it does for the bucket's name.
#[must_use]
pub fn host(wire: &WireHead) -> Bytes {
    match split_absolute(&wire.raw_target) {
        (Some(authority), _) => Bytes::copy_from_slice(authority.as_bytes()),
        (None, _) => wire.headers.bytes("host").cloned().unwrap_or_default(),
    }
}

/// The headers of the wire, and then query parameters that stand for headers.
///
/// # Errors
/// `AccessDenied` when one is there both ways with different values; `InvalidArgument` for what could not stand in a
/// header, since a line break in it would make the canonical form mean two things.
pub fn with_hoisted(wire: &Headers, hoisted: &[(String, String)]) -> Result<Headers, S3Error> {
    let mut all = wire.clone();
    for (name, value) in hoisted {
        let name_fits = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !name_fits || value.bytes().any(|b| b.is_ascii_control() && b != b'\t') {
            return Err(S3ErrorCode::InvalidArgument
                .because("A query parameter that stands for a header could not be a header.")
                .field("ArgumentName", name.clone()));
        }
        let from_query: Vec<&str> = hoisted.iter().filter(|(n, _)| n == name).map(|(_, v)| v.trim()).collect();
        let from_wire = joined(wire.all(name), Spaces::Kept);
        if wire.has(name) && from_wire != from_query.join(",").as_bytes() {
            return Err(S3ErrorCode::AccessDenied
                .because("A header and the query parameter that stands for it have different values.")
                .field("Header", name.clone()));
        }
    }
    for (name, value) in hoisted.iter().filter(|(name, _)| !wire.has(name)) {
        all.push(name.clone(), value.clone());
    }
    Ok(all)
}

/// Takes the `aws-chunked` token out of `Content-Encoding`; the header goes when nothing else was in it (AWS, "Uploading
/// objects in multiple chunks": it is never stored).
#[must_use]
pub fn without_aws_chunked(headers: &Headers) -> Headers {
    let mut kept = Headers::default();
    for (name, value) in headers.iter() {
        let text = if name == "content-encoding" { std::str::from_utf8(value).ok() } else { None };
        let is_marker = |token: &&str| token.trim().eq_ignore_ascii_case("aws-chunked");
        match text {
            Some(text) if text.split(',').any(|token| is_marker(&token)) => {
                let others: Vec<&str> =
                    text.split(',').filter(|t| !is_marker(t)).map(str::trim).filter(|t| !t.is_empty()).collect();
                if !others.is_empty() {
                    kept.push(name, others.join(","));
                }
            }
            _ => kept.push(name, value.clone()),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&str, &'static str)]) -> Headers {
        let mut all = Headers::default();
        for (name, value) in pairs {
            all.push(*name, *value);
        }
        all
    }

    #[test]
    fn paths_are_encoded_once_and_never_normalised() {
        assert_eq!(paths("/b//a/./../x"), ["/b//a/./../x"]);
        assert_eq!(paths("/b/%C3%A4%20"), ["/b/%C3%A4%20"]);
        assert_eq!(paths("/b/a+b"), ["/b/a%2Bb", "/b/a+b"]);
        assert_eq!(paths("/b/%7e"), ["/b/~", "/b/%7e"]);
    }

    #[test]
    fn queries_are_sorted_by_encoded_name_and_value() {
        let parsed = Query::parse("b=2&a%2Fb=x+y&acl&b=1&X-Amz-Signature=ff").expect("parses");
        assert_eq!(query(&parsed, Some("x-amz-signature")), "a%2Fb=x%20y&acl=&b=1&b=2");
    }

    #[test]
    fn repeated_headers_are_joined() {
        let all = headers(&[("x", " a  b "), ("y", "-"), ("X", "c")]);
        assert_eq!(joined(all.all("x"), Spaces::Collapsed), b"a b,c");
        assert_eq!(joined(all.all("x"), Spaces::Kept), b"a  b,c");
    }

    #[test]
    fn aws_chunked_is_taken_out_and_the_rest_stays() {
        let strip = |value| {
            let kept = without_aws_chunked(&headers(&[("content-encoding", value), ("etag", "aws-chunked")]));
            assert!(kept.has("etag"));
            kept.get("content-encoding").map(str::to_owned)
        };
        assert_eq!(strip("aws-chunked"), None);
        assert_eq!(strip("AWS-Chunked,gzip").as_deref(), Some("gzip"));
        assert_eq!(strip("gzip, aws-chunked , br").as_deref(), Some("gzip,br"));
        assert_eq!(strip("gzip, br").as_deref(), Some("gzip, br"));
    }

    #[test]
    fn a_parameter_becomes_a_header_but_never_replaces_another_value() {
        let wire = headers(&[("x-amz-acl", "private")]);
        let pair =
            |value: &str| vec![("x-amz-acl".to_owned(), value.to_owned()), ("x-amz-b".to_owned(), "1".to_owned())];
        let all = with_hoisted(&wire, &pair("private")).expect("the same value");
        assert_eq!(all.all("x-amz-acl").count(), 1);
        assert_eq!(all.get("x-amz-b"), Some("1"));
        let refusal = with_hoisted(&wire, &pair("public-read")).expect_err("another value");
        assert_eq!(refusal.code.status(), 403);
        for unfit in ["a\nx-amz-acl:b", "\r", "\0"] {
            let refusal = with_hoisted(&wire, &[("x-amz-c".to_owned(), unfit.to_owned())]).expect_err("no header");
            assert_eq!(refusal.code, S3ErrorCode::InvalidArgument);
        }
        assert!(with_hoisted(&wire, &[("x-amz-c:d\nx-amz-e".to_owned(), String::new())]).is_err());
    }
}
