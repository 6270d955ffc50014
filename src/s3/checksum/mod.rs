//! Additional checksums: the five that S3 knows, what requests say about them, and how those of parts make an object's.

mod claim;
mod parts;

pub use claim::{Claim, announced, claim, claim_of_object, in_trailer};
pub use parts::{Kind, Plan, algorithm};

use sha1::Sha1;
use sha2::{Digest, Sha256};

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
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// As in documents and in `x-amz-checksum-algorithm`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header that carries it.
    #[must_use]
    pub fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The element that carries it.
    #[must_use]
    pub fn element(self) -> &'static str {
        match self {
            Self::Crc32 => "ChecksumCRC32",
            Self::Crc32c => "ChecksumCRC32C",
            Self::Crc64Nvme => "ChecksumCRC64NVME",
            Self::Sha1 => "ChecksumSHA1",
            Self::Sha256 => "ChecksumSHA256",
        }
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
            Self::Sha1 | Self::Sha256 => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// Whether a header is the checksum of no bytes at all.
#[must_use]
pub fn is_of_nothing(header: &str, value: &[u8]) -> bool {
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.header() == header);
    algorithm.is_some_and(|algorithm| Hasher::new(algorithm).finish().value.as_bytes() == value)
}

/// A checksum in the making.
pub enum Hasher {
    /// One of the CRCs.
    Crc(Algorithm, crc_fast::Digest),
    /// SHA-1.
    Sha1(Sha1),
    /// SHA-256.
    Sha256(Sha256),
}

impl Hasher {
    /// Begins one.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        match (algorithm, algorithm.crc()) {
            (_, Some(crc)) => Self::Crc(algorithm, crc_fast::Digest::new(crc)),
            (Algorithm::Sha1, None) => Self::Sha1(Sha1::new()),
            (_, None) => Self::Sha256(Sha256::new()),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc(_, crc) => crc.update(bytes),
            Self::Sha1(sha) => sha.update(bytes),
            Self::Sha256(sha) => sha.update(bytes),
        }
    }

    /// Ends it.
    #[must_use]
    pub fn finish(self) -> StoredChecksum {
        match self {
            Self::Crc(algorithm, crc) => of_crc(algorithm, crc.finalize()),
            Self::Sha1(sha) => stored(Algorithm::Sha1, &sha.finalize()),
            Self::Sha256(sha) => stored(Algorithm::Sha256, &sha.finalize()),
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

    /// "123456789", the check value of every CRC catalogue.
    #[test]
    fn check_values() {
        for (algorithm, hex) in [
            (Algorithm::Crc32, "cbf43926"),
            (Algorithm::Crc32c, "e3069283"),
            (Algorithm::Crc64Nvme, "ae8b14860a799888"),
            (Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
            (Algorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
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
