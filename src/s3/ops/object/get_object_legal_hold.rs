//! GetObjectLegalHold: whether a version is kept until that is taken off. Source: AWS API_GetObjectLegalHold.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::lock;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::version;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::Fetch;

/// The row of GetObjectLegalHold.
pub const ROW: Row = Row {
    name: "GetObjectLegalHold",
    method: Method::Get,
    level: Level::Object,
    query: &["legal-hold"],
    header: None,
    action: Action::GetObjectLegalHold,
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
        let on = record.attrs.lock.as_ref().and_then(|lock| lock.legal_hold);
        Ok(Response::xml(xml::lock::legal_hold(on.ok_or(S3ErrorCode::NoSuchObjectLockConfiguration)?)))
    })
}
