//! Sub-resources of a bucket that cannot be configured yet: reading one answers what AWS answers where nothing is
//! configured, removing one removes nothing, and writing one is taken only when it restates that.
//!
//! Cyberduck, Terraform and `s3cmd info` read these before anything else; a 501 there breaks them.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::error::S3ErrorCode;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml::reader::malformed;
use crate::s3::xml::{Document, Element};

/// Larger than any configuration that says nothing.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// What AWS answers where nothing is configured.
enum Nothing {
    /// This error.
    Error(S3ErrorCode),
    /// This document, empty.
    Document(&'static str),
    /// This document, which says that it is off.
    Disabled(&'static str),
    /// This document, which says that its list is whole; with an `id`, `NoSuchConfiguration`.
    List(&'static str),
}

/// What a write may say, because it holds anyway.
enum Restated {
    /// Nothing, in this document.
    Empty(&'static str),
    /// In this document that it is off.
    Disabled(&'static str),
}

macro_rules! rows {
    (
        read { $($get:literal $get_query:literal $get_action:ident, $nothing:expr,)* }
        remove { $($delete:literal $delete_query:literal $delete_action:ident,)* }
        restate { $($put:literal $put_query:literal $put_action:ident, $restated:expr,)* }
    ) => {
        const ANSWERS: &[(&str, Nothing)] = &[$(($get, $nothing),)*];
        const RESTATED: &[(&str, Restated)] = &[$(($put, $restated),)*];
        /// One row for each of them.
        pub const ROWS: &[&Row] = &[
            $(&row($get, Method::Get, &[$get_query], Action::$get_action, BodyKind::Empty, read),)*
            $(&row($delete, Method::Delete, &[$delete_query], Action::$delete_action, BodyKind::Empty, remove),)*
            $(&row(
                $put,
                Method::Put,
                &[$put_query],
                Action::$put_action,
                BodyKind::Document(DOCUMENT_BYTES_MAX),
                restate,
            ),)*
        ];
    };
}

const fn row(
    name: &'static str,
    method: Method,
    query: &'static [&'static str],
    action: Action,
    body: BodyKind,
    call: crate::s3::operation::Call,
) -> Row {
    let writes = !matches!(method, Method::Get);
    Row { name, method, level: Level::Bucket, query, header: None, action, acl: AclRight::Owner, body, writes, call }
}

rows! {
    read {
        "GetBucketWebsite" "website" GetBucketWebsite, Nothing::Error(S3ErrorCode::NoSuchWebsiteConfiguration),
        "GetBucketEncryption" "encryption" GetEncryptionConfiguration,
            Nothing::Error(S3ErrorCode::ServerSideEncryptionConfigurationNotFoundError),
        "GetBucketReplication" "replication" GetReplicationConfiguration, Nothing::Error(S3ErrorCode::ReplicationConfigurationNotFoundError),
        "GetBucketLogging" "logging" GetBucketLogging, Nothing::Document("BucketLoggingStatus"),
        "GetBucketNotificationConfiguration" "notification" GetBucketNotification, Nothing::Document("NotificationConfiguration"),
        "GetBucketAbac" "abac" GetBucketAbac, Nothing::Disabled("AbacStatus"),
        "GetBucketMetadataConfiguration" "metadataConfiguration" GetBucketMetadataTableConfiguration,
            Nothing::Error(S3ErrorCode::MetadataConfigurationNotFound),
        "GetBucketMetadataTableConfiguration" "metadataTable" GetBucketMetadataTableConfiguration,
            Nothing::Error(S3ErrorCode::MetadataConfigurationNotFound),
        "ListBucketAnalyticsConfigurations" "analytics" GetAnalyticsConfiguration, Nothing::List("ListBucketAnalyticsConfigurationResult"),
        "ListBucketIntelligentTieringConfigurations" "intelligent-tiering" GetIntelligentTieringConfiguration,
            Nothing::List("ListBucketIntelligentTieringConfigurationsOutput"),
        "ListBucketInventoryConfigurations" "inventory" GetInventoryConfiguration, Nothing::List("ListInventoryConfigurationsResult"),
        "ListBucketMetricsConfigurations" "metrics" GetMetricsConfiguration, Nothing::List("ListMetricsConfigurationsResult"),
    }
    remove {
        "DeleteBucketWebsite" "website" DeleteBucketWebsite,
        "DeleteBucketEncryption" "encryption" PutEncryptionConfiguration,
        "DeleteBucketReplication" "replication" PutReplicationConfiguration,
        "DeleteBucketMetadataConfiguration" "metadataConfiguration" DeleteBucketMetadataTableConfiguration,
        "DeleteBucketMetadataTableConfiguration" "metadataTable" DeleteBucketMetadataTableConfiguration,
        "DeleteBucketAnalyticsConfiguration" "analytics" PutAnalyticsConfiguration,
        "DeleteBucketIntelligentTieringConfiguration" "intelligent-tiering" PutIntelligentTieringConfiguration,
        "DeleteBucketInventoryConfiguration" "inventory" PutInventoryConfiguration,
        "DeleteBucketMetricsConfiguration" "metrics" PutMetricsConfiguration,
    }
    restate {
        "PutBucketLogging" "logging" PutBucketLogging, Restated::Empty("BucketLoggingStatus"),
        "PutBucketNotificationConfiguration" "notification" PutBucketNotification, Restated::Empty("NotificationConfiguration"),
        "PutBucketAbac" "abac" PutBucketAbac, Restated::Disabled("AbacStatus"),
    }
}

fn read(_permit: Permit, request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let entry = ANSWERS.iter().find(|(name, _)| *name == request.row.name);
        match entry.map(|(_, nothing)| nothing) {
            Some(Nothing::Error(code)) => Err((*code).into()),
            Some(Nothing::Document(root)) => Ok(Response::xml(Document::new(root).finish())),
            Some(Nothing::Disabled(root)) => {
                let mut out = Document::new(root);
                out.text("Status", "Disabled");
                Ok(Response::xml(out.finish()))
            }
            Some(Nothing::List(_)) if request.target.query.has("id") => Err(S3ErrorCode::NoSuchConfiguration.into()),
            Some(Nothing::List(root)) => {
                let mut out = Document::new(root);
                out.flag("IsTruncated", false);
                Ok(Response::xml(out.finish()))
            }
            None => Err(S3ErrorCode::NotImplemented.into()),
        }
    })
}

/// As AWS, which documents nothing but this for what is not there (API_DeleteBucketAnalyticsConfiguration and the like).
fn remove(_permit: Permit, _request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move { Ok(Response::status(204)) })
}

fn restate(_permit: Permit, request: Request, _services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let name = request.row.name;
        let entry = RESTATED.iter().find(|(n, _)| *n == name);
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let holds = match entry.map(|(_, restated)| restated) {
            Some(Restated::Empty(root)) => Element::parse(&document, root)?.children.is_empty(),
            Some(Restated::Disabled(root)) => match Element::parse(&document, root)?.text_of("Status").map(str::trim) {
                Some("Disabled") => true,
                Some("Enabled") => false,
                _ => return Err(malformed("Status is neither Enabled nor Disabled")),
            },
            None => false,
        };
        if holds {
            return Ok(Response::status(200));
        }
        Err(S3ErrorCode::NotImplemented.because(format!("{name} takes only what holds anyway.")))
    })
}
