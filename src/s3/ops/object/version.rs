//! Which version of an object a request means, and reading it. Without versioning there is one, called `null`.

use std::sync::Arc;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::storage::{Bucket, Fetch, ObjectKey, ObjectRecord};

/// Accepts a `versionId` that names the only version there can be.
///
/// # Errors
/// `InvalidArgument` for an empty one, `NoSuchVersion` for any but `null`.
pub fn only_null(target: &Target) -> Result<(), S3Error> {
    check(target.query.get("versionId"))
}

/// As [`only_null`], for a version that is named elsewhere.
///
/// # Errors
/// As [`only_null`].
pub fn check(version_id: Option<&str>) -> Result<(), S3Error> {
    match version_id {
        None | Some("null") => Ok(()),
        Some("") => Err(S3ErrorCode::InvalidArgument.because("Version id cannot be the empty string")),
        Some(other) => Err(S3Error::from(S3ErrorCode::NoSuchVersion).field("VersionId", other)),
    }
}

/// Reads the current version.
///
/// # Errors
/// `NoSuchKey`.
pub async fn current(
    bucket: &Bucket,
    key: &ObjectKey,
    fetch: Fetch,
    services: &Services,
) -> Result<Arc<ObjectRecord>, S3Error> {
    let read = services.storage.metadata.read_head(bucket, key, fetch).await?;
    read.head.current.ok_or_else(|| S3Error::from(S3ErrorCode::NoSuchKey).field("Key", key.as_str()))
}
