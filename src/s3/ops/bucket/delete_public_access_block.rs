//! DeletePublicAccessBlock: takes the switches of a bucket against public access off. Source: AWS
//! API_DeletePublicAccessBlock.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::BucketSettings;

/// The row of DeletePublicAccessBlock.
pub const ROW: Row = Row {
    name: "DeletePublicAccessBlock",
    method: Method::Delete,
    level: Level::Bucket,
    query: &["publicAccessBlock"],
    header: None,
    action: Action::PutBucketPublicAccessBlock,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let change = |now: &BucketSettings| Ok(BucketSettings { public_access_block: None, ..now.clone() });
        settings::change(permit.bucket()?, &services, change).await?;
        Ok(Response::status(204))
    })
}
