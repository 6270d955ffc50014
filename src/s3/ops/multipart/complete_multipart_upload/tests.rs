//! What a completion decides without a store.

use super::*;
use crate::s3::checksum::Algorithm;
use crate::storage::{PartAttrs, TenantId, UploadId};

fn upload(checksums: Vec<StoredChecksum>) -> Upload {
    Upload {
        id: UploadId::fresh(),
        key: crate::storage::ObjectKey::parse("k").expect("a key"),
        attrs: ObjectAttrs { checksums, ..ObjectAttrs::default() },
        initiator: TenantId([0; 32]),
        initiated: Timestamp(0),
        state: UploadState::Open,
    }
}

fn named(number: u32, etag: &str) -> NamedPart {
    NamedPart { number, etag: etag.to_owned(), checksum: None }
}

fn part(number: u16, size: u64, etag: &str) -> Part {
    Part { number, attrs: PartAttrs { size, etag: etag.to_owned(), ..PartAttrs::default() } }
}

fn checksum(algorithm: Algorithm, value: &str) -> StoredChecksum {
    StoredChecksum { algorithm: algorithm.name().to_owned(), value: value.to_owned(), composite: false }
}

#[test]
fn parts_are_named_in_ascending_order_from_1_to_10000() {
    let upload = upload(Vec::new());
    assert!(check_order(&[named(1, "a"), named(10_000, "b")], &upload).is_ok());
    for (parts, code) in [
        (vec![named(2, "a"), named(1, "b")], S3ErrorCode::InvalidPartOrder),
        (vec![named(1, "a"), named(1, "a")], S3ErrorCode::InvalidPartOrder),
        (vec![named(0, "a")], S3ErrorCode::InvalidArgument),
        (vec![named(10_001, "a")], S3ErrorCode::InvalidArgument),
    ] {
        assert_eq!(check_order(&parts, &upload).expect_err("is wrong").code, code);
    }
}

#[test]
fn only_parts_that_are_there_are_chosen() {
    let there = || BTreeMap::from([(1, part(1, PART_BYTES_MIN, "a")), (2, part(2, 1, "b")), (3, part(3, 1, "c"))]);
    let code = |parts: &[NamedPart]| chosen(parts, there(), &upload(Vec::new())).err().map(|e| e.code);
    assert_eq!(code(&[named(1, "a"), named(3, "c")]), None);
    assert_eq!(code(&[named(1, "x")]), Some(S3ErrorCode::InvalidPart));
    assert_eq!(code(&[named(4, "a")]), Some(S3ErrorCode::InvalidPart));
    assert_eq!(code(&[named(2, "b"), named(3, "c")]), Some(S3ErrorCode::EntityTooSmall));
}

#[test]
fn a_named_checksum_is_that_of_the_part() {
    let of_part = checksum(Algorithm::Sha256, "here");
    let there = || {
        let mut one = part(1, 1, "a");
        one.attrs.checksums.push(of_part.clone());
        BTreeMap::from([(1, one)])
    };
    let declared = upload(vec![StoredChecksum { value: String::new(), composite: true, ..of_part.clone() }]);
    let code = |checksum: Option<StoredChecksum>, upload: &Upload| {
        let named = NamedPart { checksum, ..named(1, "a") };
        chosen(&[named], there(), upload).err().map(|e| e.code)
    };
    assert_eq!(code(Some(of_part.clone()), &declared), None);
    assert_eq!(code(None, &declared), None);
    assert_eq!(code(Some(checksum(Algorithm::Sha256, "else")), &declared), Some(S3ErrorCode::InvalidPart));
    assert_eq!(code(Some(checksum(Algorithm::Crc32, "here")), &declared), Some(S3ErrorCode::BadDigest));
    // Nothing was declared: the object will have another one.
    assert_eq!(code(Some(of_part.clone()), &upload(Vec::new())), Some(S3ErrorCode::InvalidPart));
    assert_eq!(code(None, &upload(Vec::new())), None);
}

/// 10,000 parts of 5 GiB are the most that can be named, and below the limit of an object.
#[test]
fn the_largest_object_is_added_up() {
    let parts = |bytes: u64| (1..=PART_NUMBER_MAX).map(|n| part(n, bytes, "a")).collect::<Vec<_>>();
    let five_gib = 5 << 30;
    assert_eq!(total(&parts(five_gib), Some(50_000 << 30)).expect("fits"), 50_000 << 30);
    assert_eq!(total(&parts(five_gib), Some(1)).expect_err("differs").code, S3ErrorCode::InvalidRequest);
    assert_eq!(total(&parts(2 * five_gib), None).expect_err("too large").code, S3ErrorCode::EntityTooLarge);
    let named: Vec<_> = (1..=u32::from(PART_NUMBER_MAX)).map(|n| named(n, "a")).collect();
    let there = parts(five_gib).into_iter().map(|p| (u32::from(p.number), p)).collect();
    assert_eq!(chosen(&named, there, &upload(Vec::new())).expect("are there").len(), 10_000);
}

#[test]
fn a_claimed_checksum_is_compared_with_and_without_its_count() {
    let composite = StoredChecksum { composite: true, ..checksum(Algorithm::Crc32, "AAAAAA==-2") };
    let verify = |sent: &str| {
        let claim = Some(Claim { algorithm: Algorithm::Crc32, value: Some(sent.to_owned()) });
        Checksum { claim, kind: None }.verify(Some(&composite), 2).map_err(|e| e.code)
    };
    assert_eq!(verify("AAAAAA==-2"), Ok(()));
    assert_eq!(verify("AAAAAA=="), Ok(()));
    assert_eq!(verify("AAAAAA==-3"), Err(S3ErrorCode::BadDigest));
    assert_eq!(verify("BBBBBB=="), Err(S3ErrorCode::BadDigest));
}
