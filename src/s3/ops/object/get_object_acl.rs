//! GetObjectAcl: who may do what. Until access control lists can be set, that is the owner, everything. Source: AWS API_GetObjectAcl.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::version::{self, read};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::Fetch;

/// The row of GetObjectAcl.
pub const ROW: Row = Row {
    name: "GetObjectAcl",
    method: Method::Get,
    level: Level::Object,
    query: &["acl"],
    header: None,
    action: Action::GetObjectAcl,
    acl: AclRight::ObjectReadAcp,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let version = version::named(&request.target)?;
        read(&permit, version, Fetch::Attrs, &services).await?;
        Ok(Response::xml(xml::acl::private(permit.tenant()?)))
    })
}
