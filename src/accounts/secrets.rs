//! Encryption at rest: secrets of keys and session tokens. XChaCha20-Poly1305 under keys derived from the operator's.

use std::fmt;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::random;

/// What a sealed text begins with.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// What something is sealed for. Each purpose has a key of its own, so that nothing sealed for one opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Secret,
    Token,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Secret => b"dolium 1 secret keys",
            Self::Token => b"dolium 1 session tokens",
        }
    }
}

type Key = Zeroizing<[u8; 32]>;

/// The operator's keys: the first encrypts, all decrypt.
pub struct EncryptionKeys(Vec<Key>);

impl fmt::Debug for EncryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} encryption keys)", self.0.len())
    }
}

impl EncryptionKeys {
    /// Reads keys, separated by white space or commas, each 32 bytes as base64 or 64 hexadecimal digits.
    ///
    /// # Errors
    /// One sentence that does not show them.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = text.split([',', ' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
        let keys: Option<Vec<Key>> = words.map(decode).collect();
        match keys {
            Some(keys) if !keys.is_empty() => Ok(Self(keys)),
            _ => Err("an encryption key is 32 bytes as base64 or 64 hexadecimal digits".to_owned()),
        }
    }

    /// A fresh key, as [`EncryptionKeys::parse`] reads it.
    ///
    /// # Errors
    /// One sentence: the system gives no random bytes.
    pub fn generate() -> Result<Zeroizing<String>, String> {
        let mut key = Zeroizing::new([0; 32]);
        random::bytes_into(key.as_mut())?;
        Ok(Zeroizing::new(data_encoding::BASE64.encode(key.as_ref())))
    }

    /// Encrypts `data` so that it opens only beside `beside`.
    pub(super) fn seal(&self, purpose: Purpose, data: &[u8], beside: &[u8]) -> Result<Vec<u8>, String> {
        let key = self.0.first().ok_or("there is no encryption key")?;
        let mut nonce = [0; NONCE_BYTES];
        random::bytes_into(&mut nonce)?;
        let sealed = cipher(key, purpose)
            .encrypt(&XNonce::from(nonce), Payload { msg: data, aad: beside })
            .map_err(|_| "the text is too long to be encrypted")?;
        Ok([&[VERSION][..], &nonce, &sealed].concat())
    }

    /// Decrypts what [`EncryptionKeys::seal`] made under any of the keys.
    pub(super) fn open(&self, purpose: Purpose, sealed: &[u8], beside: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.strip_prefix(&[VERSION])?.split_first_chunk::<NONCE_BYTES>()?;
        let open = |key| cipher(key, purpose).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: beside }).ok();
        self.0.iter().find_map(open).map(Zeroizing::new)
    }
}

fn decode(word: &str) -> Option<Key> {
    let bytes = match word.len() {
        64 => data_encoding::HEXLOWER_PERMISSIVE.decode(word.as_bytes()),
        _ => data_encoding::BASE64.decode(word.as_bytes()),
    };
    let bytes = Zeroizing::new(bytes.ok()?);
    <[u8; 32]>::try_from(bytes.as_slice()).ok().map(Zeroizing::new)
}

fn cipher(key: &Key, purpose: Purpose) -> XChaCha20Poly1305 {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key.as_ref()).expect("an HMAC takes keys of any length");
    mac.update(purpose.label());
    let derived: Key = Zeroizing::new(mac.finalize().into_bytes().into());
    XChaCha20Poly1305::new_from_slice(derived.as_ref()).expect("the key has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    const TWO: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=";

    #[test]
    fn what_was_sealed_opens_only_as_itself() {
        let keys = EncryptionKeys::parse(ONE).expect("a key");
        let sealed = keys.seal(Purpose::Secret, b"marker", b"AKIA1").expect("seals");
        assert!(!sealed.windows(6).any(|w| w == b"marker"));
        let open = |keys: &EncryptionKeys, purpose, sealed: &[u8], beside: &[u8]| {
            keys.open(purpose, sealed, beside).map(|it| it.to_vec())
        };
        assert_eq!(open(&keys, Purpose::Secret, &sealed, b"AKIA1").as_deref(), Some(&b"marker"[..]));
        assert_eq!(open(&keys, Purpose::Secret, &sealed, b"AKIA2"), None, "moved to another key");
        assert_eq!(open(&keys, Purpose::Token, &sealed, b"AKIA1"), None, "for another purpose");
        for bit in 0..sealed.len() * 8 {
            let mut wrong = sealed.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&keys, Purpose::Secret, &wrong, b"AKIA1"), None, "bit {bit}");
        }
        let turned = EncryptionKeys::parse(&format!("{TWO}\n{ONE}\n")).expect("two keys");
        assert_eq!(open(&turned, Purpose::Secret, &sealed, b"AKIA1").as_deref(), Some(&b"marker"[..]), "rotation");
        let newer = turned.seal(Purpose::Secret, b"marker", b"AKIA1").expect("seals");
        assert_eq!(open(&keys, Purpose::Secret, &newer, b"AKIA1"), None, "the first key encrypts");
        assert_ne!(newer, turned.seal(Purpose::Secret, b"marker", b"AKIA1").expect("seals"), "never the same twice");
    }

    #[test]
    fn keys_have_two_spellings_and_are_never_shown() {
        for wrong in ["", " ", "abc", &ONE[1..], &format!("{ONE},x"), "AAAA"] {
            let error = EncryptionKeys::parse(wrong).expect_err("is none");
            assert!(!error.contains(ONE), "{error}");
        }
        let made = EncryptionKeys::generate().expect("random bytes");
        let keys = EncryptionKeys::parse(&made).expect("reads back");
        assert_eq!(format!("{keys:?}"), "(1 encryption keys)");
    }
}
