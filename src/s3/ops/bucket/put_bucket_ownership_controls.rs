//! PutBucketOwnershipControls: says who owns the objects of a bucket, and whether access control lists count. Source: AWS
//! API_PutBucketOwnershipControls.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::acl;
use crate::s3::body;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::{BucketSettings, Ownership};

/// One rule.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutBucketOwnershipControls.
pub const ROW: Row = Row {
    name: "PutBucketOwnershipControls",
    method: Method::Put,
    level: Level::Bucket,
    query: &["ownershipControls"],
    header: None,
    action: Action::PutBucketOwnershipControls,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let wanted = xml::ownership::parse(&document)?;
        let bucket = permit.bucket()?;
        settings::change(bucket, &services, |now| {
            // What a list has given others would be taken away unnoticed.
            let given = now.acl.as_ref().is_some_and(|list| *list != acl::private(bucket.owner));
            if wanted == Ownership::BucketOwnerEnforced && given {
                return Err(S3ErrorCode::InvalidBucketAclWithObjectOwnership.into());
            }
            Ok(BucketSettings { ownership: wanted.into(), ..now.clone() })
        })
        .await?;
        Ok(Response::status(200))
    })
}
