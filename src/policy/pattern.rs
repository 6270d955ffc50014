//! Texts with wildcards and variables, taken apart once and held against many texts.

use super::variable::{self, Found, Variable};
use super::{Facts, Kind, PolicyError};

/// What in a text is no plain text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Syntax<'a> {
    /// `*` is any text and `?` any character.
    pub wildcards: bool,
    /// `${…}` is a variable, of those that this kind of policy may name (version 2012-10-17).
    pub variables: Option<Kind<'a>>,
    /// Case makes no difference.
    pub folded: bool,
}

impl Syntax<'_> {
    /// Nothing but wildcards.
    pub const WILDCARDS: Self = Self { wildcards: true, variables: None, folded: false };
}

/// A text that others are held against.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    /// What stands between its asterisks; at least one.
    segments: Vec<Vec<Piece>>,
    variables: bool,
    folded: bool,
}

#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    /// Any one character.
    One,
    Variable(Variable),
}

impl Pattern {
    /// Takes a text apart.
    ///
    /// # Errors
    /// A variable has no end, or a name that means nothing.
    pub fn parse(text: &str, syntax: Syntax<'_>) -> Result<Self, PolicyError> {
        let mut pattern = Self { segments: vec![Vec::new()], variables: false, folded: syntax.folded };
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if let Some(kind) = syntax.variables.filter(|_| rest.starts_with("${")) {
                let (found, after) = variable::parse(rest, kind)?;
                match found {
                    Found::Literal(c) => pattern.push_char(c),
                    Found::Variable(variable) => {
                        pattern.variables = true;
                        pattern.push(Piece::Variable(variable));
                    }
                }
                rest = after;
                continue;
            }
            match c {
                '*' if syntax.wildcards => pattern.segments.push(Vec::new()),
                '?' if syntax.wildcards => pattern.push(Piece::One),
                c => pattern.push_char(c),
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        // Asterisks side by side are as good as one.
        let last = pattern.segments.len() - 1;
        let mut place = 0;
        pattern.segments.retain(|segment| {
            place += 1;
            place == 1 || place == last + 1 || !segment.is_empty()
        });
        Ok(pattern)
    }

    fn push(&mut self, piece: Piece) {
        if let Some(segment) = self.segments.last_mut() {
            segment.push(piece);
        }
    }

    fn push_char(&mut self, c: char) {
        let Some(segment) = self.segments.last_mut() else { return };
        if !matches!(segment.last(), Some(Piece::Text(_))) {
            segment.push(Piece::Text(String::new()));
        }
        if let Some(Piece::Text(text)) = segment.last_mut() {
            match self.folded {
                true => text.extend(c.to_lowercase()),
                false => text.push(c),
            }
        }
    }

    /// Whether it matches a text from its begin to its end; `None` when a variable in it has no value. Takes time in
    /// proportion to the text; where there is a `?` between asterisks, times a 64th of what stands between them.
    pub fn matches(&self, text: &str, facts: &dyn Facts) -> Option<bool> {
        let folded;
        let text = match self.folded {
            true => {
                folded = text.chars().flat_map(char::to_lowercase).collect::<String>();
                folded.as_str()
            }
            false => text,
        };
        if !self.variables {
            return Some(wild(&self.segments, text));
        }
        let segments = self.segments.iter().map(|segment| self.resolved(segment, facts));
        Some(wild(&segments.collect::<Option<Vec<_>>>()?, text))
    }

    fn resolved(&self, segment: &[Piece], facts: &dyn Facts) -> Option<Vec<Piece>> {
        let pieces = segment.iter().map(|piece| match piece {
            Piece::Variable(variable) => {
                let value = variable.value(facts)?;
                let folded = || value.chars().flat_map(char::to_lowercase).collect();
                Some(Piece::Text(if self.folded { folded() } else { value.clone() }))
            }
            other => Some(other.clone()),
        });
        pieces.collect()
    }

    /// Whether only one text matches it, whoever asks.
    pub fn is_fixed(&self) -> bool {
        self.segments.len() == 1 && self.pieces().all(|piece| matches!(piece, Piece::Text(_)))
    }

    /// The keys that its variables stand for.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces().filter_map(|piece| match piece {
            Piece::Variable(variable) => Some(variable.key()),
            Piece::Text(_) | Piece::One => None,
        })
    }

    fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.segments.iter().flatten()
    }
}

/// Each segment is of a fixed length, so the first place where one fits leaves the most to those after it: there is
/// never a second place to try.
fn wild(segments: &[Vec<Piece>], text: &str) -> bool {
    let Some((first, others)) = segments.split_first() else { return text.is_empty() };
    let Some(mut rest) = after_prefix(first, text) else { return false };
    let Some((last, between)) = others.split_last() else { return rest.is_empty() };
    for segment in between {
        match after_first(segment, rest) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    has_suffix(last, rest)
}

fn after_prefix<'t>(segment: &[Piece], text: &'t str) -> Option<&'t str> {
    segment.iter().try_fold(text, |rest, piece| match piece {
        Piece::Text(expected) => rest.strip_prefix(expected.as_str()),
        Piece::One => {
            let mut chars = rest.chars();
            chars.next().map(|_| chars.as_str())
        }
        Piece::Variable(_) => None,
    })
}

fn after_first<'t>(segment: &[Piece], text: &'t str) -> Option<&'t str> {
    if let [Piece::Text(only)] = segment {
        return text.split_once(only.as_str()).map(|(_, after)| after);
    }
    after_first_with_gaps(segment, text)
}

/// Shift-And: bit `i` of the state says that the segment's first `i + 1` characters end at the text's current one. Looking
/// at each place anew would let whoever writes a policy of many `?` spend seconds of every request that it judges.
fn after_first_with_gaps<'t>(segment: &[Piece], text: &'t str) -> Option<&'t str> {
    let mut tokens: Vec<Option<char>> = Vec::new();
    for piece in segment {
        match piece {
            Piece::Text(text) => tokens.extend(text.chars().map(Some)),
            Piece::One => tokens.push(None),
            Piece::Variable(_) => return None,
        }
    }
    if tokens.len() > text.len() {
        return None;
    }
    let nothing = vec![0_u64; tokens.len().div_ceil(64)];
    let mut chars: Vec<(char, Vec<u64>)> = tokens.iter().flatten().map(|c| (*c, Vec::new())).collect();
    chars.sort_unstable_by_key(|(c, _)| *c);
    chars.dedup_by_key(|(c, _)| *c);
    chars.iter_mut().for_each(|(_, fits)| fits.clone_from(&nothing));
    let mut gaps = nothing.clone();
    for (at, token) in tokens.iter().enumerate() {
        let fits = match token {
            None => Some(&mut gaps),
            Some(c) => find(&chars, *c).and_then(|place| chars.get_mut(place)).map(|(_, fits)| fits),
        };
        if let Some(word) = fits.and_then(|fits| fits.get_mut(at / 64)) {
            *word |= 1 << (at % 64);
        }
    }
    let mut state = nothing.clone();
    let last = 1_u64 << ((tokens.len() + 63) % 64);
    for (at, c) in text.char_indices() {
        let fits = find(&chars, c).and_then(|place| chars.get(place)).map_or(&nothing, |(_, fits)| fits);
        let mut carry = 1;
        for ((word, gap), fit) in state.iter_mut().zip(&gaps).zip(fits) {
            let next = *word >> 63;
            *word = (*word << 1 | carry) & (gap | fit);
            carry = next;
        }
        if state.last().is_some_and(|word| word & last != 0) {
            return text.get(at + c.len_utf8()..);
        }
    }
    None
}

fn find(chars: &[(char, Vec<u64>)], wanted: char) -> Option<usize> {
    chars.binary_search_by_key(&wanted, |(c, _)| *c).ok()
}

fn has_suffix(segment: &[Piece], text: &str) -> bool {
    let before = segment.iter().rev().try_fold(text, |rest, piece| match piece {
        Piece::Text(expected) => rest.strip_suffix(expected.as_str()),
        Piece::One => {
            let mut chars = rest.chars();
            chars.next_back().map(|_| chars.as_str())
        }
        Piece::Variable(_) => None,
    });
    before.is_some()
}
