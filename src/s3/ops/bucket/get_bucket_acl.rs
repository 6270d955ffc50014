//! GetBucketAcl: who may do what with a bucket. Source: AWS API_GetBucketAcl.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::owners::Names;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{acl, xml};

/// The row of GetBucketAcl.
pub const ROW: Row = Row {
    name: "GetBucketAcl",
    method: Method::Get,
    level: Level::Bucket,
    query: &["acl"],
    header: None,
    action: Action::GetBucketAcl,
    acl: AclRight::BucketReadAcp,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let bucket = permit.bucket()?;
        let list = acl::of_bucket(bucket);
        let names = Names::of_list(bucket.owner, &list, &services).await?;
        Ok(Response::xml(xml::acl::policy(bucket.owner, &list, &names)))
    })
}
