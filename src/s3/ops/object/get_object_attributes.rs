//! GetObjectAttributes: what HeadObject and ListParts say, as far as asked. Source: AWS API_GetObjectAttributes.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::content;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::get_object::judge;
use crate::s3::ops::object::version;
use crate::s3::precondition::ReadConditions;
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::time::http_date;
use crate::s3::xml::attributes::{self, PartsPage, Wanted};
use crate::storage::{Fetch, Manifest, Timestamp, VersionRef};

/// The row of GetObjectAttributes.
pub const ROW: Row = Row {
    name: "GetObjectAttributes",
    method: Method::Get,
    level: Level::Object,
    query: &["attributes"],
    header: None,
    action: Action::GetObjectAttributes,
    acl: AclRight::ObjectRead,
    body: BodyKind::Empty,
    writes: false,
    call,
};

/// Most parts in one answer.
const MAX_PARTS: usize = 1_000;

struct Input {
    wanted: Wanted,
    conditions: ReadConditions,
    marker: u32,
    max_parts: usize,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let version = version::named(&request.target)?;
        let input = decode(&request.headers)?;
        run(permit, version, input, &services).await
    })
}

fn decode(headers: &Headers) -> Result<Input, S3Error> {
    if headers.iter().any(|(name, _)| name.starts_with("x-amz-server-side-encryption")) {
        return Err(S3ErrorCode::NotImplemented.because("Server-side encryption is not implemented."));
    }
    let max_parts = number(headers, "x-amz-max-parts")?.map_or(MAX_PARTS, |n| (n as usize).min(MAX_PARTS));
    let marker = number(headers, "x-amz-part-number-marker")?.unwrap_or(0);
    Ok(Input { wanted: wanted(headers)?, conditions: ReadConditions::parse(headers, ""), marker, max_parts })
}

fn wanted(headers: &Headers) -> Result<Wanted, S3Error> {
    let mut wanted = Wanted::default();
    let mut any = false;
    for value in headers.all("x-amz-object-attributes") {
        let text = String::from_utf8_lossy(value);
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            any = true;
            match name {
                "ETag" => wanted.etag = true,
                "Checksum" => wanted.checksum = true,
                "ObjectParts" => wanted.object_parts = true,
                "StorageClass" => wanted.storage_class = true,
                "ObjectSize" => wanted.object_size = true,
                other => {
                    return Err(S3ErrorCode::InvalidArgument
                        .because("Invalid attribute name specified.")
                        .field("ArgumentName", "x-amz-object-attributes")
                        .field("ArgumentValue", other));
                }
            }
        }
    }
    if any {
        return Ok(wanted);
    }
    Err(S3ErrorCode::InvalidRequest.because(
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
    ))
}

fn number(headers: &Headers, name: &'static str) -> Result<Option<u32>, S3Error> {
    let Some(value) = headers.bytes(name).filter(|value| !value.is_empty()) else { return Ok(None) };
    let text = String::from_utf8_lossy(value);
    match text.parse::<u32>() {
        Ok(n) if n <= i32::MAX as u32 => Ok(Some(n)),
        _ => Err(S3ErrorCode::InvalidArgument
            .because(format!("Argument {name} must be an integer between 0 and 2147483647"))
            .field("ArgumentName", name)
            .field("ArgumentValue", text)),
    }
}

async fn run(
    permit: Permit,
    version: Option<VersionRef>,
    input: Input,
    services: &Services,
) -> Result<Response, S3Error> {
    let record = version::read(&permit, version, Fetch::Attrs, services).await?;
    let attrs = &record.attrs;
    judge(&input.conditions, permit.bucket()?, attrs)?;
    let manifest = match input.wanted.object_parts {
        true => content::manifest(&record, services).await?,
        false => None,
    };
    let page = manifest.as_ref().map(|manifest| page(manifest, &input));
    let mut answer = Response::xml(attributes::document(attrs, input.wanted, page.as_ref()));
    version::tell(&mut answer, permit.bucket()?, attrs);
    answer.set("last-modified", http_date(Timestamp(attrs.modified_micros)));
    Ok(answer)
}

fn page<'a>(manifest: &'a Manifest, input: &Input) -> PartsPage<'a> {
    let total = u32::try_from(manifest.parts.len()).unwrap_or(u32::MAX);
    let rest = (1..).zip(&manifest.parts).skip_while(|(number, _)| *number <= input.marker);
    let parts: Vec<_> = rest.take(input.max_parts).collect();
    let last = parts.last().map_or(input.marker, |(number, _)| *number);
    // An empty page is never truncated, as in listings.
    let truncated = !parts.is_empty() && last < total;
    PartsPage { total, marker: input.marker, max_parts: input.max_parts, parts, truncated }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(pairs: &[(&str, &str)]) -> Result<Input, S3ErrorCode> {
        let mut headers = Headers::default();
        pairs.iter().for_each(|(n, v)| headers.push(*n, (*v).to_owned()));
        super::decode(&headers).map_err(|e| e.code)
    }

    #[test]
    fn attributes_are_named_in_one_header_or_several() {
        const NAMES: &str = "x-amz-object-attributes";
        let both = Wanted { etag: true, object_size: true, ..Wanted::default() };
        assert_eq!(decode(&[(NAMES, "ETag, ObjectSize")]).expect("is right").wanted, both);
        assert_eq!(decode(&[(NAMES, "ETag"), (NAMES, "ObjectSize")]).expect("is right").wanted, both);
        for (bad, code) in [
            (&[][..], S3ErrorCode::InvalidRequest),
            (&[(NAMES, "")], S3ErrorCode::InvalidRequest),
            (&[(NAMES, "etag")], S3ErrorCode::InvalidArgument),
            (&[(NAMES, "ETag"), ("x-amz-max-parts", "-1")], S3ErrorCode::InvalidArgument),
            (&[(NAMES, "ETag"), ("x-amz-part-number-marker", "x")], S3ErrorCode::InvalidArgument),
        ] {
            assert_eq!(decode(bad).err(), Some(code), "{bad:?}");
        }
    }
}
