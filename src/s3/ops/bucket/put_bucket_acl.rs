//! PutBucketAcl: takes only what holds anyway, the owner's FULL_CONTROL: s3cmd restates it on every copy and move.
//! Source: AWS API_PutBucketAcl.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// A policy of 100 grants.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutBucketAcl.
pub const ROW: Row = Row {
    name: "PutBucketAcl",
    method: Method::Put,
    level: Level::Bucket,
    query: &["acl"],
    header: None,
    action: Action::PutBucketAcl,
    acl: AclRight::BucketWriteAcp,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move { run(permit, request, &services).await })
}

async fn run(permit: Permit, request: Request, _services: &Services) -> Result<Response, S3Error> {
    restates(permit, request).await?;
    Ok(Response::status(200))
}

/// Accepts a request that says the owner has FULL_CONTROL and nobody else anything: as XML, or as the canned `private`
/// (other canned ones and grants were refused with their headers).
///
/// # Errors
/// `NotImplemented` for any other, `MalformedXML`.
pub async fn restates(permit: Permit, request: Request) -> Result<(), S3Error> {
    let canned = request.headers.has("x-amz-acl");
    let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
    if document.is_empty() {
        let missing =
            || S3ErrorCode::MissingSecurityHeader.because("Your request was missing a required header: x-amz-acl.");
        return if canned { Ok(()) } else { Err(missing()) };
    }
    if canned {
        return Err(S3ErrorCode::UnexpectedContent.into());
    }
    if xml::acl::restates_private(&document, permit.tenant()?)? {
        return Ok(());
    }
    Err(S3ErrorCode::NotImplemented
        .because("Access control lists other than the owner's FULL_CONTROL are not implemented."))
}
