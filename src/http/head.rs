//! A request's head before actix sees it: whether it is one, and how long the body after it is.
//!
//! # Why
//! actix answers what it cannot read without a body, and a client of S3 expects an error document. Whatever actix
//! refuses must be refused here, with the same eyes: both read with httparse, and the rules are those of RFC 9112.

use std::mem::MaybeUninit;

use actix_http::{Method, Uri};
use httparse::{Header, Status};

use crate::s3::error::{S3Error, S3ErrorCode};

/// Longest head, bytes. AWS takes 8 KiB; keys and prefixes that are percent-encoded twice need more.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Headers of one request at most: what actix takes.
const HEADERS_MAX: usize = 96;

/// How the length of a body is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyLength {
    /// `Content-Length`, or no body at all.
    Known(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// The bytes of the head that `bytes` begin with, and the length of its body; `None` when more of it is to come.
///
/// # Errors
/// `RequestHeaderSectionTooLarge`, `BadRequest`, `InvalidURI`, `MissingContentLength`, `MethodNotAllowed`,
/// `NotImplemented`.
pub fn judge(bytes: &[u8]) -> Result<Option<(usize, BodyLength)>, S3Error> {
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut []);
    let head_bytes = match request.parse_with_uninit_headers(bytes, &mut headers) {
        Ok(Status::Complete(length)) if length <= HEAD_BYTES_MAX => length,
        Ok(Status::Partial) if bytes.len() < HEAD_BYTES_MAX => return Ok(None),
        Ok(_) => return Err(too_large()),
        Err(httparse::Error::TooManyHeaders) => {
            return Err(too_large_because(format!("A request may have at most {HEADERS_MAX} headers.")));
        }
        Err(error) => return Err(malformed(format!("An error occurred when parsing the HTTP request: {error}."))),
    };
    let method = request.method.unwrap_or_default();
    if method == "CONNECT" || Method::from_bytes(method.as_bytes()).is_err() {
        return Err(S3ErrorCode::MethodNotAllowed.into());
    }
    if Uri::try_from(request.path.unwrap_or_default()).is_err() {
        return Err(S3ErrorCode::InvalidURI.into());
    }
    let body = body_length(method, request.version == Some(1), request.headers)?;
    Ok(Some((head_bytes, body)))
}

/// The length of the body (RFC 9112, section 6.3), refusing all that two readers could read in two ways.
fn body_length(method: &str, http_1_1: bool, headers: &[Header<'_>]) -> Result<BodyLength, S3Error> {
    let (mut hosts, mut length, mut chunked) = (0, None, false);
    for header in headers {
        if header.name.eq_ignore_ascii_case("host") {
            hosts += 1;
        } else if header.name.eq_ignore_ascii_case("content-length") {
            if length.is_some() {
                return Err(malformed("A request has one Content-Length."));
            }
            length = Some(decimal(header.value).ok_or_else(|| malformed("The Content-Length is no number."))?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            if chunked || !http_1_1 {
                return Err(malformed("A Transfer-Encoding is not expected here."));
            }
            chunked = header.value.trim_ascii().eq_ignore_ascii_case(b"chunked");
            if !chunked {
                return Err(S3ErrorCode::NotImplemented.because("The only Transfer-Encoding known here is chunked."));
            }
        } else if header.name.eq_ignore_ascii_case("upgrade")
            && header.value.trim_ascii().eq_ignore_ascii_case(b"websocket")
        {
            // actix would take all that follows for a body without end.
            return Err(S3ErrorCode::NotImplemented.because("Websockets are not spoken here."));
        }
    }
    match (hosts, length) {
        (2.., _) => Err(malformed("A request has one Host.")),
        (0, _) if http_1_1 => Err(malformed("Missing required header for this request: Host.")),
        (_, Some(_)) if chunked => Err(malformed("A request has a Content-Length or a Transfer-Encoding, not both.")),
        (_, None) if !http_1_1 && method == "POST" => Err(S3ErrorCode::MissingContentLength.into()),
        _ if chunked => Ok(BodyLength::Chunked),
        (_, length) => Ok(BodyLength::Known(length.unwrap_or(0))),
    }
}

fn decimal(value: &[u8]) -> Option<u64> {
    let digits = value.trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

fn malformed(why: impl Into<std::borrow::Cow<'static, str>>) -> S3Error {
    S3ErrorCode::BadRequest.because(why)
}

fn too_large() -> S3Error {
    S3Error::from(S3ErrorCode::RequestHeaderSectionTooLarge).field("MaxSizeAllowed", HEAD_BYTES_MAX.to_string())
}

fn too_large_because(why: String) -> S3Error {
    S3ErrorCode::RequestHeaderSectionTooLarge.because(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(head: &str) -> Result<Option<(usize, BodyLength)>, S3ErrorCode> {
        judge(head.as_bytes()).map_err(|e| e.code)
    }

    #[test]
    fn the_length_of_a_body_is_known_from_its_head() {
        let cases = [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", BodyLength::Known(0)),
            ("GET / HTTP/1.0\r\n\r\n", BodyLength::Known(0)),
            ("GET / HTTP/1.1\nhost:\n\n", BodyLength::Known(0)),
            ("PUT /k HTTP/1.1\r\nHost: a\r\nCONTENT-length: \t12 \r\n\r\n", BodyLength::Known(12)),
            ("PUT /k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", BodyLength::Chunked),
        ];
        for (head, body) in cases {
            assert_eq!(judged(head), Ok(Some((head.len(), body))), "{head:?}");
            assert_eq!(judged(&format!("{head}GET /")), Ok(Some((head.len(), body))), "{head:?}");
            for end in 0..head.len() {
                assert_eq!(judged(&head[..end]), Ok(None), "{:?}", &head[..end]);
            }
        }
    }

    #[test]
    fn a_method_that_actix_cannot_read_is_not_allowed() {
        for method in ["PU&T", "CONNECT"] {
            let head = format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(judged(&head), Err(S3ErrorCode::MethodNotAllowed), "{method}");
        }
    }

    #[test]
    fn a_head_is_too_large_as_soon_as_it_is() {
        let start = "GET / HTTP/1.1\r\nHost: a\r\nx: ";
        let of = |bytes: usize| format!("{start}{}", "v".repeat(bytes - start.len()));
        assert_eq!(judged(&of(HEAD_BYTES_MAX - 1)), Ok(None));
        assert_eq!(judged(&of(HEAD_BYTES_MAX)), Err(S3ErrorCode::RequestHeaderSectionTooLarge));
        let whole = format!("{}\r\n\r\n", of(HEAD_BYTES_MAX - 4));
        assert_eq!(judged(&whole), Ok(Some((HEAD_BYTES_MAX, BodyLength::Known(0)))));
        let over = format!("{}\r\n\r\n", of(HEAD_BYTES_MAX - 3));
        assert_eq!(judged(&over), Err(S3ErrorCode::RequestHeaderSectionTooLarge));
        let many = format!("{start}{}", "\r\ny: z".repeat(HEADERS_MAX));
        assert_eq!(judged(&many), Err(S3ErrorCode::RequestHeaderSectionTooLarge));
    }
}
