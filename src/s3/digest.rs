//! What is computed over a body while it passes: MD5 always (it is the ETag), one additional checksum when asked for.

use bytes::Bytes;
use md5::{Digest, Md5};

use crate::s3::auth::Trailers;
use crate::s3::checksum::{self, Claim, Hasher};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::storage::StoredChecksum;

/// From this size on, hashing leaves the reactor's thread, bytes: MD5 of 64 KiB takes about 0.1 ms, as long as handing
/// it over.
pub const BLOCKING_BYTES_MIN: usize = 64 * 1024;

/// What a client says its body's digests are.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    content_md5: Option<[u8; 16]>,
    checksum: Option<Claim>,
}

impl Expected {
    /// Reads `Content-MD5` and the additional checksum's headers.
    ///
    /// # Errors
    /// `InvalidDigest`, `InvalidRequest`.
    pub fn parse(headers: &Headers) -> Result<Self, S3Error> {
        let content_md5 = headers.bytes("content-md5").map(|value| parse_md5(value)).transpose()?;
        Ok(Self { content_md5, checksum: checksum::claim(headers)? })
    }

    /// Whether the client sent any digest of the body.
    #[must_use]
    pub fn any(&self) -> bool {
        self.content_md5.is_some() || self.checksum.is_some()
    }
}

fn parse_md5(value: &[u8]) -> Result<[u8; 16], S3Error> {
    let decoded = data_encoding::BASE64.decode(value).ok();
    decoded.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| S3ErrorCode::InvalidDigest.into())
}

/// The digests of a body in the making.
pub struct Digests {
    md5: Md5,
    checksum: Option<Hasher>,
}

/// The digests of a whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digested {
    /// 32 hexadecimal digits.
    pub md5: String,
    /// The additional checksum, if one was asked for.
    pub checksum: Option<StoredChecksum>,
}

impl Digests {
    /// Begins those that `expected` needs.
    #[must_use]
    pub fn new(expected: &Expected) -> Self {
        let checksum = expected.checksum.as_ref().map(|claim| Hasher::new(claim.algorithm));
        Self { md5: Md5::new(), checksum }
    }

    /// Adds bytes on this thread.
    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        if let Some(checksum) = &mut self.checksum {
            checksum.update(bytes);
        }
    }

    /// Adds bytes, on another thread when they are many.
    ///
    /// # Errors
    /// `InternalError` when the runtime is shutting down.
    pub async fn absorb(mut self, bytes: Bytes) -> Result<Self, S3Error> {
        if bytes.len() < BLOCKING_BYTES_MIN {
            self.update(&bytes);
            return Ok(self);
        }
        let hashing = tokio::task::spawn_blocking(move || {
            self.update(&bytes);
            self
        });
        hashing.await.map_err(|_| S3ErrorCode::InternalError.because("The server is stopping."))
    }

    /// Ends them and compares them with what the client said.
    ///
    /// # Errors
    /// `BadDigest`; `InvalidRequest` when an announced trailer did not come.
    pub fn finish(self, expected: &Expected, trailers: &Trailers) -> Result<Digested, S3Error> {
        let md5: [u8; 16] = self.md5.finalize().into();
        if expected.content_md5.is_some_and(|wanted| wanted != md5) {
            return Err(S3ErrorCode::BadDigest.because("The Content-MD5 you specified did not match what we received."));
        }
        let checksum = self.checksum.map(Hasher::finish);
        if let (Some(claim), Some(computed)) = (&expected.checksum, &checksum) {
            let header = claim.algorithm.header();
            let sent = claim.value.clone().or_else(|| trailers.get(header));
            let sent = sent.ok_or_else(|| {
                S3ErrorCode::InvalidRequest.because(format!("The trailer {header} was announced and not sent."))
            })?;
            checksum::valid(claim.algorithm, &sent)?;
            if sent != computed.value {
                return Err(S3ErrorCode::BadDigest.because(format!(
                    "The {} you specified did not match the calculated checksum.",
                    computed.algorithm
                )));
            }
        }
        Ok(Digested { md5: data_encoding::HEXLOWER.encode(&md5), checksum })
    }
}
