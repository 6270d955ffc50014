//! UploadPartCopy: a part whose bytes come from an object, read at storage speed in bounded memory.
//! Source: AWS API_UploadPartCopy.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;

use crate::s3::access;
use crate::s3::access::Permit;
use crate::s3::checksum::Plan;
use crate::s3::content;
use crate::s3::copy_source::{self, CopySource};
use crate::s3::digest::{Digests, Expected};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::multipart::upload::{find_open, part_number};
use crate::s3::ops::multipart::upload_part::register;
use crate::s3::ops::object::copy_object::judge_source;
use crate::s3::ops::object::version;
use crate::s3::precondition::ReadConditions;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::slow_answer::{self, Context};
use crate::s3::xml;
use crate::storage::{Bucket, Home, ObjectRecord, Timestamp, Upload};

/// The row of UploadPartCopy.
pub const ROW: Row = Row {
    name: "UploadPartCopy",
    method: Method::Put,
    level: Level::Object,
    query: &["partNumber", "uploadId"],
    header: Some("x-amz-copy-source"),
    action: Action::PutObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Empty,
    writes: true,
    call,
};

/// Largest part (AWS, "Multipart upload limits"), bytes.
const PART_BYTES_MAX: u64 = 5 << 30;

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let number = part_number(&request.target)?;
        let source = CopySource::parse(&request.headers)?;
        let version = version::parse(source.version_id.as_deref())?;
        let allowed = access::decide_source(&permit, &source.bucket, &source.key, version, &services).await?;
        let upload = find_open(&permit, &request.target, &services).await?;
        let from = version::read_source(&allowed, &services).await?;
        judge_source(&ReadConditions::parse(&request.headers, "x-amz-copy-source-"), &from.attrs)?;
        let range = copy_source::range(&request.headers, from.attrs.size)?;
        check_size(range.end - range.start)?;
        let context = Context {
            resource: request.target.resource(),
            request_id: request.request_id,
            host_id: services.host_id.clone(),
        };
        let bucket = permit.bucket()?.clone();
        let charged = allowed.permit().is_charged();
        let told = version::told(allowed.permit().bucket()?, &from.attrs);
        let work = async move {
            let mut answer = Response::xml(run(&bucket, &upload, number, &from, range, &services).await?);
            if charged {
                answer.set(access::CHARGED, "requester");
            }
            if let Some(version) = told {
                answer.set("x-amz-copy-source-version-id", version);
            }
            Ok(answer)
        };
        slow_answer::answer(work, context).await
    })
}

fn check_size(bytes: u64) -> Result<(), S3Error> {
    if bytes <= PART_BYTES_MAX {
        return Ok(());
    }
    Err(S3ErrorCode::InvalidRequest
        .because("The specified copy source is larger than the maximum allowable size for a copy source: 5368709120"))
}

async fn run(
    bucket: &Bucket,
    upload: &Upload,
    number: u16,
    from: &ObjectRecord,
    range: Range<u64>,
    services: &Arc<Services>,
) -> Result<Bytes, S3Error> {
    let size = range.end - range.start;
    let expected = Expected::default().with(Plan::of(upload).algorithm);
    let mut digests = Digests::new(&expected);
    let mut pieces = content::open(from, range, services).await?;
    let mut writer = services.storage.chunks.create(Home::Part(bucket, upload, number)).await?;
    while let Some(piece) = pieces.next().await {
        let piece = piece?;
        if piece.is_empty() {
            continue;
        }
        let (hashed, written) = tokio::join!(digests.absorb(piece.clone()), writer.write(piece));
        written?;
        digests = hashed?;
    }
    let digested = digests.finish(&expected, &crate::s3::auth::Trailers::default())?;
    let placement = writer.finish().await?;
    let attrs = register(bucket, upload, number, placement, size, digested, services).await?;
    let checksums = if Plan::of(upload).declared { attrs.checksums.as_slice() } else { &[] };
    Ok(xml::copy::part(&attrs.etag, Timestamp(attrs.modified_micros), checksums))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_has_at_most_five_gib() {
        let refused = |bytes| check_size(bytes).err().map(|error| error.code);
        assert_eq!(refused(5 << 30), None);
        assert_eq!(refused((5 << 30) + 1), Some(S3ErrorCode::InvalidRequest));
    }
}
