//! GetBucketPolicyStatus: whether a bucket's policy makes it public, or its list, as Ceph's gateway says it. On AWS lists do
//! not count, and a bucket without a policy has no such status. Source: AWS API_GetBucketPolicyStatus.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::acl;
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
        let bucket = permit.bucket()?;
        let by_policy = services.policies.of(bucket).await.is_some_and(|policy| policy.is_public());
        // One that is ignored, or does not count, lets nobody in.
        let by_list = !permit.switches()?.ignore_public_acls && acl::is_public(&acl::of_bucket(bucket));
        Ok(Response::xml(xml::policy_status::write(by_policy || by_list)))
    })
}
