//! PutObjectAcl: replaces who may do what with a version of an object. Source: AWS API_PutObjectAcl.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::acl::{self, On};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::put_bucket_acl::DOCUMENT_BYTES_MAX;
use crate::s3::ops::object::amend::amend;
use crate::s3::ops::object::version::{self, read};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::{Fetch, ObjectAttrs};

/// The row of PutObjectAcl.
pub const ROW: Row = Row {
    name: "PutObjectAcl",
    method: Method::Put,
    level: Level::Object,
    query: &["acl"],
    header: None,
    action: Action::PutObjectAcl,
    acl: AclRight::ObjectWriteAcp,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let (bucket, named) = (permit.bucket()?, version::named(&request.target)?);
        let found = read(&permit, named, Fetch::Attrs, &services).await?;
        let owner = acl::owner_of(bucket, &found.attrs);
        let wanted = acl::requested(request, On::Object, owner, DOCUMENT_BYTES_MAX, &services).await?;
        let block = permit.switches()?;
        let amended = amend(&permit, named, &services, |now| {
            let owner = acl::owner_of(bucket, now);
            let list = wanted.admitted(owner, bucket.owner, &bucket.settings, block)?;
            Ok(ObjectAttrs { acl: acl::stored(list, owner), ..now.clone() })
        })
        .await?;
        let mut answer = Response::status(200);
        version::tell(&mut answer, bucket, &amended.attrs);
        Ok(answer)
    })
}
