//! GetBucketVersioning: whether versions are kept; an empty document where that was never asked for. Source: AWS
//! API_GetBucketVersioning. Cyberduck reads it before an upload.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetBucketVersioning.
pub const ROW: Row = Row {
    name: "GetBucketVersioning",
    method: Method::Get,
    level: Level::Bucket,
    query: &["versioning"],
    header: None,
    action: Action::GetBucketVersioning,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move { Ok(Response::xml(xml::versioning::write(permit.bucket()?.settings.versioning()))) })
}
