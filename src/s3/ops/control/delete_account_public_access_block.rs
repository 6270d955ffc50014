//! DeletePublicAccessBlock of S3 Control: takes the switches of an account against public access off. Source: AWS
//! API_control_DeletePublicAccessBlock.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;

/// The row of DeleteAccountPublicAccessBlock.
pub const ROW: Row = Row {
    name: "DeleteAccountPublicAccessBlock",
    method: Method::Delete,
    level: Level::Account,
    query: &[],
    header: None,
    action: Action::PutAccountPublicAccessBlock,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let tenant = permit.tenant()?.id;
        services.accounts.set_tenant_public_access_block(tenant, None).await?;
        Ok(Response::status(204))
    })
}
