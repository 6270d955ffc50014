//! GetPublicAccessBlock: the switches of a bucket against public access. Source: AWS API_GetPublicAccessBlock.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetPublicAccessBlock.
pub const ROW: Row = Row {
    name: "GetPublicAccessBlock",
    method: Method::Get,
    level: Level::Bucket,
    query: &["publicAccessBlock"],
    header: None,
    action: Action::GetBucketPublicAccessBlock,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let block = permit.bucket()?.settings.public_access_block;
        let block = block.ok_or(S3ErrorCode::NoSuchPublicAccessBlockConfiguration)?;
        Ok(Response::xml(xml::public_access::write(block, xml::NAMESPACE)))
    })
}
