//! From a verified request body into the store: bounded memory, digests on the way, nothing visible before all agree.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use futures::future::LocalBoxFuture;

use crate::s3::auth::{Trailers, VerifiedBody};
use crate::s3::checksum::Algorithm;
use crate::s3::digest::{Digested, Digests, Expected};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::s3::services::{MemoryShare, Services};
use crate::storage::{BlobWriter, ChunkStore, Data, Home, Placement};

/// A body that is in the store (or in memory, if it is small), and is what the client said it is.
pub struct Received {
    /// Where it is.
    pub data: Data,
    /// Bytes.
    pub size: u64,
    /// Its digests.
    pub digested: Digested,
}

/// Reads an object's body. Small ones stay in memory, to be written with the head. An object whose client sends no
/// additional checksum gets CRC64NVME (as AWS, since December 2024).
///
/// # Errors
/// What the client did wrong, or what the store fails with; the bytes written until then are reclaimed.
pub async fn receive_object(
    body: VerifiedBody,
    headers: &Headers,
    home: Home<'_>,
    services: &Services,
) -> Result<Received, S3Error> {
    let inline_max = services.storage.chunks.inline_bytes_max();
    receive(body, Expected::parse(headers)?.or(Algorithm::Crc64Nvme), home, inline_max, services).await
}

/// Reads a part's body; parts always become blobs.
///
/// # Errors
/// As [`receive_object`].
pub async fn receive_part(
    body: VerifiedBody,
    expected: Expected,
    home: Home<'_>,
    services: &Services,
) -> Result<(Placement, u64, Digested), S3Error> {
    let received = receive(body, expected, home, 0, services).await?;
    match received.data {
        Data::Stored(placement) => Ok((placement, received.size, received.digested)),
        Data::Inline(_) | Data::NotRead => Err(S3ErrorCode::InternalError.because("A part was not written.")),
    }
}

async fn receive(
    body: VerifiedBody,
    expected: Expected,
    home: Home<'_>,
    inline_max: usize,
    services: &Services,
) -> Result<Received, S3Error> {
    let chunks = services.storage.chunks.as_ref();
    let mut intake = Intake {
        sink: Sink::Idle(Work { chunks, home, digests: Digests::new(&expected), writer: None }),
        piece: Piece::empty(),
        piece_bytes: chunks.chunk_bytes().max(inline_max),
        size: 0,
    };
    let limit = services.rules.body_bytes_max;
    let declared = body.length;
    let trailers = body.trailers.clone();
    let mut stream = body.stream;
    while let Some(bytes) = intake.sink.alongside(stream.next()).await {
        let bytes = bytes?;
        if intake.size + bytes.len() as u64 > limit {
            return Err(S3Error::from(S3ErrorCode::EntityTooLarge).field("MaxSizeAllowed", limit.to_string()));
        }
        intake.take(bytes, declared, services).await?;
    }
    intake.end(inline_max, &expected, &trailers).await
}

/// A piece being filled, with its share of the memory budget.
struct Piece {
    bytes: BytesMut,
    share: Option<MemoryShare>,
}

impl Piece {
    fn empty() -> Self {
        Self { bytes: BytesMut::new(), share: None }
    }

    /// The piece as bytes that give their share back when the last copy is dropped, which is when the store is done.
    fn freeze(self) -> Bytes {
        match self.share {
            Some(share) => Bytes::from_owner(Owned(self.bytes, share)),
            None => self.bytes.freeze(),
        }
    }
}

struct Owned(BytesMut, #[allow(dead_code, reason = "held for its drop")] MemoryShare);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A body on its way: one piece is being filled while the one before is hashed and written.
struct Intake<'a> {
    sink: Sink<'a>,
    piece: Piece,
    piece_bytes: usize,
    size: u64,
}

/// What has been done with the pieces so far.
struct Work<'a> {
    chunks: &'a dyn ChunkStore,
    home: Home<'a>,
    digests: Digests,
    writer: Option<Box<dyn BlobWriter>>,
}

type Working<'a> = LocalBoxFuture<'a, Result<Work<'a>, S3Error>>;

enum Sink<'a> {
    Idle(Work<'a>),
    Busy(Working<'a>),
    Done(Result<Work<'a>, S3Error>),
    Taken,
}

impl<'a> Sink<'a> {
    /// Awaits `other` while the piece in hand is being written. Whoever waits for memory here must let the write that
    /// will give it back go on.
    async fn alongside<F: Future>(&mut self, other: F) -> F::Output {
        let mut other = pin!(other);
        poll_fn(|context| {
            if let Self::Busy(work) = self
                && let Poll::Ready(done) = work.as_mut().poll(context)
            {
                *self = Self::Done(done);
            }
            other.as_mut().poll(context)
        })
        .await
    }

    /// Waits for the piece in hand.
    async fn settled(&mut self) -> Result<Work<'a>, S3Error> {
        match std::mem::replace(self, Self::Taken) {
            Self::Idle(work) => Ok(work),
            Self::Busy(work) => work.await,
            Self::Done(done) => done,
            Self::Taken => Err(S3ErrorCode::InternalError.because("A body that failed was read further.")),
        }
    }
}

impl<'a> Work<'a> {
    async fn absorb(mut self, piece: Bytes) -> Result<Self, S3Error> {
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.chunks.create(self.home).await?,
        };
        let (digests, written) = tokio::join!(self.digests.absorb(piece.clone()), writer.write(piece));
        written?;
        Ok(Self { digests: digests?, writer: Some(writer), ..self })
    }
}

impl Intake<'_> {
    async fn take(&mut self, mut bytes: Bytes, declared: Option<u64>, services: &Services) -> Result<(), S3Error> {
        while !bytes.is_empty() {
            if self.piece.bytes.len() == self.piece_bytes {
                self.flush().await?;
            }
            if self.piece.share.is_none() {
                let left = declared.map_or(self.piece_bytes as u64, |all| all.saturating_sub(self.size));
                let room = usize::try_from(left).unwrap_or(usize::MAX).clamp(1, self.piece_bytes);
                self.piece.share = Some(self.sink.alongside(services.memory.take(room)).await?);
                self.piece.bytes.reserve(room);
            }
            let room = self.piece_bytes - self.piece.bytes.len();
            let part = bytes.split_to(room.min(bytes.len()));
            self.size += part.len() as u64;
            self.piece.bytes.extend_from_slice(&part);
        }
        Ok(())
    }

    /// Hands the piece over once the one before is written.
    async fn flush(&mut self) -> Result<(), S3Error> {
        let piece = std::mem::replace(&mut self.piece, Piece::empty()).freeze();
        let work = self.sink.settled().await?;
        self.sink = Sink::Busy(Box::pin(work.absorb(piece)));
        Ok(())
    }

    async fn end(mut self, inline_max: usize, expected: &Expected, trailers: &Trailers) -> Result<Received, S3Error> {
        let size = self.size;
        if let Sink::Idle(_) = &self.sink
            && inline_max > 0
            && self.piece.bytes.len() <= inline_max
        {
            let bytes = self.piece.freeze();
            let work = self.sink.settled().await?;
            let digested = work.digests.absorb(bytes.clone()).await?.finish(expected, trailers)?;
            return Ok(Received { data: Data::Inline(bytes), size, digested });
        }
        if !self.piece.bytes.is_empty() {
            self.flush().await?;
        }
        let work = self.sink.settled().await?;
        let digested = work.digests.finish(expected, trailers)?;
        let writer = match work.writer {
            Some(writer) => writer,
            None => work.chunks.create(work.home).await?,
        };
        let placement = writer.finish().await?;
        Ok(Received { data: Data::Stored(placement), size, digested })
    }
}

/// Reads a document of at most `bytes_max` bytes and checks the digests the client sent with it.
///
/// # Errors
/// `MaxMessageLengthExceeded`, and what the client did wrong.
pub async fn document(body: VerifiedBody, headers: &Headers, bytes_max: usize) -> Result<Bytes, S3Error> {
    let expected = Expected::parse(headers)?;
    let mut digests = Digests::new(&expected);
    let mut all = BytesMut::new();
    let trailers = body.trailers.clone();
    let mut stream = body.stream;
    while let Some(bytes) = stream.next().await {
        let bytes = bytes?;
        if all.len() + bytes.len() > bytes_max {
            return Err(S3Error::from(S3ErrorCode::MaxMessageLengthExceeded)
                .field("MaxMessageLengthBytes", bytes_max.to_string()));
        }
        all.extend_from_slice(&bytes);
    }
    let all = all.freeze();
    digests = digests.absorb(all.clone()).await?;
    digests.finish(&expected, &trailers)?;
    Ok(all)
}
