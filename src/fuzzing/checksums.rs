//! Checksums, and the other headers of an upload. Input: headers, an empty line, a body.

use super::{Dice, Input};
use crate::s3::auth::Trailers;
use crate::s3::checksum::{self, Algorithm, Hasher, Kind, Plan};
use crate::s3::digest::{Digests, Expected};
use crate::s3::error::S3ErrorCode;
use crate::s3::request::Headers;
use crate::s3::stored_headers::ObjectHeaders;
use crate::storage::StoredChecksum;

/// Whose value for a whole follows from those of its parts.
const CRCS: [Algorithm; 3] = [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme];

pub(super) fn check(input: &[u8]) {
    let mut dice = Dice::of(input);
    let mut parts = Input(input);
    let headers = parts.headers();
    claims(&headers);
    let _ = ObjectHeaders::parse(&headers);
    let body = parts.0;
    let algorithm = Algorithm::ALL[dice.below(Algorithm::ALL.len())];
    let pieces = dice.pieces(body);
    let whole = of(algorithm, &[body]);
    assert_eq!(of(algorithm, &pieces), whole, "{algorithm:?} of pieces");
    verified(algorithm, &whole, body);
    combined(algorithm, &whole, &pieces);
}

fn of(algorithm: Algorithm, pieces: &[&[u8]]) -> StoredChecksum {
    let mut hasher = Hasher::new(algorithm);
    pieces.iter().for_each(|piece| hasher.update(piece));
    hasher.finish()
}

fn claims(headers: &Headers) {
    let claim = checksum::claim(headers);
    if let Ok(Some(claim)) = &claim {
        assert!(claim.value.iter().all(|value| checksum::in_trailer(claim.algorithm, value).is_ok()));
        assert!(claim.value.is_none() || checksum::claim_of_object(headers).is_ok());
    }
    for presigned in [true, false] {
        let _ = checksum::announced(headers, presigned, claim.as_ref().ok().and_then(Option::as_ref));
    }
    if let Ok(plan) = Plan::parse(headers) {
        assert!(plan.kind == Kind::Composite || CRCS.contains(&plan.algorithm));
        let _ = plan.admit(claim.as_ref().ok().and_then(Option::as_ref));
    }
    let _ = Expected::parse(headers);
}

/// A body with its own checksum passes; with another one it does not.
fn verified(algorithm: Algorithm, checksum: &StoredChecksum, body: &[u8]) {
    let mut headers = Headers::default();
    headers.push(algorithm.header(), checksum.value.clone());
    let expected = Expected::parse(&headers).expect("a checksum that was computed");
    let finish = |body: &[u8], more: &[u8]| {
        let mut digests = Digests::new(&expected);
        digests.update(body);
        digests.update(more);
        digests.finish(&expected, &Trailers::default())
    };
    assert!(finish(body, b"").expect("the right body").checksums.contains(checksum));
    assert_eq!(finish(body, b"x").expect_err("another body").code, S3ErrorCode::BadDigest);
}

/// The checksum of the whole follows from those of the parts.
fn combined(algorithm: Algorithm, whole: &StoredChecksum, pieces: &[&[u8]]) {
    // An append takes half a millisecond.
    if !CRCS.contains(&algorithm) || pieces.len() > 4 {
        return;
    }
    let plan = Plan { algorithm, kind: Kind::FullObject, declared: true };
    let parts: Vec<_> = pieces.iter().map(|piece| (piece.len() as u64, Some(of(algorithm, &[piece])))).collect();
    assert_eq!(plan.combine(&parts).as_ref(), Some(whole), "{algorithm:?} of parts");
}
