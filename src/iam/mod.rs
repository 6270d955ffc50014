//! The query APIs of IAM and STS, on the S3 listener: one parameter says what to do, the answer is XML. Knows accounts and
//! how requests are signed, no bucket and no object.
//!
//! A request is one of these when it asks for `/` and its V4 scope names the service `iam` or `sts`. It flows:
//! [`begin`] (before the body) → [`finish`]: signature, [`actions`], [`authorize`], the action itself, the answer.
//!
//! Source: AWS IAM API Reference and AWS STS API Reference, "Making query requests" and "Common errors".

mod access_keys;
mod actions;
mod authorization_details;
mod authorize;
mod entities;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod groups;
mod inline_policies;
mod managed_policies;
mod parameters;
mod simulate;
mod sts;
mod summary;

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;

use self::actions::Action;
use self::authorize::authorize;
use self::error::Refusal;
use self::parameters::Parameters;
use crate::accounts::{AccountError, Accounts, Principal};
use crate::s3::access::Origin;
use crate::s3::auth::{self, Caller, Service};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Headers, Method, WireBody, WireHead};
use crate::s3::response::{ReplyBody, Response};
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::s3::xml::Document;

/// Longest body of a request, bytes: the longest policy, percent-encoded, with some white space.
const BODY_BYTES_MAX: usize = 128 << 10;

/// A request whose body is still to come.
pub struct Pending {
    wire: WireHead,
    target: Target,
    service: Service,
}

impl Pending {
    /// What it is to, for logs and metrics.
    #[must_use]
    pub fn service(&self) -> &'static str {
        match self.service {
            Service::Sts => "STS",
            _ => "IAM",
        }
    }
}

/// Whether a request is one to IAM or STS.
#[must_use]
pub fn asked(wire: &WireHead, target: &Target) -> Option<Service> {
    let calls = match wire.method {
        Some(Method::Post) => true,
        Some(Method::Get) => target.query.has("Action"),
        _ => false,
    };
    let here = calls && target.bucket.is_none() && target.key.is_none() && !target.control;
    if here { auth::service_of(wire) } else { None }
}

/// What can be said before the body is there.
///
/// # Errors
/// The answer, when the body is too long.
pub fn begin(wire: WireHead, target: Target, service: Service) -> Result<Pending, Response> {
    let declared = wire.headers.get("content-length").and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|bytes| bytes > BODY_BYTES_MAX) {
        let refusal = too_long();
        return Err(refusal.answer(service, &wire.request_id));
    }
    Ok(Pending { wire, target, service })
}

fn too_long() -> Refusal {
    Refusal::sender(413, "RequestEntityTooLarge", format!("A request has at most {BODY_BYTES_MAX} bytes."))
}

/// Reads the body, checks the signature, does what is asked.
pub async fn finish(pending: Pending, body: WireBody, services: &Arc<Services>) -> Response {
    let (service, id) = (pending.service, pending.wire.request_id.clone());
    let mut answer = match run(pending, body, services).await {
        Ok(document) => {
            let mut answer = Response::status(200);
            answer.set("content-type", "text/xml");
            answer.body = ReplyBody::Full(document);
            answer
        }
        Err(refusal) => refusal.answer(service, &id),
    };
    answer.set("x-amzn-requestid", id);
    answer
}

/// What an action works with.
struct Call<'a> {
    action: &'static Action,
    accounts: &'a Accounts,
    principal: &'a Arc<Principal>,
    parameters: Parameters,
    headers: &'a Headers,
    origin: Origin,
    /// The region that it was sent to: this installation's.
    region: &'a str,
}

async fn run(pending: Pending, body: WireBody, services: &Arc<Services>) -> Result<Bytes, Refusal> {
    let Pending { wire, target, service } = pending;
    let body = read(body).await?;
    let credentials = services.credentials.as_ref();
    let signed = auth::identify_query(&wire, &target, credentials, &services.rules, service, &body).await;
    // Whoever guesses secrets is slowed down here as everywhere else.
    let signed = services.limits.failures.judge(wire.client, signed, |principal| Some(&principal.access_key));
    let principal = signed?;
    services.limits.count(&Caller::Principal(Arc::clone(&principal)), None, false).await?.admit()?;
    let text = if wire.method == Some(Method::Get) { target.raw_query.as_bytes() } else { &body };
    let parameters = Parameters::parse(text)?;
    let action = actions::find(service, &parameters)?;
    let origin = Origin::from(&wire);
    let accounts = services.accounts.as_ref();
    let (region, headers) = (&*services.rules.region, &wire.headers);
    let call = Call { action, accounts, principal: &principal, parameters, headers, origin, region };
    authorize(&call).await?;
    let mut out = Document::with_attributes(action.response, &[("xmlns", namespace(service))]);
    out.open(action.result);
    (action.run)(&call, &mut out).await?;
    out.close();
    out.open("ResponseMetadata");
    out.text("RequestId", &wire.request_id);
    Ok(out.finish())
}

async fn read(mut body: WireBody) -> Result<Bytes, Refusal> {
    let mut all = Vec::new();
    while let Some(piece) = body.next().await {
        let cut = |_| S3Error::from(S3ErrorCode::IncompleteBody);
        all.extend_from_slice(&piece.map_err(cut)?);
        if all.len() > BODY_BYTES_MAX {
            return Err(too_long());
        }
    }
    Ok(all.into())
}

fn namespace(service: Service) -> &'static str {
    match service {
        Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        _ => "https://sts.amazonaws.com/doc/2011-06-15/",
    }
}

impl Call<'_> {
    /// An ARN of the caller's own account.
    fn arn(&self, noun: &str, path: &str, name: &str) -> String {
        format!("arn:aws:iam::{}:{noun}{path}{name}", self.principal.account)
    }

    fn tenant(&self) -> crate::storage::TenantId {
        self.principal.tenant.id
    }
}

impl From<crate::storage::StorageError> for Refusal {
    fn from(error: crate::storage::StorageError) -> Self {
        S3Error::from(error).into()
    }
}

impl From<AccountError> for Refusal {
    fn from(error: AccountError) -> Self {
        let message = error.to_string();
        match error {
            AccountError::NoSuchEntity(_) => Self::sender(404, "NoSuchEntity", message),
            AccountError::EntityAlreadyExists(_) => Self::sender(409, "EntityAlreadyExists", message),
            AccountError::DeleteConflict(_) => Self::sender(409, "DeleteConflict", message),
            AccountError::LimitExceeded(_) => Self::sender(409, "LimitExceeded", message),
            AccountError::Invalid(_) => Self::sender(400, "ValidationError", message),
            AccountError::MalformedPolicy(_) => Self::sender(400, "MalformedPolicyDocument", message),
            AccountError::Busy(_) => Self::sender(409, "ConcurrentModification", message),
            AccountError::NoEncryptionKey => Self::receiver(500, "ServiceFailure", message),
            AccountError::Store(error) => error.into(),
        }
    }
}
