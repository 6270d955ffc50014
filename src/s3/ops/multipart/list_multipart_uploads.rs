//! ListMultipartUploads: the uploads of a bucket that are open. Source: AWS API_ListMultipartUploads.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::listing::{self, Ask, Listed, Start};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::owners::Owners;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::s3::xml;
use crate::s3::xml::listing::Encoding;
use crate::s3::xml::multipart::UploadsPage;
use crate::storage::{Bucket, Upload, UploadId, UploadScan};

/// The row of ListMultipartUploads.
pub const ROW: Row = Row {
    name: "ListMultipartUploads",
    method: Method::Get,
    level: Level::Bucket,
    query: &["uploads"],
    header: None,
    action: Action::ListBucketMultipartUploads,
    acl: AclRight::BucketRead,
    body: BodyKind::Empty,
    writes: false,
    call,
};

struct Input {
    ask: Ask,
    upload_id_marker: String,
    encoding: Encoding,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&request.target)?;
        run(permit, input, &services).await
    })
}

fn decode(target: &Target) -> Result<Input, S3Error> {
    let text = |name: &str| target.query.get(name).unwrap_or_default().to_owned();
    let key_marker = text("key-marker");
    // Alone it means nothing, and AWS does not repeat it.
    let upload_id_marker = if key_marker.is_empty() { String::new() } else { text("upload-id-marker") };
    if UploadId::parse(&upload_id_marker).is_none() && !upload_id_marker.is_empty() {
        return Err(S3ErrorCode::InvalidArgument
            .because("Invalid uploadId marker")
            .field("ArgumentName", "upload-id-marker")
            .field("ArgumentValue", upload_id_marker));
    }
    let ask = Ask {
        prefix: text("prefix"),
        delimiter: listing::delimiter(target),
        marker: Some(key_marker).filter(|marker| !marker.is_empty()),
        limit: listing::limit(target, "max-uploads")?,
    };
    Ok(Input { ask, upload_id_marker, encoding: listing::encoding(target)? })
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    let listed = list(bucket, &input, services).await?;
    let (attrs, initiators) = (listed.entries.iter().map(|u| &u.attrs), listed.entries.iter().map(|u| u.initiator));
    let owners = Owners::of(bucket, attrs, initiators, services).await?;
    // AWS names no prefix here, which would make its clients begin anew.
    let truncated = listed.next.is_some();
    let last = listed.entries.last();
    let next = match listed.last.as_deref().filter(|_| truncated) {
        Some(key) => (key, last.filter(|upload| upload.key.as_str() == key)),
        None => (last.map_or("", |upload| upload.key.as_str()), last),
    };
    Ok(Response::xml(xml::multipart::uploads(&UploadsPage {
        bucket: bucket.name.as_str(),
        owners: &owners,
        prefix: &input.ask.prefix,
        delimiter: input.ask.delimiter.as_deref(),
        key_marker: input.ask.marker.as_deref().unwrap_or_default(),
        upload_id_marker: &input.upload_id_marker,
        max_uploads: input.ask.limit,
        encoding: input.encoding,
        uploads: &listed.entries,
        common_prefixes: &listed.common_prefixes,
        next: (next.0, next.1.map(|upload| upload.id.to_string()).unwrap_or_default()),
        truncated,
    })))
}

async fn list(bucket: &Bucket, input: &Input, services: &Services) -> Result<Listed<Upload>, S3Error> {
    let ask = &input.ask;
    // With an upload id, further uploads of the marker's own key may come; alone, none (AWS).
    let first = match (&ask.marker, UploadId::parse(&input.upload_id_marker)) {
        (None, _) => Start::At(Vec::new()),
        (Some(key), None) => Start::At(listing::after(key)),
        (Some(key), Some(id)) => Start::Behind((key.clone(), id)),
    };
    listing::page(
        ask,
        first,
        |upload: &Upload| upload.key.as_str(),
        |upload| (upload.key.to_string(), upload.id),
        |start, limit| async move {
            let (from, after_upload) = match start {
                Start::At(from) => (from, None),
                Start::Behind((key, id)) => (key.into_bytes(), Some(id)),
            };
            let scan = UploadScan { prefix: ask.prefix.clone().into_bytes(), from, after_upload, limit };
            Ok(services.storage.metadata.list_uploads(bucket, &scan).await?)
        },
    )
    .await
}
