//! The members that show additional checksums, in whatever document.

use super::Document;
use crate::s3::checksum::{Algorithm, Kind};
use crate::storage::StoredChecksum;

/// `ChecksumCRC32` and its like, with their values.
pub fn members(out: &mut Document, checksums: &[StoredChecksum]) {
    for checksum in checksums {
        if let Some(algorithm) = Algorithm::parse(&checksum.algorithm) {
            out.text(algorithm.element(), &checksum.value);
        }
    }
}

/// `ChecksumType`, if there is a checksum.
pub fn kind(out: &mut Document, checksums: &[StoredChecksum]) {
    out.maybe("ChecksumType", checksums.first().map(|checksum| Kind::of(checksum).name()));
}

/// `ChecksumAlgorithm` for each, and `ChecksumType`, as listings show them.
pub fn names(out: &mut Document, checksums: &[StoredChecksum]) {
    for checksum in checksums {
        out.text("ChecksumAlgorithm", &checksum.algorithm);
    }
    kind(out, checksums);
}
