//! PutBucketTagging: replaces the bucket's own tags. Source: AWS API_PutBucketTagging.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{tags, xml};
use crate::storage::BucketSettings;

/// The row of PutBucketTagging.
pub const ROW: Row = Row {
    name: "PutBucketTagging",
    method: Method::Put,
    level: Level::Bucket,
    query: &["tagging"],
    header: None,
    action: Action::PutBucketTagging,
    acl: AclRight::Owner,
    body: BodyKind::Document(tags::BUCKET_DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let document = body::document(request.body, &request.headers, tags::BUCKET_DOCUMENT_BYTES_MAX).await?;
        let wanted = xml::tagging::parse(&document)?;
        tags::check(&wanted, tags::BUCKET_TAGS_MAX)?;
        let change = |now: &BucketSettings| Ok(BucketSettings { tags: wanted.clone(), ..now.clone() });
        settings::change(permit.bucket()?, &services, change).await?;
        // AWS answers 204 here, and 200 to most other configurations.
        Ok(Response::status(204))
    })
}
