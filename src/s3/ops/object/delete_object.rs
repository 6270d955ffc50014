//! DeleteObject: removes an object; one that is not there is gone as well. Source: AWS API_DeleteObject. s3cmd `del`
//! and boto 2 `delete_key` want 204 and an empty body.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3Error;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::{publish, version};
use crate::s3::precondition::WriteConditions;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::Fetch;

/// The row of DeleteObject.
pub const ROW: Row = Row {
    name: "DeleteObject",
    method: Method::Delete,
    level: Level::Object,
    query: &[],
    header: None,
    action: Action::DeleteObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let conditions = decode(&request)?;
        run(&permit, &conditions, &services).await?;
        Ok(Response::status(204))
    })
}

fn decode(request: &Request) -> Result<WriteConditions, S3Error> {
    version::only_null(&request.target)?;
    Ok(WriteConditions::if_match(request.headers.get("if-match").map(str::to_owned)))
}

/// Removes what the permit names.
///
/// # Errors
/// What the conditions say, what the store fails with.
pub async fn run(permit: &Permit, conditions: &WriteConditions, services: &Services) -> Result<(), S3Error> {
    let read = services.storage.metadata.read_head(permit.bucket()?, permit.key()?, Fetch::Attrs).await?;
    publish::remove(read, conditions, services).await
}
