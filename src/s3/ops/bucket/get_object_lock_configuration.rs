//! GetObjectLockConfiguration: whether versions can be locked, and what new ones get by themselves. Source: AWS
//! API_GetObjectLockConfiguration.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetObjectLockConfiguration.
pub const ROW: Row = Row {
    name: "GetObjectLockConfiguration",
    method: Method::Get,
    level: Level::Bucket,
    query: &["object-lock"],
    header: None,
    action: Action::GetBucketObjectLockConfiguration,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let bucket = permit.bucket()?;
        let settings = bucket.settings.object_lock.as_ref().ok_or_else(|| {
            S3Error::from(S3ErrorCode::ObjectLockConfigurationNotFoundError).field("BucketName", bucket.name.as_str())
        })?;
        Ok(Response::xml(xml::lock::configuration(settings)))
    })
}
