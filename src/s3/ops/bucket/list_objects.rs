//! ListObjects: a page of a bucket's objects, continued by a marker. Source: AWS API_ListObjects.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::listing::{self, Ask, Listed, Start};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::owners::Owners;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::s3::xml;
use crate::s3::xml::listing::{Encoding, ObjectsPage, Version};
use crate::storage::{Bucket, ListedObject, Scan};

/// The row of ListObjects.
pub const ROW: Row = Row {
    name: "ListObjects",
    method: Method::Get,
    level: Level::Bucket,
    query: &[],
    header: None,
    action: Action::ListBucket,
    acl: AclRight::BucketRead,
    body: BodyKind::Empty,
    writes: false,
    call,
};

struct Input {
    ask: Ask,
    encoding: Encoding,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&request)?;
        run(permit, input, &services).await
    })
}

fn decode(request: &Request) -> Result<Input, S3Error> {
    listing::optional_attributes(&request.headers)?;
    let target = &request.target;
    let marker = target.query.get("marker").unwrap_or_default().to_owned();
    let marker = Some(marker).filter(|marker| !marker.is_empty());
    Ok(Input { ask: ask(target, marker)?, encoding: listing::encoding(target)? })
}

/// Reads what both versions of the operation share.
///
/// # Errors
/// `InvalidArgument`.
pub fn ask(target: &Target, marker: Option<String>) -> Result<Ask, S3Error> {
    let delimiter = listing::delimiter(target);
    // RGW's extension allows any order; ours is one of them, but prefixes of keys in no order cannot be rolled up.
    if delimiter.is_some() && target.query.get("allow-unordered").is_some_and(|t| t.eq_ignore_ascii_case("true")) {
        return Err(S3ErrorCode::InvalidArgument
            .because("A delimiter needs an ordered listing.")
            .field("ArgumentName", "allow-unordered"));
    }
    Ok(Ask {
        prefix: target.query.get("prefix").unwrap_or_default().to_owned(),
        delimiter,
        marker,
        limit: listing::limit(target, "max-keys")?,
    })
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    let from = input.ask.marker.as_deref().map_or_else(Vec::new, listing::after);
    let listed = list(bucket, &input.ask, from, services).await?;
    let owners = Owners::of(bucket, listed.entries.iter().map(|entry| &entry.attrs), [], services).await?;
    // AWS names the next marker only with a delimiter; without one it is the last key.
    let next_marker = listed.last.as_deref().filter(|_| listed.next.is_some() && input.ask.delimiter.is_some());
    Ok(Response::xml(xml::listing::objects(&ObjectsPage {
        bucket: bucket.name.as_str(),
        owners: &owners,
        prefix: &input.ask.prefix,
        delimiter: input.ask.delimiter.as_deref(),
        max_keys: input.ask.limit,
        encoding: input.encoding,
        objects: &listed.entries,
        common_prefixes: &listed.common_prefixes,
        truncated: listed.next.is_some(),
        version: Version::One { marker: input.ask.marker.as_deref().unwrap_or_default(), next_marker },
    })))
}

/// Lists objects, from the first key that is not below `from`.
///
/// # Errors
/// What the store fails with.
pub async fn list(
    bucket: &Bucket,
    ask: &Ask,
    from: Vec<u8>,
    services: &Services,
) -> Result<Listed<ListedObject>, S3Error> {
    let prefix = ask.prefix.as_bytes();
    listing::page(
        ask,
        Start::At(from),
        |object: &ListedObject| object.key.as_str(),
        |object| listing::after(object.key.as_str()),
        |start, limit| async move {
            let (Start::At(from) | Start::Behind(from)) = start;
            let scan = Scan { prefix: prefix.to_vec(), from, limit };
            Ok(services.storage.metadata.list_objects(bucket, &scan).await?)
        },
    )
    .await
}
