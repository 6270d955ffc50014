//! Bucket names and object keys: parsed once at the edge, trusted everywhere inside.

use std::fmt;

/// Longest object key, bytes of UTF-8 (AWS, "Object key naming guidelines").
pub const KEY_BYTES_MAX: usize = 1024;
/// Shortest and longest bucket name (AWS, "Bucket naming rules").
pub const BUCKET_NAME_BYTES: std::ops::RangeInclusive<usize> = 3..=63;
/// Longest legacy bucket name, bytes (what Pithos and Ceph allowed).
pub const LEGACY_BUCKET_NAME_BYTES_MAX: usize = 255;

/// A valid bucket name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BucketName(String);

/// Which names are accepted for new buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameRules {
    /// The S3 rules.
    S3,
    /// Also upper case, underscores and up to 255 bytes: buckets that come from Pithos or Ceph.
    Legacy,
}

impl BucketName {
    /// Parses the name of a bucket that is to be created.
    ///
    /// # Errors
    /// A sentence that says which rule the name breaks.
    pub fn parse(name: &str, rules: NameRules) -> Result<Self, &'static str> {
        let bytes = name.as_bytes();
        let long = if rules == NameRules::Legacy { LEGACY_BUCKET_NAME_BYTES_MAX } else { *BUCKET_NAME_BYTES.end() };
        if bytes.len() < *BUCKET_NAME_BYTES.start() || bytes.len() > long {
            return Err("A bucket name has 3 to 63 characters.");
        }
        let legal = |b: &u8| {
            b.is_ascii_lowercase()
                || b.is_ascii_digit()
                || matches!(b, b'.' | b'-')
                || (rules == NameRules::Legacy && (b.is_ascii_uppercase() || *b == b'_'))
        };
        if !bytes.iter().all(legal) {
            return Err("A bucket name consists of lower-case letters, digits, dots and hyphens.");
        }
        if rules == NameRules::S3 {
            let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
            if !edge(bytes.first()) || !edge(bytes.last()) {
                return Err("A bucket name begins and ends with a letter or a digit.");
            }
            if ["..", ".-", "-."].iter().any(|pair| name.contains(pair)) {
                return Err("Between the dots of a bucket name is what a host name may have there.");
            }
            if name.starts_with("xn--") || name.starts_with("sthree-") || name.starts_with("amzn-s3-demo-") {
                return Err("This prefix is reserved.");
            }
            if ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].iter().any(|s| name.ends_with(s)) {
                return Err("This suffix is reserved.");
            }
        }
        if name.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err("A bucket name does not look like an IP address.");
        }
        Ok(Self(name.to_owned()))
    }

    /// Parses a name that a request refers to. Wider than [`BucketName::parse`], so that buckets made under legacy
    /// rules stay reachable; a name that no rule allows cannot exist.
    #[must_use]
    pub fn existing(name: &str) -> Option<Self> {
        let legal = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        let fits = (*BUCKET_NAME_BYTES.start()..=LEGACY_BUCKET_NAME_BYTES_MAX).contains(&name.len());
        (fits && name.as_bytes().iter().all(legal)).then(|| Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BucketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A valid object key: 1 to 1,024 bytes of UTF-8, nothing normalised.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey(String);

/// Why a text is no object key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// The key is empty.
    Empty,
    /// The key has more than [`KEY_BYTES_MAX`] bytes.
    TooLong,
}

impl ObjectKey {
    /// Parses a decoded key.
    ///
    /// # Errors
    /// When it is empty or too long.
    pub fn parse(key: impl Into<String>) -> Result<Self, KeyError> {
        let key = key.into();
        match key.len() {
            0 => Err(KeyError::Empty),
            n if n > KEY_BYTES_MAX => Err(KeyError::TooLong),
            _ => Ok(Self(key)),
        }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key's bytes, whose order is the order of listings.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_names_follow_the_s3_rules() {
        for good in ["abc", "my-bucket", "a.b.c", "0ab", &"a".repeat(63)] {
            assert!(BucketName::parse(good, NameRules::S3).is_ok(), "{good}");
        }
        let long = "a".repeat(64);
        for bad in [
            "ab",
            &long,
            "Abc",
            "a_b",
            "-abc",
            "abc-",
            "a..b",
            "a.-b",
            "a-.b",
            "192.168.5.4",
            "xn--abc",
            "abc-s3alias",
            "a b",
            "ä-b",
        ] {
            assert!(BucketName::parse(bad, NameRules::S3).is_err(), "{bad}");
        }
        assert!(BucketName::parse("My_Bucket", NameRules::Legacy).is_ok());
        assert!(BucketName::parse("192.168.5.4", NameRules::Legacy).is_err());
        assert!(BucketName::existing("../x").is_none());
    }

    #[test]
    fn keys_have_1_to_1024_bytes() {
        assert_eq!(ObjectKey::parse(""), Err(KeyError::Empty));
        assert!(ObjectKey::parse("ä".repeat(512)).is_ok());
        assert_eq!(ObjectKey::parse("ä".repeat(513)), Err(KeyError::TooLong));
    }
}
