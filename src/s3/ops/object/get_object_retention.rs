//! GetObjectRetention: until when a version is kept. Source: AWS API_GetObjectRetention.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::lock::{self, Retention};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::version;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::Fetch;

/// The row of GetObjectRetention.
pub const ROW: Row = Row {
    name: "GetObjectRetention",
    method: Method::Get,
    level: Level::Object,
    query: &["retention"],
    header: None,
    action: Action::GetObjectRetention,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let version = version::named(&request.target)?;
        lock::check_enabled(permit.bucket()?)?;
        let record = version::read(&permit, version, Fetch::Attrs, &services).await?;
        let retention = Retention::of(record.attrs.lock.as_ref());
        let retention = retention.ok_or(S3ErrorCode::NoSuchObjectLockConfiguration)?;
        Ok(Response::xml(xml::lock::retention(retention)))
    })
}
