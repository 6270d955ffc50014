//! An answer before it goes to the wire.

use std::borrow::Cow;

use bytes::Bytes;
use futures::stream::LocalBoxStream;

/// An answer. The request ids, `Date`, `Server` and `Connection` are added on the way out.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Headers, in order. Values must not contain CR or LF; [`Response::header`] refuses them.
    pub headers: Vec<(Cow<'static, str>, Bytes)>,
    /// The body.
    pub body: ReplyBody,
}

/// An answer's body.
pub enum ReplyBody {
    /// None at all.
    Empty,
    /// Known bytes.
    Full(Bytes),
    /// Bytes that come from the store; exactly `length` of them. An error cuts the connection, so that the client sees
    /// a short body and not a wrong one.
    Stream {
        /// Bytes.
        length: u64,
        /// Them.
        stream: LocalBoxStream<'static, Result<Bytes, String>>,
    },
    /// Bytes of a length nobody knows yet, sent chunked (answers that begin while the work goes on).
    Unsized(LocalBoxStream<'static, Result<Bytes, String>>),
    /// The answer to HEAD: this `Content-Length`, and no body.
    HeadOf(u64),
}

impl Response {
    /// An answer without body or headers.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: ReplyBody::Empty }
    }

    /// 200 with an XML document.
    #[must_use]
    pub fn xml(document: impl Into<Bytes>) -> Self {
        let mut answer = Self::status(200);
        answer.set("content-type", "application/xml");
        answer.body = ReplyBody::Full(document.into());
        answer
    }

    /// Adds a header of our own making.
    pub fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.headers.push((Cow::Borrowed(name), Bytes::from(value.into())));
    }

    /// Adds a header whose value came from a client. One that could split the answer is left out.
    pub fn header(&mut self, name: impl Into<Cow<'static, str>>, value: Bytes) {
        let safe = value.iter().all(|b| *b == b'\t' || (*b >= 0x20 && *b != 0x7f));
        if safe {
            self.headers.push((name.into(), value));
        }
    }
}
