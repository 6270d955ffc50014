//! ListObjects: a page of a bucket's objects, continued by a marker. Source: AWS API_ListObjects.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3Error;
use crate::s3::listing::{self, Ask, Listed};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
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
    marker: String,
    encoding: Encoding,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&request.target)?;
        run(permit, input, &services).await
    })
}

fn decode(target: &Target) -> Result<Input, S3Error> {
    let marker = target.query.get("marker").unwrap_or_default().to_owned();
    let from = if marker.is_empty() { Vec::new() } else { listing::after(&marker) };
    Ok(Input { ask: ask(target, from, true)?, marker, encoding: listing::encoding(target)? })
}

/// Reads what both versions of the operation share.
///
/// # Errors
/// `InvalidArgument`.
pub fn ask(target: &Target, from: Vec<u8>, after_marker: bool) -> Result<Ask, S3Error> {
    Ok(Ask {
        prefix: target.query.get("prefix").unwrap_or_default().to_owned(),
        delimiter: listing::delimiter(target),
        from,
        after_marker,
        limit: listing::limit(target, "max-keys")?,
    })
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    let listed = list(bucket, &input.ask, services).await?;
    // AWS names the next marker only with a delimiter; without one it is the last key.
    let next_marker = listed.last.as_deref().filter(|_| listed.next.is_some() && input.ask.delimiter.is_some());
    Ok(Response::xml(xml::listing::objects(&ObjectsPage {
        bucket: bucket.name.as_str(),
        owner: permit.tenant(),
        prefix: &input.ask.prefix,
        delimiter: input.ask.delimiter.as_deref(),
        max_keys: input.ask.limit,
        encoding: input.encoding,
        objects: &listed.entries,
        common_prefixes: &listed.common_prefixes,
        truncated: listed.next.is_some(),
        version: Version::One { marker: &input.marker, next_marker },
    })))
}

/// Lists objects.
///
/// # Errors
/// What the store fails with.
pub async fn list(bucket: &Bucket, ask: &Ask, services: &Services) -> Result<Listed<ListedObject>, S3Error> {
    let prefix = ask.prefix.as_bytes();
    listing::page(
        ask,
        |object: &ListedObject| object.key.as_str(),
        |from, limit| async move {
            let scan = Scan { prefix: prefix.to_vec(), from, limit };
            Ok(services.storage.metadata.list_objects(bucket, &scan).await?)
        },
    )
    .await
}
