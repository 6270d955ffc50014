//! GetBucketLifecycleConfiguration: the rules as they were put. Source: AWS API_GetBucketLifecycleConfiguration. `s3cmd
//! info` reads it.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lifecycle;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::put_bucket_lifecycle_configuration::TRANSITION_MINIMUM;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetBucketLifecycleConfiguration.
pub const ROW: Row = Row {
    name: "GetBucketLifecycleConfiguration",
    method: Method::Get,
    level: Level::Bucket,
    query: &["lifecycle"],
    header: None,
    action: Action::GetLifecycleConfiguration,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move { run(&permit) })
}

fn run(permit: &Permit) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    let rules = lifecycle::of(bucket)?.ok_or_else(|| {
        S3Error::from(S3ErrorCode::NoSuchLifecycleConfiguration).field("BucketName", bucket.name.as_str())
    })?;
    let mut answer = Response::xml(xml::lifecycle::write(&rules));
    answer.set(TRANSITION_MINIMUM, rules.transition_minimum().name());
    Ok(answer)
}
