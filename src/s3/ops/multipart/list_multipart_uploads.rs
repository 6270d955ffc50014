//! ListMultipartUploads: the uploads of a bucket that are open. Source: AWS API_ListMultipartUploads.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3Error;
use crate::s3::listing::{self, Ask, Listed};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
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
    key_marker: String,
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
    let (key_marker, upload_id_marker) = (text("key-marker"), text("upload-id-marker"));
    // With an upload id, further uploads of the marker's own key may come; alone, none (AWS).
    let within = UploadId::parse(&upload_id_marker).is_some();
    let from = match (key_marker.is_empty(), within) {
        (true, _) => Vec::new(),
        (false, true) => key_marker.as_bytes().to_vec(),
        (false, false) => listing::after(&key_marker),
    };
    let ask = Ask {
        prefix: text("prefix"),
        delimiter: listing::delimiter(target),
        from,
        after_marker: !key_marker.is_empty(),
        limit: listing::limit(target, "max-uploads")?,
    };
    Ok(Input { ask, key_marker, upload_id_marker, encoding: listing::encoding(target)? })
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    let listed = list(bucket, &input, services).await?;
    let next = listed.last.as_deref().filter(|_| listed.next.is_some()).map(|key| {
        let of_key = listed.entries.last().filter(|upload| upload.key.as_str() == key);
        (key, of_key.map(|upload| upload.id.to_string()).unwrap_or_default())
    });
    Ok(Response::xml(xml::multipart::uploads(&UploadsPage {
        bucket: bucket.name.as_str(),
        owner: permit.tenant(),
        prefix: &input.ask.prefix,
        delimiter: input.ask.delimiter.as_deref(),
        key_marker: &input.key_marker,
        upload_id_marker: &input.upload_id_marker,
        max_uploads: input.ask.limit,
        encoding: input.encoding,
        uploads: &listed.entries,
        common_prefixes: &listed.common_prefixes,
        next,
    })))
}

/// Reads of more than one page go on after the last upload read, which may share its key with the next one.
async fn list(bucket: &Bucket, input: &Input, services: &Services) -> Result<Listed<Upload>, S3Error> {
    let ask = &input.ask;
    let marker = UploadId::parse(&input.upload_id_marker).filter(|_| !input.key_marker.is_empty());
    let position = std::cell::RefCell::new((input.key_marker.clone(), marker));
    let position = &position;
    listing::page(
        ask,
        |upload: &Upload| upload.key.as_str(),
        |from, limit| async move {
            let (key, after_upload) = position.borrow().clone();
            let behind = listing::after(&key);
            // The position still holds unless the scan has skipped past its key.
            let scan = if after_upload.is_some() && from <= behind {
                UploadScan { prefix: ask.prefix.clone().into_bytes(), from: key.into_bytes(), after_upload, limit }
            } else {
                UploadScan { prefix: ask.prefix.clone().into_bytes(), from, after_upload: None, limit }
            };
            let page = services.storage.metadata.list_uploads(bucket, &scan).await?;
            if let Some(last) = page.entries.last() {
                *position.borrow_mut() = (last.key.to_string(), Some(last.id));
            }
            Ok(page)
        },
    )
    .await
}
