//! GetBucketPolicy: the policy of a bucket, byte for byte as it was put, but for users and roles that are called something
//! else by now, or are gone. Source: AWS API_GetBucketPolicy, and AWS IAM User Guide, "AWS JSON policy elements:
//! Principal".

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::{ReplyBody, Response};
use crate::s3::services::Services;
use crate::storage::BucketSettings;

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

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let bucket = permit.bucket()?;
        if bucket.settings.policy.is_empty() {
            return Err(S3ErrorCode::NoSuchBucketPolicy.into());
        }
        let BucketSettings { policy, policy_principals, .. } = &*bucket.settings;
        let now = services.accounts.policy_now(policy, policy_principals).await?;
        let mut answer = Response::status(200);
        answer.set("content-type", "application/json");
        answer.body = ReplyBody::Full(now.map_or_else(|| policy.clone(), Into::into));
        Ok(answer)
    })
}
