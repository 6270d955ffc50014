//! UntagResource: takes tags from a bucket's, by their keys. Source: AWS API_control_UntagResource.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::BucketSettings;

/// The row of UntagResource.
pub const ROW: Row = Row {
    name: "UntagResource",
    method: Method::Delete,
    level: Level::Control,
    query: &["tagKeys"],
    header: None,
    action: Action::PutBucketTagging,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let named = request.target.query.iter().filter(|parameter| parameter.name == "tagKeys");
        let keys: Vec<&str> = named.map(|parameter| parameter.value.as_str()).collect();
        settings::change(permit.bucket()?, &services, |now| {
            let kept = now.tags.iter().filter(|tag| !keys.contains(&tag.key.as_str()));
            Ok(BucketSettings { tags: kept.cloned().collect(), ..now.clone() })
        })
        .await?;
        Ok(Response::status(204))
    })
}
