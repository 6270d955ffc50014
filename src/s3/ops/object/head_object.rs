//! HeadObject: what GetObject would say, without the bytes. Source: AWS API_HeadObject.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3Error;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::get_object::{Input, decode, outline, refuse_anonymous_overrides, tell_expiration_of};
use crate::s3::ops::object::version::read;
use crate::s3::request::Method;
use crate::s3::response::{ReplyBody, Response};
use crate::s3::services::Services;
use crate::storage::Fetch;

/// The row of HeadObject.
pub const ROW: Row = Row {
    name: "HeadObject",
    method: Method::Head,
    level: Level::Object,
    query: &[],
    header: None,
    action: Action::GetObject,
    acl: AclRight::ObjectRead,
    body: BodyKind::Empty,
    writes: false,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&request)?;
        run(permit, input, services).await
    })
}

async fn run(permit: Permit, input: Input, services: Arc<Services>) -> Result<Response, S3Error> {
    refuse_anonymous_overrides(&permit, &input)?;
    let bucket = permit.bucket()?;
    let record = read(&permit, input.version, Fetch::Attrs, &services).await?;
    let (mut answer, range) = outline(bucket, &record, &input, &services).await?;
    tell_expiration_of(&mut answer, &permit, &record, &input)?;
    answer.body = ReplyBody::HeadOf(range.end - range.start);
    Ok(answer)
}
