//! GetBucketOwnershipControls: who owns the objects of a bucket, and whether access control lists count. Source: AWS
//! API_GetBucketOwnershipControls.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{ownership, xml};

/// The row of GetBucketOwnershipControls.
pub const ROW: Row = Row {
    name: "GetBucketOwnershipControls",
    method: Method::Get,
    level: Level::Bucket,
    query: &["ownershipControls"],
    header: None,
    action: Action::GetBucketOwnershipControls,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let name = ownership::name(permit.bucket()?.settings.ownership());
        let name = name.ok_or(S3ErrorCode::OwnershipControlsNotFoundError)?;
        Ok(Response::xml(xml::ownership::write(name)))
    })
}
