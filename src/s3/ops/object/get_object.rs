//! GetObject: an object's bytes, whole or a range. Source: AWS API_GetObject.

use std::ops::Range;
use std::sync::Arc;

use futures::StreamExt;

use crate::s3::access::Permit;
use crate::s3::checksum;
use crate::s3::content;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::etag::quoted;
use crate::s3::lifecycle::headers::tell_expiration;
use crate::s3::lock;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::version::{self, read};
use crate::s3::precondition::{self, ReadConditions, Verdict};
use crate::s3::range;
use crate::s3::request::Method;
use crate::s3::response::{ReplyBody, Response};
use crate::s3::services::Services;
use crate::s3::stored_headers;
use crate::s3::time::http_date;
use crate::storage::{Bucket, Fetch, ObjectAttrs, ObjectRecord, Timestamp, VersionRef};

/// The row of GetObject.
pub const ROW: Row = Row {
    name: "GetObject",
    method: Method::Get,
    level: Level::Object,
    query: &[],
    header: None,
    action: Action::GetObject,
    acl: AclRight::ObjectRead,
    body: BodyKind::Empty,
    writes: false,
    call,
};

/// The parameters that replace headers of the answer, and the headers (AWS API_GetObject).
const OVERRIDES: [(&str, &str); 6] = [
    ("response-content-type", "content-type"),
    ("response-content-language", "content-language"),
    ("response-expires", "expires"),
    ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"),
    ("response-content-encoding", "content-encoding"),
];

/// What GetObject and HeadObject ask for.
pub struct Input {
    /// Which version; the current one when there is none.
    pub version: Option<VersionRef>,
    conditions: ReadConditions,
    range: Option<String>,
    if_range: Option<String>,
    part_number: Option<u32>,
    overrides: Vec<(&'static str, String)>,
    checksum_mode: bool,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&request)?;
        run(permit, input, services).await
    })
}

/// Reads a request for an object.
///
/// # Errors
/// `InvalidArgument`, `InvalidRequest`, `NoSuchVersion`, `NotImplemented`.
pub fn decode(request: &Request) -> Result<Input, S3Error> {
    let (headers, query) = (&request.headers, &request.target.query);
    let version = version::named(&request.target)?;
    if headers.iter().any(|(name, _)| name.starts_with("x-amz-server-side-encryption")) {
        return Err(S3ErrorCode::NotImplemented.because("Server-side encryption is not implemented."));
    }
    let mut overrides = Vec::new();
    for (parameter, header) in OVERRIDES {
        if let Some(value) = query.get(parameter) {
            if value.bytes().any(|b| b == b'\r' || b == b'\n' || b == 0) {
                return Err(S3ErrorCode::InvalidArgument
                    .because("A header value has no line breaks.")
                    .field("ArgumentName", parameter));
            }
            overrides.push((header, value.to_owned()));
        }
    }
    let range = headers.get("range").map(str::to_owned);
    let part_number = query.get("partNumber").map(part_number).transpose()?;
    if range.is_some() && part_number.is_some() {
        return Err(
            S3ErrorCode::InvalidRequest.because("Cannot specify both Range header and partNumber query parameter")
        );
    }
    let checksum_mode = headers.get("x-amz-checksum-mode").is_some_and(|m| m.eq_ignore_ascii_case("enabled"));
    let (conditions, if_range) = (ReadConditions::parse(headers, ""), headers.get("if-range").map(str::to_owned));
    Ok(Input { version, conditions, range, if_range, part_number, overrides, checksum_mode })
}

fn part_number(text: &str) -> Result<u32, S3Error> {
    text.parse().ok().filter(|n| (1..=10_000).contains(n)).ok_or_else(|| {
        S3ErrorCode::InvalidArgument
            .because("Part number must be an integer between 1 and 10000, inclusive")
            .field("ArgumentName", "partNumber")
            .field("ArgumentValue", text)
    })
}

/// What a header of the answer is has to be signed by somebody: otherwise any link could make a page of an object
/// that everybody may read (AWS, API_GetObject).
///
/// # Errors
/// `InvalidRequest` to whoever has not signed.
pub fn refuse_anonymous_overrides(permit: &Permit, input: &Input) -> Result<(), S3Error> {
    if input.overrides.is_empty() || permit.caller().principal().is_some() {
        return Ok(());
    }
    Err(S3ErrorCode::InvalidRequest
        .because("Request specific response headers cannot be used for anonymous GET requests."))
}

async fn run(permit: Permit, input: Input, services: Arc<Services>) -> Result<Response, S3Error> {
    refuse_anonymous_overrides(&permit, &input)?;
    let bucket = permit.bucket()?;
    let record = read(&permit, input.version, Fetch::WithInline, &services).await?;
    let (mut answer, range) = outline(bucket, &record, &input, &services).await?;
    tell_expiration_of(&mut answer, &permit, &record, &input)?;
    let length = range.end - range.start;
    let pieces = content::open(&record, range, &services).await?;
    let key = permit.key()?.clone();
    let stream = pieces.map(move |piece| {
        piece.map_err(|error| {
            tracing::error!(%key, %error, "an object's bytes could not be read to their end");
            error.to_string()
        })
    });
    answer.body = ReplyBody::Stream { length, stream: stream.boxed_local() };
    Ok(answer)
}

/// Says when the object expires, to those who ask for its current version and not for one by name (as AWS).
///
/// # Errors
/// `InternalError` for rules that cannot be read.
pub fn tell_expiration_of(
    answer: &mut Response,
    permit: &Permit,
    record: &ObjectRecord,
    input: &Input,
) -> Result<(), S3Error> {
    if input.version.is_some() {
        return Ok(());
    }
    tell_expiration(answer, permit.bucket()?, permit.key()?, &record.attrs)
}

/// What the four conditions of a read say.
///
/// # Errors
/// `PreconditionFailed`, `NotModified`.
pub fn judge(conditions: &ReadConditions, bucket: &Bucket, attrs: &ObjectAttrs) -> Result<(), S3Error> {
    match conditions.judge(attrs) {
        Verdict::Go => Ok(()),
        Verdict::Failed(condition) => Err(S3Error::from(S3ErrorCode::PreconditionFailed).field("Condition", condition)),
        Verdict::NotModified(_) => Err(not_modified(bucket, attrs)),
    }
}

/// Everything of the answer but its body, and which bytes that is.
///
/// # Errors
/// `PreconditionFailed`, `NotModified`, `InvalidRange`, `InvalidPart`.
pub async fn outline(
    bucket: &Bucket,
    record: &ObjectRecord,
    input: &Input,
    services: &Arc<Services>,
) -> Result<(Response, Range<u64>), S3Error> {
    let attrs = &record.attrs;
    judge(&input.conditions, bucket, attrs)?;
    let is_same = |validator: &String| precondition::still_is(validator, attrs);
    let wanted = input.range.as_ref().filter(|_| input.if_range.as_ref().is_none_or(is_same));
    let (range, checksums) = match (wanted, input.part_number) {
        (Some(header), _) => (range::parse(header, attrs.size)?, Vec::new()),
        (None, Some(number)) => {
            let part = content::part(record, number, services).await?;
            (Some(part.range), part.checksums)
        }
        (None, None) => (None, Vec::new()),
    };
    let partial = range.clone().filter(|r| !r.is_empty());
    let mut answer = Response::status(if partial.is_some() { 206 } else { 200 });
    describe(&mut answer, attrs, input);
    version::tell(&mut answer, bucket, attrs);
    if input.checksum_mode {
        // Only of what is answered: clients compare it with what they receive.
        let whole = range.as_ref().is_none_or(|range| input.part_number.is_none() && *range == (0..attrs.size));
        checksum::write(&mut answer, if whole { &attrs.checksums } else { &checksums }, true);
    }
    if let Some(part) = &partial {
        answer.set("content-range", format!("bytes {}-{}/{}", part.start, part.end - 1, attrs.size));
    }
    if input.part_number.is_some() && attrs.parts > 0 {
        answer.set("x-amz-mp-parts-count", attrs.parts.to_string());
    }
    Ok((answer, range.unwrap_or(0..attrs.size)))
}

fn describe(answer: &mut Response, attrs: &ObjectAttrs, input: &Input) {
    answer.set("accept-ranges", "bytes");
    answer.set("etag", quoted(&attrs.etag));
    answer.set("last-modified", http_date(Timestamp(attrs.modified_micros)));
    stored_headers::write(answer, attrs, &input.overrides);
    lock::headers::tell(answer, attrs);
}

/// What RFC 9110 (section 15.4.5) wants of a 304: the headers that a cache updates.
fn not_modified(bucket: &Bucket, attrs: &ObjectAttrs) -> S3Error {
    let mut error = S3Error::from(S3ErrorCode::NotModified)
        .header("etag", quoted(&attrs.etag))
        .header("last-modified", http_date(Timestamp(attrs.modified_micros)));
    for name in ["cache-control", "expires"] {
        let kept = attrs.headers.iter().find(|header| header.name == name);
        if let Some(value) = kept.and_then(|header| std::str::from_utf8(&header.value).ok()) {
            error = error.header(name, value);
        }
    }
    match version::told(bucket, attrs) {
        Some(version) => error.header(version::HEADER, version),
        None => error,
    }
}
