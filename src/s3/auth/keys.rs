//! HMACs, digests and comparisons that take the same time whatever they find.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// SHA-256 of nothing, hexadecimal.
pub const SHA256_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// HMAC-SHA256.
#[must_use]
pub fn hmac_sha256(key: &[u8], data: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("an HMAC takes keys of any length");
    mac.update(data);
    mac.finalize().into_bytes().into()
}

/// HMAC-SHA1, base64: the signature of V2.
#[must_use]
pub fn hmac_sha1_base64(key: &[u8], data: &[u8]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("an HMAC takes keys of any length");
    mac.update(data);
    data_encoding::BASE64.encode(&mac.finalize().into_bytes())
}

/// SHA-256, hexadecimal.
#[must_use]
pub fn sha256_hex(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// The V4 signing key of a day, region and service (AWS, "Signature calculations": the four HMACs).
#[must_use]
pub fn signing_key(secret: &str, date: &str, region: &str, service: &str) -> Zeroizing<[u8; 32]> {
    let start = Zeroizing::new(format!("AWS4{secret}"));
    let day = Zeroizing::new(hmac_sha256(start.as_bytes(), date.as_bytes()));
    let there = Zeroizing::new(hmac_sha256(&*day, region.as_bytes()));
    let here = Zeroizing::new(hmac_sha256(&*there, service.as_bytes()));
    Zeroizing::new(hmac_sha256(&*here, b"aws4_request"))
}

/// Whether two signatures are the same text, in a time that depends on their lengths only. Texts are compared, not what
/// they decode to, so that a signature has exactly one spelling.
#[must_use]
pub fn same(ours: &str, theirs: &str) -> bool {
    ours.as_bytes().ct_eq(theirs.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS, "Deriving the signing key", the published example.
    #[test]
    fn the_published_signing_key() {
        let key = signing_key("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", "us-east-1", "iam");
        assert_eq!(hex(&*key), "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
    }

    /// RFC 2202, test case 2.
    #[test]
    fn the_published_hmac_sha1() {
        let want = data_encoding::BASE64
            .encode(&data_encoding::HEXLOWER.decode(b"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79").expect("hexadecimal"));
        assert_eq!(hmac_sha1_base64(b"Jefe", b"what do ya want for nothing?"), want);
    }

    #[test]
    fn only_the_very_same_text_is_the_same() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "abC"));
        assert!(!same("abc", "abcd"));
        assert!(!same("", "a"));
        assert_eq!(sha256_hex(b""), SHA256_OF_NOTHING);
    }
}
