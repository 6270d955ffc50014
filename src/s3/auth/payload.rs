//! How a body proves that it is what was signed.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{LocalBoxStream, try_unfold};
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::chunked_body::Chunked;
use super::keys::{hex, same};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Headers, WireBody, WireError};

/// `x-amz-content-sha256` of a body that is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
const SIGNED_CHUNKS: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const SIGNED_CHUNKS_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const UNSIGNED_CHUNKS_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
/// The modes of the asymmetric signature, which this server does not take.
const ASYMMETRIC: &str = "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD";

/// Pieces from this size on are hashed off the reactor's thread, bytes.
const OFFLOAD_BYTES_MIN: usize = 64 * 1024;

/// What the signature says about the body.
#[derive(Clone)]
pub enum Payload {
    /// Nothing: V2, anonymous, UNSIGNED-PAYLOAD.
    Unsigned,
    /// The SHA-256 of all of it, lower-case hexadecimal.
    Sha256(String),
    /// It comes as aws-chunked.
    Chunked {
        /// Bytes after decoding (`x-amz-decoded-content-length`).
        decoded_length: u64,
        /// Verifies the chunks, and the trailer; `None` for STREAMING-UNSIGNED-PAYLOAD-TRAILER.
        signer: Option<ChunkSigner>,
        /// Headers follow the last chunk.
        trailer: bool,
    },
}

/// What chunk signatures are made with.
#[derive(Clone)]
pub struct ChunkSigner {
    /// The V4 signing key of the day.
    pub(super) key: Zeroizing<[u8; 32]>,
    /// The signature before: the request's, then each chunk's, hexadecimal.
    pub(super) seed: String,
    /// `date/region/service/aws4_request`.
    pub(super) scope: String,
    /// The request's time, ISO 8601 basic.
    pub(super) timestamp: String,
}

/// The value of `x-amz-content-sha256`, if it is one of its kinds.
///
/// # Errors
/// `InvalidArgument` when it is none; `NotImplemented` for the asymmetric signature.
pub fn content_sha256(headers: &Headers) -> Result<Option<String>, S3Error> {
    let Some(value) = headers.bytes("x-amz-content-sha256") else { return Ok(None) };
    let value = String::from_utf8_lossy(value).into_owned();
    if value.starts_with(ASYMMETRIC) {
        return Err(S3ErrorCode::NotImplemented.because("Signature Version 4A is not implemented."));
    }
    let modes = [UNSIGNED_PAYLOAD, SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, UNSIGNED_CHUNKS_TRAILER];
    let is_hash = value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hash || modes.contains(&value.as_str()) {
        return Ok(Some(value));
    }
    Err(S3ErrorCode::InvalidArgument
        .because(format!(
            "x-amz-content-sha256 must be {UNSIGNED_PAYLOAD}, {UNSIGNED_CHUNKS_TRAILER}, {SIGNED_CHUNKS}, \
             {SIGNED_CHUNKS_TRAILER}, or a valid sha256 value."
        ))
        .field("ArgumentName", "x-amz-content-sha256")
        .field("ArgumentValue", value))
}

impl Payload {
    /// Reads it from the effective headers. `signer` is there when the request has a V4 signature.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown mode, `InvalidRequest` for signed chunks without a V4 signature,
    /// `MissingContentLength` for chunks of an unknown length.
    pub(super) fn read(headers: &Headers, signer: Option<ChunkSigner>) -> Result<Self, S3Error> {
        let Some(mode) = content_sha256(headers)? else { return Ok(Self::Unsigned) };
        let (signer, trailer) = match mode.as_str() {
            UNSIGNED_PAYLOAD => return Ok(Self::Unsigned),
            SIGNED_CHUNKS => (Some(signer), false),
            SIGNED_CHUNKS_TRAILER => (Some(signer), true),
            UNSIGNED_CHUNKS_TRAILER => (None, true),
            hash => return Ok(Self::Sha256(hash.to_ascii_lowercase())),
        };
        let signer = match signer {
            Some(None) => {
                return Err(S3ErrorCode::InvalidRequest.because("Signed chunks need a Signature Version 4 request."));
            }
            Some(signer) => signer,
            None => None,
        };
        let length = headers.get("x-amz-decoded-content-length").and_then(parse_length);
        let decoded_length = length.ok_or_else(|| {
            S3ErrorCode::MissingContentLength.because("You must provide the x-amz-decoded-content-length HTTP header.")
        })?;
        Ok(Self::Chunked { decoded_length, signer, trailer })
    }
}

/// A length in a header: digits only.
fn parse_length(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// The headers after an aws-chunked body; complete when its stream has ended well.
#[derive(Clone, Default)]
pub struct Trailers(Arc<Mutex<Headers>>);

impl Trailers {
    /// The value of a trailer, if it is text. `name` is lower case. `None` before the stream's end.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.lock().get(name).map(str::to_owned)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Headers {
        self.0.lock().clone()
    }

    pub(super) fn set(&self, headers: Headers) {
        *self.0.lock() = headers;
    }
}

/// A body that checks itself. Bytes are handed out as they come: nothing may become visible before the stream has ended
/// without an error.
pub struct VerifiedBody {
    /// The decoded bytes; an error ends it.
    pub stream: LocalBoxStream<'static, Result<Bytes, S3Error>>,
    /// How many decoded bytes were announced; `None` for a body of unknown length (`Transfer-Encoding: chunked`).
    pub length: Option<u64>,
    /// What came after the last chunk, once the stream has ended.
    pub trailers: Trailers,
}

impl VerifiedBody {
    /// A body that was read already.
    #[must_use]
    pub fn of(bytes: Bytes, trailers: Trailers) -> Self {
        let length = Some(bytes.len() as u64);
        Self { stream: futures::stream::iter([Ok(bytes)]).boxed_local(), length, trailers }
    }
}

/// Puts the checks between the wire and whoever reads the body. `headers` are the effective ones. Must run inside a
/// tokio runtime, whose blocking threads hash large pieces.
#[must_use]
pub fn verified(body: WireBody, payload: Payload, headers: &Headers) -> VerifiedBody {
    let announced = match headers.has("transfer-encoding") {
        true => None,
        // HTTP: neither header means that there is no body.
        false => Some(headers.get("content-length").map_or(Some(0), parse_length).unwrap_or(0)),
    };
    let source = Source { body, buffered: Bytes::new(), received: 0, announced, ended: false };
    let trailers = Trailers::default();
    match payload {
        Payload::Unsigned => VerifiedBody { stream: plain(source, None), length: announced, trailers },
        Payload::Sha256(hash) => VerifiedBody { stream: plain(source, Some(hash)), length: announced, trailers },
        Payload::Chunked { decoded_length, signer, trailer } => {
            let declared = headers.all("x-amz-trailer").filter_map(|v| std::str::from_utf8(v).ok());
            let declared = declared.flat_map(|v| v.split(',')).map(|n| n.trim().to_ascii_lowercase()).collect();
            let sink = trailer.then(|| (declared, trailers.clone()));
            let chunked = Chunked::new(source, decoded_length, signer, sink);
            let stream =
                try_unfold(
                    chunked,
                    |mut chunked| async move { Ok(chunked.next().await?.map(|piece| (piece, chunked))) },
                );
            VerifiedBody { stream: stream.boxed_local(), length: Some(decoded_length), trailers }
        }
    }
}

fn plain(source: Source, expected: Option<String>) -> LocalBoxStream<'static, Result<Bytes, S3Error>> {
    let hashing = expected.map(|expected| (Hashing::new(), expected));
    let stream = try_unfold((source, hashing), |(mut source, mut hashing)| async move {
        if let Some(piece) = source.piece().await? {
            if let Some((hash, _)) = &mut hashing {
                hash.update(&piece).await?;
            }
            return Ok(Some((piece, (source, hashing))));
        }
        if let Some((hash, expected)) = hashing.take() {
            let computed = hex(&hash.finish().await?);
            if !same(&computed, &expected) {
                return Err(S3Error::from(S3ErrorCode::XAmzContentSHA256Mismatch)
                    .field("ClientComputedContentSHA256", expected)
                    .field("S3ComputedContentSHA256", computed));
            }
        }
        Ok(None)
    });
    stream.boxed_local()
}

/// The raw body, which knows how long it was to be.
pub(super) struct Source {
    body: WireBody,
    buffered: Bytes,
    received: u64,
    announced: Option<u64>,
    ended: bool,
}

impl Source {
    /// The next bytes, at least one; `None` at the announced end.
    ///
    /// # Errors
    /// `IncompleteBody` when fewer or more came than announced, `RequestTimeout`.
    pub(super) async fn piece(&mut self) -> Result<Option<Bytes>, S3Error> {
        if !self.buffered.is_empty() {
            return Ok(Some(std::mem::take(&mut self.buffered)));
        }
        while !self.ended {
            match self.body.next().await {
                Some(Ok(piece)) if piece.is_empty() => {}
                Some(Ok(piece)) => {
                    self.received += piece.len() as u64;
                    if self.announced.is_some_and(|announced| self.received > announced) {
                        return Err(S3ErrorCode::IncompleteBody.because("The body is longer than its Content-Length."));
                    }
                    return Ok(Some(piece));
                }
                Some(Err(WireError::Timeout)) => return Err(S3ErrorCode::RequestTimeout.into()),
                Some(Err(WireError::Broken(_))) => return Err(S3ErrorCode::IncompleteBody.into()),
                None => {
                    self.ended = true;
                    if self.announced.is_some_and(|announced| self.received < announced) {
                        return Err(S3ErrorCode::IncompleteBody.into());
                    }
                }
            }
        }
        Ok(None)
    }

    /// The next bytes, at most `limit`, which is at least 1.
    pub(super) async fn up_to(&mut self, limit: u64) -> Result<Option<Bytes>, S3Error> {
        let Some(mut piece) = self.piece().await? else { return Ok(None) };
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        if piece.len() > limit {
            self.buffered = piece.split_off(limit);
        }
        Ok(Some(piece))
    }

    /// A line without its CRLF; `None` at the end of the body.
    ///
    /// # Errors
    /// `InvalidRequest` for a line longer than `limit` or with a bare CR or LF, `IncompleteBody` for one that does not
    /// end.
    pub(super) async fn line(&mut self, limit: usize) -> Result<Option<Vec<u8>>, S3Error> {
        let mut line = Vec::new();
        while let Some(mut piece) = self.piece().await? {
            let end = piece.iter().position(|b| *b == b'\n').map_or(piece.len(), |at| at + 1);
            self.buffered = piece.split_off(end);
            line.extend_from_slice(&piece);
            if line.len() > limit {
                return Err(S3ErrorCode::InvalidRequest.because("A line of the aws-chunked body is too long."));
            }
            if line.ends_with(b"\n") {
                let bare = line.strip_suffix(b"\r\n").filter(|l| !l.contains(&b'\r'));
                let bare = bare.ok_or_else(|| {
                    S3ErrorCode::InvalidRequest.because("A line of the aws-chunked body does not end with CRLF.")
                })?;
                return Ok(Some(bare.to_vec()));
            }
        }
        if line.is_empty() { Ok(None) } else { Err(S3ErrorCode::IncompleteBody.into()) }
    }
}

/// SHA-256 as bytes pass by. Large pieces are hashed by another thread while their reader does something else; at most
/// one piece is under way.
pub(super) enum Hashing {
    Here(Sha256),
    There(tokio::task::JoinHandle<Sha256>),
}

impl Hashing {
    pub(super) fn new() -> Self {
        Self::Here(Sha256::new())
    }

    async fn settled(self) -> Result<Sha256, S3Error> {
        match self {
            Self::Here(hash) => Ok(hash),
            Self::There(work) => work.await.map_err(|_| S3ErrorCode::InternalError.into()),
        }
    }

    pub(super) async fn update(&mut self, piece: &Bytes) -> Result<(), S3Error> {
        let mut hash = std::mem::replace(self, Self::new()).settled().await?;
        *self = if piece.len() < OFFLOAD_BYTES_MIN {
            hash.update(piece);
            Self::Here(hash)
        } else {
            let piece = piece.clone();
            Self::There(tokio::task::spawn_blocking(move || {
                hash.update(&piece);
                hash
            }))
        };
        Ok(())
    }

    pub(super) async fn finish(self) -> Result<[u8; 32], S3Error> {
        Ok(self.settled().await?.finalize().into())
    }
}
