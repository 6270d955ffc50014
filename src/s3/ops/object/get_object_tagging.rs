//! GetObjectTagging: the tags of one version; none is an empty set. Source: AWS API_GetObjectTagging.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::version;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::Fetch;

/// The row of GetObjectTagging.
pub const ROW: Row = Row {
    name: "GetObjectTagging",
    method: Method::Get,
    level: Level::Object,
    query: &["tagging"],
    header: None,
    action: Action::GetObjectTagging,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let named = version::named(&request.target)?;
        let bucket = permit.bucket()?;
        let record = version::read(&permit, named, Fetch::Attrs, &services).await.map_err(version::of_tags)?;
        let mut answer = Response::xml(xml::tagging::write(&record.attrs.tags));
        version::tell(&mut answer, bucket, &record.attrs);
        Ok(answer)
    })
}
