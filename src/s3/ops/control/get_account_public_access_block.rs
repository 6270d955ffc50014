//! GetPublicAccessBlock of S3 Control: the switches of an account against public access. Source: AWS
//! API_control_GetPublicAccessBlock.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetAccountPublicAccessBlock.
pub const ROW: Row = Row {
    name: "GetAccountPublicAccessBlock",
    method: Method::Get,
    level: Level::Account,
    query: &[],
    header: None,
    action: Action::GetAccountPublicAccessBlock,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let tenant = permit.tenant()?.id;
        let record = services.accounts.tenant(tenant).await?;
        let block = record.and_then(|record| record.public_access_block);
        let block = block.ok_or(S3ErrorCode::NoSuchPublicAccessBlockConfiguration)?;
        Ok(Response::xml(xml::public_access::write(block, xml::control::NAMESPACE)))
    })
}
