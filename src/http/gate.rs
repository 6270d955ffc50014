//! Lets one request at a time through to actix, whole heads only, and no more of a body than is being taken.
//!
//! # Why
//! actix reads further requests while it still answers one, and then writes the answer as that of the last one read: a
//! GET followed by a HEAD would lose its body. It also reads a body ahead of whoever takes it, 256 KiB for each
//! connection, which hundreds of clients whose uploads wait would fill; and it answers what it cannot read on its own.

use std::ops::RangeInclusive;
use std::rc::Rc;
use std::task::Context;

use bytes::{Buf as _, BytesMut};
use tokio::io::ReadBuf;

use crate::http::exchange::Exchange;
use crate::http::framing::Framing;
use crate::http::head::HEAD_BYTES_MAX;
use crate::s3::error::S3Error;

/// What of a body is read ahead of whoever takes it, bytes: little at first, and as much as was already taken later on.
const AHEAD_BYTES: RangeInclusive<u64> = 16 * 1024..=128 * 1024;
/// What of the next requests is read while one is being answered, bytes.
const HELD_BYTES_MAX: usize = 16 * 1024;

/// What actix reads in place of a head that is none: a request that is told apart by the refusal that goes with it.
const STAND_IN: &[u8] = b"GET / HTTP/1.1\r\nhost: -\r\nconnection: close\r\n\r\n";
/// The same where the answer has no body.
const STAND_IN_HEAD: &[u8] = b"HEAD / HTTP/1.1\r\nhost: -\r\nconnection: close\r\n\r\n";

/// Between the socket and actix.
pub struct Gate {
    exchange: Rc<Exchange>,
    framing: Framing,
    /// Read and not let through.
    held: BytesMut,
    /// What of that may go, bytes.
    cleared: usize,
    /// Whether what is held has changed since it was looked at.
    fresh: bool,
    /// How much of the body had come when actix last threw away what it had, bytes.
    thrown_away: u64,
    /// The client sends nothing more.
    ended: bool,
    refused: bool,
}

impl Gate {
    /// Before the first request of a connection.
    pub fn new(exchange: Rc<Exchange>) -> Self {
        Self {
            exchange,
            framing: Framing::new(),
            held: BytesMut::new(),
            cleared: 0,
            fresh: false,
            thrown_away: 0,
            ended: false,
            refused: false,
        }
    }

    /// Requests that went through.
    pub fn requests(&self) -> u64 {
        self.framing.requests()
    }

    /// Whether a head is to come.
    pub fn awaits_head(&self) -> bool {
        self.framing.awaits_head()
    }

    /// Whether something is held: of the next head, if one is to come.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    /// Whether nothing more goes through: what follows could not be read as requests.
    pub fn is_closed(&self) -> bool {
        self.cleared == 0 && (self.refused || self.framing.is_broken())
    }

    /// Lets go what was held and may go now; says whether that is anything.
    pub fn release(&mut self, to: &mut ReadBuf<'_>) -> bool {
        if self.framing.is_whole() && !self.is_answering() {
            self.framing.next();
            self.fresh = true;
        }
        if self.cleared == 0 && self.fresh && !self.held.is_empty() && !self.is_closed() {
            self.fresh = false;
            self.skip_empty_lines();
            let held = std::mem::take(&mut self.held);
            match self.admit(&held) {
                Ok(cleared) => (self.held, self.cleared) = (held, cleared),
                Err(error) => self.stand_in(&held, error),
            }
        }
        if self.cleared == 0 {
            return false;
        }
        let now = self.held.split_to(self.cleared.min(to.remaining()));
        to.put_slice(&now);
        self.cleared -= now.len();
        if self.held.is_empty() {
            self.held = BytesMut::new();
        }
        true
    }

    /// Whether reading has to wait for what is being answered; the task is woken when it has come further.
    pub fn must_wait(&mut self, cx: &Context<'_>) -> bool {
        if !self.is_answering() {
            return self.pauses_throwing_away(cx);
        }
        let full = if self.framing.is_whole() {
            self.ended || self.held.len() >= HELD_BYTES_MAX
        } else {
            let taken = self.exchange.taken();
            self.framing.data().saturating_sub(taken) >= taken.clamp(*AHEAD_BYTES.start(), *AHEAD_BYTES.end())
        };
        if full || self.holds() {
            self.exchange.await_progress(cx);
        }
        full
    }

    /// What is left of a body whose answer is out goes to actix in small portions: it throws away all it gets in one go
    /// only at the end of that.
    fn pauses_throwing_away(&mut self, cx: &Context<'_>) -> bool {
        let thrown_away = self.framing.data().saturating_sub(self.thrown_away);
        let pauses = !self.framing.awaits_head() && thrown_away >= *AHEAD_BYTES.start();
        if pauses {
            self.thrown_away = self.framing.data();
            cx.waker().wake_by_ref();
        }
        pauses
    }

    /// Looks at what was just read, at the end of `read` after `before` bytes; leaves there what goes through.
    pub fn sift(&mut self, read: &mut ReadBuf<'_>, before: usize) {
        let bytes = read.filled().get(before..).unwrap_or_default();
        let mut through = 0;
        if self.held.is_empty() {
            match self.admit(bytes) {
                Ok(passed) => {
                    through = passed;
                    self.held.extend_from_slice(bytes.get(passed..).unwrap_or_default());
                    self.skip_empty_lines();
                }
                Err(error) => self.stand_in(bytes, error),
            }
        } else {
            // Looking at a head again for each of its bytes would be quadratic.
            self.fresh = self.fresh || bytes.contains(&b'\n') || self.held.len() + bytes.len() >= HEAD_BYTES_MAX;
            self.held.extend_from_slice(bytes);
        }
        read.set_filled(before + through);
    }

    /// The client sends nothing more; says whether actix is to know it now.
    pub fn end(&mut self) -> bool {
        self.ended = true;
        !(self.framing.is_whole() && self.holds())
    }

    /// Has what is held answered with this error, and lets nothing more through.
    pub fn refuse(&mut self, error: S3Error) {
        let held = std::mem::take(&mut self.held);
        self.stand_in(&held, error);
    }

    fn stand_in(&mut self, bytes: &[u8], error: S3Error) {
        let stand_in = if bytes.starts_with(b"HEAD ") { STAND_IN_HEAD } else { STAND_IN };
        self.exchange.refuse(error);
        self.held = BytesMut::from(stand_in);
        self.cleared = stand_in.len();
        self.refused = true;
    }

    fn is_answering(&self) -> bool {
        self.exchange.answered() < self.framing.requests()
    }

    /// How many of these bytes go through.
    fn admit(&mut self, bytes: &[u8]) -> Result<usize, S3Error> {
        let before = self.framing.requests();
        let passed = self.framing.pass(bytes)?;
        if self.framing.requests() > before {
            self.exchange.begin();
            self.thrown_away = 0;
        }
        if self.framing.is_broken() {
            self.exchange.close();
        }
        Ok(passed)
    }

    /// Empty lines before a head are nothing (RFC 9112, section 2.2): old clients send one after a body.
    fn skip_empty_lines(&mut self) {
        if self.framing.awaits_head() {
            let empty = self.held.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.held.advance(empty);
        }
    }
}
