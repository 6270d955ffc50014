//! PutBucketCors: replaces the rules for requests from web pages of other sites. Source: AWS API_PutBucketCors. s3cmd
//! `setcors` and boto 2 send a Content-MD5 with it.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;

use crate::s3::access::Permit;
use crate::s3::cors::{Rules, validate};
use crate::s3::error::S3Error;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{body, digest, xml};
use crate::storage::BucketSettings;

/// AWS, "CORS configuration": 64 KB.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutBucketCors.
pub const ROW: Row = Row {
    name: "PutBucketCors",
    method: Method::Put,
    level: Level::Bucket,
    query: &["cors"],
    header: None,
    action: Action::PutBucketCORS,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let cors = Bytes::from(decode(request).await?.encode_to_vec());
        let change = |now: &BucketSettings| Ok(BucketSettings { cors: cors.clone(), ..now.clone() });
        settings::change(permit.bucket()?, &services, change).await?;
        Ok(Response::status(200))
    })
}

/// A flipped byte could let another site in, so the document has to carry a digest (AWS asks for it too).
async fn decode(request: Request) -> Result<Rules, S3Error> {
    digest::require(&request.headers)?;
    let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
    let rules = xml::cors::parse(&document)?;
    rules.rules.iter().try_for_each(validate::check)?;
    Ok(rules)
}
