//! What is computed over a body while it passes: MD5 always (it is the ETag), and the additional checksums that the
//! client sends or the object is to have.

use bytes::Bytes;
use md5::{Digest, Md5};

use crate::s3::auth::Trailers;
use crate::s3::checksum::{self, Algorithm, Claim, Hasher};
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
    also: Option<Algorithm>,
}

impl Expected {
    /// Reads `Content-MD5` and the additional checksum's headers.
    ///
    /// # Errors
    /// `InvalidDigest`, `InvalidRequest`.
    pub fn parse(headers: &Headers) -> Result<Self, S3Error> {
        let content_md5 = headers.bytes("content-md5").map(|value| parse_md5(value)).transpose()?;
        Ok(Self { content_md5, checksum: checksum::claim(headers)?, also: None })
    }

    /// The additional checksum that the client sends.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        self.checksum.as_ref()
    }

    /// The same, computing this one whatever the client sends.
    #[must_use]
    pub fn with(self, algorithm: Algorithm) -> Self {
        Self { also: Some(algorithm), ..self }
    }

    /// The same, computing this one if the client sends none.
    #[must_use]
    pub fn or(self, algorithm: Algorithm) -> Self {
        if self.checksum.is_some() { self } else { self.with(algorithm) }
    }

    /// Whether the client sent any digest of the body.
    #[must_use]
    pub fn any(&self) -> bool {
        self.content_md5.is_some() || self.checksum.is_some()
    }
}

/// Refuses a document that comes without a digest, or without saying that one follows it.
///
/// # Errors
/// `InvalidRequest`; `InvalidDigest`.
pub fn require(headers: &Headers) -> Result<(), S3Error> {
    if headers.has("x-amz-sdk-checksum-algorithm") || Expected::parse(headers)?.any() {
        return Ok(());
    }
    Err(S3ErrorCode::InvalidRequest.because("Missing required header for this request: Content-MD5"))
}

fn parse_md5(value: &[u8]) -> Result<[u8; 16], S3Error> {
    let decoded = data_encoding::BASE64.decode(value).ok();
    decoded.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| S3ErrorCode::InvalidDigest.into())
}

/// The digests of a body in the making.
pub struct Digests {
    md5: Md5,
    checksums: Vec<Hasher>,
}

/// The digests of a whole body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digested {
    /// 32 hexadecimal digits.
    pub md5: String,
    /// The additional checksums, the client's own first.
    pub checksums: Vec<StoredChecksum>,
}

impl Digests {
    /// Begins those that `expected` needs.
    #[must_use]
    pub fn new(expected: &Expected) -> Self {
        let claimed = expected.checksum.as_ref().map(|claim| claim.algorithm);
        let also = expected.also.filter(|also| Some(*also) != claimed);
        Self { md5: Md5::new(), checksums: claimed.into_iter().chain(also).map(Hasher::new).collect() }
    }

    /// Adds bytes on this thread.
    pub fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.checksums.iter_mut().for_each(|checksum| checksum.update(bytes));
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
        if let Some(wanted) = expected.content_md5.filter(|wanted| *wanted != md5) {
            return Err(S3Error::from(S3ErrorCode::BadDigest)
                .field("ExpectedDigest", data_encoding::HEXLOWER.encode(&wanted))
                .field("CalculatedDigest", data_encoding::BASE64.encode(&md5)));
        }
        let checksums: Vec<_> = self.checksums.into_iter().map(Hasher::finish).collect();
        if let (Some(claim), Some(computed)) = (&expected.checksum, checksums.first()) {
            let sent = match &claim.value {
                Some(value) => value.clone(),
                None => {
                    let header = claim.algorithm.header();
                    let sent = trailers.get(header).ok_or_else(|| {
                        S3ErrorCode::InvalidRequest.because(format!("The trailer {header} was announced and not sent."))
                    })?;
                    checksum::in_trailer(claim.algorithm, &sent)?;
                    sent
                }
            };
            claim.verify(&sent, &computed.value)?;
        }
        Ok(Digested { md5: data_encoding::HEXLOWER.encode(&md5), checksums })
    }
}
