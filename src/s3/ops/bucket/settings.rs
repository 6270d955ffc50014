//! Changing what is configured about a bucket.

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::services::Services;
use crate::storage::{Bucket, BucketSettings, ChangeBucket};

/// Changes a bucket's settings as `wanted` says, unless that refuses; the bucket as it is then.
///
/// # Errors
/// What `wanted` refuses with, `NoSuchBucket`, what the store fails with.
pub async fn change(
    bucket: &Bucket,
    services: &Services,
    wanted: impl Fn(&BucketSettings) -> Result<BucketSettings, S3Error> + Send + Sync,
) -> Result<Bucket, S3Error> {
    let mut refusal = None;
    let mut decide = |now: &BucketSettings| {
        let next = wanted(now);
        refusal = next.as_ref().err().cloned();
        next.ok().filter(|next| next != now)
    };
    match services.storage.metadata.change_bucket(bucket, &mut decide).await? {
        ChangeBucket::Changed(bucket) => Ok(bucket),
        ChangeBucket::Left(bucket) => refusal.map_or(Ok(bucket), Err),
        ChangeBucket::NoSuchBucket => {
            Err(S3Error::from(S3ErrorCode::NoSuchBucket).field("BucketName", bucket.name.as_str()))
        }
    }
}
