//! DeleteObjectTagging: takes all tags off one version. Source: AWS API_DeleteObjectTagging.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::amend::amend;
use crate::s3::ops::object::version;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::ObjectAttrs;

/// The row of DeleteObjectTagging.
pub const ROW: Row = Row {
    name: "DeleteObjectTagging",
    method: Method::Delete,
    level: Level::Object,
    query: &["tagging"],
    header: None,
    action: Action::DeleteObjectTagging,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let named = version::named(&request.target)?;
        let amended = amend(&permit, named, &services, |now| Ok(ObjectAttrs { tags: Vec::new(), ..now.clone() })).await;
        let amended = amended.map_err(version::of_tags)?;
        let mut answer = Response::status(204);
        version::tell(&mut answer, permit.bucket()?, &amended.attrs);
        Ok(answer)
    })
}
