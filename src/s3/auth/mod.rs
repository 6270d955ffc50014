//! Who sends a request, and whether its body is what was signed. The one entry point is [`identify`].

#[cfg(any(test, feature = "fuzzing"))]
mod ask;
mod canonical;
mod chunked_body;
mod dates;
pub mod form;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod keys;
mod payload;
mod presigned;
mod query_api;
mod sigv2;
mod sigv4;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use crate::accounts::{Credential, CredentialSource, Lookup};
pub use payload::{ChunkSigner, Payload, Trailers, UNSIGNED_PAYLOAD, VerifiedBody, verified};
pub use query_api::{identify_query, service_of};

use crate::accounts::Principal;
use crate::s3::checksum::is_of_nothing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Headers, Method, WireHead};
use crate::s3::services::Rules;
use crate::s3::target::Target;

/// Who sends a request.
#[derive(Debug, Clone)]
pub enum Caller {
    /// No credentials were sent.
    Anonymous,
    /// Somebody who holds the secret of a key.
    Principal(Arc<Principal>),
}

impl Caller {
    /// The key that signed.
    #[must_use]
    pub fn access_key(&self) -> Option<&str> {
        self.principal().map(|principal| principal.access_key.as_str())
    }

    /// Whoever signed.
    #[must_use]
    pub fn principal(&self) -> Option<&Arc<Principal>> {
        match self {
            Self::Anonymous => None,
            Self::Principal(principal) => Some(principal),
        }
    }
}

impl From<Credential> for Caller {
    fn from(credential: Credential) -> Self {
        Self::Principal(credential.principal)
    }
}

/// What a V4 scope says that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Service {
    S3,
    Iam,
    Sts,
}

impl Service {
    /// As it stands in a scope.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }
}

/// How a request was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SignatureKind {
    V2Header,
    V2Query,
    V4Header,
    V4Query,
    V2Form,
    V4Form,
    Anonymous,
}

/// Who has signed a request, and how.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Whoever has, if somebody has.
    pub caller: Caller,
    /// How.
    pub how: SignatureKind,
    /// When, seconds since 1970, as the signature itself says; `None` of V2, which need not say it.
    pub at: Option<i64>,
}

/// What authentication found out about a request.
pub struct Identity {
    /// Who sends it.
    pub caller: Caller,
    /// The headers that count: those of the wire, then the `x-amz-*` query parameters of presigned requests (in V2 also
    /// `content-type` and `content-md5`) as headers. `Content-Encoding` has lost its `aws-chunked` token.
    pub headers: Headers,
    /// How the body proves itself; goes to [`verified`].
    pub payload: Payload,
    /// How it was signed.
    pub how: SignatureKind,
    /// When, as [`Signed::at`].
    pub signed_at: Option<i64>,
}

/// Finds out who sends a request. Anonymous is only what carries no credential material at all; whatever carries some
/// and does not verify is refused.
///
/// # Errors
/// The S3 error that AWS answers to the same request.
pub async fn identify(
    wire: &WireHead,
    target: &Target,
    credentials: &dyn CredentialSource,
    rules: &Rules,
) -> Result<Identity, S3Error> {
    let method = wire.method.ok_or(S3ErrorCode::MethodNotAllowed)?;
    let incoming = Incoming { wire, target, method, credentials, rules, service: Service::S3 };
    let (v4_query, v2_query) = (presigned::has_v4(&incoming), presigned::has_v2(&incoming));
    let authorizations: Vec<_> = wire.headers.all("authorization").collect();
    if authorizations.len() + usize::from(v4_query) + usize::from(v2_query) > 1 {
        return Err(two_mechanisms());
    }
    match authorizations.first() {
        Some(text) => by_header(&incoming, text).await,
        None if v4_query => presigned::identify_v4(&incoming).await,
        None if v2_query => presigned::identify_v2(&incoming).await,
        None => anonymous(&incoming),
    }
}

async fn by_header(incoming: &Incoming<'_>, text: &[u8]) -> Result<Identity, S3Error> {
    let text = std::str::from_utf8(text).unwrap_or("").trim();
    let (mechanism, rest) = text.split_once(' ').unwrap_or((text, ""));
    match mechanism {
        sigv4::ALGORITHM => sigv4::identify(incoming, rest).await,
        "AWS" => sigv2::identify(incoming, rest).await,
        // Not anonymous all the same: whoever sends the header means to be somebody.
        "" => Err(S3ErrorCode::AccessDenied.because("The Authorization header is empty.")),
        _ if mechanism.starts_with("AWS4-") => Err(S3ErrorCode::InvalidRequest
            .because("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.")),
        _ => Err(S3ErrorCode::InvalidArgument
            .because("Unsupported Authorization Type")
            .field("ArgumentName", "Authorization")),
    }
}

fn anonymous(incoming: &Incoming<'_>) -> Result<Identity, S3Error> {
    let headers = &incoming.wire.headers;
    // A token is credential material: its sender does not mean to be anonymous.
    if headers.has(TOKEN) || incoming.target.query.iter().any(|p| p.name.eq_ignore_ascii_case(TOKEN)) {
        return Err(S3ErrorCode::AccessDenied.because("The request has a security token and no signature."));
    }
    let payload = Payload::read(headers, None)?;
    let headers = canonical::without_aws_chunked(headers);
    Ok(Identity { caller: Caller::Anonymous, headers, payload, how: SignatureKind::Anonymous, signed_at: None })
}

const TOKEN: &str = "x-amz-security-token";

async fn find(
    credentials: &dyn CredentialSource,
    access_key: &str,
    token: Option<&[u8]>,
) -> Result<Credential, S3Error> {
    let token = token.filter(|token| !token.is_empty()).map(String::from_utf8_lossy);
    match credentials.find(access_key, token.as_deref()).await? {
        Lookup::Known(credential) => Ok(credential),
        Lookup::Unknown => {
            Err(S3Error::from(S3ErrorCode::InvalidAccessKeyId).field("AWSAccessKeyId", access_key.to_owned()))
        }
        Lookup::TokenExpired => Err(S3ErrorCode::ExpiredToken.into()),
        Lookup::TokenInvalid => Err(S3ErrorCode::InvalidToken.into()),
    }
}

/// Whoever sent a request whose body has taken its time, as known now. The keys that are asked for again and again are
/// remembered, for as long as a disabled one may go on working.
///
/// # Errors
/// As [`identify`] for a key that works no more.
pub async fn again(caller: &Caller, headers: &Headers, credentials: &dyn CredentialSource) -> Result<Caller, S3Error> {
    let Some(access_key) = caller.access_key() else { return Ok(Caller::Anonymous) };
    let token = headers.bytes(TOKEN).map(AsRef::as_ref);
    find(credentials, access_key, token).await.map(Caller::from)
}

/// A token that was sent with a long-lived key, which has none. That of a temporary key was needed to find the key.
fn refuse_token(credential: &Credential, token: Option<&[u8]>) -> Result<(), S3Error> {
    match token {
        Some(token) if !token.is_empty() && credential.principal.session.is_none() => {
            Err(S3ErrorCode::InvalidToken.into())
        }
        _ => Ok(()),
    }
}

fn two_mechanisms() -> S3Error {
    S3ErrorCode::InvalidArgument
        .because(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
             parameter or the Authorization header should be specified",
        )
        .field("ArgumentName", "Authorization")
}

/// A request on its way through authentication.
struct Incoming<'a> {
    wire: &'a WireHead,
    target: &'a Target,
    method: Method,
    credentials: &'a dyn CredentialSource,
    rules: &'a Rules,
    service: Service,
}

impl Incoming<'_> {
    /// `headers`: those that the signature covers, the token's among them.
    async fn credential(&self, access_key: &str, headers: &Headers) -> Result<Credential, S3Error> {
        find(self.credentials, access_key, headers.bytes(TOKEN).map(AsRef::as_ref)).await
    }

    fn identity(&self, credential: Credential, headers: &Headers, payload: Payload, how: SignatureKind) -> Identity {
        let caller = Caller::from(credential);
        let headers = match how {
            SignatureKind::V2Query | SignatureKind::V4Query => &self.without_sums_of_nothing(headers),
            _ => headers,
        };
        Identity { caller, headers: canonical::without_aws_chunked(headers), payload, how, signed_at: None }
    }

    /// aws-sdk-js v3 signs links with the checksum of the body that it has then, which is none, and whoever uses one
    /// sends a body of their own. AWS is said to take such links. One that was meant for an empty object takes any body.
    fn without_sums_of_nothing(&self, headers: &Headers) -> Headers {
        let mut kept = Headers::default();
        let sent = |name: &str| self.wire.headers.has(name);
        for (name, value) in headers.iter().filter(|(name, value)| sent(name) || !is_of_nothing(name, value)) {
            kept.push(name, value.clone());
        }
        kept
    }
}
