//! HTTP/1.1 by hand: sends any bytes, reads whatever answer comes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::Reply;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Headers of an answer at most.
const HEADERS_MAX: usize = 128;

/// One connection.
pub struct Connection {
    stream: TcpStream,
    /// Bytes that came after the last answer.
    buffered: Vec<u8>,
}

impl Connection {
    /// Opens one.
    pub fn open(address: SocketAddr) -> Self {
        Self::try_open(address).expect("connects to the server")
    }

    /// Opens one if somebody listens.
    pub fn try_open(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffered: Vec::new() })
    }

    /// Sends bytes as they are. A server may answer and close before it has read everything, so failure is a value.
    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends as much as the server and the kernel take at once.
    pub fn send_what_fits(&mut self, bytes: &[u8]) {
        self.stream.set_nonblocking(true).expect("changes the mode");
        let mut rest = bytes;
        while let Ok(sent @ 1..) = self.stream.write(rest) {
            rest = &rest[sent..];
        }
        self.stream.set_nonblocking(false).expect("changes the mode");
    }

    /// The same connection, for a thread that sends while this one reads.
    pub fn twin(&self) -> Self {
        Self { stream: self.stream.try_clone().expect("duplicates the socket"), buffered: Vec::new() }
    }

    /// Sends nothing more; the answer can still be read.
    pub fn finish(&mut self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
    }

    /// Reads one answer, interim ones included. `to_head` answers have no body.
    pub fn read_one(&mut self, to_head: bool) -> std::io::Result<Reply> {
        let (head_bytes, mut reply) = self.read_head()?;
        self.buffered.drain(..head_bytes);
        let bodiless = to_head || reply.status < 200 || matches!(reply.status, 204 | 304);
        let chunked = reply.header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked"));
        let length = reply.header("content-length").map(|v| v.parse::<usize>().expect("a length is a number"));
        reply.body = match length {
            _ if bodiless => Vec::new(),
            _ if chunked => self.read_chunked()?,
            Some(length) => self.take(length)?,
            None => self.read_to_end()?,
        };
        reply.closed = reply.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
        Ok(reply)
    }

    /// Reads the final answer.
    pub fn read(&mut self, to_head: bool) -> std::io::Result<Reply> {
        let mut continued = false;
        loop {
            let mut reply = self.read_one(to_head)?;
            if reply.status >= 200 {
                reply.continued = continued;
                return Ok(reply);
            }
            continued |= reply.status == 100;
        }
    }

    /// Whether the server closes within the patience, sending nothing more.
    pub fn is_closed_by_server(&mut self) -> bool {
        let late = |e: &std::io::Error| matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
        self.buffered.is_empty() && self.stream.read(&mut [0]).map_or_else(|e| !late(&e), |n| n == 0)
    }

    fn fill(&mut self) -> std::io::Result<usize> {
        let mut piece = vec![0; 64 * 1024];
        let n = self.stream.read(&mut piece)?;
        self.buffered.extend_from_slice(&piece[..n]);
        Ok(n)
    }

    fn need(&mut self) -> std::io::Result<()> {
        match self.fill()? {
            0 => Err(std::io::Error::new(ErrorKind::UnexpectedEof, "the answer was cut short")),
            _ => Ok(()),
        }
    }

    fn read_head(&mut self) -> std::io::Result<(usize, Reply)> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut parsed = httparse::Response::new(&mut headers);
            match parsed.parse(&self.buffered).expect("the answer is HTTP") {
                httparse::Status::Complete(bytes) => {
                    let headers = parsed.headers.iter();
                    let reply = Reply {
                        status: parsed.code.expect("an answer has a status"),
                        headers: headers.map(|h| (h.name.to_ascii_lowercase(), h.value.to_vec())).collect(),
                        body: Vec::new(),
                        closed: false,
                        continued: false,
                    };
                    return Ok((bytes, reply));
                }
                httparse::Status::Partial => self.need()?,
            }
        }
    }

    fn take(&mut self, length: usize) -> std::io::Result<Vec<u8>> {
        while self.buffered.len() < length {
            self.need()?;
        }
        Ok(self.buffered.drain(..length).collect())
    }

    fn take_line(&mut self) -> std::io::Result<String> {
        loop {
            if let Some(at) = self.buffered.windows(2).position(|w| w == b"\r\n") {
                let line = self.take(at + 2)?;
                return Ok(String::from_utf8_lossy(&line[..at]).into_owned());
            }
            self.need()?;
        }
    }

    fn read_chunked(&mut self) -> std::io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.take_line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16).expect("a chunk has a size");
            if size == 0 {
                while !self.take_line()?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(size)?);
            assert_eq!(self.take(2)?, b"\r\n", "a chunk ends with CRLF");
        }
    }

    fn read_to_end(&mut self) -> std::io::Result<Vec<u8>> {
        while self.fill()? > 0 {}
        Ok(std::mem::take(&mut self.buffered))
    }
}
