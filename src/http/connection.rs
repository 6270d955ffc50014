//! One connection as actix sees it: plain or TLS, request by request, with deadlines that actix does not have.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::server::TlsStream;

use crate::http::LINGER;
use crate::http::alarm::Alarm;
use crate::http::exchange::About;
use crate::http::gate::Gate;
use crate::http::pace::Pace;
use crate::s3::error::S3ErrorCode;

/// Plain or TLS.
pub enum Io {
    /// Plain TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buf),
            Self::Tls(io) => Pin::new(io).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, buf),
            Self::Tls(io) => Pin::new(io).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            Self::Tls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            Self::Tls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}

/// A connection.
///
/// # Why
/// actix limits the time for the first request's head only: a client that sends half of a second one would hold its
/// descriptor for ever, and so would one that stops reading an answer. Between two requests its keep-alive watches.
pub struct Connection {
    io: Io,
    about: About,
    gate: Gate,
    head_wait: Duration,
    /// Since when the head that is awaited should have come.
    head_since: Option<Instant>,
    alarm: Alarm,
    /// The pace at which the answer to the last request is taken, and that request's number.
    answer: (u64, Pace),
    /// Until when what a refused client still sends is thrown away.
    linger_until: Option<Instant>,
}

impl Connection {
    /// Wraps a stream. `head_wait` is how long the first request may be awaited, and how long any head may take;
    /// `answer` watches how answers are taken.
    pub fn new(io: Io, about: About, head_wait: Duration, answer: Pace) -> Self {
        let gate = Gate::new(about.exchange.clone());
        let (head_since, alarm, linger_until) = (None, Alarm::default(), None);
        Self { io, about, gate, head_wait, head_since, alarm, answer: (0, answer), linger_until }
    }

    /// What requests know of it.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Nothing came: whether a head takes too long.
    fn head_is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.gate.awaits_head() || (self.gate.requests() > 0 && !self.gate.holds()) {
            self.head_since = None;
            return false;
        }
        let now = Instant::now();
        let due = *self.head_since.get_or_insert(now) + self.head_wait;
        if now < due {
            self.alarm.wake_at(due, cx);
        }
        now >= due
    }

    fn judge_write<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
        bytes: fn(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        let requests = self.gate.requests();
        let (number, pace) = &mut self.answer;
        if *number != requests {
            *number = requests;
            pace.restart();
        }
        match &written {
            Poll::Ready(Ok(done)) => pace.moved(bytes(done) as u64),
            Poll::Ready(Err(_)) => {}
            Poll::Pending if pace.is_too_slow(cx) => {
                let slow = io::Error::new(io::ErrorKind::TimedOut, "the client takes next to nothing of its answer");
                return Poll::Ready(Err(slow));
            }
            Poll::Pending => {}
        }
        written
    }

    /// Throws away what a refused client still sends, for a while: it would see a reset instead of the answer.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let until = *self.linger_until.get_or_insert_with(|| Instant::now() + LINGER);
        let mut space = [0; 4096];
        while Instant::now() < until {
            let mut thrown = ReadBuf::new(&mut space);
            let Poll::Ready(read) = Pin::new(&mut self.io).poll_read(cx, &mut thrown) else {
                self.alarm.wake_at(until, cx);
                return Poll::Pending;
            };
            if read.is_err() || thrown.filled().is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.gate.release(buf) || this.gate.is_closed() {
                return Poll::Ready(Ok(()));
            }
            if this.gate.must_wait(cx) {
                return Poll::Pending;
            }
            let before = buf.filled().len();
            match Pin::new(&mut this.io).poll_read(cx, buf) {
                Poll::Pending if !this.head_is_late(cx) => return Poll::Pending,
                Poll::Pending if this.gate.holds() => this.gate.refuse(S3ErrorCode::RequestTimeout.into()),
                // A client that has asked for nothing is told nothing.
                Poll::Pending => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) if buf.filled().len() == before => {
                    if this.gate.end() {
                        return Poll::Ready(Ok(()));
                    }
                }
                Poll::Ready(Ok(())) => {
                    this.gate.sift(buf, before);
                    if buf.filled().len() > before {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.judge_write(cx, written, |bytes| *bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        self.judge_write(cx, flushed, |()| 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger_until.is_none() {
            let shut = Pin::new(&mut self.io).poll_shutdown(cx);
            ready!(self.judge_write(cx, shut, |()| 0))?;
        }
        if self.gate.is_closed() { self.poll_linger(cx) } else { Poll::Ready(Ok(())) }
    }
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;
