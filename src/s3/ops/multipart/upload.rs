//! Which upload, and which part of it, a request means.

use crate::s3::access::{Ground, Permit};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::storage::{Upload, UploadId, UploadState};

/// Most parts of an upload (AWS, "Multipart upload limits").
pub const PART_NUMBER_MAX: u16 = 10_000;

/// Finds the upload that `uploadId` names, whatever has become of it.
///
/// # Errors
/// `NoSuchUpload`.
pub async fn find(permit: &Permit, target: &Target, services: &Services) -> Result<Upload, S3Error> {
    let text = target.query.get("uploadId").unwrap_or_default();
    let missing = || S3Error::from(S3ErrorCode::NoSuchUpload).field("UploadId", text);
    let id = UploadId::parse(text).ok_or_else(missing)?;
    let upload = services.storage.metadata.upload(permit.bucket()?, permit.key()?, id).await?;
    let upload = upload.ok_or_else(missing)?;
    reaches(permit, &upload)?;
    Ok(upload)
}

/// What a list gives is the right to upload, not that to others' uploads (AWS, "Multipart upload API and permissions").
///
/// # Errors
/// `AccessDenied`.
pub fn reaches(permit: &Permit, upload: &Upload) -> Result<(), S3Error> {
    if permit.ground() == Ground::List && !permit.acts_for(upload.initiator) {
        return Err(S3ErrorCode::AccessDenied.into());
    }
    Ok(())
}

/// Finds the open upload that `uploadId` names.
///
/// # Errors
/// `NoSuchUpload`, also for one that was completed.
pub async fn find_open(permit: &Permit, target: &Target, services: &Services) -> Result<Upload, S3Error> {
    let upload = find(permit, target, services).await?;
    match upload.state {
        UploadState::Open => Ok(upload),
        UploadState::Completed { .. } => Err(no_such_upload(&upload)),
    }
}

/// The error for an upload that is gone.
#[must_use]
pub fn no_such_upload(upload: &Upload) -> S3Error {
    S3Error::from(S3ErrorCode::NoSuchUpload).field("UploadId", upload.id.to_string())
}

/// Reads `partNumber`.
///
/// # Errors
/// `InvalidArgument` for anything but 1 to 10,000.
pub fn part_number(target: &Target) -> Result<u16, S3Error> {
    let text = target.query.get("partNumber").unwrap_or_default();
    text.parse().ok().filter(|n| (1..=PART_NUMBER_MAX).contains(n)).ok_or_else(|| {
        S3ErrorCode::InvalidArgument
            .because("Part number must be an integer between 1 and 10000, inclusive")
            .field("ArgumentName", "partNumber")
            .field("ArgumentValue", text)
    })
}
