//! A `multipart/form-data` body as it streams by (RFC 7578, RFC 2046): its parts one after the other, of each its head
//! and then its content. Knows which part is the file, and nothing else of S3's fields.

use bytes::{Buf as _, Bytes, BytesMut};
use futures::StreamExt as _;
use futures::stream::LocalBoxStream;
use memchr::memmem::{self, Finder};

use super::parameters::Parameters;
use crate::s3::error::{S3Error, S3ErrorCode};

/// Everything of a form but the content of its file, bytes (AWS, "HTML form fields": 20 KB).
pub const BYTES_MAX: usize = 20 * 1024;

/// A form's body being read.
pub struct Reader {
    body: LocalBoxStream<'static, Result<Bytes, S3Error>>,
    /// Received and not handed out yet.
    buffer: BytesMut,
    received: u64,
    /// CRLF, two hyphens, the boundary.
    delimiter: Finder<'static>,
    /// Within a part's content, or in what comes before the first part.
    inside: bool,
    closed: bool,
    /// What is left of [`BYTES_MAX`].
    allowance: usize,
}

/// The head of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// What the client calls the file; many clients give one to every field.
    pub file_name: Option<String>,
}

impl Part {
    /// Whether this is the file: by its name alone, since some clients give every field a file name.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.name.eq_ignore_ascii_case("file")
    }
}

impl Reader {
    /// Reads a body with this boundary.
    #[must_use]
    pub fn new(body: LocalBoxStream<'static, Result<Bytes, S3Error>>, boundary: &str) -> Self {
        let delimiter = Finder::new(&format!("\r\n--{boundary}")).into_owned();
        // The first delimiter needs no line before it, so that one is put there.
        let buffer = BytesMut::from(&b"\r\n"[..]);
        let allowance = BYTES_MAX + buffer.len();
        Self { body, buffer, received: 0, delimiter, inside: true, closed: false, allowance }
    }

    /// How many of a body's bytes are still to be handed out.
    #[must_use]
    pub fn left(&self, length: u64) -> u64 {
        length.saturating_sub(self.received) + self.buffer.len() as u64
    }

    /// The head of the next part, skipping what is left of the one before; `None` at the form's end, when the whole
    /// body has been read.
    ///
    /// # Errors
    /// `MalformedPOSTRequest`, `MaxPostPreDataLengthExceeded`, and what the body fails with.
    pub async fn next_part(&mut self) -> Result<Option<Part>, S3Error> {
        while self.text().await?.is_some() {}
        if !self.closed {
            while self.buffer.len() < 2 {
                self.more().await?;
            }
            self.closed = self.buffer.starts_with(b"--");
        }
        if self.closed {
            self.skip_the_rest().await?;
            return Ok(None);
        }
        let padding = self.line().await?;
        if !padding.iter().all(|b| matches!(b, b' ' | b'\t')) {
            return Err(malformed("a boundary is followed by something else"));
        }
        let part = self.head().await?;
        self.inside = true;
        Ok(Some(part))
    }

    /// The next bytes of the part's content, at least one; `None` at its end. They do not count as the form's.
    ///
    /// # Errors
    /// As [`Self::next_part`].
    pub async fn content(&mut self) -> Result<Option<Bytes>, S3Error> {
        while self.inside {
            let found = self.delimiter.find(&self.buffer);
            let mark = self.delimiter.needle().len();
            // Without a delimiter, all but what could be the beginning of one.
            let ready = found.unwrap_or_else(|| self.buffer.len().saturating_sub(mark - 1));
            if ready > 0 {
                return Ok(Some(self.buffer.split_to(ready).freeze()));
            }
            if found.is_some() {
                self.buffer.advance(mark);
                self.inside = false;
                self.spend(mark)?;
            } else {
                self.more().await?;
            }
        }
        Ok(None)
    }

    /// As [`Self::content`], of a part that is a field.
    ///
    /// # Errors
    /// As [`Self::next_part`].
    pub async fn text(&mut self) -> Result<Option<Bytes>, S3Error> {
        let piece = self.content().await?;
        self.spend(piece.as_ref().map_or(0, Bytes::len))?;
        Ok(piece)
    }

    async fn head(&mut self) -> Result<Part, S3Error> {
        let mut disposition: Option<Vec<u8>> = None;
        let mut wanted = false;
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                // A folded line goes on with the one before.
                disposition.iter_mut().filter(|_| wanted).for_each(|text| text.extend_from_slice(&line));
                continue;
            }
            let colon = memchr::memchr(b':', &line).ok_or_else(|| malformed("a header of a part has no name"))?;
            wanted = line[..colon].eq_ignore_ascii_case(b"content-disposition");
            if wanted && disposition.replace(line[colon + 1..].to_vec()).is_some() {
                return Err(malformed("a part has two Content-Disposition headers"));
            }
        }
        let text = disposition.ok_or_else(|| malformed("a part has no Content-Disposition"))?;
        part(&text).ok_or_else(|| malformed("a part's Content-Disposition is not form-data with a name"))
    }

    async fn line(&mut self) -> Result<BytesMut, S3Error> {
        loop {
            if let Some(end) = memmem::find(&self.buffer, b"\r\n") {
                self.spend(end + 2)?;
                let mut line = self.buffer.split_to(end + 2);
                line.truncate(end);
                return Ok(line);
            }
            if self.buffer.len() > self.allowance {
                return Err(too_long());
            }
            self.more().await?;
        }
    }

    /// What follows the last delimiter means nothing (RFC 2046), but who checks the body's digest has to see it.
    async fn skip_the_rest(&mut self) -> Result<(), S3Error> {
        loop {
            self.spend(self.buffer.len())?;
            self.buffer.clear();
            if !self.receive().await? {
                return Ok(());
            }
        }
    }

    async fn more(&mut self) -> Result<(), S3Error> {
        match self.receive().await? {
            true => Ok(()),
            false => Err(malformed("it ends early")),
        }
    }

    /// Receives a piece of the body; false at its end.
    async fn receive(&mut self) -> Result<bool, S3Error> {
        let Some(piece) = self.body.next().await.transpose()? else { return Ok(false) };
        self.received += piece.len() as u64;
        self.buffer.extend_from_slice(&piece);
        Ok(true)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), S3Error> {
        self.allowance = self.allowance.checked_sub(bytes).ok_or_else(too_long)?;
        Ok(())
    }
}

fn part(disposition: &[u8]) -> Option<Part> {
    let parameters = Parameters::parse(std::str::from_utf8(disposition).ok()?)?;
    let name = parameters.get("name").filter(|_| parameters.value == "form-data")?;
    Some(Part { name: name.to_owned(), file_name: parameters.get("filename").map(str::to_owned) })
}

/// A `MalformedPOSTRequest` error that says what is wrong.
#[must_use]
pub fn malformed(what: &str) -> S3Error {
    S3ErrorCode::MalformedPOSTRequest
        .because(format!("The body of your POST request is not well-formed multipart/form-data: {what}."))
}

fn too_long() -> S3Error {
    S3Error::from(S3ErrorCode::MaxPostPreDataLengthExceeded).field("MaxPostPreDataLengthBytes", BYTES_MAX.to_string())
}
