//! GetBucketTagging: the bucket's own tags; none is an error. Source: AWS API_GetBucketTagging.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;

/// The row of GetBucketTagging.
pub const ROW: Row = Row {
    name: "GetBucketTagging",
    method: Method::Get,
    level: Level::Bucket,
    query: &["tagging"],
    header: None,
    action: Action::GetBucketTagging,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let tags = &permit.bucket()?.settings.tags;
        if tags.is_empty() {
            return Err(S3ErrorCode::NoSuchTagSet.into());
        }
        Ok(Response::xml(xml::tagging::write(tags)))
    })
}
