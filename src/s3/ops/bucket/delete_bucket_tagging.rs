//! DeleteBucketTagging: takes all of the bucket's own tags off. Source: AWS API_DeleteBucketTagging.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::BucketSettings;

/// The row of DeleteBucketTagging.
pub const ROW: Row = Row {
    name: "DeleteBucketTagging",
    method: Method::Delete,
    level: Level::Bucket,
    query: &["tagging"],
    header: None,
    action: Action::PutBucketTagging,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let change = |now: &BucketSettings| Ok(BucketSettings { tags: Vec::new(), ..now.clone() });
        settings::change(permit.bucket()?, &services, change).await?;
        Ok(Response::status(204))
    })
}
