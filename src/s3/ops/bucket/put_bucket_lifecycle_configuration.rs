//! PutBucketLifecycleConfiguration: replaces the rules. Source: AWS API_PutBucketLifecycleConfiguration. s3cmd `expire`
//! and `setlifecycle` and boto 2 send a Content-MD5 with it; rules of the older form, with a `Prefix` and no `Filter`,
//! are taken as well.

use std::sync::Arc;

use prost::Message;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lifecycle::{Rules, TransitionMinimum, validate};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{body, digest, xml};
use crate::storage::BucketSettings;

/// A thousand rules of a kilobyte each.
const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
/// The header that says which objects are too small for transitions.
pub const TRANSITION_MINIMUM: &str = "x-amz-transition-default-minimum-object-size";

/// The row of PutBucketLifecycleConfiguration.
pub const ROW: Row = Row {
    name: "PutBucketLifecycleConfiguration",
    method: Method::Put,
    level: Level::Bucket,
    query: &["lifecycle"],
    header: None,
    action: Action::PutLifecycleConfiguration,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let rules = decode(request).await?;
        let lifecycle = bytes::Bytes::from(rules.encode_to_vec());
        let change = |now: &BucketSettings| Ok(BucketSettings { lifecycle: lifecycle.clone(), ..now.clone() });
        settings::change(permit.bucket()?, &services, change).await?;
        let mut answer = Response::status(200);
        answer.set(TRANSITION_MINIMUM, rules.transition_minimum().name());
        Ok(answer)
    })
}

/// A flipped byte would let a rule remove other objects, so the document has to carry a digest (AWS asks for it too).
async fn decode(request: Request) -> Result<Rules, S3Error> {
    digest::require(&request.headers)?;
    let minimum = transition_minimum(&request.headers)?;
    let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
    let rules = xml::lifecycle::parse(&document)?;
    validate::check(&rules)?;
    Ok(Rules { rules, transition_minimum: minimum.into() })
}

fn transition_minimum(headers: &Headers) -> Result<TransitionMinimum, S3Error> {
    match headers.get(TRANSITION_MINIMUM) {
        None => Ok(TransitionMinimum::All128K),
        Some(text) => TransitionMinimum::parse(text).ok_or_else(|| {
            S3ErrorCode::InvalidRequest.because(format!("Invalid TransitionDefaultMinimumObjectSize found: {text}"))
        }),
    }
}
