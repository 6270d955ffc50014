//! HeadBucket: whether a bucket is there and may be used. Source: AWS API_HeadBucket.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;

/// The row of HeadBucket.
pub const ROW: Row = Row {
    name: "HeadBucket",
    method: Method::Head,
    level: Level::Bucket,
    query: &[],
    header: None,
    action: Action::ListBucket,
    acl: AclRight::BucketRead,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let mut answer = Response::status(200);
        answer.set("x-amz-bucket-region", permit.bucket()?.region.as_str());
        Ok(answer)
    })
}
