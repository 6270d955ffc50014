//! Continuation tokens: opaque, and refused when they are not ours.

use sha2::{Digest, Sha256};

use crate::s3::error::{S3Error, S3ErrorCode};

/// Changes when the meaning of a token does.
const VERSION: &[u8] = b"dolium-continuation-1";
const TAG_BYTES: usize = 8;

/// Makes a token of a position.
#[must_use]
pub fn seal(position: &[u8]) -> String {
    let mut bytes = tag(position).to_vec();
    bytes.extend_from_slice(position);
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}

/// Reads a token's position.
///
/// # Errors
/// `InvalidArgument` for anything [`seal`] did not make.
pub fn open(token: &str) -> Result<Vec<u8>, S3Error> {
    let invalid = || {
        S3ErrorCode::InvalidArgument
            .because("The continuation token provided is incorrect")
            .field("ArgumentName", "continuation-token")
    };
    let bytes = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| invalid())?;
    let (sent, position) = bytes.split_at_checked(TAG_BYTES).ok_or_else(invalid)?;
    if sent == tag(position) { Ok(position.to_vec()) } else { Err(invalid()) }
}

fn tag(position: &[u8]) -> [u8; TAG_BYTES] {
    let digest = Sha256::new().chain_update(VERSION).chain_update(position).finalize();
    let mut tag = [0; TAG_BYTES];
    tag.copy_from_slice(&digest[..TAG_BYTES]);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_open_and_others_do_not() {
        let token = seal(b"a/b\0");
        assert_eq!(open(&token).expect("is ours"), b"a/b\0");
        assert!(open("a/b").is_err());
        assert!(open("").is_err());
        assert!(open(&token[1..]).is_err());
    }
}
