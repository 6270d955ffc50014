//! PutBucketPolicy: replaces the policy of a bucket. Source: AWS API_PutBucketPolicy.

use std::sync::Arc;

use crate::policy::{Kind, Policy};
use crate::s3::access::{self, Permit};
use crate::s3::body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::settings;
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::storage::BucketSettings;

/// More than a policy may have, so that the language says what is too long.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
const CONFIRM: &str = "x-amz-confirm-remove-self-bucket-access";

/// The row of PutBucketPolicy.
pub const ROW: Row = Row {
    name: "PutBucketPolicy",
    method: Method::Put,
    level: Level::Bucket,
    query: &["policy"],
    header: None,
    action: Action::PutBucketPolicy,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let bucket = permit.bucket()?;
        let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
        let policy = Policy::parse(&document, Kind::Bucket { name: bucket.name.as_str() })
            .map_err(|error| S3ErrorCode::MalformedPolicy.because(error.0))?;
        let principals = services.accounts.principals_of(&policy).await?.map_err(|name| {
            let error = S3ErrorCode::MalformedPolicy.because("Invalid principal in policy");
            error.field("Detail", name.to_string())
        })?;
        keeps_its_writer(&permit, &policy, &request.headers)?;
        let switches = permit.switches()?;
        settings::change(bucket, &services, |now| {
            let block = now.public_access_block.unwrap_or_default().or(switches);
            if block.block_public_policy && policy.is_public() {
                return Err(S3ErrorCode::AccessDenied.because(
                    "Public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
                ));
            }
            Ok(BucketSettings { policy: document.clone(), policy_principals: principals.clone(), ..now.clone() })
        })
        .await?;
        Ok(Response::status(204))
    })
}

/// A policy that takes from whoever puts it the right to put another has to be meant so.
fn keeps_its_writer(permit: &Permit, policy: &Policy, headers: &Headers) -> Result<(), S3Error> {
    let confirmed = headers.get(CONFIRM).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
    if confirmed || !access::would_deny(permit, policy, Action::PutBucketPolicy)? {
        return Ok(());
    }
    Err(S3ErrorCode::AccessDenied.because(format!(
        "The policy would deny you to change it again. Send {CONFIRM}: true if this is what you want."
    )))
}
