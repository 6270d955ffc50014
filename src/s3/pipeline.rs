//! THE flow: from a request to its answer.
//!
//! It runs in two halves, so that a client that sent `Expect: 100-continue` is told to send its body only after the
//! first half has found the request to be allowed.

use std::sync::Arc;

use bytes::Bytes;

use crate::iam;
use crate::s3::access::{self, Asked, Origin, Permit};
use crate::s3::auth::{self, Payload, SignatureKind, Signed, VerifiedBody};
use crate::s3::body;
use crate::s3::cors;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::form::{self, Announced};
use crate::s3::limits::Throttle;
use crate::s3::operation::{self, BodyKind, Request, Row};
use crate::s3::ops::unsupported;
use crate::s3::preflight;
use crate::s3::request::{Headers, Method, WireBody, WireHead};
use crate::s3::response::{ReplyBody, Response};
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::s3::xml;

/// A request that may go on to its body.
pub enum Ready {
    /// One of S3's operations.
    Operation(Box<Admitted>),
    /// One to IAM or STS, whose signature covers the body.
    Query(Box<iam::Pending>),
}

/// A request for one of S3's operations that may go on to its body.
pub struct Admitted {
    row: &'static Row,
    target: Target,
    headers: Arc<Headers>,
    origin: Origin,
    payload: Payload,
    presigned: bool,
    admission: Admission,
    cors: Option<Box<cors::Allowed>>,
    request_id: String,
    method: Option<Method>,
}

/// What the first half has found out about the right to go on.
enum Admission {
    Granted(Permit, Throttle),
    /// Who sends a form is in its body.
    ByForm(Announced),
    /// Policies may look at what its document says.
    ByDocument(Box<Asked>, usize),
}

impl Ready {
    /// AWS's name of the operation, for logs and metrics.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Operation(admitted) => admitted.row.name,
            Self::Query(pending) => pending.service(),
        }
    }
}

/// The first half: everything that needs no body.
///
/// # Errors
/// The answer, ready for the wire.
pub async fn head(wire: WireHead, services: &Arc<Services>) -> Result<Ready, Response> {
    let method = wire.method;
    let mut outline = Outline { request_id: wire.request_id.clone(), method, bucket: None, key: None, cors: None };
    let target = match Target::parse(&wire, &services.domains) {
        Ok(target) => target,
        Err(error) => {
            let path = wire.raw_target.split('?').next().unwrap_or("/");
            return Err(outline.to_wire(Err(error), path, services));
        }
    };
    if let Some(service) = iam::asked(&wire, &target) {
        return iam::begin(wire, target, service).map(|pending| Ready::Query(Box::new(pending)));
    }
    let resource = target.resource();
    (outline.bucket, outline.key) = (target.bucket.clone(), target.key.clone());
    if wire.method == Some(Method::Options) {
        return Err(outline.to_wire(preflight::answer(&wire, &target, services).await, &resource, services));
    }
    outline.cors = cors::allowed(&wire, &target, services).await;
    match judge(wire, target, services).await {
        Ok(admitted) => Ok(Ready::Operation(Box::new(Admitted { cors: outline.cors, ..admitted }))),
        Err(error) => Err(outline.to_wire(Err(error), &resource, services)),
    }
}

async fn judge(wire: WireHead, target: Target, services: &Arc<Services>) -> Result<Admitted, S3Error> {
    let identity = auth::identify(&wire, &target, services.credentials.as_ref(), &services.rules).await;
    let identity = services.limits.failures.judge(wire.client, identity, |identity| identity.caller.access_key())?;
    if target.control && matches!(identity.how, SignatureKind::V2Header | SignatureKind::V2Query) {
        // V2 signs a few known parameters, and none of S3 Control's.
        return Err(S3ErrorCode::InvalidRequest.because("S3 Control takes only AWS4-HMAC-SHA256."));
    }
    let row = operation::find(wire.method, &target, &identity.headers)?;
    let (headers, origin) = (Arc::new(identity.headers), Origin::from(&wire));
    let admission = match row.body {
        BodyKind::Form => Admission::ByForm(Announced::parse(&wire, identity.how)?),
        kind => {
            let signed = Signed { caller: identity.caller, how: identity.how, at: identity.signed_at };
            let asked = Asked::new(signed, row, &headers, &target, origin, &services.rules.region);
            match kind {
                BodyKind::Document(bytes_max) if access::weighs_document(&asked, &target, services).await? => {
                    Admission::ByDocument(Box::new(asked), bytes_max)
                }
                _ => {
                    let (permit, throttle) = admit(asked, &target, services).await?;
                    Admission::Granted(permit, throttle)
                }
            }
        }
    };
    let limit = match row.body {
        BodyKind::Empty => u64::MAX,
        BodyKind::Document(bytes_max) => bytes_max as u64,
        BodyKind::Data => services.rules.body_bytes_max,
        BodyKind::Form => services.rules.body_bytes_max.saturating_add(form::BYTES_MAX as u64),
    };
    check_length(row, &headers, limit)?;
    Ok(Admitted {
        row,
        target,
        headers,
        origin,
        payload: identity.payload,
        presigned: matches!(identity.how, SignatureKind::V2Query | SignatureKind::V4Query),
        admission,
        cors: None,
        request_id: wire.request_id,
        method: wire.method,
    })
}

/// Whether a caller may do this here and now, and whether this server can.
async fn admit(asked: Asked, target: &Target, services: &Services) -> Result<(Permit, Throttle), S3Error> {
    let (row, headers) = (asked.row, Arc::clone(&asked.headers));
    check_text(&headers)?;
    let standing = access::standing(&asked, target, services).await;
    let bucket = standing.as_ref().ok().and_then(|standing| standing.as_ref()).map(|standing| standing.bucket());
    let counted = services.limits.count(&asked.caller, bucket, row.body != BodyKind::Empty).await?;
    let permit = access::decide(asked, standing?, target, services).await?;
    if row.writes {
        unsupported::refuse(row, &headers)?;
    }
    Ok((permit, counted.admit()?))
}

/// What is acted on has to be text: a condition that cannot be read must not be taken for none.
fn check_text(headers: &Headers) -> Result<(), S3Error> {
    let acted_on = |name: &str| {
        name.starts_with("x-amz-") && !name.starts_with("x-amz-meta-")
            || matches!(name, "if-match" | "if-none-match" | "if-range")
    };
    match headers.iter().find(|(name, value)| acted_on(name) && std::str::from_utf8(value).is_err()) {
        None => Ok(()),
        Some((name, value)) => Err(S3ErrorCode::InvalidArgument
            .because("The value of a header is not UTF-8.")
            .field("ArgumentName", name)
            .field("ArgumentValue", String::from_utf8_lossy(value))),
    }
}

/// A length that is too large or missing is answered before the body is asked for.
fn check_length(row: &Row, headers: &Headers, limit: u64) -> Result<(), S3Error> {
    let declared = headers.get("x-amz-decoded-content-length").or_else(|| headers.get("content-length"));
    match declared.map(str::parse::<u64>) {
        Some(Err(_)) => Err(S3ErrorCode::InvalidArgument.because("The length of the body is no number.")),
        Some(Ok(bytes)) if bytes > limit => Err(too_large(row, bytes, limit)),
        Some(Ok(_)) => Ok(()),
        None if matches!(row.body, BodyKind::Data | BodyKind::Form) && !headers.has("transfer-encoding") => {
            Err(S3ErrorCode::MissingContentLength.into())
        }
        None => Ok(()),
    }
}

/// The error for a body that is larger than its operation takes.
#[must_use]
pub fn too_large(row: &Row, bytes: u64, limit: u64) -> S3Error {
    let code = match row.body {
        BodyKind::Data | BodyKind::Form => S3ErrorCode::EntityTooLarge,
        _ => S3ErrorCode::MaxMessageLengthExceeded,
    };
    S3Error::from(code).field("ProposedSize", bytes.to_string()).field("MaxSizeAllowed", limit.to_string())
}

/// The second half: the body, the operation, the answer.
pub async fn finish(ready: Ready, body: WireBody, services: &Arc<Services>) -> Response {
    let ready = match ready {
        Ready::Operation(ready) => *ready,
        Ready::Query(pending) => return iam::finish(*pending, body, services).await,
    };
    let outline = Outline {
        request_id: ready.request_id.clone(),
        method: ready.method,
        bucket: ready.target.bucket.clone(),
        key: ready.target.key.clone(),
        cors: ready.cors,
    };
    let resource = ready.target.resource();
    let row = ready.row;
    let body = auth::verified(body, ready.payload, &ready.headers);
    let origin = ready.origin;
    let request = Request {
        row,
        target: ready.target,
        headers: ready.headers,
        presigned: ready.presigned,
        body,
        request_id: ready.request_id,
        form: None,
    };
    let reply = run(ready.admission, origin, request, services).await;
    outline.to_wire(reply, &resource, services)
}

async fn run(
    admission: Admission,
    origin: Origin,
    request: Request,
    services: &Arc<Services>,
) -> Result<Response, S3Error> {
    let (permit, throttle, mut request) = match admission {
        Admission::Granted(permit, throttle) => (permit, throttle, request),
        Admission::ByForm(announced) => {
            let (signed, request) = announced.open(request, services).await?;
            let region = &services.rules.region;
            let asked = Asked::new(signed, request.row, &request.headers, &request.target, origin, region);
            let (permit, throttle) = admit(asked, &request.target, services).await?;
            (permit, throttle, request)
        }
        Admission::ByDocument(asked, bytes_max) => {
            let trailers = request.body.trailers.clone();
            let document = body::document(request.body, &request.headers, bytes_max).await?;
            let (permit, throttle) = admit(access::with_document(*asked, &document), &request.target, services).await?;
            (permit, throttle, Request { body: VerifiedBody::of(document, trailers), ..request })
        }
    };
    request.body.stream = throttle.clone().receive(request.body.stream);
    let charged = permit.is_charged();
    let mut answer = (request.row.call)(permit, request, Arc::clone(services)).await?;
    if charged {
        answer.set(access::CHARGED, "requester");
    }
    answer.body = throttle.send(answer.body).await;
    Ok(answer)
}

/// The answer to what was no request: nothing is known of it but why.
#[must_use]
pub fn unreadable(error: S3Error, wire: &WireHead, services: &Services) -> Response {
    let method = wire.method;
    let outline = Outline { request_id: wire.request_id.clone(), method, bucket: None, key: None, cors: None };
    outline.to_wire(Err(error), "/", services)
}

/// What of a request an answer needs.
struct Outline {
    request_id: String,
    method: Option<Method>,
    bucket: Option<String>,
    key: Option<String>,
    /// What a page of another site may do with the answer.
    cors: Option<Box<cors::Allowed>>,
}

impl Outline {
    /// The only place that writes an error.
    fn to_wire(&self, reply: Result<Response, S3Error>, resource: &str, services: &Services) -> Response {
        let mut answer = reply.unwrap_or_else(|error| {
            let method = self.method.map(Method::as_str).unwrap_or_default();
            let error = error.about(method, self.bucket.as_deref(), self.key.as_deref());
            self.error(&error, resource, services)
        });
        if let Some(cors) = &self.cors {
            cors.write(&mut answer);
        }
        answer.set("x-amz-request-id", self.request_id.as_str());
        answer.set("x-amz-id-2", services.host_id.as_str());
        answer
    }

    fn error(&self, error: &S3Error, resource: &str, services: &Services) -> Response {
        let mut answer = Response::status(error.code.status());
        for (name, value) in &error.headers {
            answer.header(*name, Bytes::from(value.clone()));
        }
        if error.code == S3ErrorCode::NotModified {
            return answer;
        }
        answer.set("content-type", "application/xml");
        let document = xml::error::document(error, resource, &self.request_id, &services.host_id);
        // The answer to HEAD has no body; its length is that of the document GET would get.
        let is_head = self.method == Some(Method::Head);
        answer.body = if is_head { ReplyBody::HeadOf(document.len() as u64) } else { ReplyBody::Full(document) };
        answer
    }
}
