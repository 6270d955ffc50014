//! Who may do what. Every decision is made here; only here are permits minted.
//!
//! Until access control lists and policies exist, the rule is one: the tenant that owns a bucket may do everything with
//! it, nobody else anything.

mod payer;
mod permit;

pub use permit::{Permit, SourcePermit};

use crate::s3::auth::Caller;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{Action, Level, Row};
use crate::s3::request::Headers;
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::storage::names::KeyError;
use crate::storage::{Bucket, BucketName, ObjectKey, Tenant};

/// Decides whether a caller may call an operation on a target, and mints the permit.
///
/// # Errors
/// `AccessDenied`; `NoSuchBucket` to a tenant that asks for one that is not there; what the store fails with.
pub async fn decide(
    caller: &Caller,
    row: &'static Row,
    target: &Target,
    headers: &Headers,
    services: &Services,
) -> Result<Permit, S3Error> {
    let tenant = match caller {
        Caller::Principal(principal) => &principal.tenant,
        Caller::Anonymous => return Err(refuse_anonymous(row, target, services).await?),
    };
    let key = target.key.as_deref().map(parse_key).transpose()?;
    let bucket = match (&target.bucket, row.level) {
        (Some(_), _) if row.action == Action::CreateBucket => None,
        (Some(name), Level::Bucket | Level::Object | Level::Control) => {
            Some(owned_bucket(tenant, name, services).await?)
        }
        _ => None,
    };
    if let Some(bucket) = &bucket {
        expected_owner(headers, "x-amz-expected-bucket-owner", bucket)?;
    }
    let charged = bucket.as_ref().map_or(Ok(false), |bucket| payer::charged(Some(tenant.id), bucket, headers))?;
    Ok(Permit::mint(tenant.clone(), row.action, bucket, key).charging(charged))
}

/// Decides whether the holder of a permit may read the source of a copy.
///
/// # Errors
/// As [`decide`].
pub async fn decide_source(
    permit: &Permit,
    bucket: &str,
    key: &str,
    headers: &Headers,
    services: &Services,
) -> Result<SourcePermit, S3Error> {
    let bucket = owned_bucket(permit.tenant(), bucket, services).await?;
    expected_owner(headers, "x-amz-source-expected-bucket-owner", &bucket)?;
    payer::charged(Some(permit.tenant().id), &bucket, headers)?;
    Ok(SourcePermit::mint(bucket, parse_key(key)?))
}

/// Decides whether the holder of a permit for DeleteObjects may delete this key.
///
/// # Errors
/// As [`decide`].
pub fn decide_key(permit: &Permit, key: &str) -> Result<Permit, S3Error> {
    let key = parse_key(key)?;
    Ok(Permit::mint(permit.tenant().clone(), Action::DeleteObject, Some(permit.bucket()?.clone()), Some(key)))
}

/// Decides whether the holder of a permit may do this as well, to what the permit is about.
///
/// # Errors
/// `AccessDenied`.
pub fn also(permit: &Permit, _action: Action) -> Result<(), S3Error> {
    if permit.bucket()?.owner == permit.tenant().id { Ok(()) } else { Err(S3ErrorCode::AccessDenied.into()) }
}

/// As AWS: that a bucket is not there may be known to everybody.
async fn refuse_anonymous(row: &'static Row, target: &Target, services: &Services) -> Result<S3Error, S3Error> {
    if let Some(name) = target.bucket.as_deref().filter(|_| row.action != Action::CreateBucket) {
        bucket_named(name, services).await?;
    }
    Ok(S3ErrorCode::AccessDenied.into())
}

async fn bucket_named(name: &str, services: &Services) -> Result<Bucket, S3Error> {
    let missing = || S3Error::from(S3ErrorCode::NoSuchBucket).field("BucketName", name);
    let parsed = BucketName::existing(name).ok_or_else(missing)?;
    services.storage.metadata.bucket(&parsed).await?.ok_or_else(missing)
}

async fn owned_bucket(tenant: &Tenant, name: &str, services: &Services) -> Result<Bucket, S3Error> {
    let bucket = bucket_named(name, services).await?;
    if bucket.owner == tenant.id {
        return Ok(bucket);
    }
    // As AWS: whoever is told that the bucket is another's may also know where it is.
    Err(S3Error::from(S3ErrorCode::AccessDenied).header("x-amz-bucket-region", bucket.region))
}

/// A client that says whose bucket it expects must not be answered by another's (AWS, "Verifying bucket ownership").
fn expected_owner(headers: &Headers, name: &str, bucket: &Bucket) -> Result<(), S3Error> {
    match headers.get(name) {
        Some(expected) if !expected.eq_ignore_ascii_case(&bucket.owner.to_string()) => {
            Err(S3ErrorCode::AccessDenied.into())
        }
        _ => Ok(()),
    }
}

fn parse_key(key: &str) -> Result<ObjectKey, S3Error> {
    ObjectKey::parse(key).map_err(|error| match error {
        KeyError::TooLong => S3Error::from(S3ErrorCode::KeyTooLongError)
            .field("Size", key.len().to_string())
            .field("MaxSizeAllowed", crate::storage::names::KEY_BYTES_MAX.to_string()),
        KeyError::Empty => S3ErrorCode::InvalidArgument.because("An object key has at least one byte."),
    })
}
