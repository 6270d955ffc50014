//! Who sends a request, and whether its body is what was signed. The one entry point is [`identify`].

mod payload;

use async_trait::async_trait;
use zeroize::Zeroizing;

pub use payload::{ChunkSigner, Payload, Trailers, VerifiedBody, verified};

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Headers, WireHead};
use crate::s3::services::Rules;
use crate::s3::target::Target;
use crate::storage::{StorageError, Tenant};

/// A key pair and whom it speaks for.
#[derive(Clone)]
pub struct Credential {
    /// The public half.
    pub access_key: String,
    /// The secret half; never logged, wiped when dropped.
    pub secret_key: Zeroizing<String>,
    /// The tenant it belongs to.
    pub tenant: Tenant,
    /// Whether V2 signatures are taken with this key; `None` leaves it to the installation.
    pub signature_v2: Option<bool>,
}

/// Finds the credential of an access key.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// The active credential with this access key; disabled and expired ones are `None`, like unknown ones.
    async fn find(&self, access_key: &str) -> Result<Option<Credential>, StorageError>;
}

/// Who sends a request.
#[derive(Clone)]
pub enum Caller {
    /// No credentials were sent.
    Anonymous,
    /// A tenant, by one of its keys.
    Tenant {
        /// The tenant.
        tenant: Tenant,
        /// The key that signed.
        access_key: String,
    },
}

/// How a request was signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SignatureKind {
    V2Header,
    V2Query,
    V4Header,
    V4Query,
    Anonymous,
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
}

/// Finds out who sends a request. Anonymous is only what carries no credential material at all; whatever carries some
/// and does not verify is refused.
///
/// # Errors
/// The S3 error that AWS answers to the same request.
pub async fn identify(
    _wire: &WireHead,
    _target: &Target,
    _credentials: &dyn CredentialSource,
    _rules: &Rules,
) -> Result<Identity, S3Error> {
    Err(S3ErrorCode::NotImplemented.into())
}
