//! Continuation tokens: opaque, bound to what they continue, and refused when they are not ours.
//!
//! # Why no key of its own
//! A token is signed with the id of the bucket (or tenant) whose listing it continues. The id of a bucket is random,
//! the same on every front end and after every restart, and no answer shows it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::s3::error::{S3Error, S3ErrorCode};

/// Changes when the meaning of a token does.
const VERSION: &[u8] = b"dolium-continuation-2";
const TAG_BYTES: usize = 16;

/// Makes a token of a position in the listing of `scope`.
#[must_use]
pub fn seal(scope: &[u8], position: &[u8]) -> String {
    let mut bytes = tag(scope, position).to_vec();
    bytes.extend_from_slice(position);
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}

/// Reads a token's position.
///
/// # Errors
/// `InvalidArgument` for anything [`seal`] did not make for this `scope`.
pub fn open(scope: &[u8], token: &str) -> Result<Vec<u8>, S3Error> {
    let invalid = || {
        S3ErrorCode::InvalidArgument
            .because("The continuation token provided is incorrect")
            .field("ArgumentName", "continuation-token")
    };
    let bytes = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| invalid())?;
    let (sent, position) = bytes.split_at_checked(TAG_BYTES).ok_or_else(invalid)?;
    if bool::from(sent.ct_eq(&tag(scope, position))) { Ok(position.to_vec()) } else { Err(invalid()) }
}

fn tag(scope: &[u8], position: &[u8]) -> [u8; TAG_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(scope).expect("HMAC takes keys of any length");
    mac.update(VERSION);
    mac.update(position);
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(&mac.finalize().into_bytes()[..TAG_BYTES]);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_open_where_they_were_made_and_nowhere_else() {
        let token = seal(b"bucket", b"a/b\0");
        assert_eq!(open(b"bucket", &token).expect("is ours"), b"a/b\0");
        for (scope, token) in
            [(&b"other"[..], token.as_str()), (b"bucket", "a/b"), (b"bucket", ""), (b"bucket", &token[1..])]
        {
            assert_eq!(open(scope, token).expect_err("is not").code, S3ErrorCode::InvalidArgument);
        }
        for at in 0..token.len() {
            let mut forged = token.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).expect("is ASCII");
            assert!(open(b"bucket", &forged).is_err(), "{forged}");
        }
    }
}
