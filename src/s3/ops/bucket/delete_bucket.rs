//! DeleteBucket: removes an empty bucket. Source: AWS API_DeleteBucket.

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, future, stream};

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::{Bucket, DeleteBucket, MetadataStore, UploadScan, VersionScan, Versioning};

/// How often uploads that keep being opened are aborted before the bucket counts as in use.
const ATTEMPTS_MAX: u32 = 2;
/// 10,000 uploads take about a minute on Cassandra.
pub const BOUNDS: Bounds = Bounds { aborted_between_looks: 100, looks: 100 };
/// Uploads that are aborted at once.
const PARALLEL: usize = 8;

/// How many uploads one request aborts.
pub struct Bounds {
    /// Uploads that are aborted before the bucket is looked at again.
    pub aborted_between_looks: usize,
    /// Looks in one request.
    pub looks: u32,
}

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
    let store = &services.storage.metadata;
    let mut answer = store.delete_bucket(bucket).await?;
    for _ in 0..ATTEMPTS_MAX {
        // Never without trying again afterwards: whoever is refused still has their uploads, as far as that is possible.
        if answer != DeleteBucket::NotEmpty || !abort_uploads(bucket, store.as_ref(), &BOUNDS).await? {
            break;
        }
        answer = store.delete_bucket(bucket).await?;
    }
    match answer {
        DeleteBucket::Deleted => Ok(Response::status(204)),
        DeleteBucket::NotEmpty => Err(not_empty(bucket).field("BucketName", name)),
        DeleteBucket::Absent => Err(S3Error::from(S3ErrorCode::NoSuchBucket).field("BucketName", name)),
    }
}

/// What AWS says; of a bucket with versioning, that there may be more than listings of its objects show.
fn not_empty(bucket: &Bucket) -> S3Error {
    match bucket.settings.versioning() {
        Versioning::Off => S3ErrorCode::BucketNotEmpty.into(),
        Versioning::Enabled | Versioning::Suspended => S3ErrorCode::BucketNotEmpty
            .because("The bucket you tried to delete is not empty. You must delete all versions in the bucket."),
    }
}

/// Uploads that nobody completed do not keep a bucket: AWS names only objects, versions and delete markers. Nobody could
/// ask for their parts again. False, and no more of them go, once something else is in the bucket.
///
/// # Errors
/// `SlowDown` when there are more than the bounds allow; what the store fails with.
pub async fn abort_uploads(bucket: &Bucket, store: &dyn MetadataStore, bounds: &Bounds) -> Result<bool, S3Error> {
    let versions = VersionScan { prefix: Vec::new(), from: Vec::new(), below: None, limit: 1 };
    let limit = bounds.aborted_between_looks;
    let mut scan = UploadScan { prefix: Vec::new(), from: Vec::new(), after_upload: None, limit };
    for _ in 0..bounds.looks {
        if !store.list_versions(bucket, &versions).await?.entries.is_empty() {
            return Ok(false);
        }
        let page = store.list_uploads(bucket, &scan).await?;
        // One that was closed meanwhile is as good as aborted, or an object that the next look finds.
        let aborts = page.entries.iter().map(|upload| store.abort_upload(bucket, upload));
        stream::iter(aborts).buffer_unordered(PARALLEL).try_for_each(|_| future::ready(Ok(()))).await?;
        match page.entries.last() {
            Some(last) if page.more => {
                (scan.from, scan.after_upload) = (last.key.as_bytes().to_vec(), Some(last.id));
            }
            _ => return Ok(true),
        }
    }
    Err(S3ErrorCode::SlowDown.because(
        "The bucket has more open uploads than one request can abort. Those that were aborted are gone; send it again.",
    ))
}
