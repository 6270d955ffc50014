//! Uploads by HTML form. A form is read up to its file; from there on it is a request like any other: with headers, a
//! sender, and a body that checks itself.
//!
//! # Why the checks come in this order
//! S3 answers so: the enclosure type, the file, the key, the signature's fields, the signature (over the policy as
//! sent), the policy's own form, its expiration, its conditions. Rights come last, where they do for every request.

mod fields;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod parameters;
pub mod policy;
pub mod reader;
mod success;
mod tagging;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{LocalBoxStream, try_unfold};

pub use fields::{Fields, argument};
pub use reader::BYTES_MAX;
pub use success::Success;

use crate::s3::auth::form::identify;
use crate::s3::auth::{SignatureKind, Signed, Trailers, VerifiedBody};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::Request;
use crate::s3::request::{Headers, WireHead};
use crate::s3::services::Services;
use crate::storage::Timestamp;
use parameters::Parameters;
use policy::{Policy, Subject};
use reader::{Reader, malformed};

/// Longest boundary, bytes (RFC 2046, section 5.1.1).
const BOUNDARY_BYTES_MAX: usize = 70;
/// The one header that a form's request is judged by beside its fields: it can only refuse.
const EXPECTED_OWNER: &str = "x-amz-expected-bucket-owner";

/// What is known of a form before its body.
pub struct Announced {
    boundary: String,
    expected_owner: Option<Bytes>,
    received: Timestamp,
    client: IpAddr,
}

impl Announced {
    /// Reads the head of a form's request.
    ///
    /// # Errors
    /// `PreconditionFailed` when it is no form, `MalformedPOSTRequest` for one without a boundary, `InvalidArgument` for
    /// one that is signed in its head: no policy would bind it.
    pub fn parse(wire: &WireHead, how: SignatureKind) -> Result<Self, S3Error> {
        let content_type = wire.headers.get("content-type").and_then(Parameters::parse);
        let form = content_type.filter(|parameters| parameters.value == "multipart/form-data").ok_or_else(|| {
            S3Error::from(S3ErrorCode::PreconditionFailed)
                .field("Condition", "Bucket POST must be of the enclosure-type multipart/form-data")
        })?;
        let boundary = form.get("boundary").filter(|b| (1..=BOUNDARY_BYTES_MAX).contains(&b.len()));
        let boundary = boundary.ok_or_else(|| malformed("its Content-Type has no boundary of 1 to 70 bytes"))?;
        if how != SignatureKind::Anonymous {
            return Err(S3ErrorCode::InvalidArgument
                .because("A form carries its signature in its fields, not in the Authorization header or the query."));
        }
        Ok(Self {
            boundary: boundary.to_owned(),
            expected_owner: wire.headers.bytes(EXPECTED_OWNER).cloned(),
            received: wire.received,
            client: wire.client,
        })
    }

    /// Reads a form up to its file. Answers who sends it, and the request it stands for.
    ///
    /// # Errors
    /// What is wrong with the form, its signature or its policy.
    pub async fn open(self, request: Request, services: &Services) -> Result<(Signed, Request), S3Error> {
        let length = request.body.length;
        let mut reader = Reader::new(request.body.stream, &self.boundary);
        let fields = read_fields(&mut reader).await?;
        let mut target = request.target;
        let key = fields.key()?.to_owned();
        let success = Success::parse(&fields, target.url(&key));
        let sender = identify(&fields, services.credentials.as_ref(), &services.rules).await;
        let sender = services.limits.failures.judge(self.client, sender, |sender| sender.signed.caller.access_key())?;
        let sizes = match sender.policy {
            Some(policy) => {
                let bucket = target.bucket.as_deref().unwrap_or_default();
                let now = self.received.seconds();
                Policy::parse(policy)?.judge(&Subject { fields: &fields, bucket, uncovered: sender.uncovered, now })?
            }
            None => 0..=u64::MAX,
        };
        let headers = Arc::new(self.headers(&fields)?);
        target.key = Some(key);
        let length = length.map(|length| reader.left(length));
        let body = VerifiedBody { stream: file(reader, sizes), length, trailers: Trailers::default() };
        Ok((sender.signed, Request { target, headers, body, form: Some(success), ..request }))
    }

    fn headers(&self, fields: &Fields) -> Result<Headers, S3Error> {
        let mut headers = fields.headers()?;
        if let Some(expected) = &self.expected_owner {
            if headers.bytes(EXPECTED_OWNER).is_some_and(|field| field != expected) {
                return Err(S3ErrorCode::InvalidRequest
                    .because("Conflicting values provided in HTTP headers and POST form fields."));
            }
            headers.push(EXPECTED_OWNER, expected.clone());
        }
        Ok(headers)
    }
}

/// Reads what comes before the file, and leaves the reader at the file's first byte.
async fn read_fields(reader: &mut Reader) -> Result<Fields, S3Error> {
    let mut fields = Fields::default();
    while let Some(part) = reader.next_part().await? {
        if part.is_file() {
            fields.expand(part.file_name.as_deref());
            return Ok(fields);
        }
        let mut value = Vec::new();
        while let Some(piece) = reader.text().await? {
            value.extend_from_slice(&piece);
        }
        let value = String::from_utf8(value).map_err(|_| malformed("a field is not UTF-8"))?;
        fields.add(part.name, value);
    }
    Err(argument("file", "0").saying(S3ErrorCode::IncorrectNumberOfFilesInPostRequest.message()))
}

/// The file's bytes, of which there have to be as many as the policy allows. It ends well only when the rest of the
/// form is well formed too; fields there mean nothing, and a second file is one too many.
fn file(reader: Reader, sizes: RangeInclusive<u64>) -> LocalBoxStream<'static, Result<Bytes, S3Error>> {
    let stream = try_unfold((reader, 0_u64), move |(mut reader, size)| {
        let (least, most) = (*sizes.start(), *sizes.end());
        async move {
            if let Some(piece) = reader.content().await? {
                let size = size + piece.len() as u64;
                return match size <= most {
                    true => Ok(Some((piece, (reader, size)))),
                    false => {
                        Err(refused_size(S3ErrorCode::EntityTooLarge, size).field("MaxSizeAllowed", most.to_string()))
                    }
                };
            }
            if size < least {
                return Err(refused_size(S3ErrorCode::EntityTooSmall, size).field("MinSizeAllowed", least.to_string()));
            }
            while let Some(part) = reader.next_part().await? {
                if part.is_file() {
                    return Err(S3ErrorCode::IncorrectNumberOfFilesInPostRequest.into());
                }
            }
            Ok(None)
        }
    });
    stream.boxed_local()
}

/// A file that is too large is not read to its end: its size is what has come until then.
fn refused_size(code: S3ErrorCode, size: u64) -> S3Error {
    S3Error::from(code).field("ProposedSize", size.to_string())
}
