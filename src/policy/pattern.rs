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
    /// proportion to the text when there is no `?`, and in proportion to both when there is.
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
    let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    starts.into_iter().find_map(|start| after_prefix(segment, text.get(start..)?))
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
