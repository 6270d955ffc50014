//! Where a body in HTTP's chunked coding ends (RFC 9112, section 7.1). Nothing is decoded here: actix does that.

/// Longest size line, and longest trailer section, bytes.
const LINE_BYTES_MAX: u32 = 8 * 1024;

/// How far a chunked body has come.
#[derive(Debug)]
pub struct Chunked {
    at: At,
    /// What is left of the current chunk; its size while that is being read, bytes.
    left: u64,
    /// How long the current line, or the trailer section, is so far, bytes.
    line: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    SizeBegin,
    Size,
    SizeSpace,
    Extension,
    SizeEnd,
    Data,
    DataCr,
    DataLf,
    TrailerBegin,
    Trailer,
    TrailerLf,
    LastLf,
    End,
}

/// The bytes are no chunked coding, from this position on.
#[derive(Debug, PartialEq, Eq)]
pub struct Broken(pub usize);

impl Chunked {
    /// At the begin of a body.
    pub fn new() -> Self {
        Self { at: At::SizeBegin, left: 0, line: 0 }
    }

    /// Whether the body has ended.
    pub fn is_ended(&self) -> bool {
        self.at == At::End
    }

    /// Goes over the next bytes: how many of them belong to the body, and how many of those are data.
    ///
    /// # Errors
    /// The framing is broken.
    pub fn pass(&mut self, bytes: &[u8]) -> Result<(usize, u64), Broken> {
        let (mut position, mut data) = (0, 0);
        while let Some(byte) = bytes.get(position) {
            match self.at {
                At::End => break,
                At::Data => {
                    let rest = (bytes.len() - position) as u64;
                    let here = rest.min(self.left);
                    self.left -= here;
                    data += here;
                    position += usize::try_from(here).unwrap_or(usize::MAX);
                    if self.left == 0 {
                        self.at = At::DataCr;
                    }
                }
                _ => {
                    self.at = self.step(*byte).ok_or(Broken(position))?;
                    position += 1;
                }
            }
        }
        Ok((position, data))
    }

    fn step(&mut self, byte: u8) -> Option<At> {
        self.line += 1;
        if self.line > LINE_BYTES_MAX {
            return None;
        }
        Some(match (self.at, byte) {
            (At::SizeBegin, _) => {
                self.left = hex(byte)?;
                At::Size
            }
            (At::Size, b'\t' | b' ') | (At::SizeSpace, b'\t' | b' ') => At::SizeSpace,
            (At::Size | At::SizeSpace, b';') => At::Extension,
            (At::Size | At::SizeSpace | At::Extension, b'\r') => At::SizeEnd,
            (At::Size, _) => {
                self.left = self.left.checked_mul(16)?.checked_add(hex(byte)?)?;
                At::Size
            }
            (At::Extension, b'\t' | b' '..=b'~' | 0x80..) => At::Extension,
            (At::SizeEnd, b'\n') => {
                self.line = 0;
                if self.left > 0 { At::Data } else { At::TrailerBegin }
            }
            (At::DataCr, b'\r') => At::DataLf,
            (At::DataLf, b'\n') => {
                self.line = 0;
                At::SizeBegin
            }
            (At::TrailerBegin, b'\r') => At::LastLf,
            (At::LastLf, b'\n') => At::End,
            (At::Trailer, b'\r') => At::TrailerLf,
            (At::TrailerBegin | At::Trailer, _) => At::Trailer,
            (At::TrailerLf, b'\n') => At::TrailerBegin,
            _ => return None,
        })
    }
}

fn hex(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_ends_where_it_ends_however_it_is_cut() {
        for (body, data) in [
            ("0\r\n\r\n", 0),
            ("5\r\nwhole\r\n0\r\n\r\n", 5),
            ("5 ;name=\"value\"\r\nwhole\r\n000A\t\r\n0123456789\r\n0;last\r\nx-trailer: 1\r\ny: 2\r\n\r\n", 15),
        ] {
            let bytes = format!("{body}GET / HTTP/1.1\r\n").into_bytes();
            for packet_bytes in 1..=bytes.len() {
                let (mut chunked, mut passed, mut found) = (Chunked::new(), 0, 0);
                for packet in bytes.chunks(packet_bytes) {
                    let (here, data) = chunked.pass(packet).expect("is well formed");
                    (passed, found) = (passed + here, found + data);
                    if here < packet.len() {
                        break;
                    }
                }
                assert_eq!((passed, found, chunked.is_ended()), (body.len(), data, true), "{body:?}");
            }
        }
    }

    #[test]
    fn what_is_no_chunked_coding_is_found_where_it_begins() {
        let long = format!("1;{}\r\n", "x".repeat(9000));
        let trailers = format!("0\r\n{}", "x: y\r\n".repeat(2000));
        for (body, at) in [
            ("\r\n", 0),
            ("g\r\n", 0),
            ("-1\r\n", 0),
            ("1g\r\n", 1),
            ("1\n", 1),
            ("1\rx", 2),
            ("1 2\r\n", 2),
            ("1;\0\r\n", 2),
            ("1\r\nxy\r\n", 4),
            ("1\r\nx\r\r", 5),
            ("0\r\n\rx", 4),
            ("11111111111111111\r\n", 16),
            (&long, 8192),
            (&trailers, 3 + 8192),
        ] {
            assert_eq!(Chunked::new().pass(body.as_bytes()), Err(Broken(at)), "{body:.20}");
        }
    }
}
