//! ListTagsForResource: a bucket's tags. Source: AWS API_control_ListTagsForResource. A bucket without tags has an empty
//! list here, and is no error.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of ListTagsForResource.
pub const ROW: Row = Row {
    name: "ListTagsForResource",
    method: Method::Get,
    level: Level::Control,
    query: &[],
    header: None,
    action: Action::GetBucketTagging,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move { Ok(Response::xml(xml::control::tags(&permit.bucket()?.settings.tags))) })
}
