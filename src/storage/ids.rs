//! Times and ids: what rows are known by.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use uuid::Uuid;

/// Microseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The wall clock.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    /// Whole seconds, rounded down: HTTP's resolution.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// As the standard library's type. Times before 1970 become 1970.
    #[must_use]
    pub fn system_time(self) -> SystemTime {
        UNIX_EPOCH + std::time::Duration::from_micros(u64::try_from(self.0).unwrap_or(0))
    }
}

macro_rules! uuid_type {
    ($(#[$doc:meta])* $name:ident, $make:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);
        impl $name {
            /// A fresh one.
            #[must_use]
            pub fn fresh() -> Self {
                Self(Uuid::$make())
            }
            /// From 16 bytes.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Uuid::from_slice(bytes).ok().map(Self)
            }
            /// Its 16 bytes.
            #[must_use]
            pub fn bytes(&self) -> Bytes {
                Bytes::copy_from_slice(self.0.as_bytes())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_simple().fmt(f)
            }
        }
    };
}

uuid_type!(
    /// One life of a bucket. A re-created bucket has another, so it never sees the old one's rows.
    BucketId, now_v7
);
uuid_type!(
    /// One blob.
    InodeId, new_v4
);
uuid_type!(
    /// One state of a head. Every change makes a fresh one.
    Rev, new_v4
);
uuid_type!(
    /// One multipart upload; later ones sort after earlier ones (to the millisecond).
    UploadId, now_v7
);

impl UploadId {
    /// From the text a client sends back: 32 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        plain.then(|| Uuid::try_parse(text).ok().map(Self)).flatten()
    }
}

/// One version of an object: its place among the versions of its key, so that it can be found, and something random,
/// so that it is never taken for one of an earlier life of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId {
    /// Its place: the higher, the newer.
    pub seq: i64,
    random: u64,
}

impl VersionId {
    /// A fresh one at this place.
    #[must_use]
    pub fn fresh(seq: i64) -> Self {
        Self { seq, random: Uuid::new_v4().as_u64_pair().1 }
    }

    /// From 16 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        let (seq, random) = bytes.split_first_chunk::<8>()?;
        let (seq, random) = (i64::from_be_bytes(*seq), u64::from_be_bytes(random.try_into().ok()?));
        Some(Self { seq, random })
    }

    /// Its 16 bytes.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        [self.seq.to_be_bytes(), self.random.to_be_bytes()].concat().into()
    }

    /// From the text a client sends back: 32 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::from_slice(&data_encoding::HEXLOWER.decode(text.as_bytes()).ok()?)
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.bytes()))
    }
}

/// A tenant's canonical id: 32 random bytes, shown as 64 hexadecimal digits (AWS, "canonical user ID").
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TenantId(pub [u8; 32]);

impl TenantId {
    /// A fresh random one.
    #[must_use]
    pub fn fresh() -> Self {
        let mut id = [0; 32];
        let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
        id[..16].copy_from_slice(a.as_bytes());
        id[16..].copy_from_slice(b.as_bytes());
        Self(id)
    }

    /// From 32 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// From 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
        Self::from_slice(&bytes)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
