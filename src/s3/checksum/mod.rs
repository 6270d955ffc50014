//! Additional checksums: those that S3 knows, what requests say about them, and how those of parts make an object's.

mod claim;
mod parts;

pub use claim::{Claim, announced, claim, claim_of_object, in_trailer};
pub use parts::{Kind, Plan, algorithm};

use std::hash::Hasher as _;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use twox_hash::{XxHash3_64, XxHash3_128, XxHash64};

use crate::s3::response::Response;
use crate::storage::StoredChecksum;

/// A checksum that S3 knows (AWS, "Checking object integrity").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
    Sha512,
    Md5,
    XxHash64,
    XxHash3,
    XxHash128,
}

/// What an algorithm is called, and how long its values are.
struct Facts {
    name: &'static str,
    header: &'static str,
    element: &'static str,
    bytes: usize,
}

const fn facts(name: &'static str, header: &'static str, element: &'static str, bytes: usize) -> Facts {
    Facts { name, header, element, bytes }
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Md5,
        Self::XxHash64,
        Self::XxHash3,
        Self::XxHash128,
    ];

    const fn facts(self) -> Facts {
        match self {
            Self::Crc32 => facts("CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4),
            Self::Crc32c => facts("CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4),
            Self::Crc64Nvme => facts("CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8),
            Self::Sha1 => facts("SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20),
            Self::Sha256 => facts("SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32),
            Self::Sha512 => facts("SHA512", "x-amz-checksum-sha512", "ChecksumSHA512", 64),
            Self::Md5 => facts("MD5", "x-amz-checksum-md5", "ChecksumMD5", 16),
            Self::XxHash64 => facts("XXHASH64", "x-amz-checksum-xxhash64", "ChecksumXXHASH64", 8),
            Self::XxHash3 => facts("XXHASH3", "x-amz-checksum-xxhash3", "ChecksumXXHASH3", 8),
            Self::XxHash128 => facts("XXHASH128", "x-amz-checksum-xxhash128", "ChecksumXXHASH128", 16),
        }
    }

    /// As in documents and in `x-amz-checksum-algorithm`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The header that carries it.
    #[must_use]
    pub fn header(self) -> &'static str {
        self.facts().header
    }

    /// The element that carries it.
    #[must_use]
    pub fn element(self) -> &'static str {
        self.facts().element
    }

    /// From [`Self::name`], without regard to case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// How this algorithm is called within sentences.
    #[must_use]
    pub fn lower(self) -> String {
        self.name().to_ascii_lowercase()
    }

    /// Those whose value for a whole follows from the values of its parts.
    fn crc(self) -> Option<crc_fast::CrcAlgorithm> {
        use crc_fast::CrcAlgorithm::{Crc32Iscsi, Crc32IsoHdlc, Crc64Nvme};
        match self {
            Self::Crc32 => Some(Crc32IsoHdlc),
            Self::Crc32c => Some(Crc32Iscsi),
            Self::Crc64Nvme => Some(Crc64Nvme),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        self.facts().bytes
    }
}

/// Whether a header is the checksum of no bytes at all.
#[must_use]
pub fn is_of_nothing(header: &str, value: &[u8]) -> bool {
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.header() == header);
    algorithm.is_some_and(|algorithm| Hasher::new(algorithm).finish().value.as_bytes() == value)
}

/// A checksum in the making. Hashes of the XXH family are written with the most significant byte first and have the seed
/// 0, as the SDKs compute them.
#[allow(missing_docs)]
pub enum Hasher {
    /// One of the CRCs.
    Crc(Algorithm, crc_fast::Digest),
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
    Md5(Md5),
    XxHash64(XxHash64),
    XxHash3(Box<XxHash3_64>),
    XxHash128(Box<XxHash3_128>),
}

impl Hasher {
    /// Begins one.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        use crc_fast::CrcAlgorithm::{Crc32Iscsi, Crc32IsoHdlc, Crc64Nvme};
        let crc = |which| Self::Crc(algorithm, crc_fast::Digest::new(which));
        match algorithm {
            Algorithm::Crc32 => crc(Crc32IsoHdlc),
            Algorithm::Crc32c => crc(Crc32Iscsi),
            Algorithm::Crc64Nvme => crc(Crc64Nvme),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new()),
            Algorithm::Md5 => Self::Md5(Md5::new()),
            Algorithm::XxHash64 => Self::XxHash64(XxHash64::with_seed(0)),
            Algorithm::XxHash3 => Self::XxHash3(Box::default()),
            Algorithm::XxHash128 => Self::XxHash128(Box::default()),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(_, crc) => crc.update(bytes),
            Self::Sha1(sha) => sha.update(bytes),
            Self::Sha256(sha) => sha.update(bytes),
            Self::Sha512(sha) => sha.update(bytes),
            Self::Md5(md5) => md5.update(bytes),
            Self::XxHash64(hash) => hash.write(bytes),
            Self::XxHash3(hash) => hash.write(bytes),
            Self::XxHash128(hash) => hash.write(bytes),
        }
    }

    /// Ends it.
    #[must_use]
    pub fn finish(self) -> StoredChecksum {
        match self {
            Self::Crc(algorithm, crc) => of_crc(algorithm, crc.finalize()),
            Self::Sha1(sha) => stored(Algorithm::Sha1, &sha.finalize()),
            Self::Sha256(sha) => stored(Algorithm::Sha256, &sha.finalize()),
            Self::Sha512(sha) => stored(Algorithm::Sha512, &sha.finalize()),
            Self::Md5(md5) => stored(Algorithm::Md5, &md5.finalize()),
            Self::XxHash64(hash) => stored(Algorithm::XxHash64, &hash.finish().to_be_bytes()),
            Self::XxHash3(hash) => stored(Algorithm::XxHash3, &hash.finish().to_be_bytes()),
            Self::XxHash128(hash) => stored(Algorithm::XxHash128, &hash.finish_128().to_be_bytes()),
        }
    }
}

fn stored(algorithm: Algorithm, value: &[u8]) -> StoredChecksum {
    let value = data_encoding::BASE64.encode(value);
    StoredChecksum { algorithm: algorithm.name().to_owned(), value, composite: false }
}

fn of_crc(algorithm: Algorithm, crc: u64) -> StoredChecksum {
    stored(algorithm, &crc.to_be_bytes()[8 - algorithm.bytes()..])
}

/// The bytes of a value without `-N`; `None` when it cannot be one of this algorithm.
fn decoded(algorithm: Algorithm, value: &str) -> Option<Vec<u8>> {
    let bytes = data_encoding::BASE64.decode(value.as_bytes()).ok()?;
    (bytes.len() == algorithm.bytes()).then_some(bytes)
}

/// Writes the headers of checksums, and of which kind they are where the answer is about an object.
pub fn write(answer: &mut Response, checksums: &[StoredChecksum], with_kind: bool) {
    for checksum in checksums {
        let Some(algorithm) = Algorithm::parse(&checksum.algorithm) else { continue };
        answer.set(algorithm.header(), checksum.value.as_str());
        if with_kind {
            answer.set("x-amz-checksum-type", Kind::of(checksum).name());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_alike() {
        for algorithm in Algorithm::ALL {
            assert_eq!(algorithm.header(), format!("x-amz-checksum-{}", algorithm.lower()));
            assert_eq!(algorithm.element(), format!("Checksum{}", algorithm.name()));
            assert_eq!(Algorithm::parse(&algorithm.lower()), Some(algorithm));
            let value = Hasher::new(algorithm).finish().value;
            assert!(decoded(algorithm, &value).is_some() && is_of_nothing(algorithm.header(), value.as_bytes()));
        }
    }

    /// "123456789", the check value of every CRC catalogue.
    #[test]
    fn check_values() {
        for (algorithm, hex) in [
            (Algorithm::Crc32, "cbf43926"),
            (Algorithm::Crc32c, "e3069283"),
            (Algorithm::Crc64Nvme, "ae8b14860a799888"),
            (Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (Algorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
            (
                Algorithm::Sha512,
                "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
            ),
            (Algorithm::Md5, "25f9e794323b453885f5181f1b624d0b"),
            // As AWS's common runtime computes them for the SDKs.
            (Algorithm::XxHash64, "8cb841db40e6ae83"),
            (Algorithm::XxHash3, "72dcb18b67a17dff"),
            (Algorithm::XxHash128, "33119477ede5dcd5e9716427681d5860"),
        ] {
            let mut hasher = Hasher::new(algorithm);
            hasher.update(b"1234");
            hasher.update(b"56789");
            let value = hasher.finish().value;
            let bytes = data_encoding::BASE64.decode(value.as_bytes()).expect("is base64");
            assert_eq!(data_encoding::HEXLOWER.encode(&bytes), hex, "{algorithm:?}");
        }
    }
}
