//! DeleteBucket: removes an empty bucket. Source: AWS API_DeleteBucket.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::{Bucket, DeleteBucket, PAGE_ENTRIES_MAX, UploadScan, VersionScan};

/// How often uploads that keep being opened are aborted before the bucket counts as in use.
const ATTEMPTS_MAX: u32 = 3;

/// The row of DeleteBucket.
pub const ROW: Row = Row {
    name: "DeleteBucket",
    method: Method::Delete,
    level: Level::Bucket,
    query: &[],
    header: None,
    action: Action::DeleteBucket,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, _request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move { run(permit, &services).await })
}

async fn run(permit: Permit, services: &Services) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    let name = bucket.name.as_str();
    for _ in 0..ATTEMPTS_MAX {
        match services.storage.metadata.delete_bucket(bucket).await? {
            DeleteBucket::Deleted => return Ok(Response::status(204)),
            DeleteBucket::Absent => return Err(S3Error::from(S3ErrorCode::NoSuchBucket).field("BucketName", name)),
            DeleteBucket::NotEmpty if has_versions(bucket, services).await? => break,
            DeleteBucket::NotEmpty => abort_uploads(bucket, services).await?,
        }
    }
    Err(S3Error::from(S3ErrorCode::BucketNotEmpty).field("BucketName", name))
}

async fn has_versions(bucket: &Bucket, services: &Services) -> Result<bool, S3Error> {
    let scan = VersionScan { prefix: Vec::new(), from: Vec::new(), below: None, limit: 1 };
    Ok(!services.storage.metadata.list_versions(bucket, &scan).await?.entries.is_empty())
}

/// Uploads that nobody completed do not keep a bucket: AWS names only objects, versions and delete markers. Nobody could
/// ask for their parts again.
async fn abort_uploads(bucket: &Bucket, services: &Services) -> Result<(), S3Error> {
    let store = &services.storage.metadata;
    let mut scan = UploadScan { prefix: Vec::new(), from: Vec::new(), after_upload: None, limit: PAGE_ENTRIES_MAX };
    loop {
        let page = store.list_uploads(bucket, &scan).await?;
        for upload in &page.entries {
            // One that was closed meanwhile is as good as aborted, or an object that the next attempt finds.
            store.abort_upload(bucket, upload).await?;
        }
        match page.entries.last() {
            Some(last) if page.more => {
                (scan.from, scan.after_upload) = (last.key.as_bytes().to_vec(), Some(last.id));
            }
            _ => return Ok(()),
        }
    }
}
