//! A disk that fails, fills up or rots.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::sim::{Dice, Faults, SimDisk};
use super::{try_get, uploaded};
use crate::storage::conformance::fixture::{Fixture, body_of, key_of};
use crate::storage::conformance::parts::try_put_part;
use crate::storage::conformance::uploads::complete;
use crate::storage::embedded::index::Change;
use crate::storage::embedded::record::{BLOCK_BYTES, BatchHeader, SegmentHeader};
use crate::storage::embedded::store::{Embedded, open_on};
use crate::storage::embedded::{EmbeddedConfig, OpenError, keys};
use crate::storage::{Data, Decision, DeleteBucket, HeadChange, Home, StorageError};

fn config() -> EmbeddedConfig {
    EmbeddedConfig { segment_bytes: 64 << 10, headroom_bytes: 0, linger: Duration::ZERO, ..EmbeddedConfig::new("/sim") }
}

async fn opened(disk: &SimDisk) -> Arc<Embedded> {
    open_on(config(), Arc::new(disk.clone())).await.expect("opens")
}

async fn refused(disk: &SimDisk) -> OpenError {
    open_on(config(), Arc::new(disk.clone())).await.err().expect("does not open")
}

/// A closed store with these many objects, and what it was.
async fn filled(disk: &SimDisk, objects: usize) -> Fixture {
    let store = opened(disk).await;
    let f = Fixture::new(store.storage()).await;
    for i in 0..objects {
        f.put(&format!("{i:04}"), body_of(2000, i as u64)).await;
    }
    f.storage.health.close().await.expect("closes");
    f
}

async fn again(f: Fixture, disk: &SimDisk) -> (Arc<Embedded>, Fixture) {
    let Fixture { storage, tenant, bucket } = f;
    drop(storage);
    let store = opened(disk).await;
    let storage = store.storage();
    (store, Fixture { storage, tenant, bucket })
}

fn log(disk: &SimDisk) -> Vec<PathBuf> {
    disk.paths(".log")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_stops_every_later_write_and_no_read() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    f.put("before", "kept").await;
    disk.set_faults(Faults { fail_sync: Some(".log"), ..Faults::default() });
    let first = f.try_put("k", Bytes::from_static(b"x")).await.unwrap_err();
    assert!(matches!(first, StorageError::OutcomeUnknown(_)), "{first}");
    disk.set_faults(Faults::default());
    for _ in 0..3 {
        let later = f.try_put("k", Bytes::from_static(b"x")).await.unwrap_err();
        assert!(matches!(later, StorageError::Stopped(_)), "{later}");
    }
    assert_eq!(f.get("before").await.as_deref(), Some(&b"kept"[..]));
    assert!(f.storage.health.ready().await.is_err());
    drop(store);
    let (_store, f) = again(f, &disk).await;
    f.put("k", "works again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_failed_sync_left_in_memory_is_not_built_upon() {
    let mut disk = SimDisk::default();
    let f = Fixture::new(opened(&disk).await.storage()).await;
    f.put("before", "kept").await;
    disk.set_faults(Faults { fail_sync: Some(".log"), ..Faults::default() });
    f.try_put("lost", Bytes::from_static(b"x")).await.unwrap_err();
    let (store, f) = again(f, &disk).await;
    assert_eq!(f.list(b"", b"", 10).await, ["before"], "the disk does not have what memory shows");
    f.put("later", "kept as well").await;
    drop(store);
    disk = disk.after_power_loss(&mut Dice::new(1));
    let (_store, f) = again(f, &disk).await;
    assert_eq!(f.list(b"", b"", 10).await, ["before", "later"]);
    assert_eq!(f.get("later").await.as_deref(), Some(&b"kept as well"[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_of_the_index_is_not_tried_again() {
    let mut disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    for i in 0..100 {
        f.put(&format!("{i:04}"), body_of(100, i)).await;
    }
    disk.set_faults(Faults { fail_sync: Some("index.redb"), ..Faults::default() });
    let writing = store.clone();
    tokio::task::spawn_blocking(move || writing.shared.checkpoints.write(&writing.shared)).await.unwrap().unwrap_err();
    assert!(matches!(f.try_put("k", Bytes::new()).await, Err(StorageError::Stopped(_))));
    drop(store);
    let (store, f) = again(f, &disk).await;
    assert_eq!(f.list(b"", b"", 1000).await.len(), 100);
    f.storage.health.close().await.expect("closes");
    drop(store);
    disk = disk.after_power_loss(&mut Dice::new(1));
    let (_store, f) = again(f, &disk).await;
    assert_eq!(f.list(b"", b"", 1000).await.len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_sync_of_a_blob_stops_the_store() {
    let disk = SimDisk::default();
    let f = Fixture::new(opened(&disk).await.storage()).await;
    disk.set_faults(Faults { fail_sync: Some("/blobs/"), ..Faults::default() });
    assert!(f.blob(Home::Object(&f.bucket, &key_of("k")), body_of(1000, 1)).await.is_err());
    assert!(matches!(f.try_put("k", Bytes::new()).await, Err(StorageError::Stopped(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_tail_is_cut_off() {
    let disk = SimDisk::default();
    let f = filled(&disk, 5).await;
    disk.forget(Path::new("/sim/index.redb"));
    // Behind the mark that closing left: the beginning of a batch that never was.
    let newest = log(&disk).pop().unwrap();
    disk.alter(&newest, |bytes| {
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap().next_multiple_of(BLOCK_BYTES);
        bytes[end..end + 3000].copy_from_slice(&body_of(3000, 9));
    });
    let (store, f) = again(f, &disk).await;
    assert_eq!(f.list(b"", b"", 100).await.len(), 5);
    f.put("more", body_of(100, 3)).await;
    drop(store);
    let (_store, f) = again(f, &disk).await;
    assert_eq!(f.list(b"", b"", 100).await.len(), 6);
}

async fn try_delete(f: &Fixture, key: &str) -> Result<HeadChange, StorageError> {
    let read = f.read(key).await;
    f.storage.metadata.change_head(read, &mut |_| Decision::Remove(crate::storage::VersionRef::Null)).await
}

/// Where the batches of a segment begin.
fn batches(bytes: &[u8]) -> Vec<usize> {
    let header = SegmentHeader::decode(&bytes[..BLOCK_BYTES]).unwrap();
    let begins = |at: &usize| BatchHeader::decode(&bytes[*at..], &header.epoch, *at as u64).is_some();
    (BLOCK_BYTES..bytes.len()).step_by(BLOCK_BYTES).filter(begins).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_to_what_was_durable_is_no_torn_tail() {
    for which in ["first", "last", "sealed"] {
        let disk = SimDisk::default();
        let f = filled(&disk, 100).await;
        drop(f);
        disk.forget(Path::new("/sim/index.redb"));
        let files = log(&disk);
        assert!(files.len() > 2, "several segments");
        let file = if which == "sealed" { files[1].clone() } else { files.last().unwrap().clone() };
        disk.alter(&file, |bytes| {
            let batches = batches(bytes);
            // The newest batch of all is the mark; the one before it is the last with records.
            let at = if which == "first" { batches[0] } else { batches[batches.len() - 2] };
            bytes[at + 100] ^= 1;
        });
        let error = refused(&disk).await;
        let OpenError::Damaged(what) = &error else { panic!("{error}") };
        assert!(what.contains(file.file_name().unwrap().to_str().unwrap()), "{which}: {what}");
        assert!(what.contains("record") && what.contains("restore"), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_segment_is_noticed() {
    let disk = SimDisk::default();
    let f = filled(&disk, 100).await;
    drop(f);
    disk.forget(&log(&disk)[1]);
    assert!(matches!(refused(&disk).await, OpenError::Damaged(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_newest_segment_is_noticed() {
    let disk = SimDisk::default();
    let f = filled(&disk, 100).await;
    drop(f);
    let newest = log(&disk).pop().unwrap();
    disk.forget(&newest);
    let error = refused(&disk).await;
    assert!(error.to_string().contains(newest.file_name().unwrap().to_str().unwrap()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pointer_to_another_record_is_an_error_and_no_answer() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    // The same bytes in length, so that nothing but the record's own identity tells them apart.
    f.put("mine", body_of(2000, 1)).await;
    f.put("other", body_of(2000, 1)).await;
    let key = |text: &str| keys::head(f.bucket.id, text.as_bytes());
    let row = |text: &str| store.shared.index.get(&key(text)).unwrap().unwrap();
    let (mine, other) = (row("mine"), row("other"));
    let wrong = Change { key: key("mine"), value: Some(mine.value), location: other.location, origin: 1 };
    store.shared.index.apply(vec![wrong]).unwrap();
    assert!(matches!(try_get(&f, "mine").await, Err(StorageError::Corrupt(_))));
    // An older version of the key itself is no answer either.
    f.put("other", body_of(2000, 2)).await;
    let wrong = Change { key: key("other"), value: Some(row("other").value), location: other.location, origin: 1 };
    store.shared.index.apply(vec![wrong]).unwrap();
    assert!(matches!(try_get(&f, "other").await, Err(StorageError::Corrupt(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_replaced_during_a_completion_is_not_published() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    let upload = f.open("k").await;
    let first = try_put_part(&f, &upload, 1, body_of(1000, 1)).await.unwrap().0;
    // Between the completion's look at the parts and its commit.
    try_put_part(&f, &upload, 1, body_of(1000, 2)).await.unwrap();
    let refused = complete(&f, &upload, &[first], [7; 32]).await.unwrap_err();
    assert!(matches!(refused, StorageError::Unavailable(_)), "{refused}");
    assert!(f.read("k").await.head.current.is_none());
    while !f.storage.reclaim.sweep().await.unwrap().idle {}
    let now = f.storage.metadata.list_parts(&f.bucket, &upload, 0, 10).await.unwrap().entries;
    complete(&f, &upload, &now, [7; 32]).await.expect("with the part that is there");
    assert!(try_get(&f, "k").await.unwrap() == Some(body_of(1000, 2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_segment_keeps_no_other_space_from_coming_back() {
    let disk = SimDisk::default();
    let config = EmbeddedConfig { orphan_grace: Duration::ZERO, ..config() };
    let store = open_on(config, Arc::new(disk.clone())).await.expect("opens");
    let f = Fixture::new(store.storage()).await;
    for i in 0..100_u64 {
        f.put(&format!("{:04}", i % 10), body_of(2000, i)).await;
    }
    // Mostly dead and to be emptied, which fails at its first record.
    disk.alter(&log(&disk)[0], |bytes| bytes[BLOCK_BYTES + 100] ^= 1);
    while f.storage.reclaim.sweep().await.is_ok() {}
    let key = key_of("k");
    drop(f.blob(Home::Object(&f.bucket, &key), body_of(1000, 1)).await.unwrap());
    let blobs = || disk.paths("/blobs/").iter().filter(|path| path.file_name().unwrap().len() == 32).count();
    assert_eq!(blobs(), 1);
    for _ in 0..10_000 {
        drop(f.storage.reclaim.sweep().await);
        if blobs() == 0 {
            return;
        }
    }
    panic!("a blob that nothing refers to waits behind a damaged segment");
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_that_a_crash_left_are_swept() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    let kept = f.blob(Home::Object(&f.bucket, &key_of("k")), body_of(1000, 1)).await.unwrap();
    uploaded(&f, "kept", &body_of(5000, 2)).await.unwrap();
    drop(kept);
    drop(store);
    let (_store, f) = again(f, &disk).await;
    while !f.storage.reclaim.sweep().await.unwrap().idle {}
    // The two parts and the manifest.
    assert_eq!(disk.paths("/blobs/").iter().filter(|path| path.file_name().unwrap().len() == 32).count(), 3);
    assert!(try_get(&f, "kept").await.unwrap() == Some(body_of(5000, 2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn sweeping_empties_segments_that_are_mostly_dead() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    for i in 0..400_u64 {
        f.put(&format!("{i:04}"), body_of(2000, i)).await;
    }
    for i in (0..400_u64).filter(|i| i % 10 != 0) {
        f.delete(&format!("{i:04}")).await;
    }
    let before = log(&disk).len();
    while !f.storage.reclaim.sweep().await.unwrap().idle {}
    let after = log(&disk).len();
    assert!(after * 3 < before, "{before} segments, then {after}");
    let (mut store, mut f) = (Some(store), f);
    // Also when everything has to be told from the log alone.
    for index in ["kept", "lost"] {
        if index == "lost" {
            disk.forget(Path::new("/sim/index.redb"));
        }
        drop(store.take());
        let (opened, reopened) = again(f, &disk).await;
        (store, f) = (Some(opened), reopened);
        assert_eq!(f.list(b"", b"", 1000).await.len(), 40, "index {index}");
        for i in (0..400_u64).step_by(10) {
            assert!(f.get(&format!("{i:04}")).await == Some(body_of(2000, i)), "{i}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deletes_do_not_wait_for_ever_for_an_old_segment() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    // Fills the oldest segment with what stays alive.
    for i in 0..25_u64 {
        f.put(&format!("kept/{i:04}"), body_of(2000, i)).await;
    }
    for round in 0..4_u64 {
        for i in 0..200_u64 {
            let key = format!("{i:04}-{}", "x".repeat(300));
            f.put(&key, body_of(10, round)).await;
            f.delete(&key).await;
        }
    }
    let before = log(&disk).len();
    while !f.storage.reclaim.sweep().await.unwrap().idle {}
    let after = log(&disk).len();
    assert!(after <= 4, "{before} segments, then {after}");
    assert_eq!(f.list(b"", b"", 1000).await.len(), 25);
    drop(store);
    disk.forget(Path::new("/sim/index.redb"));
    let (_store, f) = again(f, &disk).await;
    assert_eq!(f.list(b"", b"", 1000).await.len(), 25);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_stays_deleted_however_the_log_is_compacted() {
    let disk = SimDisk::default();
    let mut dice = Dice::new(5);
    let mut f = Fixture::new(opened(&disk).await.storage()).await;
    let mut there = std::collections::BTreeMap::new();
    for round in 0..6 {
        for _ in 0..150 {
            let key = format!("{}", dice.roll(60));
            if dice.roll(2) == 0 {
                f.delete(&key).await;
                there.remove(&key);
            } else {
                let seed = dice.roll(1000);
                f.put(&key, body_of(1500, seed)).await;
                there.insert(key, seed);
            }
        }
        while !f.storage.reclaim.sweep().await.unwrap().idle {}
        if round % 2 == 0 {
            f.storage.health.close().await.unwrap();
        }
        let Fixture { storage, tenant, bucket } = f;
        drop(storage);
        disk.forget(Path::new("/sim/index.redb"));
        f = Fixture { storage: opened(&disk).await.storage(), tenant, bucket };
        assert_eq!(f.list(b"", b"", 1000).await, there.keys().cloned().collect::<Vec<_>>(), "round {round}");
        for (key, seed) in &there {
            assert!(f.get(key).await == Some(body_of(1500, *seed)), "{key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_data_and_takes_deletes() {
    let disk = SimDisk::default();
    disk.set_faults(Faults { capacity: 3 << 20, ..Faults::default() });
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    let mut stored = Vec::new();
    let refusal = loop {
        let key = format!("{:05}", stored.len());
        match f.try_put(&key, body_of(2000, 1)).await {
            Ok(_) => stored.push(key),
            Err(error) => break error,
        }
    };
    assert!(matches!(refusal, StorageError::Full(_)), "{refusal}");
    assert!(stored.len() > 300, "{}", stored.len());
    assert!(f.storage.health.ready().await.is_ok(), "reads and deletes go on");
    assert!(f.get(&stored[0]).await == Some(body_of(2000, 1)));
    for key in &stored[1..] {
        while let Err(error) = try_delete(&f, key).await {
            // These segments are so short that deletes alone fill the one that is kept for them.
            assert!(matches!(error, StorageError::Full(_)), "{error}");
            while !f.storage.reclaim.sweep().await.expect("compaction finds room").idle {}
        }
    }
    while !f.storage.reclaim.sweep().await.expect("compaction finds room").idle {}
    f.try_put("again", body_of(60_000, 1)).await.expect("there is room again");
    assert!(f.get(&stored[0]).await == Some(body_of(2000, 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_on_a_full_disk_leaves_nothing() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    disk.set_faults(Faults { capacity: disk.used() + (1 << 20), ..Faults::default() });
    let refusal = f.blob(Home::Object(&f.bucket, &key_of("k")), body_of(2 << 20, 1)).await.unwrap_err();
    assert!(matches!(refusal, StorageError::Full(_)), "{refusal}");
    while !f.storage.reclaim.sweep().await.unwrap().idle {}
    assert_eq!(disk.paths("/blobs/").iter().filter(|path| path.file_name().unwrap().len() == 32).count(), 0);
    f.put("small", "fits").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_is_dropped_leaves_nothing() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    let key = key_of("k");
    let mut writer = f.storage.chunks.create(Home::Object(&f.bucket, &key)).await.unwrap();
    writer.write(body_of(100_000, 1)).await.unwrap();
    writer.write(body_of(100_000, 2)).await.unwrap();
    drop(writer);
    while !f.storage.reclaim.sweep().await.unwrap().idle {}
    assert_eq!(disk.paths("/blobs/").iter().filter(|path| path.file_name().unwrap().len() == 32).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_the_last_reference_frees_parts_and_manifest() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    uploaded(&f, "source", &body_of(5000, 2)).await.unwrap();
    f.copy("source", "copy").await;
    f.delete("source").await;
    assert!(try_get(&f, "copy").await.unwrap() == Some(body_of(5000, 2)));
    f.delete("copy").await;
    while !f.storage.reclaim.sweep().await.unwrap().idle {}
    assert_eq!(disk.paths("/blobs/").iter().filter(|path| path.file_name().unwrap().len() == 32).count(), 0);
    for table in [keys::REFERENCES, keys::MANIFESTS, keys::PARTS, keys::HEADS] {
        assert!(store.shared.index.scan_prefix(&[table], 10).unwrap().is_empty());
    }
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_an_object_that_is_being_read_outlive_it() {
    let disk = SimDisk::default();
    let store = opened(&disk).await;
    let f = Fixture::new(store.storage()).await;
    uploaded(&f, "k", &body_of(5000, 2)).await.unwrap();
    let record = f.read("k").await.head.current.unwrap();
    let Data::Stored(placement) = &record.data else { panic!("stored") };
    let hold = f.storage.chunks.hold(placement).await.unwrap();
    f.put("k", "another").await;
    let manifest = f.storage.chunks.read_manifest(placement).await.unwrap();
    for part in &manifest.parts {
        let placement = part.placement.as_ref().unwrap();
        assert_eq!(f.range(placement, 0..placement.length).await.len() as u64, part.size);
    }
    drop(hold);
    while !f.storage.reclaim.sweep().await.unwrap().idle {}
    assert_eq!(disk.paths("/blobs/").iter().filter(|path| path.file_name().unwrap().len() == 32).count(), 0);
    assert!(f.storage.chunks.hold(placement).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_finds_its_reserve_on_a_full_disk() {
    let disk = SimDisk::default();
    let config = EmbeddedConfig { headroom_bytes: 4 << 20, ..config() };
    let store = open_on(config, Arc::new(disk.clone())).await.expect("opens");
    let f = Fixture::new(store.storage()).await;
    // The segments' spares are there before the disk is full.
    for i in 0..200 {
        f.put(&format!("{i:04}"), body_of(10, i)).await;
    }
    store.shared.checkpoints.write(&store.shared).expect("an index begins");
    for i in 200..1500 {
        f.put(&format!("{i:04}-{}", "x".repeat(500)), body_of(10, i)).await;
    }
    assert_eq!(disk.paths("index.reserve").len(), 1);
    disk.set_faults(Faults { capacity: disk.used(), ..Faults::default() });
    store.shared.checkpoints.write(&store.shared).expect("there is room for the index");
    assert!(disk.paths("index.reserve").is_empty());
    assert_eq!(f.list(b"", b"", 1000).await.len(), 1500);
    f.delete("0001").await;
}
