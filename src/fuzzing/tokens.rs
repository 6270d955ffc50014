//! Continuation tokens, and the ids that clients send back. Input: two lines, any text and any bytes after them.

use super::{Dice, Input};
use crate::s3::ops::object::version;
use crate::s3::token::{open, seal};
use crate::storage::UploadId;

pub(super) fn check(input: &[u8]) {
    let mut dice = Dice::of(input);
    let mut parts = Input(input);
    let (scope, token) = (parts.line(), parts.text());
    ids(&token);
    if let Ok(position) = open(scope, &token) {
        assert_eq!(seal(scope, &position), token, "a position has one token");
    }
    let position = parts.0;
    let sealed = seal(scope, position);
    assert_eq!(open(scope, &sealed).expect("a token that was just made"), position);
    let elsewhere = [scope, b"x"].concat();
    assert!(open(&elsewhere, &sealed).is_err(), "a token of another listing");
    let mut forged = sealed.into_bytes();
    let at = dice.below(forged.len());
    match dice.below(3) {
        0 => drop(forged.remove(at)),
        1 => forged.insert(at, b"A-z0"[dice.below(4)]),
        _ => forged[at] = if forged[at] == b'A' { b'B' } else { b'A' },
    }
    let forged = String::from_utf8(forged).expect("is ASCII");
    assert!(open(scope, &forged).is_err(), "a forged token: {forged}");
}

fn ids(text: &str) {
    if let Some(id) = UploadId::parse(text) {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
    }
    if let Ok(Some(named)) = version::parse(Some(text)) {
        assert_eq!(version::text(named), text);
    }
}
