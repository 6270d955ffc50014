//! GetBucketAcl: who may do what. Until access control lists can be set, that is the owner, everything. Source: AWS API_GetBucketAcl.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

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

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move { Ok(Response::xml(xml::acl::private(permit.tenant()?))) })
}
