//! GetBucketCors: the rules as they were put. Source: AWS API_GetBucketCors. `s3cmd info` reads it.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::cors;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetBucketCors.
pub const ROW: Row = Row {
    name: "GetBucketCors",
    method: Method::Get,
    level: Level::Bucket,
    query: &["cors"],
    header: None,
    action: Action::GetBucketCORS,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move { run(&permit) })
}

/// The rules of the installation are not the bucket's: they are not told here.
fn run(permit: &Permit) -> Result<Response, S3Error> {
    let rules = cors::of(permit.bucket()?)?.ok_or(S3ErrorCode::NoSuchCORSConfiguration)?;
    Ok(Response::xml(xml::cors::write(&rules)))
}
