//! PutObjectLegalHold: keeps a version until this is taken off again, whatever its retention. Source: AWS
//! API_PutObjectLegalHold.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::lock;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::amend::amend;
use crate::s3::ops::object::version;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::ObjectAttrs;

/// One element.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutObjectLegalHold.
pub const ROW: Row = Row {
    name: "PutObjectLegalHold",
    method: Method::Put,
    level: Level::Object,
    query: &["legal-hold"],
    header: None,
    action: Action::PutObjectLegalHold,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let version = version::named(&request.target)?;
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let on = xml::lock::parse_legal_hold(&document)?;
        lock::check_enabled(permit.bucket()?)?;
        amend(&permit, version, &services, |attrs| {
            Ok(ObjectAttrs { lock: Some(lock::with_hold(attrs.lock.as_ref(), on)), ..attrs.clone() })
        })
        .await?;
        Ok(Response::status(200))
    })
}
