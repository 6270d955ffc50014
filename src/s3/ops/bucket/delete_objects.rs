//! DeleteObjects: removes up to 1,000 objects, each with an outcome of its own. Source: AWS API_DeleteObjects.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream;

use crate::s3::access::{self, Permit};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lock::headers::bypass;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::{delete_object, version};
use crate::s3::precondition::WriteConditions;
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml::delete::{self, Deleted, Item, Outcome};
use crate::s3::{body, digest};

/// 1,000 keys of 1,024 bytes, each byte a character reference of up to six.
const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Deletes under way at once.
const PARALLEL: usize = 32;

/// The row of DeleteObjects.
pub const ROW: Row = Row {
    name: "DeleteObjects",
    method: Method::Post,
    level: Level::Bucket,
    query: &["delete"],
    header: None,
    action: Action::DeleteObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let headers = Arc::clone(&request.headers);
        let input = decode(request).await?;
        let permit = access::renewed(permit, &services).await?;
        let outcomes = run(&permit, input.objects, &headers, &services).await;
        Ok(Response::xml(delete::result(&outcomes, input.quiet)))
    })
}

/// A bulk delete has to carry a digest of its document: a flipped byte would delete another key (AWS asks for it too).
async fn decode(request: Request) -> Result<delete::Request, S3Error> {
    digest::require(&request.headers)?;
    let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
    delete::parse(&document)
}

async fn run(permit: &Permit, items: Vec<Item>, headers: &Headers, services: &Services) -> Vec<Outcome> {
    let deletes = items.into_iter().map(|item| async move {
        let done = delete_one(permit, &item, headers, services).await;
        Outcome { item, done }
    });
    stream::iter(deletes).buffered(PARALLEL).collect().await
}

async fn delete_one(permit: &Permit, item: &Item, headers: &Headers, services: &Services) -> Result<Deleted, S3Error> {
    // As AWS: of one key of many, what is no version is one that is not there.
    let version = version::parse(item.version_id.as_deref()).map_err(|_| S3ErrorCode::NoSuchVersion)?;
    let conditions = WriteConditions::of_many(item.etag.as_deref(), item.modified.as_deref(), item.size.as_deref())?;
    let permit = access::decide_key(permit, &item.key, version, &conditions, services).await?;
    let bypass = bypass(&permit, headers);
    delete_object::run(&permit, version, &conditions, bypass, services).await
}
