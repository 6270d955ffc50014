//! An answer on its way to the connection.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_http::StatusCode;
use actix_http::header::{HeaderName, HeaderValue, SERVER};
use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use futures::stream::LocalBoxStream;

use crate::http::access_log::Record;
use crate::http::exchange::Serving;
use crate::s3::response::{ReplyBody, Response};

/// The largest piece that is handed to actix, bytes: it copies each one into its write buffer, whole.
const PIECE_BYTES: usize = 64 * 1024;

/// An answer's body, and what ends with it.
pub struct Reply {
    source: Source,
    rest: Bytes,
    record: Record,
    _serving: Option<Serving>,
}

enum Source {
    /// What is left is in `rest`.
    Known { length: u64 },
    /// The answer to HEAD: a length and no bytes.
    Head { length: u64 },
    /// Exactly `left` bytes are to come.
    Sized { length: u64, left: u64, stream: LocalBoxStream<'static, Result<Bytes, String>> },
    /// Until the stream ends.
    Unsized { stream: LocalBoxStream<'static, Result<Bytes, String>> },
}

/// Makes actix's answer from ours.
pub fn to_actix(answer: Response, mut record: Record, serving: Option<Serving>) -> HttpResponse<Reply> {
    // The statuses are those of the table of S3 errors and of the operations.
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    record.status = status.as_u16();
    let (source, rest) = match answer.body {
        ReplyBody::Empty => (Source::Known { length: 0 }, Bytes::new()),
        ReplyBody::Full(bytes) => (Source::Known { length: bytes.len() as u64 }, bytes),
        ReplyBody::HeadOf(length) => (Source::Head { length }, Bytes::new()),
        ReplyBody::Stream { length, stream } => (Source::Sized { length, left: length, stream }, Bytes::new()),
        ReplyBody::Unsized(stream) => (Source::Unsized { stream }, Bytes::new()),
    };
    record.whole = matches!(source, Source::Head { .. }) || source.size() == BodySize::Sized(0);
    let mut wire = HttpResponse::with_body(status, Reply { source, rest, record, _serving: serving });
    let headers = wire.headers_mut();
    headers.insert(SERVER, HeaderValue::from_static("Dolium"));
    for (name, value) in answer.headers {
        // actix writes the length itself, from the body.
        if name.eq_ignore_ascii_case("content-length") {
            continue;
        }
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_maybe_shared(value)) {
            (Ok(name), Ok(value)) => headers.append(name, value),
            _ => tracing::warn!(header = %name, "a header that cannot be sent was left out"),
        }
    }
    wire
}

impl Source {
    fn size(&self) -> BodySize {
        match self {
            Self::Known { length } | Self::Head { length } | Self::Sized { length, .. } => BodySize::Sized(*length),
            Self::Unsized { .. } => BodySize::Stream,
        }
    }
}

impl Reply {
    fn next_piece(&mut self) -> Option<Bytes> {
        if self.rest.is_empty() {
            return None;
        }
        let piece = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
        self.record.sent += piece.len() as u64;
        if let Source::Known { length } | Source::Sized { length, .. } = &self.source {
            self.record.whole = self.record.sent == *length;
        }
        Some(piece)
    }
}

impl MessageBody for Reply {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.source.size()
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        loop {
            if let Some(piece) = this.next_piece() {
                return Poll::Ready(Some(Ok(piece)));
            }
            let (stream, left) = match &mut this.source {
                Source::Known { .. } | Source::Head { .. } => return Poll::Ready(None),
                Source::Sized { left: 0, .. } => return Poll::Ready(None),
                Source::Sized { stream, left, .. } => (stream, Some(left)),
                Source::Unsized { stream } => (stream, None),
            };
            // An error makes actix drop the connection without ending the body, so that the client sees that it is
            // short.
            match (futures::ready!(stream.as_mut().poll_next(cx)), left) {
                (Some(Ok(bytes)), Some(left)) => match left.checked_sub(bytes.len() as u64) {
                    Some(rest) => (*left, this.rest) = (rest, bytes),
                    None => return Poll::Ready(Some(Err(cut("the store sent more bytes than the object has")))),
                },
                (Some(Ok(bytes)), None) => this.rest = bytes,
                (Some(Err(error)), _) => return Poll::Ready(Some(Err(cut(&error)))),
                (None, Some(_)) => {
                    return Poll::Ready(Some(Err(cut("the store sent fewer bytes than the object has"))));
                }
                (None, None) => {
                    this.record.whole = true;
                    return Poll::Ready(None);
                }
            }
        }
    }
}

fn cut(why: &str) -> Box<dyn Error> {
    tracing::error!(error = why, "an answer was cut off");
    Box::new(io::Error::other(why.to_owned()))
}
