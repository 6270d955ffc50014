//! The operation table: one row per S3 operation. Routing, authorisation, metric labels, the README table and the
//! access-matrix test derive from it.

use std::sync::Arc;

use futures::future::LocalBoxFuture;

use crate::s3::access::Permit;
pub use crate::s3::action::{AclRight, Action};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::form::Success;
use crate::s3::ops;
use crate::s3::request::{Headers, Method, Query};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::target::Target;

/// One operation. There is no default for any field: a row without a permission does not compile.
pub struct Row {
    /// AWS's name.
    pub name: &'static str,
    /// The HTTP method.
    pub method: Method,
    /// What the target has to name.
    pub level: Level,
    /// Query parameters that have to be there. One with a value, `list-type=2`, has to have it.
    pub query: &'static [&'static str],
    /// A header that has to be there.
    pub header: Option<&'static str>,
    /// The right it needs, as policies name it.
    pub action: Action,
    /// The right it needs, as access control lists name it.
    pub acl: AclRight,
    /// What its body is.
    pub body: BodyKind,
    /// Whether it changes anything; such requests are refused when they ask for what this server does not do.
    pub writes: bool,
    /// Decodes, runs, encodes.
    pub call: Call,
}

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// The caller's account.
    Service,
    /// A bucket.
    Bucket,
    /// An object.
    Object,
    /// A bucket, as S3 Control names it.
    Control,
    /// The caller's account, as S3 Control names it.
    Account,
}

/// What an operation's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BodyKind {
    /// None; one that is sent all the same is ignored.
    Empty,
    /// A document of at most this many bytes.
    Document(usize),
    /// An object's bytes, up to the installation's limit.
    Data,
    /// A form with an object's bytes in it. Who sends it, and what, is in its fields.
    Form,
}

/// A request whose sender is known and whose body checks itself.
pub struct Request {
    /// The row it was routed to.
    pub row: &'static Row,
    /// What it is about.
    pub target: Target,
    /// Headers, with those that a presigned URL carries as parameters.
    pub headers: Arc<Headers>,
    /// Whether the signature (not only the target) came in the query.
    pub presigned: bool,
    /// The body's decoded bytes.
    pub body: crate::s3::auth::VerifiedBody,
    /// The request's id.
    pub request_id: String,
    /// What a form asks to be answered; `None` for every other request.
    pub form: Option<Success>,
}

/// Runs an operation.
pub type Call = fn(Permit, Request, Arc<Services>) -> Reply;
/// An operation's answer to come.
pub type Reply = LocalBoxFuture<'static, Result<Response, S3Error>>;

/// Every operation this server has.
pub const ROWS: &[&Row] = &[
    &ops::service::list_buckets::ROW,
    &ops::control::list_tags_for_resource::ROW,
    &ops::control::get_account_public_access_block::ROW,
    &ops::control::put_account_public_access_block::ROW,
    &ops::control::delete_account_public_access_block::ROW,
    &ops::control::tag_resource::ROW,
    &ops::control::untag_resource::ROW,
    &ops::bucket::create_bucket::ROW,
    &ops::bucket::head_bucket::ROW,
    &ops::bucket::delete_bucket::ROW,
    &ops::bucket::get_bucket_location::ROW,
    &ops::bucket::get_bucket_acl::ROW,
    &ops::bucket::put_bucket_acl::ROW,
    &ops::bucket::get_bucket_accelerate_configuration::ROW,
    &ops::bucket::put_bucket_accelerate_configuration::ROW,
    &ops::bucket::get_bucket_request_payment::ROW,
    &ops::bucket::put_bucket_request_payment::ROW,
    &ops::bucket::get_bucket_versioning::ROW,
    &ops::bucket::put_bucket_versioning::ROW,
    &ops::bucket::get_bucket_tagging::ROW,
    &ops::bucket::put_bucket_tagging::ROW,
    &ops::bucket::delete_bucket_tagging::ROW,
    &ops::bucket::get_bucket_cors::ROW,
    &ops::bucket::put_bucket_cors::ROW,
    &ops::bucket::delete_bucket_cors::ROW,
    &ops::bucket::get_bucket_lifecycle_configuration::ROW,
    &ops::bucket::put_bucket_lifecycle_configuration::ROW,
    &ops::bucket::delete_bucket_lifecycle::ROW,
    &ops::bucket::get_object_lock_configuration::ROW,
    &ops::bucket::put_object_lock_configuration::ROW,
    &ops::bucket::get_bucket_policy::ROW,
    &ops::bucket::get_bucket_policy_status::ROW,
    &ops::bucket::put_bucket_policy::ROW,
    &ops::bucket::delete_bucket_policy::ROW,
    &ops::bucket::get_bucket_ownership_controls::ROW,
    &ops::bucket::put_bucket_ownership_controls::ROW,
    &ops::bucket::delete_bucket_ownership_controls::ROW,
    &ops::bucket::get_public_access_block::ROW,
    &ops::bucket::put_public_access_block::ROW,
    &ops::bucket::delete_public_access_block::ROW,
    &ops::bucket::list_objects::ROW,
    &ops::bucket::list_objects_v2::ROW,
    &ops::bucket::list_object_versions::ROW,
    &ops::bucket::delete_objects::ROW,
    &ops::object::put_object::ROW,
    &ops::object::post_object::ROW,
    &ops::object::get_object::ROW,
    &ops::object::head_object::ROW,
    &ops::object::delete_object::ROW,
    &ops::object::copy_object::ROW,
    &ops::object::get_object_attributes::ROW,
    &ops::object::restore_object::ROW,
    &ops::object::get_object_acl::ROW,
    &ops::object::put_object_acl::ROW,
    &ops::object::get_object_tagging::ROW,
    &ops::object::put_object_tagging::ROW,
    &ops::object::delete_object_tagging::ROW,
    &ops::object::get_object_retention::ROW,
    &ops::object::put_object_retention::ROW,
    &ops::object::get_object_legal_hold::ROW,
    &ops::object::put_object_legal_hold::ROW,
    &ops::multipart::create_multipart_upload::ROW,
    &ops::multipart::upload_part::ROW,
    &ops::multipart::upload_part_copy::ROW,
    &ops::multipart::list_parts::ROW,
    &ops::multipart::list_multipart_uploads::ROW,
    &ops::multipart::complete_multipart_upload::ROW,
    &ops::multipart::abort_multipart_upload::ROW,
];

/// Query parameters that select something other than the plain operation (the V2 signers' list of sub-resources, and
/// those that came later). One that no row asks for must not be overlooked: `DELETE ?tagging` is not `DELETE`.
const SUB_RESOURCES: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "annotation",
    "append",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "metadataAnnotationTable",
    "metadataConfiguration",
    "metadataInventoryTable",
    "metadataJournalTable",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "select-type",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// Of these, those that S3 lets nobody read: they are read as part of another one.
const WRITE_ONLY: &[&str] = &["metadataAnnotationTable", "metadataInventoryTable", "metadataJournalTable"];

/// Finds the row of a request: the one that asks for most among those that fit, if it accounts for every sub-resource
/// the request names.
///
/// # Errors
/// `MethodNotAllowed`, `NotImplemented`.
pub fn find(method: Option<Method>, target: &Target, headers: &Headers) -> Result<&'static Row, S3Error> {
    let method = method.ok_or(S3ErrorCode::MethodNotAllowed)?;
    let level = match (&target.bucket, &target.key) {
        (None, _) if target.control => Level::Account,
        _ if target.control => Level::Control,
        (None, _) => Level::Service,
        (Some(_), None) => Level::Bucket,
        (Some(_), Some(_)) => Level::Object,
    };
    let best = ROWS
        .iter()
        .chain(ops::bucket::unconfigured::ROWS)
        .filter(|row| row.method == method && row.level == level && row.fits(&target.query, headers))
        .max_by_key(|row| row.query.len() * 2 + usize::from(row.header.is_some()));
    let named = |row: &Row, name: &str| row.query.iter().any(|q| q.split('=').next() == Some(name));
    match best {
        Some(row) => match target
            .query
            .iter()
            .find(|p| SUB_RESOURCES.contains(&p.name.as_str()) && !named(row, &p.name) && !row.tolerates(&p.name))
        {
            None => Ok(row),
            Some(parameter) if method == Method::Get && WRITE_ONLY.contains(&parameter.name.as_str()) => {
                Err(not_allowed(method, level))
            }
            Some(parameter) => Err(not_implemented(method, &parameter.name)),
        },
        None if target.query.iter().any(|p| SUB_RESOURCES.contains(&p.name.as_str())) => {
            let name = target.query.iter().map(|p| p.name.as_str()).find(|n| SUB_RESOURCES.contains(n));
            Err(not_implemented(method, name.unwrap_or_default()))
        }
        None => Err(not_allowed(method, level)),
    }
}

fn not_allowed(method: Method, level: Level) -> S3Error {
    let resource = match level {
        Level::Service => "SERVICE",
        Level::Bucket => "BUCKET",
        Level::Object => "OBJECT",
        Level::Control => "TAGS",
        Level::Account => "ACCOUNT",
    };
    S3Error::from(S3ErrorCode::MethodNotAllowed).field("Method", method.as_str()).field("ResourceType", resource)
}

fn not_implemented(method: Method, sub_resource: &str) -> S3Error {
    S3ErrorCode::NotImplemented.because(format!("{} of ?{sub_resource} is not implemented here.", method.as_str()))
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Row {
    fn fits(&self, query: &Query, headers: &Headers) -> bool {
        let there = self.query.iter().all(|wanted| match wanted.split_once('=') {
            Some((name, value)) => query.get(name) == Some(value),
            None => query.has(wanted),
        });
        there && self.header.is_none_or(|name| headers.has(name))
    }

    /// GetObject and HeadObject take a part's number as a parameter, not as a sub-resource.
    fn tolerates(&self, parameter: &str) -> bool {
        parameter == "partNumber" && self.action == Action::GetObject
            || parameter == "list-type" && self.action == Action::ListBucket && self.query.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find_in(
        method: Method,
        bucket: Option<&str>,
        key: Option<&str>,
        query: &str,
    ) -> Result<&'static str, S3ErrorCode> {
        let mut headers = Headers::default();
        let query = match query.strip_prefix("copy:") {
            Some(rest) => {
                headers.push("x-amz-copy-source", "b/k");
                rest
            }
            None => query,
        };
        let target = Target {
            style: crate::s3::target::Style::Path,
            bucket: bucket.map(str::to_owned),
            key: key.map(str::to_owned),
            raw_path: "/".to_owned(),
            raw_query: query.to_owned(),
            query: Query::parse(query).expect("parses"),
            origin: String::new(),
            control: false,
        };
        find(Some(method), &target, &headers).map(|row| row.name).map_err(|e| e.code)
    }

    #[test]
    fn requests_find_their_rows() {
        use Method::{Delete, Get, Head, Post, Put};
        let (b, k) = (Some("b"), Some("k"));
        for (method, bucket, key, query, name) in [
            (Get, None, None, "", "ListBuckets"),
            (Put, b, None, "", "CreateBucket"),
            (Get, b, None, "", "ListObjects"),
            (Get, b, None, "list-type=2&prefix=x", "ListObjectsV2"),
            (Get, b, None, "list-type=1", "ListObjects"),
            (Get, b, None, "location=", "GetBucketLocation"),
            (Get, b, None, "uploads", "ListMultipartUploads"),
            (Post, b, None, "delete", "DeleteObjects"),
            (Post, b, None, "", "PostObject"),
            (Put, b, k, "", "PutObject"),
            (Put, b, k, "copy:", "CopyObject"),
            (Put, b, k, "x-id=PutObject", "PutObject"),
            (Get, b, k, "partNumber=1", "GetObject"),
            (Head, b, k, "", "HeadObject"),
            (Get, b, k, "acl", "GetObjectAcl"),
            (Get, b, k, "attributes", "GetObjectAttributes"),
            (Post, b, k, "restore", "RestoreObject"),
            (Post, b, k, "uploads", "CreateMultipartUpload"),
            (Put, b, k, "partNumber=1&uploadId=x", "UploadPart"),
            (Put, b, k, "copy:partNumber=1&uploadId=x", "UploadPartCopy"),
            (Get, b, k, "uploadId=x", "ListParts"),
            (Post, b, k, "uploadId=x", "CompleteMultipartUpload"),
            (Delete, b, k, "uploadId=x", "AbortMultipartUpload"),
            (Delete, b, k, "", "DeleteObject"),
        ] {
            assert_eq!(find_in(method, bucket, key, query), Ok(name), "{method:?} {query}");
        }
        for (query, code) in [
            ("metadataJournalTable", S3ErrorCode::MethodNotAllowed),
            ("metadataAnnotationTable&prefix=x", S3ErrorCode::MethodNotAllowed),
            ("select", S3ErrorCode::NotImplemented),
        ] {
            assert_eq!(find_in(Get, b, None, query), Err(code), "{query}");
        }
    }

    #[test]
    fn a_sub_resource_is_never_overlooked() {
        for (method, key, query) in [
            (Method::Put, None, "metadataJournalTable"),
            (Method::Put, None, "metadataAnnotationTable"),
            (Method::Put, None, "metadataInventoryTable"),
            (Method::Delete, Some("k"), "retention"),
            (Method::Delete, Some("k"), "legal-hold"),
            (Method::Put, None, "replication"),
            (Method::Get, Some("k"), "torrent"),
            (Method::Post, Some("k"), "select&select-type=2"),
            (Method::Put, Some("k"), "partNumber=1"),
        ] {
            assert_eq!(find_in(method, Some("b"), key, query), Err(S3ErrorCode::NotImplemented), "{method:?} {query}");
        }
    }
}
