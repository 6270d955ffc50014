//! What a rule may say. Source: AWS API_PutBucketCors, API_CORSRule; the messages are AWS's own where they are known.

use crate::s3::cors::rule::Rule;
use crate::s3::error::{S3Error, S3ErrorCode};

/// What rules may name.
pub const METHODS: [&str; 5] = ["GET", "PUT", "HEAD", "POST", "DELETE"];
/// Stands for all of them. Not AWS's: public guides of other providers use it.
pub const EVERY_METHOD: &str = "*";
/// Longest id, characters.
const ID_CHARS_MAX: usize = 255;

/// Checks a rule.
///
/// # Errors
/// `InvalidRequest`.
pub fn check(rule: &Rule) -> Result<(), S3Error> {
    for method in &rule.allowed_methods {
        if method != EVERY_METHOD && !METHODS.contains(&method.as_str()) {
            return Err(refused(format!(
                "Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )));
        }
    }
    one_wildcard("AllowedOrigin", &rule.allowed_origins)?;
    one_wildcard("AllowedHeader", &rule.allowed_headers)?;
    if let Some(header) = rule.expose_headers.iter().find(|header| header.contains('*')) {
        return Err(refused(format!(
            "ExposeHeader \"{header}\" contains wildcard. We currently do not support wildcard for ExposeHeader."
        )));
    }
    if rule.id.as_ref().is_some_and(|id| id.chars().count() > ID_CHARS_MAX) {
        return Err(refused(format!("ID length should not exceed allowed limit of {ID_CHARS_MAX}")));
    }
    for name in rule.allowed_headers.iter().chain(&rule.expose_headers) {
        if !name.bytes().all(is_of_name) {
            return Err(refused(format!("AllowedHeader \"{name}\" contains invalid character.")));
        }
    }
    // These go into headers: a line break in one would begin another header.
    for (name, values) in [
        ("AllowedOrigin", &rule.allowed_origins),
        ("AllowedHeader", &rule.allowed_headers),
        ("ExposeHeader", &rule.expose_headers),
    ] {
        if values.iter().flat_map(|value| value.bytes()).any(|byte| !(b' '..=b'~').contains(&byte)) {
            return Err(refused(format!("{name} has a character that no header can carry.")));
        }
    }
    Ok(())
}

/// RFC 9110, section 5.6.2: `tchar`.
pub(super) fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn one_wildcard(name: &str, patterns: &[String]) -> Result<(), S3Error> {
    match patterns.iter().find(|pattern| pattern.matches('*').count() > 1) {
        Some(pattern) => Err(refused(format!("{name} \"{pattern}\" can not have more than one wildcard."))),
        None => Ok(()),
    }
}

fn refused(why: String) -> S3Error {
    S3ErrorCode::InvalidRequest.because(why)
}
