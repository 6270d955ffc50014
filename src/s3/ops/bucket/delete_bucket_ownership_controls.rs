//! DeleteBucketOwnershipControls: from then on, whoever puts an object owns it. Source: AWS
//! API_DeleteBucketOwnershipControls.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::{BucketSettings, Ownership};

/// The row of DeleteBucketOwnershipControls.
pub const ROW: Row = Row {
    name: "DeleteBucketOwnershipControls",
    method: Method::Delete,
    level: Level::Bucket,
    query: &["ownershipControls"],
    header: None,
    action: Action::PutBucketOwnershipControls,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let change = |now: &BucketSettings| Ok(BucketSettings { ownership: Ownership::Unset.into(), ..now.clone() });
        settings::change(permit.bucket()?, &services, change).await?;
        Ok(Response::status(204))
    })
}
