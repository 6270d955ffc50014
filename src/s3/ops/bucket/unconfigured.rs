//! Sub-resources of a bucket that cannot be configured yet: reading one answers what AWS answers where nothing is
//! configured; writing one is `NotImplemented`.
//!
//! Cyberduck, Terraform and `s3cmd info` read these before anything else; a 501 there breaks them.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml::Document;

/// What AWS answers where nothing is configured.
enum Nothing {
    /// This error.
    Error(S3ErrorCode),
    /// This document, empty.
    Document(&'static str),
    /// `RequestPaymentConfiguration` with this payer.
    Payer(&'static str),
}

macro_rules! rows {
    ($($name:literal $query:literal $nothing:expr,)*) => {
        const ANSWERS: &[(&str, Nothing)] = &[$(($name, $nothing),)*];
        /// One row for each of them.
        pub const ROWS: &[&Row] = &[$(&Row {
            name: $name,
            method: Method::Get,
            level: Level::Bucket,
            query: &[$query],
            header: None,
            action: Action::GetBucketConfiguration,
            acl: AclRight::Owner,
            body: BodyKind::Empty,
            writes: false,
            call: read,
        },)*];
    };
}

rows! {
    "GetBucketCors" "cors" Nothing::Error(S3ErrorCode::NoSuchCORSConfiguration),
    "GetBucketLifecycleConfiguration" "lifecycle" Nothing::Error(S3ErrorCode::NoSuchLifecycleConfiguration),
    "GetBucketTagging" "tagging" Nothing::Error(S3ErrorCode::NoSuchTagSet),
    "GetBucketWebsite" "website" Nothing::Error(S3ErrorCode::NoSuchWebsiteConfiguration),
    "GetBucketPolicy" "policy" Nothing::Error(S3ErrorCode::NoSuchBucketPolicy),
    "GetBucketPolicyStatus" "policyStatus" Nothing::Error(S3ErrorCode::NoSuchBucketPolicy),
    "GetBucketEncryption" "encryption"
        Nothing::Error(S3ErrorCode::ServerSideEncryptionConfigurationNotFoundError),
    "GetBucketReplication" "replication" Nothing::Error(S3ErrorCode::ReplicationConfigurationNotFoundError),
    "GetObjectLockConfiguration" "object-lock" Nothing::Error(S3ErrorCode::ObjectLockConfigurationNotFoundError),
    "GetPublicAccessBlock" "publicAccessBlock" Nothing::Error(S3ErrorCode::NoSuchPublicAccessBlockConfiguration),
    "GetBucketOwnershipControls" "ownershipControls" Nothing::Error(S3ErrorCode::OwnershipControlsNotFoundError),
    "GetBucketVersioning" "versioning" Nothing::Document("VersioningConfiguration"),
    "GetBucketAccelerateConfiguration" "accelerate" Nothing::Document("AccelerateConfiguration"),
    "GetBucketLogging" "logging" Nothing::Document("BucketLoggingStatus"),
    "GetBucketNotificationConfiguration" "notification" Nothing::Document("NotificationConfiguration"),
    "GetBucketRequestPayment" "requestPayment" Nothing::Payer("BucketOwner"),
}

fn read(_permit: Permit, request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let entry = ANSWERS.iter().find(|(name, _)| *name == request.row.name);
        match entry.map(|(_, nothing)| nothing) {
            Some(Nothing::Error(code)) => Err((*code).into()),
            Some(Nothing::Document(root)) => Ok(Response::xml(Document::new(root).finish())),
            Some(Nothing::Payer(payer)) => {
                let mut out = Document::new("RequestPaymentConfiguration");
                out.text("Payer", payer);
                Ok(Response::xml(out.finish()))
            }
            None => Err(S3ErrorCode::NotImplemented.into()),
        }
    })
}
