//! GetBucketRequestPayment: who pays for requests. Source: AWS API_GetBucketRequestPayment. `s3cmd info` reads it.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetBucketRequestPayment.
pub const ROW: Row = Row {
    name: "GetBucketRequestPayment",
    method: Method::Get,
    level: Level::Bucket,
    query: &["requestPayment"],
    header: None,
    action: Action::GetBucketRequestPayment,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move { Ok(Response::xml(xml::payment::write(permit.bucket()?.settings.requester_pays))) })
}
