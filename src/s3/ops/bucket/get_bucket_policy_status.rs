//! GetBucketPolicyStatus: whether a bucket's policy makes it public. Lists do not count. Source: AWS
//! API_GetBucketPolicyStatus.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetBucketPolicyStatus.
pub const ROW: Row = Row {
    name: "GetBucketPolicyStatus",
    method: Method::Get,
    level: Level::Bucket,
    query: &["policyStatus"],
    header: None,
    action: Action::GetBucketPolicyStatus,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let policy = services.policies.of(permit.bucket()?).await.ok_or(S3ErrorCode::NoSuchBucketPolicy)?;
        Ok(Response::xml(xml::policy_status::write(policy.is_public())))
    })
}
