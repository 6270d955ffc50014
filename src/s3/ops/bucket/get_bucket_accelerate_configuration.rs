//! GetBucketAccelerateConfiguration: whether transfers are accelerated. They never are. Source: AWS
//! API_GetBucketAccelerateConfiguration.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetBucketAccelerateConfiguration.
pub const ROW: Row = Row {
    name: "GetBucketAccelerateConfiguration",
    method: Method::Get,
    level: Level::Bucket,
    query: &["accelerate"],
    header: None,
    action: Action::GetAccelerateConfiguration,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let suspended = permit.bucket()?.settings.acceleration_suspended;
        Ok(Response::xml(xml::acceleration::write(suspended)))
    })
}
