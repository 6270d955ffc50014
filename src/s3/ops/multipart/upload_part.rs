//! UploadPart: one part of an upload. Source: AWS API_UploadPart.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::checksum::Algorithm;
use crate::s3::digest::Digested;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::etag::quoted;
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
        encode(&attrs)
    })
}

async fn run(permit: Permit, number: u16, request: Request, services: &Services) -> Result<PartAttrs, S3Error> {
    let bucket = permit.bucket()?;
    let upload = find_open(&permit, &request.target, services).await?;
    let home = Home::Part(bucket, &upload, number);
    let (placement, size, digested) = body::receive_part(request.body, &request.headers, home, services).await?;
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
        checksums: digested.checksum.into_iter().collect(),
    };
    let part = Part { number, attrs: attrs.clone() };
    match services.storage.metadata.put_part(bucket, upload, part).await? {
        PutPart::Registered => Ok(attrs),
        PutPart::NoSuchUpload => Err(no_such_upload(upload)),
    }
}

fn encode(attrs: &PartAttrs) -> Result<Response, S3Error> {
    let mut answer = Response::status(200);
    answer.set("etag", quoted(&attrs.etag));
    for checksum in &attrs.checksums {
        let algorithm = Algorithm::parse(&checksum.algorithm).ok_or(S3ErrorCode::InternalError)?;
        answer.set(algorithm.header(), checksum.value.as_str());
    }
    Ok(answer)
}
