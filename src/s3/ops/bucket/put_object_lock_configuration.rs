//! PutObjectLockConfiguration: from now on, versions of this bucket can be locked; and what new ones get by themselves.
//! The rule can be changed and taken away, the possibility cannot. Source: AWS API_PutObjectLockConfiguration.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::{BucketSettings, Versioning};

/// A handful of elements.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutObjectLockConfiguration.
pub const ROW: Row = Row {
    name: "PutObjectLockConfiguration",
    method: Method::Put,
    level: Level::Bucket,
    query: &["object-lock"],
    header: None,
    action: Action::PutBucketObjectLockConfiguration,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let object_lock = xml::lock::parse_configuration(&document)?;
        settings::change(permit.bucket()?, &services, |now| {
            if now.versioning() != Versioning::Enabled {
                return Err(S3ErrorCode::InvalidBucketState
                    .because("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"));
            }
            Ok(BucketSettings { object_lock: Some(object_lock.clone()), ..now.clone() })
        })
        .await?;
        Ok(Response::status(200))
    })
}
