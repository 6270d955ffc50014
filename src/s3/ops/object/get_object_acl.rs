//! GetObjectAcl: who may do what with a version of an object. Source: AWS API_GetObjectAcl.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::version::{self, read};
use crate::s3::owners::Names;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{acl, xml};
use crate::storage::Fetch;

/// The row of GetObjectAcl.
pub const ROW: Row = Row {
    name: "GetObjectAcl",
    method: Method::Get,
    level: Level::Object,
    query: &["acl"],
    header: None,
    action: Action::GetObjectAcl,
    acl: AclRight::ObjectReadAcp,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let bucket = permit.bucket()?;
        let named = version::named(&request.target)?;
        let found = read(&permit, named, Fetch::Attrs, &services).await?;
        let (owner, list) = (acl::owner_of(bucket, &found.attrs), acl::of_object(bucket, &found.attrs));
        let names = Names::of_list(owner, &list, &services).await?;
        let mut answer = Response::xml(xml::acl::policy(owner, &list, &names));
        version::tell(&mut answer, bucket, &found.attrs);
        Ok(answer)
    })
}
