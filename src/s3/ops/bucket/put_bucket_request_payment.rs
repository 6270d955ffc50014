//! PutBucketRequestPayment: who pays for requests. Source: AWS API_PutBucketRequestPayment. `s3cmd payer` sends it.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::BucketSettings;

/// One element.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutBucketRequestPayment.
pub const ROW: Row = Row {
    name: "PutBucketRequestPayment",
    method: Method::Put,
    level: Level::Bucket,
    query: &["requestPayment"],
    header: None,
    action: Action::PutBucketRequestPayment,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let requester_pays = xml::payment::parse(&document)?;
        settings::change(permit.bucket()?, &services, |now| Ok(BucketSettings { requester_pays, ..now.clone() }))
            .await?;
        Ok(Response::status(200))
    })
}
