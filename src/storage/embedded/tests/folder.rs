//! Whose folder it is, and what survives a restart.

use std::fs;

use bytes::Bytes;

use crate::storage::conformance::fixture::{Fixture, body_of};
use crate::storage::directory::PutEntry;
use crate::storage::embedded::{EmbeddedConfig, OpenError, open};
use crate::storage::{Fetch, NewBucket, Storage};

fn config(folder: &tempfile::TempDir) -> EmbeddedConfig {
    EmbeddedConfig { segment_bytes: 1 << 20, ..EmbeddedConfig::new(folder.path()) }
}

async fn reopened(f: Fixture, folder: &tempfile::TempDir, clean: bool) -> Fixture {
    if clean {
        f.storage.health.close().await.expect("closes");
    }
    let Fixture { storage, tenant, bucket } = f;
    drop(storage);
    Fixture { storage: open(config(folder)).await.expect("opens again"), tenant, bucket }
}

#[tokio::test]
async fn a_second_store_on_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(config(&folder)).await.unwrap();
    let second = open(config(&folder)).await.err().expect("is refused");
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    assert!(second.to_string().contains("in use by another process"));
    drop(first);
    open(config(&folder)).await.expect("free again");
}

#[tokio::test]
async fn a_folder_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("FORMAT"), "dolium embedded store, format 99\n").unwrap();
    let error = open(config(&folder)).await.err().expect("is refused");
    assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = open(EmbeddedConfig::new(file.join("data"))).await.err().expect("is refused");
    assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
    assert!(!error.to_string().contains('\n'));
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut f = Fixture::new(open(config(&folder)).await.unwrap()).await;
    for clean in [true, false] {
        for i in 0..50_usize {
            f.put(&format!("{clean}/{i}"), body_of(i * 1000, i as u64)).await;
        }
        f.put(&format!("{clean}/large"), body_of(1 << 20, 7)).await;
        f.put("gone", body_of(1 << 19, 7)).await;
        f.delete("gone").await;
        f = reopened(f, &folder, clean).await;
        for i in 0..50_usize {
            assert!(f.get(&format!("{clean}/{i}")).await == Some(body_of(i * 1000, i as u64)), "{clean} {i}");
        }
        assert!(f.get(&format!("{clean}/large")).await == Some(body_of(1 << 20, 7)));
        assert_eq!(f.get("gone").await, None);
        assert_eq!(f.storage.metadata.bucket(&f.bucket.name).await.unwrap().as_ref(), Some(&f.bucket));
        assert_eq!(f.storage.metadata.ensure_tenant(&f.tenant.name).await.unwrap(), f.tenant);
    }
}

#[tokio::test]
async fn without_its_index_the_store_rebuilds_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut f = Fixture::new(open(config(&folder)).await.unwrap()).await;
    for damage in ["missing", "garbage", "cut"] {
        f.put("kept", body_of(1000, 1)).await;
        f.put("blob", body_of(400_000, 2)).await;
        f.put("deleted", "x").await;
        f.delete("deleted").await;
        f.storage.health.close().await.unwrap();
        drop(std::mem::replace(&mut f.storage, elsewhere().await));
        let index = folder.path().join("index.redb");
        match damage {
            "missing" => fs::remove_file(&index).unwrap(),
            "garbage" => fs::write(&index, body_of(100_000, 3)).unwrap(),
            _ => fs::OpenOptions::new().write(true).open(&index).unwrap().set_len(5000).unwrap(),
        }
        f.storage = open(config(&folder)).await.expect("opens");
        assert!(f.get("kept").await == Some(body_of(1000, 1)), "{damage}");
        assert!(f.get("blob").await == Some(body_of(400_000, 2)), "{damage}");
        assert_eq!(f.list(b"", b"", 10).await, ["blob", "kept"], "{damage}");
    }
}

#[tokio::test]
async fn the_directory_outlives_restarts_checkpoints_and_compaction() {
    let folder = tempfile::tempdir().unwrap();
    let mut f = Fixture::new(open(config(&folder)).await.unwrap()).await;
    let mut rev = None;
    for round in 0..60_u8 {
        // Each round fills most of a segment with what the next one replaces.
        f.put("filler", body_of(200_000, round.into())).await;
        let value = Bytes::from(vec![round; 100_000]);
        let PutEntry::Done(done) = f.storage.directory.put_entry("s", "n", rev, value).await.unwrap() else {
            panic!("is as it was left")
        };
        rev = Some(done);
        if round == 0 {
            f.storage.directory.put_entry("s", "old", None, Bytes::from_static(b"kept")).await.unwrap();
        }
    }
    f.storage.health.close().await.unwrap();
    f = reopened(f, &folder, false).await;
    f.sweep().await;
    for clean in [true, false] {
        f = reopened(f, &folder, clean).await;
        let entry = f.storage.directory.entry("s", "n").await.unwrap().expect("is there");
        assert_eq!((Some(entry.rev), entry.value), (rev, Bytes::from(vec![59; 100_000])), "{clean}");
        let old = f.storage.directory.entry("s", "old").await.unwrap().expect("is there");
        assert_eq!(old.value, "kept");
    }
    f.storage
        .directory
        .remove_entry("s", "old", f.storage.directory.entry("s", "old").await.unwrap().unwrap().rev)
        .await
        .unwrap();
    f = reopened(f, &folder, false).await;
    assert_eq!(f.storage.directory.entry("s", "old").await.unwrap(), None);
}

/// A store to stand in while another is closed.
async fn elsewhere() -> Storage {
    let folder = tempfile::tempdir().unwrap();
    open(config(&folder)).await.unwrap()
}

#[tokio::test]
async fn a_flipped_byte_of_an_object_is_an_error_and_never_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut f = Fixture::new(open(config(&folder)).await.unwrap()).await;
    f.put("small", body_of(100_000, 1)).await;
    f.put("large", body_of(600_000, 2)).await;
    f.storage.health.close().await.unwrap();
    drop(std::mem::replace(&mut f.storage, elsewhere().await));
    for dir in ["segments", "blobs"] {
        flip(&folder.path().join(dir), &body_of(600_000, 2)[300_000..300_064]);
        flip(&folder.path().join(dir), &body_of(100_000, 1)[50_000..50_064]);
    }
    f.storage = open(config(&folder)).await.expect("a checkpoint covers the damage, so that it opens");
    let head = f.storage.metadata.read_head(&f.bucket, &key("small"), Fetch::WithInline).await;
    assert!(head.unwrap_err().to_string().contains("checksum"));
    let read = f.read("large").await.head.current.unwrap();
    let crate::storage::Data::Stored(placement) = &read.data else { panic!("stored") };
    let first = f.storage.chunks.read(placement, 0..1000).await.unwrap();
    assert!(futures::TryStreamExt::try_collect::<Vec<Bytes>>(first).await.is_ok());
    let second = f.storage.chunks.read(placement, 0..400_000).await.unwrap();
    assert!(futures::TryStreamExt::try_collect::<Vec<Bytes>>(second).await.is_err());
}

fn key(text: &str) -> crate::storage::ObjectKey {
    crate::storage::conformance::fixture::key_of(text)
}

/// Flips one bit wherever a file below `dir` holds `pattern`.
fn flip(dir: &std::path::Path, pattern: &[u8]) {
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            flip(&entry.path(), pattern);
            continue;
        }
        let mut bytes = fs::read(entry.path()).unwrap();
        if let Some(at) = bytes.windows(pattern.len()).position(|window| window == pattern) {
            bytes[at] ^= 1;
            fs::write(entry.path(), bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn a_bucket_made_again_is_another_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut f = Fixture::new(open(config(&folder)).await.unwrap()).await;
    let old = f.bucket.clone();
    f.storage.metadata.delete_bucket(&old).await.unwrap();
    let new = NewBucket {
        name: old.name.clone(),
        owner: old.owner,
        region: "x".into(),
        created: old.created,
        settings: old.settings.as_ref().clone(),
    };
    f.storage.metadata.create_bucket(new).await.unwrap();
    f = reopened(f, &folder, false).await;
    let found = f.storage.metadata.bucket(&old.name).await.unwrap().expect("is there");
    assert_ne!(found.id, old.id);
}
