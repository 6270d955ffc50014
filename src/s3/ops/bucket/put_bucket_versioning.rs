//! PutBucketVersioning: enables or suspends it; it is never off again. Source: AWS API_PutBucketVersioning. boto 2 sends
//! `MfaDelete` = `Disabled` along.

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

/// Two elements.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutBucketVersioning.
pub const ROW: Row = Row {
    name: "PutBucketVersioning",
    method: Method::Put,
    level: Level::Bucket,
    query: &["versioning"],
    header: None,
    action: Action::PutBucketVersioning,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let versioning = xml::versioning::parse(&document)?;
        settings::change(permit.bucket()?, &services, |now| {
            if versioning == Versioning::Suspended && now.object_lock.is_some() {
                return Err(S3ErrorCode::InvalidBucketState.because(
                    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
                ));
            }
            Ok(BucketSettings { versioning: versioning.into(), ..now.clone() })
        })
        .await?;
        Ok(Response::status(200))
    })
}
