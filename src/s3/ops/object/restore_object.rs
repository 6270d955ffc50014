//! RestoreObject: nothing here is archived, so nothing can be restored. Source: AWS API_RestoreObject.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::version;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::storage_class;
use crate::s3::xml::Element;
use crate::storage::Fetch;

/// A request with a select expression, which this server does not take, may be larger.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of RestoreObject.
pub const ROW: Row = Row {
    name: "RestoreObject",
    method: Method::Post,
    level: Level::Object,
    query: &["restore"],
    header: None,
    action: Action::RestoreObject,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move { run(permit, request, &services).await })
}

async fn run(permit: Permit, request: Request, services: &Services) -> Result<Response, S3Error> {
    let version = version::named(&request.target)?;
    let record = version::read(&permit, version, Fetch::Attrs, services).await?;
    let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
    if !document.iter().all(u8::is_ascii_whitespace) {
        Element::parse(&document, "RestoreRequest")?;
    }
    Err(S3ErrorCode::InvalidObjectState
        .because("Restore is not allowed for the object's current storage class")
        .field("StorageClass", storage_class::shown(&record.attrs)))
}
