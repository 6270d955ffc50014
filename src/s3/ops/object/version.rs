//! Which version of an object a request means, reading it, and telling it. Source: AWS, "Using versioning in S3
//! buckets".

use std::sync::Arc;

use bytes::Bytes;

use crate::s3::access::{Permit, SourcePermit};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::s3::time::http_date;
use crate::storage::{
    Bucket, Fetch, HeadRead, ObjectAttrs, ObjectKey, ObjectRecord, Timestamp, VersionId, VersionRef, Versioning,
};

/// The header that names a version.
pub const HEADER: &str = "x-amz-version-id";
/// The header that says that a version is a delete marker.
pub const DELETE_MARKER: &str = "x-amz-delete-marker";

/// The version that a request's `versionId` names, if it names one.
///
/// # Errors
/// `InvalidArgument` for what cannot be a version's id.
pub fn named(target: &Target) -> Result<Option<VersionRef>, S3Error> {
    parse(target.query.get("versionId"))
}

/// As [`named`], for a version that is named elsewhere.
///
/// # Errors
/// As [`named`].
pub fn parse(text: Option<&str>) -> Result<Option<VersionRef>, S3Error> {
    let invalid = |why: &'static str, text: &str| {
        S3ErrorCode::InvalidArgument.because(why).field("ArgumentName", "versionId").field("ArgumentValue", text)
    };
    match text {
        None => Ok(None),
        Some("null") => Ok(Some(VersionRef::Null)),
        Some("") => Err(invalid("Version id cannot be the empty string", "")),
        Some(text) => match VersionId::parse(text) {
            Some(id) => Ok(Some(VersionRef::Id(id))),
            None => Err(invalid("Invalid version id specified", text)),
        },
    }
}

/// A version as clients write it.
#[must_use]
pub fn text(version: VersionRef) -> String {
    match version {
        VersionRef::Null => "null".to_owned(),
        VersionRef::Id(id) => id.to_string(),
    }
}

/// The `version` of a record that is to be put: in a bucket with versioning, one of its own.
#[must_use]
pub fn of_new(bucket: &Bucket) -> Bytes {
    match bucket.settings.versioning() {
        Versioning::Enabled => VersionId::fresh(0).bytes(),
        Versioning::Off | Versioning::Suspended => Bytes::new(),
    }
}

/// As [`of_new`], at the end of a write that may have taken hours: when versioning was enabled before or meanwhile, what
/// is there must be kept.
#[must_use]
pub fn of_new_since(begun: &Bucket, now: &Bucket) -> Bytes {
    let versions = [of_new(begun), of_new(now)];
    versions.into_iter().find(|version| !version.is_empty()).unwrap_or_default()
}

/// How the version is told to a client; not at all where versioning was never enabled.
#[must_use]
pub fn told(bucket: &Bucket, attrs: &ObjectAttrs) -> Option<String> {
    let versioned = bucket.settings.versioning() != Versioning::Off || !attrs.version.is_empty();
    versioned.then(|| text(attrs.version_ref()))
}

/// Tells the client which version it is.
pub fn tell(answer: &mut Response, bucket: &Bucket, attrs: &ObjectAttrs) {
    if let Some(text) = told(bucket, attrs) {
        answer.set(HEADER, text);
    }
}

/// Tells the client which version its write has made: only one with an id of its own. While versioning is suspended AWS
/// tells `null` to readers and nothing to writers.
pub fn tell_made(answer: &mut Response, attrs: &ObjectAttrs) {
    if !attrs.version.is_empty() {
        answer.set(HEADER, text(attrs.version_ref()));
    }
}

/// The head of a key, with the version that is named.
///
/// # Errors
/// What the store fails with.
pub async fn head(
    bucket: &Bucket,
    key: &ObjectKey,
    version: Option<VersionRef>,
    fetch: Fetch,
    services: &Services,
) -> Result<HeadRead, S3Error> {
    let store = &services.storage.metadata;
    Ok(match version {
        None => store.read_head(bucket, key, fetch).await?,
        Some(version) => store.read_version(bucket, key, version, fetch).await?,
    })
}

/// The head of a permit's key, as the decision saw it, or read now where it did not look.
///
/// # Errors
/// What the store fails with.
pub async fn judged(
    permit: &Permit,
    version: Option<VersionRef>,
    fetch: Fetch,
    services: &Services,
) -> Result<HeadRead, S3Error> {
    match permit.seen(version, fetch) {
        Some(seen) => Ok(seen),
        None => head(permit.bucket()?, permit.key()?, version, fetch, services).await,
    }
}

/// Reads the version that is named, or the current one.
///
/// # Errors
/// `NoSuchKey`, `NoSuchVersion`, `MethodNotAllowed` for a delete marker.
pub async fn read(
    permit: &Permit,
    version: Option<VersionRef>,
    fetch: Fetch,
    services: &Services,
) -> Result<Arc<ObjectRecord>, S3Error> {
    let (bucket, key) = (permit.bucket()?, permit.key()?);
    let read = judged(permit, version, fetch, services).await?;
    let found = if version.is_some() { read.head.named } else { read.head.current };
    there(found, bucket, key, version)
}

/// As [`read`], for the source of a copy.
///
/// # Errors
/// `NoSuchKey`, `NoSuchVersion`, `InvalidRequest` for a delete marker (AWS API_CopyObject).
pub async fn read_source(source: &SourcePermit, services: &Services) -> Result<Arc<ObjectRecord>, S3Error> {
    let found = read(source.permit(), source.version(), Fetch::WithInline, services).await;
    found.map_err(|error| match error.code {
        S3ErrorCode::MethodNotAllowed => S3ErrorCode::InvalidRequest
            .because("The source of a copy request may not specifically refer to a delete marker by version id."),
        _ => error,
    })
}

/// The record, if it is an object.
///
/// # Errors
/// As [`read`].
pub fn there(
    found: Option<Arc<ObjectRecord>>,
    bucket: &Bucket,
    key: &ObjectKey,
    version: Option<VersionRef>,
) -> Result<Arc<ObjectRecord>, S3Error> {
    let marker = match (found, version) {
        (Some(record), _) if !record.attrs.delete_marker => return Ok(record),
        (None, None) => {
            let error = S3Error::from(S3ErrorCode::NoSuchKey).field("Key", key.as_str());
            return Err(error.header(DELETE_MARKER, "false"));
        }
        (None, Some(version)) => {
            let error = S3Error::from(S3ErrorCode::NoSuchVersion);
            return Err(error.field("Key", key.as_str()).field("VersionId", text(version)));
        }
        (Some(marker), _) => marker,
    };
    let error = match version {
        None => S3Error::from(S3ErrorCode::NoSuchKey).field("Key", key.as_str()),
        Some(_) => not_of_markers().header("last-modified", http_date(Timestamp(marker.attrs.modified_micros))),
    };
    let error = error.header(DELETE_MARKER, "true");
    Err(match told(bucket, &marker.attrs) {
        Some(text) => error.header(HEADER, text),
        None => error,
    })
}

/// What AWS says of a delete marker on top to those who ask about tags: that it is one, not that there is no such key.
#[must_use]
pub fn of_tags(error: S3Error) -> S3Error {
    let on_marker = error.headers.iter().any(|(name, value)| *name == DELETE_MARKER && value == "true");
    if error.code != S3ErrorCode::NoSuchKey || !on_marker {
        return error;
    }
    let headers = error.headers.into_iter();
    headers.fold(not_of_markers(), |error, (name, value)| error.header(name, value))
}

fn not_of_markers() -> S3Error {
    S3Error::from(S3ErrorCode::MethodNotAllowed).field("ResourceType", "DeleteMarker").header("allow", "DELETE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let id = VersionRef::Id(VersionId::fresh(7));
        for version in [VersionRef::Null, id] {
            assert_eq!(parse(Some(&text(version))).expect("parses"), Some(version));
        }
        assert_eq!(parse(None).expect("parses"), None);
        for bad in ["", "Null", "x", "0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF", "%00"] {
            assert_eq!(parse(Some(bad)).expect_err("is none").code, S3ErrorCode::InvalidArgument, "{bad}");
        }
    }
}
