//! The bytes of objects: whole, in ranges, unfinished, referred to twice.

use bytes::{Bytes, BytesMut};
use futures::StreamExt;

use super::fixture::{Fixture, body_of, collect, key_of, write_in_pieces};
use super::uploads::complete_with;
use crate::storage::{Data, DeleteBucket, Home, Manifest, ManifestPart, Placement, Storage};

/// Around every border that a store has: nothing, one byte, the inline limit, the chunk, several chunks.
pub async fn bodies_of_every_size_come_back(storage: Storage) {
    let f = Fixture::new(storage).await;
    let (inline_max, chunk) = (f.storage.chunks.inline_bytes_max(), f.storage.chunks.chunk_bytes());
    let sizes = [0, 1, inline_max, inline_max + 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 17];
    for size in sizes {
        let key = format!("size-{size}");
        let body = body_of(size, size as u64);
        f.put(&key, body.clone()).await;
        assert!(f.get(&key).await == Some(body), "{size} bytes came back otherwise");
    }
    for size in sizes {
        assert!(f.get(&format!("size-{size}")).await == Some(body_of(size, size as u64)), "{size} bytes, later");
    }
}

/// Callers may hand over pieces as they come.
pub async fn pieces_of_any_size_make_one_blob(storage: Storage) {
    let f = Fixture::new(storage).await;
    let chunk = f.storage.chunks.chunk_bytes();
    let body = body_of(chunk + chunk / 2 + 3, 7);
    let key = key_of("k");
    for piece_bytes in [chunk / 3 + 1, chunk, chunk + 1, body.len()] {
        let home = Home::Object(&f.bucket, &key);
        let mut writer = f.storage.chunks.create(home).await.expect("starts a blob");
        write_in_pieces(writer.as_mut(), body.clone(), piece_bytes).await.expect("writes");
        let placement = writer.finish().await.expect("finishes");
        assert_eq!((placement.length, placement.manifest), (body.len() as u64, false));
        assert!(f.range(&placement, 0..placement.length).await == body, "in pieces of {piece_bytes}");
    }
}

/// First, last and middle bytes, and both sides of every chunk border.
pub async fn ranges_are_exact(storage: Storage) {
    let f = Fixture::new(storage).await;
    let chunk = f.storage.chunks.chunk_bytes();
    let body = body_of(3 * chunk + 100, 3);
    let key = key_of("k");
    let placement = f.blob(Home::Object(&f.bucket, &key), body.clone()).await.expect("writes");
    let end = body.len();
    let ranges = [
        (0, 1),
        (end - 1, end),
        (0, end),
        (chunk / 2, chunk / 2 + 1),
        (chunk - 1, chunk),
        (chunk, chunk + 1),
        (chunk - 1, chunk + 1),
        (chunk, 2 * chunk),
        (chunk / 2, 2 * chunk + chunk / 2),
        (2 * chunk - 5, end),
        (3 * chunk, end),
        (3 * chunk + 99, end),
        (5, 5),
    ];
    for (from, to) in ranges {
        let got = f.range(&placement, from as u64..to as u64).await;
        assert!(got == body.slice(from..to), "{from}..{to} of {end}: {} bytes", got.len());
    }
}

/// A writer that is dropped, whether it wrote or not, leaves no object, no listing and nothing to hold the bucket.
pub async fn an_unfinished_blob_is_nowhere(storage: Storage) {
    let f = Fixture::new(storage).await;
    let key = key_of("k");
    let chunk = f.storage.chunks.chunk_bytes();
    for written in [0, 1, chunk * 2 + 5] {
        let mut writer = f.storage.chunks.create(Home::Object(&f.bucket, &key)).await.expect("starts a blob");
        write_in_pieces(writer.as_mut(), body_of(written, 1), chunk).await.expect("writes");
        drop(writer);
        assert!(f.read("k").await.head.current.is_none());
        assert!(f.list(b"", b"", 10).await.is_empty());
    }
    f.sweep().await;
    f.put("k", body_of(chunk + 1, 2)).await;
    assert!(f.get("k").await == Some(body_of(chunk + 1, 2)));
    f.delete("k").await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
}

/// A reader that has begun reads the version it began with, through overwrite, deletion and sweeps.
pub async fn an_open_stream_outlives_the_object(storage: Storage) {
    let f = Fixture::new(storage).await;
    let chunk = f.storage.chunks.chunk_bytes();
    for overwrite in [true, false] {
        let body = body_of(chunk * 4 + 11, 21);
        f.put("k", body.clone()).await;
        let placement = placement_of(&f, "k").await;
        let mut stream = f.storage.chunks.read(&placement, 0..placement.length).await.expect("opens");
        let mut got = BytesMut::new();
        got.extend_from_slice(&stream.next().await.expect("has a piece").expect("reads"));
        if overwrite {
            f.put("k", body_of(chunk * 2, 22)).await;
        } else {
            f.delete("k").await;
        }
        f.sweep().await;
        got.extend_from_slice(&collect(stream).await);
        assert!(got.freeze() == body, "overwritten: {overwrite}");
    }
}

/// A list of parts, of one and of ten thousand, comes back in order.
pub async fn a_manifest_comes_back_as_written(storage: Storage) {
    let f = Fixture::new(storage).await;
    let upload = f.open("k").await;
    for count in [1_u32, 10_000] {
        let inode = crate::storage::InodeId::fresh().bytes();
        let part = |number| ManifestPart {
            number,
            size: 5,
            placement: Some(Placement { inode: inode.clone(), length: 5, ..Placement::default() }),
            etag: format!("{number:032x}"),
            checksums: Vec::new(),
        };
        let manifest = Manifest { parts: (1..=count).map(part).collect() };
        let home = Home::Manifest(&f.bucket, &upload);
        let placement = f.storage.chunks.write_manifest(home, &manifest).await.expect("writes");
        assert!(placement.manifest);
        assert_eq!(placement.length, u64::from(count) * 5, "the length is that of the parts");
        assert!(f.storage.chunks.read_manifest(&placement).await.expect("reads") == manifest);
    }
}

/// Two keys, one blob: each can go without the other.
pub async fn a_copy_by_reference_outlives_its_source(storage: Storage) {
    let f = Fixture::new(storage).await;
    let body = body_of(f.storage.chunks.chunk_bytes() + 9, 5);
    f.put("source", body.clone()).await;
    f.copy("source", "copy").await;
    f.copy("copy", "copy of the copy").await;
    f.delete("source").await;
    f.sweep().await;
    assert!(f.get("copy").await == Some(body.clone()), "after its source was deleted");
    f.put("copy", body_of(10, 6)).await;
    f.sweep().await;
    assert!(f.get("copy of the copy").await == Some(body), "after its source was overwritten");
    assert_eq!(f.list(b"", b"", 10).await, ["copy", "copy of the copy"]);
    // Onto itself, as clients do to change metadata.
    f.copy("copy of the copy", "copy of the copy").await;
    f.sweep().await;
    assert!(f.get("copy of the copy").await.is_some());
}

/// A multipart object is copied by referring to its manifest.
pub async fn a_copied_manifest_outlives_its_source(storage: Storage) {
    let f = Fixture::new(storage).await;
    let bodies = [body_of(70_000, 1), body_of(11, 2)];
    let upload = f.open("source").await;
    complete_with(&f, &upload, &bodies).await;
    f.copy("source", "copy").await;
    f.delete("source").await;
    f.sweep().await;
    let whole: Bytes = bodies.concat().into();
    assert!(f.get("copy").await == Some(whole));
}

async fn placement_of(f: &Fixture, key: &str) -> Placement {
    match &f.read(key).await.head.current.expect("it is there").data {
        Data::Stored(placement) => placement.clone(),
        other => panic!("{key:?} should be a blob and is {other:?}"),
    }
}
