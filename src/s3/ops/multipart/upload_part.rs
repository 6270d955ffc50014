//! UploadPart: one part of an upload. Source: AWS API_UploadPart.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::checksum::{self, Plan};
use crate::s3::digest::{Digested, Expected};
use crate::s3::error::S3Error;
use crate::s3::etag::quoted;
use crate::s3::lock::headers::check_digest;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::multipart::upload::{find_open, no_such_upload, part_number};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::{Bucket, Home, Part, PartAttrs, Placement, PutPart, Timestamp, Upload};

/// The row of UploadPart.
pub const ROW: Row = Row {
    name: "UploadPart",
    method: Method::Put,
    level: Level::Object,
    query: &["partNumber", "uploadId"],
    header: None,
    action: Action::PutObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Data,
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let number = part_number(&request.target)?;
        let attrs = run(permit, number, request, &services).await?;
        Ok(encode(&attrs))
    })
}

async fn run(permit: Permit, number: u16, request: Request, services: &Services) -> Result<PartAttrs, S3Error> {
    let bucket = permit.bucket()?;
    let upload = find_open(&permit, &request.target, services).await?;
    let (plan, expected) = (Plan::of(&upload), Expected::parse(&request.headers)?);
    checksum::announced(&request.headers, request.presigned, expected.claim())?;
    plan.admit(expected.claim())?;
    check_digest(bucket, upload.attrs.lock.as_ref(), &request.headers, "Put Part")?;
    let home = Home::Part(bucket, &upload, number);
    let expected = expected.with(plan.algorithm);
    let (placement, size, digested) = body::receive_part(request.body, expected, home, services).await?;
    register(bucket, &upload, number, placement, size, digested, services).await
}

/// Makes a written blob a part of the upload.
///
/// # Errors
/// `NoSuchUpload` when the upload was closed meanwhile.
pub async fn register(
    bucket: &Bucket,
    upload: &Upload,
    number: u16,
    placement: Placement,
    size: u64,
    digested: Digested,
    services: &Services,
) -> Result<PartAttrs, S3Error> {
    let attrs = PartAttrs {
        size,
        etag: digested.md5,
        modified_micros: Timestamp::now().0,
        placement: Some(placement),
        checksums: digested.checksums,
    };
    let part = Part { number, attrs: attrs.clone() };
    match services.storage.metadata.put_part(bucket, upload, part).await? {
        PutPart::Registered => Ok(attrs),
        PutPart::NoSuchUpload => Err(no_such_upload(upload)),
    }
}

/// With one checksum: the client's own if it sent one.
fn encode(attrs: &PartAttrs) -> Response {
    let mut answer = Response::status(200);
    answer.set("etag", quoted(&attrs.etag));
    checksum::write(&mut answer, attrs.checksums.get(..1).unwrap_or_default(), false);
    answer
}
