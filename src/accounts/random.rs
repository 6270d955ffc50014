//! Random texts: keys, secrets and ids in the shapes that AWS gives them.

use zeroize::Zeroizing;

/// What access keys of temporary credentials begin with.
pub const TEMPORARY: &str = "ASIA";

const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Letters and digits only: some clients stumble over others in URLs.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A text of this many of these letters, each as likely as the others.
///
/// # Errors
/// One sentence: the system gives no random bytes.
pub fn text(length: usize, letters: &[u8]) -> Result<String, String> {
    // Bytes above the largest multiple of the alphabet would make its first letters likelier.
    let fair = 256 - 256 % letters.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        let mut bytes = [0; 64];
        bytes_into(&mut bytes)?;
        let drawn = bytes.iter().map(|b| usize::from(*b)).filter(|b| *b < fair).map(|b| letters[b % letters.len()]);
        text.extend(drawn.map(char::from).take(length - text.len()));
    }
    Ok(text)
}

/// Fills a buffer.
///
/// # Errors
/// As [`text`].
pub fn bytes_into(bytes: &mut [u8]) -> Result<(), String> {
    getrandom::fill(bytes).map_err(|e| format!("the system gives no random bytes: {e}"))
}

/// The secret half of a key: 40 characters.
///
/// # Errors
/// As [`text`].
pub fn secret() -> Result<Zeroizing<String>, String> {
    text(40, LETTERS).map(Zeroizing::new)
}

/// An id or access key: a prefix that says of what, and `length` characters in all.
///
/// # Errors
/// As [`text`].
pub(super) fn id(prefix: &str, length: usize) -> Result<String, String> {
    Ok(format!("{prefix}{}", text(length - prefix.len(), UPPER)?))
}
