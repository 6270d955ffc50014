//! PutObjectTagging: replaces the tags of one version. Source: AWS API_PutObjectTagging.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::amend::amend;
use crate::s3::ops::object::version;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{tags, xml};
use crate::storage::ObjectAttrs;

/// Ten tags, each character a reference.
const DOCUMENT_BYTES_MAX: usize = 128 * 1024;

/// The row of PutObjectTagging.
pub const ROW: Row = Row {
    name: "PutObjectTagging",
    method: Method::Put,
    level: Level::Object,
    query: &["tagging"],
    header: None,
    action: Action::PutObjectTagging,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let named = version::named(&request.target)?;
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let wanted = xml::tagging::parse(&document)?;
        tags::check(&wanted, tags::OBJECT_TAGS_MAX)?;
        let amended =
            amend(&permit, named, &services, |now| Ok(ObjectAttrs { tags: wanted.clone(), ..now.clone() })).await;
        let amended = amended.map_err(version::of_tags)?;
        let mut answer = Response::status(200);
        version::tell(&mut answer, permit.bucket()?, &amended.attrs);
        Ok(answer)
    })
}
