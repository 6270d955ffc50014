//! GetBucketPolicy: the policy of a bucket, byte for byte as it was put. Source: AWS API_GetBucketPolicy.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::{ReplyBody, Response};
use crate::s3::services::Services;

/// The row of GetBucketPolicy.
pub const ROW: Row = Row {
    name: "GetBucketPolicy",
    method: Method::Get,
    level: Level::Bucket,
    query: &["policy"],
    header: None,
    action: Action::GetBucketPolicy,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let bucket = permit.bucket()?;
        if bucket.settings.policy.is_empty() {
            return Err(S3ErrorCode::NoSuchBucketPolicy.into());
        }
        let mut answer = Response::status(200);
        answer.set("content-type", "application/json");
        answer.body = ReplyBody::Full(bucket.settings.policy.clone());
        Ok(answer)
    })
}
