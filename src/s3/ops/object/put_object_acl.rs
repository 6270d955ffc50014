//! PutObjectAcl: takes only what holds anyway, the owner's FULL_CONTROL: s3cmd restates it on every copy and move.
//! Source: AWS API_PutObjectAcl.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3Error;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::put_bucket_acl::restates;
use crate::s3::ops::object::version::{self, read};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::Fetch;

/// A policy of 100 grants.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutObjectAcl.
pub const ROW: Row = Row {
    name: "PutObjectAcl",
    method: Method::Put,
    level: Level::Object,
    query: &["acl"],
    header: None,
    action: Action::PutObjectAcl,
    acl: AclRight::ObjectWriteAcp,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move { run(permit, request, &services).await })
}

async fn run(permit: Permit, request: Request, services: &Services) -> Result<Response, S3Error> {
    let version = version::named(&request.target)?;
    read(&permit, version, Fetch::Attrs, services).await?;
    restates(permit, request).await?;
    Ok(Response::status(200))
}
