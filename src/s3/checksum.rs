//! Additional checksums: the five that S3 knows, as headers and trailers.

use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
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

    /// From [`Self::name`], without regard to case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
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
        use crc_fast::CrcAlgorithm::{Crc32Iscsi, Crc32IsoHdlc, Crc64Nvme};
        match algorithm {
            Algorithm::Crc32 => Self::Crc(algorithm, crc_fast::Digest::new(Crc32IsoHdlc)),
            Algorithm::Crc32c => Self::Crc(algorithm, crc_fast::Digest::new(Crc32Iscsi)),
            Algorithm::Crc64Nvme => Self::Crc(algorithm, crc_fast::Digest::new(Crc64Nvme)),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
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
        let (algorithm, bytes) = match self {
            Self::Crc(algorithm, crc) => {
                let value = crc.finalize().to_be_bytes();
                (algorithm, value[8 - algorithm.bytes()..].to_vec())
            }
            Self::Sha1(sha) => (Algorithm::Sha1, sha.finalize().to_vec()),
            Self::Sha256(sha) => (Algorithm::Sha256, sha.finalize().to_vec()),
        };
        let value = data_encoding::BASE64.encode(&bytes);
        StoredChecksum { algorithm: algorithm.name().to_owned(), value, composite: false }
    }
}

/// What a request says about its body's checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which one.
    pub algorithm: Algorithm,
    /// Base64; `None` when it comes as a trailer.
    pub value: Option<String>,
}

/// Reads the checksum that a request's headers carry or announce.
///
/// # Errors
/// `InvalidRequest` for more than one, for one that is no base64 of the right length, and for a trailer that is no
/// checksum S3 knows.
pub fn claim(headers: &Headers) -> Result<Option<Claim>, S3Error> {
    let mut found = Vec::new();
    for algorithm in Algorithm::ALL {
        if let Some(value) = headers.get(algorithm.header()) {
            valid(algorithm, value)?;
            found.push(Claim { algorithm, value: Some(value.to_owned()) });
        }
    }
    for trailer in headers.get("x-amz-trailer").into_iter().flat_map(|t| t.split(',')) {
        let name = trailer.trim().to_ascii_lowercase();
        let algorithm = Algorithm::ALL.into_iter().find(|a| a.header() == name).ok_or_else(|| {
            S3ErrorCode::InvalidRequest.because("The value specified in the x-amz-trailer header is not supported.")
        })?;
        found.push(Claim { algorithm, value: None });
    }
    if found.len() > 1 {
        return Err(S3ErrorCode::InvalidRequest.because("Expecting a single x-amz-checksum- header."));
    }
    Ok(found.pop())
}

/// Checks that a text can be a value of this checksum.
///
/// # Errors
/// `InvalidRequest` that names the header.
pub fn valid(algorithm: Algorithm, value: &str) -> Result<(), S3Error> {
    match data_encoding::BASE64.decode(value.as_bytes()) {
        Ok(bytes) if bytes.len() == algorithm.bytes() => Ok(()),
        _ => Err(S3ErrorCode::InvalidRequest.because(format!("Value for {} header is invalid.", algorithm.header()))),
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

    #[test]
    fn claims_are_single_and_well_formed() {
        let with = |pairs: &[(&str, &str)]| {
            let mut headers = Headers::default();
            pairs.iter().for_each(|(n, v)| headers.push(*n, (*v).to_owned()));
            claim(&headers)
        };
        assert_eq!(with(&[]).expect("is valid"), None);
        let trailer = with(&[("x-amz-trailer", "x-amz-checksum-crc32")]).expect("is valid").expect("is there");
        assert_eq!(trailer, Claim { algorithm: Algorithm::Crc32, value: None });
        assert!(with(&[("x-amz-checksum-crc32", "AAAAAA==")]).expect("is valid").is_some());
        assert!(with(&[("x-amz-checksum-crc32", "AAAA")]).is_err());
        assert!(with(&[("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-trailer", "x-amz-checksum-sha1")]).is_err());
        assert!(with(&[("x-amz-trailer", "x-evil")]).is_err());
    }
}
