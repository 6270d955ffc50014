//! DeleteBucketCors: takes the rules away; what is not there is gone as well. Source: AWS API_DeleteBucketCors.

use std::sync::Arc;

use bytes::Bytes;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::BucketSettings;

/// The row of DeleteBucketCors. AWS asks for the right to put rules.
pub const ROW: Row = Row {
    name: "DeleteBucketCors",
    method: Method::Delete,
    level: Level::Bucket,
    query: &["cors"],
    header: None,
    action: Action::PutBucketCORS,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let change = |now: &BucketSettings| Ok(BucketSettings { cors: Bytes::new(), ..now.clone() });
        settings::change(permit.bucket()?, &services, change).await?;
        Ok(Response::status(204))
    })
}
