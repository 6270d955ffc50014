//! GetBucketLocation: the region of a bucket. Source: AWS API_GetBucketLocation; every s3cmd command asks first.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetBucketLocation.
pub const ROW: Row = Row {
    name: "GetBucketLocation",
    method: Method::Get,
    level: Level::Bucket,
    query: &["location"],
    header: None,
    action: Action::GetBucketLocation,
    acl: AclRight::BucketRead,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move { Ok(Response::xml(xml::buckets::location(&permit.bucket()?.region))) })
}
