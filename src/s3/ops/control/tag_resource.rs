//! TagResource: adds tags to a bucket's, and replaces those of the same key. Source: AWS API_control_TagResource.

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

/// The row of TagResource.
pub const ROW: Row = Row {
    name: "TagResource",
    method: Method::Post,
    level: Level::Control,
    query: &[],
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
        let added = xml::control::tags_to_add(&document)?;
        tags::check(&added, tags::BUCKET_TAGS_MAX)?;
        settings::change(permit.bucket()?, &services, |now| {
            let kept = now.tags.iter().filter(|tag| !added.iter().any(|new| new.key == tag.key));
            let all: Vec<_> = kept.chain(&added).cloned().collect();
            tags::check(&all, tags::BUCKET_TAGS_MAX)?;
            Ok(BucketSettings { tags: all, ..now.clone() })
        })
        .await?;
        Ok(Response::status(204))
    })
}
