//! DeleteBucketPolicy: takes the policy of a bucket away. Source: AWS API_DeleteBucketPolicy.

use std::sync::Arc;

use bytes::Bytes;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::BucketSettings;

/// The row of DeleteBucketPolicy.
pub const ROW: Row = Row {
    name: "DeleteBucketPolicy",
    method: Method::Delete,
    level: Level::Bucket,
    query: &["policy"],
    header: None,
    action: Action::DeleteBucketPolicy,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let change = |now: &BucketSettings| {
            Ok(BucketSettings { policy: Bytes::new(), policy_principals: Vec::new(), ..now.clone() })
        };
        settings::change(permit.bucket()?, &services, change).await?;
        Ok(Response::status(204))
    })
}
