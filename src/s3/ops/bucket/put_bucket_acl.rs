//! PutBucketAcl: replaces who may do what with a bucket; its objects have lists of their own. Source: AWS
//! API_PutBucketAcl.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::acl::{self, On};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::BucketSettings;

/// A policy of 100 grants.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutBucketAcl.
pub const ROW: Row = Row {
    name: "PutBucketAcl",
    method: Method::Put,
    level: Level::Bucket,
    query: &["acl"],
    header: None,
    action: Action::PutBucketAcl,
    acl: AclRight::BucketWriteAcp,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let bucket = permit.bucket()?;
        let owner = bucket.owner;
        let wanted = acl::requested(request, On::Bucket, owner, DOCUMENT_BYTES_MAX, &services).await?;
        let switches = permit.switches()?;
        settings::change(bucket, &services, |now| {
            let block = now.public_access_block.unwrap_or_default().or(switches);
            let list = wanted.admitted(owner, owner, now, block)?;
            Ok(BucketSettings { acl: acl::stored(list, owner), ..now.clone() })
        })
        .await?;
        Ok(Response::status(200))
    })
}
