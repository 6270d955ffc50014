//! The checksums of multipart uploads: which one the object is to have, and how it follows from those of the parts.
//!
//! # Why arithmetic
//! The CRC of a whole follows from the CRCs and lengths of its parts; no other checksum does. So a completion needs no
//! byte of the object, and the others can only be checksums of checksums (AWS, "Checking object integrity").

use std::collections::HashMap;

use super::{Algorithm, Claim, Hasher, decoded, of_crc};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::storage::{StoredChecksum, Upload};

/// What a checksum is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The object's bytes.
    FullObject,
    /// The checksums of its parts.
    Composite,
}

impl Kind {
    /// As in `x-amz-checksum-type`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FullObject => "FULL_OBJECT",
            Self::Composite => "COMPOSITE",
        }
    }

    /// Of a stored checksum.
    #[must_use]
    pub fn of(checksum: &StoredChecksum) -> Self {
        if checksum.composite { Self::Composite } else { Self::FullObject }
    }

    /// Reads `x-amz-checksum-type`.
    ///
    /// # Errors
    /// `InvalidRequest`.
    pub fn parse(headers: &Headers) -> Result<Option<Self>, S3Error> {
        let Some(value) = headers.bytes(TYPE) else { return Ok(None) };
        let kinds = [Self::FullObject, Self::Composite];
        let kind = kinds.into_iter().find(|kind| kind.name().as_bytes().eq_ignore_ascii_case(value));
        let invalid = || S3ErrorCode::InvalidRequest.because(format!("Value for {TYPE} header is invalid."));
        kind.map(Some).ok_or_else(invalid)
    }
}

const TYPE: &str = "x-amz-checksum-type";

/// The checksum that the object of an upload is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Which one; each part has it too.
    pub algorithm: Algorithm,
    /// What it is made of.
    pub kind: Kind,
    /// The client chose it when it opened the upload.
    pub declared: bool,
}

impl Plan {
    /// What an upload gets whose client chose nothing (AWS, since December 2024).
    const DEFAULT: Self = Self { algorithm: Algorithm::Crc64Nvme, kind: Kind::FullObject, declared: false };

    /// Reads `x-amz-checksum-algorithm` and `x-amz-checksum-type`.
    ///
    /// # Errors
    /// `InvalidRequest` for one that S3 does not know, and for an algorithm that cannot be of this kind.
    pub fn parse(headers: &Headers) -> Result<Self, S3Error> {
        let kind = Kind::parse(headers)?;
        let Some(algorithm) = algorithm(headers)? else {
            return match kind {
                None => Ok(Self::DEFAULT),
                Some(_) => Err(S3ErrorCode::InvalidRequest.because(
                    "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
                )),
            };
        };
        let usual = if algorithm == Algorithm::Crc64Nvme { Kind::FullObject } else { Kind::Composite };
        let kind = kind.unwrap_or(usual);
        let possible = match kind {
            Kind::FullObject => algorithm.crc().is_some(),
            Kind::Composite => algorithm != Algorithm::Crc64Nvme,
        };
        if !possible {
            return Err(S3ErrorCode::InvalidRequest.because(format!(
                "The {} checksum type cannot be used with the {} checksum algorithm.",
                kind.name(),
                algorithm.lower()
            )));
        }
        Ok(Self { algorithm, kind, declared: true })
    }

    /// As [`Self::stored`] kept it with the upload.
    #[must_use]
    pub fn of(upload: &Upload) -> Self {
        let declared = upload.attrs.checksums.first();
        let plan = declared.and_then(|checksum| {
            let algorithm = Algorithm::parse(&checksum.algorithm)?;
            Some(Self { algorithm, kind: Kind::of(checksum), declared: true })
        });
        plan.unwrap_or(Self::DEFAULT)
    }

    /// What an upload keeps of it: a checksum without a value, or nothing for the default.
    #[must_use]
    pub fn stored(self) -> Vec<StoredChecksum> {
        let checksum = StoredChecksum {
            algorithm: self.algorithm.name().to_owned(),
            value: String::new(),
            composite: self.kind == Kind::Composite,
        };
        if self.declared { vec![checksum] } else { Vec::new() }
    }

    /// Checks that a part, or a completion, brings a checksum that goes with the upload.
    ///
    /// # Errors
    /// `InvalidRequest` for another algorithm, and for a part of a composite checksum that brings none.
    pub fn admit(self, claim: Option<&Claim>) -> Result<(), S3Error> {
        let actual = match claim {
            Some(claim) if self.declared && claim.algorithm != self.algorithm => claim.algorithm.lower(),
            None if self.kind == Kind::Composite => "null".to_owned(),
            _ => return Ok(()),
        };
        Err(S3ErrorCode::InvalidRequest.because(format!(
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {actual}",
            self.algorithm.lower()
        )))
    }

    /// The checksum of this plan's algorithm among a part's.
    #[must_use]
    pub fn pick(self, checksums: &[StoredChecksum]) -> Option<&StoredChecksum> {
        checksums.iter().find(|checksum| checksum.algorithm == self.algorithm.name())
    }

    /// The object's checksum, from each part's size and checksum, in order. `None` when a part has none: it was written
    /// before its server computed them.
    #[must_use]
    pub fn combine(self, parts: &[(u64, Option<StoredChecksum>)]) -> Option<StoredChecksum> {
        let values = parts.iter().map(|(size, checksum)| {
            let value = decoded(self.algorithm, &checksum.as_ref()?.value)?;
            Some((*size, value))
        });
        match (self.kind, self.algorithm.crc()) {
            (Kind::Composite, _) => {
                let mut hasher = Hasher::new(self.algorithm);
                for value in values {
                    hasher.update(&value?.1);
                }
                let whole = hasher.finish();
                Some(StoredChecksum { value: format!("{}-{}", whole.value, parts.len()), composite: true, ..whole })
            }
            (Kind::FullObject, Some(crc)) => {
                let number = |bytes: Vec<u8>| bytes.iter().fold(0_u64, |n, byte| n << 8 | u64::from(*byte));
                let mut appender = Appender::new(crc, parts.iter().map(|(size, _)| *size));
                let mut whole = crc_fast::Digest::new(crc).finalize();
                for value in values {
                    let (size, bytes) = value?;
                    whole = appender.append(whole, number(bytes), size);
                }
                Some(of_crc(self.algorithm, whole))
            }
            (Kind::FullObject, None) => None,
        }
    }
}

/// Appends the CRCs of parts.
///
/// # Why not one call for each
/// A call takes half a millisecond, ten thousand of them seconds. What it does to the CRC before is linear and depends on
/// the part's length only, and nearly all parts of an upload have one length: so what it does to each of the 64 bits is
/// found out once.
struct Appender {
    crc: crc_fast::CrcAlgorithm,
    /// How many parts have this length.
    counts: HashMap<u64, usize>,
    /// What lengths that are common do: to no bit, and to each.
    known: HashMap<u64, (u64, [u64; 64])>,
}

impl Appender {
    fn new(crc: crc_fast::CrcAlgorithm, sizes: impl Iterator<Item = u64>) -> Self {
        let mut counts = HashMap::new();
        sizes.for_each(|size| *counts.entry(size).or_default() += 1);
        Self { crc, counts, known: HashMap::new() }
    }

    fn append(&mut self, whole: u64, part: u64, size: u64) -> u64 {
        let crc = self.crc;
        let call = |whole, part| crc_fast::checksum_combine(crc, whole, part, size);
        if self.counts.get(&size).is_none_or(|count| *count <= 64) {
            return call(whole, part);
        }
        let (nothing, bits) = self.known.entry(size).or_insert_with(|| {
            let nothing = call(0, 0);
            (nothing, std::array::from_fn(|bit| call(1 << bit, 0) ^ nothing))
        });
        let set = bits.iter().enumerate().filter(|(bit, _)| whole >> bit & 1 == 1);
        set.fold(*nothing ^ part, |sum, (_, effect)| sum ^ effect)
    }
}

/// Reads `x-amz-checksum-algorithm`.
///
/// # Errors
/// `InvalidRequest` for one that S3 does not know.
pub fn algorithm(headers: &Headers) -> Result<Option<Algorithm>, S3Error> {
    let Some(name) = headers.bytes("x-amz-checksum-algorithm") else { return Ok(None) };
    let known = std::str::from_utf8(name).ok().and_then(Algorithm::parse);
    known.map(Some).ok_or_else(|| {
        S3ErrorCode::InvalidRequest.because(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, \
             CRC64NVME, MD5, SHA1, SHA256, SHA512, XXHASH128, XXHASH3, XXHASH64]",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pairs: &[(&str, &str)]) -> Result<Plan, S3Error> {
        let mut headers = Headers::default();
        pairs.iter().for_each(|(n, v)| headers.push(*n, (*v).to_owned()));
        Plan::parse(&headers)
    }

    fn checksum(algorithm: Algorithm, bytes: &[u8]) -> StoredChecksum {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    #[test]
    fn only_crcs_are_of_full_objects_and_crc64nvme_is_nothing_else() {
        use Algorithm::{Crc32, Crc32c, Crc64Nvme};
        let ask = |algorithm: Algorithm, kind| parse(&[("x-amz-checksum-algorithm", algorithm.name()), (TYPE, kind)]);
        for algorithm in Algorithm::ALL {
            let (full, composite) = ([Crc32, Crc32c, Crc64Nvme].contains(&algorithm), algorithm != Crc64Nvme);
            assert_eq!(ask(algorithm, "FULL_OBJECT").is_ok(), full, "{algorithm:?}");
            assert_eq!(ask(algorithm, "COMPOSITE").is_ok(), composite, "{algorithm:?}");
            let usual = parse(&[("x-amz-checksum-algorithm", algorithm.name())]).expect("needs no kind").kind;
            assert_eq!(usual == Kind::FullObject, algorithm == Crc64Nvme, "{algorithm:?}");
        }
        assert!(!parse(&[]).expect("has a default").declared);
        for bad in [&[(TYPE, "COMPOSITE")][..], &[("x-amz-checksum-algorithm", "MD4")]] {
            assert_eq!(parse(bad).expect_err("is wrong").code, S3ErrorCode::InvalidRequest);
        }
        assert!(ask(Crc32, "PARTS").is_err());
    }

    #[test]
    fn the_crc_of_the_whole_follows_from_those_of_the_parts() {
        let pieces: [&[u8]; 4] = [b"1234", b"", b"5", b"6789"];
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let plan = Plan { algorithm, kind: Kind::FullObject, declared: true };
            let parts = pieces.map(|piece| (piece.len() as u64, Some(checksum(algorithm, piece))));
            assert_eq!(plan.combine(&parts), Some(checksum(algorithm, b"123456789")), "{algorithm:?}");
            assert_eq!(plan.combine(&[(1, None)]), None);
        }
    }

    #[test]
    fn many_parts_of_one_length_and_some_of_others() {
        for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
            let plan = Plan { algorithm, kind: Kind::FullObject, declared: true };
            let body: Vec<u8> = (0..3_000_u32).map(|i| ((i * i) >> 3) as u8).collect();
            let pieces = body[..2_800].chunks(28).chain(body[2_800..].chunks(67));
            let parts: Vec<_> = pieces.map(|piece| (piece.len() as u64, Some(checksum(algorithm, piece)))).collect();
            assert_eq!(plan.combine(&parts), Some(checksum(algorithm, &body)), "{algorithm:?}");
        }
    }

    /// 10,000 parts of 5 GiB: the lengths reach beyond 32 bits and the sum beyond 45.
    #[test]
    fn the_largest_object_has_a_crc() {
        let plan = Plan { algorithm: Algorithm::Crc64Nvme, kind: Kind::FullObject, declared: true };
        let zeros = |length: u64| {
            // Doubling: the CRC of 2n zeros is that of n and n.
            let one = (1, Some(checksum(Algorithm::Crc64Nvme, &[0])));
            let mut whole = (0, None);
            let mut power = one;
            for bit in 0..64 {
                if length >> bit & 1 == 1 {
                    whole = match &whole {
                        (0, _) => power.clone(),
                        (size, _) => (size + power.0, plan.combine(&[whole.clone(), power.clone()])),
                    };
                }
                if length >> bit > 1 {
                    power = (power.0 * 2, plan.combine(&[power.clone(), power.clone()]));
                }
            }
            whole
        };
        let part = zeros(5 << 30);
        assert_eq!(part.0, 5 << 30);
        let parts = vec![part; 10_000];
        assert_eq!(plan.combine(&parts), zeros(50_000 << 30).1);
    }

    #[test]
    fn a_composite_checksum_counts_its_parts() {
        let plan = Plan { algorithm: Algorithm::Sha256, kind: Kind::Composite, declared: true };
        let parts = [b"a", b"b"].map(|piece| (1, Some(checksum(Algorithm::Sha256, piece))));
        let digests: Vec<u8> = [b"a", b"b"].iter().flat_map(<sha2::Sha256 as sha2::Digest>::digest).collect();
        let expected = checksum(Algorithm::Sha256, &digests).value;
        let whole = plan.combine(&parts).expect("has one");
        assert_eq!((whole.value, whole.composite), (format!("{expected}-2"), true));
    }
}
