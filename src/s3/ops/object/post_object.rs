//! PostObject: stores the file of an HTML form. Source: AWS, "POST Object".

use std::sync::Arc;

use bytes::Bytes;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::form::Success;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::put_object;
use crate::s3::request::Method;
use crate::s3::response::{ReplyBody, Response};
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::ObjectAttrs;

/// The row of PostObject. The key is in the form, so that the target is a bucket.
pub const ROW: Row = Row {
    name: "PostObject",
    method: Method::Post,
    level: Level::Bucket,
    query: &[],
    header: None,
    action: Action::PutObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Form,
    writes: true,
    call,
};

fn call(permit: Permit, mut request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let success = request.form.take().ok_or(S3ErrorCode::InternalError)?;
        let stored = put_object::store(&permit, request, &services).await?;
        encode(&permit, &stored, success)
    })
}

fn encode(permit: &Permit, stored: &ObjectAttrs, success: Success) -> Result<Response, S3Error> {
    let (bucket, key) = (permit.bucket()?.name.as_str(), permit.key()?.as_str());
    let redirect = success.redirect(bucket, key, &stored.etag);
    let mut answer = Response::status(if redirect.is_some() { 303 } else { success.status });
    put_object::describe(&mut answer, permit, stored)?;
    if answer.status == 201 {
        answer.set("content-type", "application/xml");
        answer.body = ReplyBody::Full(xml::form::stored(&success.location, bucket, key, &stored.etag));
    }
    answer.header("location", Bytes::from(redirect.unwrap_or(success.location)));
    Ok(answer)
}
