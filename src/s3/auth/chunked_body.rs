//! Decodes aws-chunked bodies and verifies chunk signatures and trailers as the bytes pass.
//! Source: AWS, "Signature calculations for the Authorization header: transferring payload in multiple chunks", and the
//! same with trailing headers.

use bytes::Bytes;

use super::keys::{SHA256_OF_NOTHING, hex, hmac_sha256, same, sha256_hex};
use super::payload::{ChunkSigner, Hashing, Source, Trailers};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;

/// Longest chunk header, bytes.
const LINE_BYTES_MAX: usize = 4 * 1024;
/// Most bytes after the last chunk.
const TAIL_BYTES_MAX: usize = 16 * 1024;
/// Most trailer lines.
const TRAILERS_MAX: usize = 32;

/// The names that `x-amz-trailer` declared, and where the trailers go.
type TrailerSink = (Vec<String>, Trailers);

/// A decoder of one body.
pub(super) struct Chunked {
    source: Source,
    /// Decoded bytes that are still to come.
    remaining: u64,
    signer: Option<ChunkSigner>,
    trailers: Option<TrailerSink>,
    chunk: Option<Chunk>,
    ended: bool,
}

/// The chunk that is being read.
struct Chunk {
    left: u64,
    /// What was signed and by which signature; `None` when chunks are not signed.
    check: Option<(Hashing, String)>,
}

fn malformed(why: &'static str) -> S3Error {
    S3ErrorCode::InvalidRequest.because(why)
}

impl Chunked {
    pub(super) fn new(
        source: Source,
        decoded_length: u64,
        signer: Option<ChunkSigner>,
        trailers: Option<TrailerSink>,
    ) -> Self {
        Self { source, remaining: decoded_length, signer, trailers, chunk: None, ended: false }
    }

    /// The next decoded bytes; `None` when all of it has come and every check has passed.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, S3Error> {
        if self.ended {
            return Ok(None);
        }
        let mut chunk = match self.chunk.take() {
            Some(chunk) => chunk,
            None => self.open().await?,
        };
        if chunk.left == 0 {
            self.close_last(chunk).await?;
            return Ok(None);
        }
        let piece = self.source.up_to(chunk.left).await?.ok_or(S3ErrorCode::IncompleteBody)?;
        chunk.left -= piece.len() as u64;
        if let Some((hash, _)) = &mut chunk.check {
            hash.update(&piece).await?;
        }
        if chunk.left == 0 {
            self.close(chunk).await?;
        } else {
            self.chunk = Some(chunk);
        }
        Ok(Some(piece))
    }

    /// Reads a chunk's header.
    async fn open(&mut self) -> Result<Chunk, S3Error> {
        let line = self.source.line(LINE_BYTES_MAX).await?.ok_or(S3ErrorCode::IncompleteBody)?;
        let (size, signature) = chunk_header(&line)?;
        if size > self.remaining {
            return Err(malformed("The aws-chunked body is longer than x-amz-decoded-content-length."));
        }
        if size == 0 && self.remaining > 0 {
            return Err(S3ErrorCode::IncompleteBody
                .because("The aws-chunked body is shorter than x-amz-decoded-content-length."));
        }
        self.remaining -= size;
        let check = match (&self.signer, signature) {
            (Some(_), Some(signature)) => Some((Hashing::new(), signature)),
            (Some(_), None) => return Err(malformed("A chunk has no signature.")),
            (None, _) => None,
        };
        Ok(Chunk { left: size, check })
    }

    /// Checks the signature of a chunk whose bytes have all passed.
    async fn verify(&mut self, chunk: Chunk) -> Result<(), S3Error> {
        let (Some(signer), Some((hash, signature))) = (&mut self.signer, chunk.check) else { return Ok(()) };
        let data = hex(&hash.finish().await?);
        let what = format!("{SHA256_OF_NOTHING}\n{data}");
        signer.check("AWS4-HMAC-SHA256-PAYLOAD", &what, signature)
    }

    /// Ends a chunk that has data.
    async fn close(&mut self, chunk: Chunk) -> Result<(), S3Error> {
        self.verify(chunk).await?;
        match self.source.line(LINE_BYTES_MAX).await? {
            Some(line) if line.is_empty() => Ok(()),
            Some(_) => Err(malformed("A chunk is longer than its header says.")),
            None => Err(S3ErrorCode::IncompleteBody.into()),
        }
    }

    /// Ends the body.
    async fn close_last(&mut self, chunk: Chunk) -> Result<(), S3Error> {
        self.verify(chunk).await?;
        let lines = self.last_lines().await?;
        match self.trailers.take() {
            Some((declared, sink)) => sink.set(self.check_trailers(&declared, lines)?),
            None if lines.is_empty() => {}
            None => return Err(malformed("There are trailers after a body that declared none.")),
        }
        self.ended = true;
        Ok(())
    }

    /// The lines after the last chunk. minio-go ends trailers with LF and puts an empty line before their signature, so
    /// all that is left of the body is read, and empty lines count for nothing.
    async fn last_lines(&mut self) -> Result<Vec<Vec<u8>>, S3Error> {
        let mut tail = Vec::new();
        while let Some(piece) = self.source.piece().await? {
            if tail.len() + piece.len() > TAIL_BYTES_MAX {
                return Err(malformed("There is too much after the last chunk."));
            }
            tail.extend_from_slice(&piece);
        }
        if tail.is_empty() {
            return Err(S3ErrorCode::IncompleteBody.into());
        }
        if tail != b"\r\n" && !tail.ends_with(b"\n\r\n") {
            return Err(malformed("The aws-chunked body does not end with an empty line."));
        }
        let lines = tail.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let lines: Vec<Vec<u8>> = lines.filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect();
        if lines.len() > TRAILERS_MAX { Err(malformed("There are too many trailers.")) } else { Ok(lines) }
    }

    /// Verifies the trailer's signature, and that just what was declared has come.
    fn check_trailers(&mut self, declared: &[String], lines: Vec<Vec<u8>>) -> Result<Headers, S3Error> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let mut signature = None;
        for line in lines {
            let text = String::from_utf8(line).map_err(|_| malformed("A trailer is not text."))?;
            let (name, value) = text.split_once(':').ok_or_else(|| malformed("A trailer has no value."))?;
            let blank = [' ', '\t'];
            let (name, value) = (name.trim_matches(blank).to_ascii_lowercase(), value.trim_matches(blank).to_owned());
            if name == "x-amz-trailer-signature" {
                if signature.replace(value).is_some() {
                    return Err(malformed("There are two trailer signatures."));
                }
            } else if !declared.contains(&name) || pairs.iter().any(|(n, _)| *n == name) {
                return Err(malformed("A trailer was not declared in x-amz-trailer, or came twice."));
            } else {
                pairs.push((name, value));
            }
        }
        let missing = declared.iter().any(|name| !name.is_empty() && !pairs.iter().any(|(n, _)| n == name));
        if missing {
            return Err(malformed("A trailer that x-amz-trailer declares did not come."));
        }
        if let Some(signer) = &mut self.signer {
            let signature = signature.ok_or_else(|| malformed("The trailer has no signature."))?;
            pairs.sort();
            let text: String = pairs.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
            signer.check("AWS4-HMAC-SHA256-TRAILER", &sha256_hex(text.as_bytes()), signature)?;
        }
        let mut headers = Headers::default();
        for (name, value) in pairs {
            headers.push(name, value);
        }
        Ok(headers)
    }
}

impl ChunkSigner {
    /// Verifies the next signature of the chain.
    fn check(&mut self, algorithm: &str, what: &str, signature: String) -> Result<(), S3Error> {
        let text = format!("{algorithm}\n{}\n{}\n{}\n{what}", self.timestamp, self.scope, self.seed);
        if !same(&hex(&hmac_sha256(&*self.key, text.as_bytes())), &signature) {
            return Err(S3Error::from(S3ErrorCode::SignatureDoesNotMatch)
                .field("StringToSign", text)
                .field("SignatureProvided", signature));
        }
        self.seed = signature;
        Ok(())
    }
}

/// `400;chunk-signature=…` or `400`.
fn chunk_header(line: &[u8]) -> Result<(u64, Option<String>), S3Error> {
    let text = std::str::from_utf8(line).map_err(|_| malformed("A chunk's header is not text."))?;
    let (size, extensions) = text.split_once(';').unwrap_or((text, ""));
    let size = size.trim();
    // Sixteen digits are all that fit into 64 bits; `from_str_radix` would take a sign.
    if size.is_empty() || size.len() > 16 || !size.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(malformed("A chunk's size is no hexadecimal number."));
    }
    let size = u64::from_str_radix(size, 16).map_err(|_| malformed("A chunk's size is no hexadecimal number."))?;
    let mut signatures = extensions.split(';').filter_map(|e| e.trim().strip_prefix("chunk-signature="));
    let signature = signatures.next().map(str::to_owned);
    if signatures.next().is_some() {
        return Err(malformed("A chunk has two signatures."));
    }
    Ok((size, signature))
}
