//! PutPublicAccessBlock: sets the switches of a bucket against public access. Source: AWS API_PutPublicAccessBlock.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::BucketSettings;

/// Four switches.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutPublicAccessBlock.
pub const ROW: Row = Row {
    name: "PutPublicAccessBlock",
    method: Method::Put,
    level: Level::Bucket,
    query: &["publicAccessBlock"],
    header: None,
    action: Action::PutBucketPublicAccessBlock,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let block = Some(xml::public_access::parse(&document)?);
        let change = |now: &BucketSettings| Ok(BucketSettings { public_access_block: block, ..now.clone() });
        settings::change(permit.bucket()?, &services, change).await?;
        Ok(Response::status(200))
    })
}
