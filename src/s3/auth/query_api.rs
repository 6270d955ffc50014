//! Signatures of requests to IAM and STS: V4 in the `Authorization` header, over the body, which is short and at hand.
//! Source: AWS IAM User Guide, "AWS Signature Version 4 for API requests".

use std::sync::Arc;

use super::keys::{same, sha256_hex};
use super::{CredentialSource, Incoming, Service, sigv4};
use crate::accounts::Principal;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::WireHead;
use crate::s3::services::Rules;
use crate::s3::target::Target;

/// The service, other than S3, that a request is signed for, if it says so. Nothing is verified yet.
#[must_use]
pub fn service_of(wire: &WireHead) -> Option<Service> {
    let text = wire.headers.get("authorization")?.trim().strip_prefix(sigv4::ALGORITHM)?;
    let credential = text.split(',').find_map(|field| field.trim().strip_prefix("Credential="))?;
    let name = credential.trim().rsplit('/').nth(1)?;
    [Service::Iam, Service::Sts].into_iter().find(|service| service.name() == name)
}

/// Finds out who sends a request to IAM or STS. Nobody is anonymous here.
///
/// # Errors
/// As [`super::identify`].
pub async fn identify_query(
    wire: &WireHead,
    target: &Target,
    credentials: &dyn CredentialSource,
    rules: &Rules,
    service: Service,
    body: &[u8],
) -> Result<Arc<Principal>, S3Error> {
    let method = wire.method.ok_or(S3ErrorCode::MethodNotAllowed)?;
    let incoming = Incoming { wire, target, method, credentials, rules, service };
    let mut authorizations = wire.headers.all("authorization");
    let (Some(text), None) = (authorizations.next(), authorizations.next()) else {
        return Err(super::two_mechanisms());
    };
    let text = std::str::from_utf8(text).unwrap_or("").trim();
    let text = text.strip_prefix(sigv4::ALGORITHM).ok_or(S3ErrorCode::AccessDenied)?;
    let hash = sha256_hex(body);
    let sent = || match wire.headers.get("x-amz-content-sha256") {
        Some(sent) if !same(&hash, sent) => Err(S3ErrorCode::XAmzContentSHA256Mismatch.into()),
        _ => Ok(hash.clone()),
    };
    let (credential, _) = sigv4::prove(&incoming, text.trim_start(), sent).await?;
    Ok(credential.principal)
}
