//! DeleteBucket: removes an empty bucket. Source: AWS API_DeleteBucket.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::DeleteBucket;

/// The row of DeleteBucket.
pub const ROW: Row = Row {
    name: "DeleteBucket",
    method: Method::Delete,
    level: Level::Bucket,
    query: &[],
    header: None,
    action: Action::DeleteBucket,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move { run(permit, &services).await })
}

async fn run(permit: Permit, services: &Services) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    let name = bucket.name.as_str();
    match services.storage.metadata.delete_bucket(bucket).await? {
        DeleteBucket::Deleted => Ok(Response::status(204)),
        DeleteBucket::NotEmpty => Err(S3Error::from(S3ErrorCode::BucketNotEmpty).field("BucketName", name)),
        DeleteBucket::Absent => Err(S3Error::from(S3ErrorCode::NoSuchBucket).field("BucketName", name)),
    }
}
