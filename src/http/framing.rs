//! Where one request ends and the next one begins.

use crate::http::chunked::{Broken, Chunked};
use crate::http::head::{BodyLength, judge};
use crate::s3::error::S3Error;

/// Follows the bytes of a connection from request to request.
#[derive(Debug)]
pub struct Framing {
    at: At,
    requests: u64,
    data: u64,
}

#[derive(Debug)]
enum At {
    /// A head is to come.
    Head,
    /// So many bytes of the body are to come.
    Body(u64),
    /// A chunked body.
    Chunked(Chunked),
    /// The request is whole.
    Whole,
    /// A chunked body that cannot be read on.
    Broken,
}

impl Framing {
    /// Before the first request.
    pub fn new() -> Self {
        Self { at: At::Head, requests: 0, data: 0 }
    }

    /// How many of the next bytes belong to the request at hand. A head counts only as a whole: `bytes` must begin with
    /// all of it that has come.
    ///
    /// # Errors
    /// The answer to a head that is none.
    pub fn pass(&mut self, bytes: &[u8]) -> Result<usize, S3Error> {
        let mut passed = 0;
        if let At::Head = self.at {
            let Some((head_bytes, length)) = judge(bytes)? else { return Ok(0) };
            passed = head_bytes;
            self.requests += 1;
            self.data = 0;
            self.at = match length {
                BodyLength::Known(0) => At::Whole,
                BodyLength::Known(bytes) => At::Body(bytes),
                BodyLength::Chunked => At::Chunked(Chunked::new()),
            };
        }
        Ok(passed + self.pass_body(bytes.get(passed..).unwrap_or_default()))
    }

    fn pass_body(&mut self, bytes: &[u8]) -> usize {
        match &mut self.at {
            At::Head | At::Whole | At::Broken => 0,
            At::Body(left) => {
                let here = (*left).min(bytes.len() as u64);
                *left -= here;
                self.data += here;
                if *left == 0 {
                    self.at = At::Whole;
                }
                usize::try_from(here).unwrap_or(bytes.len())
            }
            At::Chunked(chunked) => match chunked.pass(bytes) {
                Ok((here, data)) => {
                    self.data += data;
                    if chunked.is_ended() {
                        self.at = At::Whole;
                    }
                    here
                }
                Err(Broken(at)) => {
                    self.at = At::Broken;
                    at
                }
            },
        }
    }

    /// Heads that have passed.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// Bytes of data of the current body that have passed.
    pub fn data(&self) -> u64 {
        self.data
    }

    /// Whether a head is to come.
    pub fn awaits_head(&self) -> bool {
        matches!(self.at, At::Head)
    }

    /// Whether all of the current request has passed.
    pub fn is_whole(&self) -> bool {
        matches!(self.at, At::Whole)
    }

    /// Whether the current body cannot be read on.
    pub fn is_broken(&self) -> bool {
        matches!(self.at, At::Broken)
    }

    /// Goes on to the next request.
    pub fn next(&mut self) {
        self.at = At::Head;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"PUT /k HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";

    #[test]
    fn nothing_of_the_next_request_passes_before_its_turn() {
        let bytes = [HEAD, b"whole", HEAD, b"who"].concat();
        let mut framing = Framing::new();
        assert_eq!(framing.pass(&bytes).expect("is a head"), HEAD.len() + 5);
        assert!(framing.is_whole());
        assert_eq!(framing.pass(HEAD).expect("waits"), 0);
        framing.next();
        assert_eq!(framing.pass(&bytes[HEAD.len() + 5..]).expect("is a head"), HEAD.len() + 3);
        assert_eq!((framing.requests(), framing.data(), framing.is_whole()), (2, 3, false));
        assert_eq!(framing.pass(b"leGET").expect("is a body"), 2);
        assert!(framing.is_whole());
    }

    #[test]
    fn a_head_passes_as_a_whole() {
        let mut framing = Framing::new();
        assert_eq!(framing.pass(&HEAD[..20]).expect("waits"), 0);
        assert!(framing.awaits_head());
        assert_eq!(framing.pass(HEAD).expect("is a head"), HEAD.len());
        assert!(!framing.awaits_head() && !framing.is_whole());
    }

    #[test]
    fn a_broken_body_passes_up_to_where_it_breaks() {
        let mut framing = Framing::new();
        let head = b"PUT /k HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let bytes = [&head[..], b"1\r\nxy\r\n"].concat();
        assert_eq!(framing.pass(&bytes).expect("is a head"), head.len() + 4);
        assert!(framing.is_broken());
    }
}
