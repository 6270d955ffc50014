//! The keys of the index: one ordered space of bytes, a table's letter first. Order of bytes is order of listings.

use crate::storage::{BucketId, InodeId, TenantId, UploadId};

/// Tenants by id.
pub(super) const TENANTS: u8 = b'T';
/// Buckets by name.
pub(super) const BUCKETS: u8 = b'B';
/// Heads by bucket and key.
pub(super) const HEADS: u8 = b'H';
/// Versions with an id, and the null version where it is noncurrent, by bucket, key and place, the newest first.
pub(super) const VERSIONS: u8 = b'V';
/// Open uploads by bucket, key and id.
pub(super) const UPLOADS: u8 = b'U';
/// Completed uploads, likewise.
pub(super) const COMPLETED: u8 = b'C';
/// Parts of open uploads by upload and number.
pub(super) const PARTS: u8 = b'P';
/// The inodes that a published manifest refers to, by the manifest's inode.
pub(super) const MANIFESTS: u8 = b'M';
/// Entries of the directory by scope and name.
pub(super) const DIRECTORY: u8 = b'D';
/// How many rows refer to an inode. Derived: never in the log.
pub(super) const REFERENCES: u8 = b'R';

fn joined(table: u8, pieces: &[&[u8]]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + pieces.iter().map(|piece| piece.len()).sum::<usize>());
    key.push(table);
    for piece in pieces {
        key.extend_from_slice(piece);
    }
    key
}

pub(super) fn tenant(id: TenantId) -> Vec<u8> {
    joined(TENANTS, &[&id.0])
}

pub(super) fn bucket(name: &str) -> Vec<u8> {
    joined(BUCKETS, &[name.as_bytes()])
}

/// The head of `key`; with a prefix of a key, where heads with that prefix begin.
pub(super) fn head(bucket: BucketId, key: &[u8]) -> Vec<u8> {
    joined(HEADS, &[bucket.0.as_bytes(), key])
}

/// Object keys may hold zero bytes, so they are escaped where something follows them: zero becomes 0 1, the end 0 0.
fn escaped(key: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(key.len() + 2);
    for byte in key {
        out.push(*byte);
        if *byte == 0 {
            out.push(1);
        }
    }
    out
}

/// Where the versions of a key begin.
pub(super) fn versions(bucket: BucketId, key: &[u8]) -> Vec<u8> {
    joined(VERSIONS, &[bucket.0.as_bytes(), &escaped(key), &[0, 0]])
}

/// The version of a key at a place.
pub(super) fn version(bucket: BucketId, key: &[u8], seq: i64) -> Vec<u8> {
    let mut row_key = versions(bucket, key);
    row_key.extend_from_slice(&(!seq.cast_unsigned()).to_be_bytes());
    row_key
}

/// The object's key in the key of a head.
pub(super) fn object_of(head: &[u8]) -> Option<&str> {
    head.get(17..).and_then(|key| std::str::from_utf8(key).ok())
}

fn upload_in(table: u8, bucket: BucketId, key: &[u8], id: UploadId) -> Vec<u8> {
    joined(table, &[bucket.0.as_bytes(), &escaped(key), &[0, 0], id.0.as_bytes()])
}

pub(super) fn upload(bucket: BucketId, key: &[u8], id: UploadId) -> Vec<u8> {
    upload_in(UPLOADS, bucket, key, id)
}

/// Where open uploads of keys that are, or begin with, `prefix` begin.
pub(super) fn uploads_from(bucket: BucketId, prefix: &[u8]) -> Vec<u8> {
    joined(UPLOADS, &[bucket.0.as_bytes(), &escaped(prefix)])
}

pub(super) fn completed(bucket: BucketId, key: &[u8], id: UploadId) -> Vec<u8> {
    upload_in(COMPLETED, bucket, key, id)
}

/// The upload that a key of [`UPLOADS`] or [`COMPLETED`] ends with.
pub(super) fn upload_id(key: &[u8]) -> Option<UploadId> {
    UploadId::from_slice(key.get(key.len().checked_sub(16)?..)?)
}

pub(super) fn parts(upload: UploadId) -> Vec<u8> {
    joined(PARTS, &[upload.0.as_bytes()])
}

pub(super) fn part(upload: UploadId, number: u16) -> Vec<u8> {
    joined(PARTS, &[upload.0.as_bytes(), &number.to_be_bytes()])
}

pub(super) fn manifest(inode: InodeId) -> Vec<u8> {
    joined(MANIFESTS, &[inode.0.as_bytes()])
}

/// An entry of the directory; with a prefix of a name, where entries with that prefix begin.
pub(super) fn entry(scope: &str, name: &str) -> Vec<u8> {
    joined(DIRECTORY, &[&escaped(scope.as_bytes()), &[0, 0], name.as_bytes()])
}

pub(super) fn references(inode: InodeId) -> Vec<u8> {
    joined(REFERENCES, &[inode.0.as_bytes()])
}

/// The inode of a key of [`MANIFESTS`] or [`REFERENCES`].
pub(super) fn inode(key: &[u8]) -> Option<InodeId> {
    InodeId::from_slice(key.get(1..)?)
}

/// The first key after all that begin with `prefix`; `None` when there is no end.
pub(super) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != 0xff)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_end_of_a_prefix() {
        assert_eq!(after_prefix(b"ab"), Some(b"ac".to_vec()));
        assert_eq!(after_prefix(b"a\xff\xff"), Some(b"b".to_vec()));
        assert_eq!(after_prefix(b"\xff"), None);
    }

    #[test]
    fn versions_sort_from_the_newest_to_the_oldest() {
        let bucket = BucketId::fresh();
        let at = |seq| version(bucket, b"k\0", seq);
        assert!(at(3) < at(2) && at(2) < at(1) && at(1) < at(0));
        assert!(at(3).starts_with(&versions(bucket, b"k\0")));
        assert!(!at(3).starts_with(&versions(bucket, b"k")));
    }

    proptest! {
        #[test]
        fn uploads_sort_by_key_then_id(a in prop::collection::vec(0u8..3, 1..6), b in prop::collection::vec(0u8..3, 1..6)) {
            let bucket = BucketId::fresh();
            let (first, second) = (UploadId::fresh(), UploadId::fresh());
            let (x, y) = (upload(bucket, &a, first), upload(bucket, &b, second));
            prop_assert_eq!(x.cmp(&y), a.cmp(&b).then(first.cmp(&second)));
            prop_assert_eq!(x.starts_with(&uploads_from(bucket, &b)), a.starts_with(&b));
        }
    }
}
