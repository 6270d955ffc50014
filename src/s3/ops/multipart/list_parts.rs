//! ListParts: the parts that an upload has. Source: AWS API_ListParts.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3Error;
use crate::s3::lifecycle::headers::tell_abortion;
use crate::s3::listing;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::multipart::upload::find_open;
use crate::s3::owners::Owners;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::s3::xml;
use crate::s3::xml::listing::Encoding;
use crate::s3::xml::multipart::PartsPage;

/// The row of ListParts.
pub const ROW: Row = Row {
    name: "ListParts",
    method: Method::Get,
    level: Level::Object,
    query: &["uploadId"],
    header: None,
    action: Action::ListMultipartUploadParts,
    acl: AclRight::BucketWrite,
    body: BodyKind::Empty,
    writes: false,
    call,
};

struct Input {
    marker: u16,
    limit: usize,
    encoding: Encoding,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&request.target)?;
        run(permit, &request.target, input, &services).await
    })
}

fn decode(target: &Target) -> Result<Input, S3Error> {
    let marker = match target.query.get("part-number-marker") {
        None | Some("") => 0,
        Some(text) => listing::integer("part-number-marker", text)?,
    };
    let marker = u16::try_from(marker).unwrap_or(u16::MAX);
    Ok(Input { marker, limit: listing::limit(target, "max-parts")?, encoding: listing::encoding(target)? })
}

async fn run(permit: Permit, target: &Target, input: Input, services: &Services) -> Result<Response, S3Error> {
    let upload = find_open(&permit, target, services).await?;
    let bucket = permit.bucket()?;
    let page = match input.limit {
        0 => crate::storage::Page { entries: Vec::new(), more: false },
        limit => services.storage.metadata.list_parts(bucket, &upload, input.marker, limit).await?,
    };
    let owners = Owners::of(bucket, [&upload.attrs], [upload.initiator], services).await?;
    let mut answer = Response::xml(xml::multipart::parts(&PartsPage {
        bucket: bucket.name.as_str(),
        upload: &upload,
        owners: &owners,
        marker: input.marker,
        max_parts: input.limit,
        parts: &page.entries,
        truncated: page.more,
        encoding: input.encoding,
    }));
    tell_abortion(&mut answer, bucket, &upload)?;
    Ok(answer)
}
