//! PutPublicAccessBlock of S3 Control: sets the switches of an account against public access. Source: AWS
//! API_control_PutPublicAccessBlock.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// Four switches.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutAccountPublicAccessBlock.
pub const ROW: Row = Row {
    name: "PutAccountPublicAccessBlock",
    method: Method::Put,
    level: Level::Account,
    query: &[],
    header: None,
    action: Action::PutAccountPublicAccessBlock,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let tenant = permit.tenant()?.id;
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let block = Some(xml::public_access::parse(&document)?);
        services.accounts.set_tenant_public_access_block(tenant, block).await?;
        Ok(Response::status(200))
    })
}
