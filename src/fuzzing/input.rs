//! An input taken apart. It is text as far as possible, so that seeds can be read and written by hand.

use crate::s3::request::Headers;

/// What is left of an input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// The next line, without its end.
    pub fn line(&mut self) -> &'a [u8] {
        let end = memchr::memchr(b'\n', self.0).unwrap_or(self.0.len());
        let (line, rest) = self.0.split_at(end);
        self.0 = rest.get(1..).unwrap_or_default();
        line
    }

    /// The next line as text.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.line()).into_owned()
    }

    /// The next line as a number; 0 when it is none.
    pub fn number(&mut self) -> u64 {
        self.text().parse().unwrap_or(0)
    }

    /// Lines up to an empty one, as names and values around the first of these marks.
    pub fn pairs(&mut self, mark: char) -> Vec<(String, String)> {
        let lines = std::iter::from_fn(|| Some(self.text()).filter(|line| !line.is_empty()));
        lines
            .map(|line| line.split_once(mark).map(|(n, v)| (n.into(), v.into())).unwrap_or((line, "".into())))
            .collect()
    }

    /// Lines up to an empty one as headers, in the shape in which HTTP lets them through: names of few characters,
    /// values without control characters and trimmed.
    pub fn headers(&mut self) -> Headers {
        let mut headers = Headers::default();
        for (name, value) in self.pairs(':') {
            let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
            if !name.is_empty() {
                headers.push(name, header_value(&value));
            }
        }
        headers
    }
}

/// What of a text a header's value can be.
pub(crate) fn header_value(text: &str) -> String {
    let printable: String = text.chars().filter(|c| *c == '\t' || !c.is_ascii_control()).collect();
    printable.trim_matches([' ', '\t']).to_owned()
}

/// Chance that is the same for the same input.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// Of an input (FNV-1a).
    pub fn of(input: &[u8]) -> Self {
        Self(input.iter().fold(0xcbf2_9ce4_8422_2325, |n, byte| (n ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)))
    }

    /// A number below `end`; 0 when there is none (SplitMix64).
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((n ^ (n >> 31)) % end.max(1) as u64).unwrap_or(0)
    }

    /// The same bytes in pieces: up to 8, or (of few) one for each byte.
    pub fn pieces<'a>(&mut self, bytes: &'a [u8]) -> Vec<&'a [u8]> {
        if bytes.len() < 256 && self.below(4) == 0 {
            return bytes.chunks(1).collect();
        }
        let mut pieces = Vec::new();
        let mut rest = bytes;
        for _ in 0..self.below(8) {
            let (piece, after) = rest.split_at(self.below(rest.len() + 1));
            pieces.push(piece);
            rest = after;
        }
        pieces.push(rest);
        pieces
    }
}
