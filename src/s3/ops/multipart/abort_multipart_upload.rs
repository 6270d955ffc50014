//! AbortMultipartUpload: closes an upload and gives its space back. Source: AWS API_AbortMultipartUpload.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3Error;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::multipart::upload::{find_open, no_such_upload};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::AbortUpload;

/// The row of AbortMultipartUpload.
pub const ROW: Row = Row {
    name: "AbortMultipartUpload",
    method: Method::Delete,
    level: Level::Object,
    query: &["uploadId"],
    header: None,
    action: Action::AbortMultipartUpload,
    acl: AclRight::BucketWrite,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        run(permit, request, &services).await?;
        Ok(Response::status(204))
    })
}

async fn run(permit: Permit, request: Request, services: &Services) -> Result<(), S3Error> {
    let upload = find_open(&permit, &request.target, services).await?;
    match services.storage.metadata.abort_upload(permit.bucket()?, &upload).await? {
        AbortUpload::Aborted => Ok(()),
        AbortUpload::NoSuchUpload => Err(no_such_upload(&upload)),
    }
}
