//! PutBucketAccelerateConfiguration: whether transfers are accelerated. They never are. Source: AWS
//! API_PutBucketAccelerateConfiguration.

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

/// One element.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutBucketAccelerateConfiguration.
pub const ROW: Row = Row {
    name: "PutBucketAccelerateConfiguration",
    method: Method::Put,
    level: Level::Bucket,
    query: &["accelerate"],
    header: None,
    action: Action::PutAccelerateConfiguration,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        xml::acceleration::parse(&document)?;
        let change = |now: &BucketSettings| Ok(BucketSettings { acceleration_suspended: true, ..now.clone() });
        settings::change(permit.bucket()?, &services, change).await?;
        Ok(Response::status(200))
    })
}
