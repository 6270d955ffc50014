//! What the store takes of the machine: space on the disk, open files, and work of the sweeper.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::sim::{Faults, SimDisk};
use crate::storage::conformance::fixture::{Fixture, body_of, key_of};
use crate::storage::embedded::EmbeddedConfig;
use crate::storage::embedded::base::{Base, Checkpoint};
use crate::storage::embedded::index::{Change, Index, Location, Row};
use crate::storage::embedded::stop::StopFlag;
use crate::storage::embedded::store::{Embedded, open_on};
use crate::storage::{Home, StorageError};

fn config() -> EmbeddedConfig {
    EmbeddedConfig { segment_bytes: 64 << 10, headroom_bytes: 0, linger: Duration::ZERO, ..EmbeddedConfig::new("/sim") }
}

async fn opened(disk: &SimDisk, config: EmbeddedConfig) -> (Arc<Embedded>, Fixture) {
    let store = open_on(config, Arc::new(disk.clone())).await.expect("opens");
    let f = Fixture::new(store.storage()).await;
    (store, f)
}

async fn swept(f: &Fixture) {
    while !f.storage.reclaim.sweep().await.expect("sweeps").idle {}
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_looked_at_after_the_start_and_then_rarely() {
    let disk = SimDisk::default();
    let config = EmbeddedConfig { orphan_grace: Duration::ZERO, ..config() };
    let (_store, f) = opened(&disk, config).await;
    let before = disk.listings();
    swept(&f).await;
    let once = disk.listings() - before;
    assert!(once >= 256, "each folder of blobs is listed");
    // What this process leaves itself goes without that.
    drop(f.blob(Home::Object(&f.bucket, &key_of("k")), body_of(1000, 1)).await.unwrap());
    f.put("deleted", body_of(600_000, 1)).await;
    f.delete("deleted").await;
    let blobs = || disk.paths("/blobs/").iter().filter(|path| path.file_name().unwrap().len() == 32).count();
    while blobs() > 0 {
        f.storage.reclaim.sweep().await.unwrap();
    }
    swept(&f).await;
    assert_eq!(disk.listings() - before, once);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_is_repeated_when_its_time_has_come() {
    let disk = SimDisk::default();
    let (_store, f) = opened(&disk, EmbeddedConfig { scan_every: Duration::ZERO, ..config() }).await;
    swept(&f).await;
    let before = disk.listings();
    swept(&f).await;
    assert!(disk.listings() - before >= 256);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_log_keeps_few_files_open() {
    let disk = SimDisk::default();
    let (_store, f) = opened(&disk, EmbeddedConfig { open_segments_max: 4, ..config() }).await;
    for i in 0..500 {
        f.put(&format!("{i:04}"), body_of(2000, i)).await;
    }
    assert!(disk.paths(".log").len() > 10);
    for i in (0..500).chain((0..500).step_by(97)) {
        assert!(f.get(&format!("{i:04}")).await == Some(body_of(2000, i)), "{i}");
        assert!(disk.open_files(".log") <= 5, "{} files are open", disk.open_files(".log"));
    }
    for i in 0..500 {
        f.delete(&format!("{i:04}")).await;
    }
    swept(&f).await;
    assert!(disk.open_files(".log") <= 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_doubles_takes_only_what_it_writes() {
    let disk = SimDisk::default();
    let config = EmbeddedConfig { segment_bytes: 1 << 20, ..config() };
    let (store, f) = opened(&disk, config).await;
    let index = Path::new("/sim/index.redb");
    let mut length = 0;
    let mut doubled = 0;
    for i in 0..20_000_u64 {
        f.put(&format!("{i:05}-{}", "x".repeat(400)), body_of(10, i)).await;
        if i % 1000 != 999 {
            continue;
        }
        let writing = store.clone();
        tokio::task::spawn_blocking(move || writing.shared.checkpoints.write(&writing.shared)).await.unwrap().unwrap();
        let (now, taken) = disk.size(index);
        if now > length + (8 << 20) {
            doubled += 1;
            assert!(taken + (4 << 20) < now, "{taken} bytes are taken of a file of {now}");
        }
        length = now;
    }
    assert!(doubled > 0, "the index has grown by much at once");
    // What is free is less than the file would grow by, and enough for what is deleted.
    disk.set_faults(Faults { capacity: disk.used() + (4 << 20), ..Faults::default() });
    for i in 0..2000_u64 {
        f.delete(&format!("{i:05}-{}", "x".repeat(400))).await;
    }
    let writing = store.clone();
    tokio::task::spawn_blocking(move || writing.shared.checkpoints.write(&writing.shared)).await.unwrap().unwrap();
    f.storage.health.ready().await.expect("a full disk stops nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_never_shows_in_a_sync() {
    let disk = SimDisk::default();
    let (store, f) = opened(&disk, EmbeddedConfig { checkpoint_rows: 100, ..config() }).await;
    disk.set_faults(Faults { capacity: disk.used() + (2 << 20), ..Faults::default() });
    let refusal = loop {
        if let Err(error) = f.try_put(&uuid::Uuid::new_v4().to_string().repeat(20), body_of(10, 1)).await {
            break error;
        }
    };
    // Whether the log or the checkpoints found it full first.
    assert!(matches!(refusal, StorageError::Full(_) | StorageError::Unavailable(_)), "{refusal}");
    let writing = store.clone();
    // With no reserve it may fail, and must leave the store as it was.
    drop(tokio::task::spawn_blocking(move || writing.shared.checkpoints.write(&writing.shared)).await.unwrap());
    f.storage.health.ready().await.expect("a full disk stops nothing");
    assert!(!f.list(b"", b"", 1000).await.is_empty());
}

/// A checkpoint that fails has the base opened again, and whoever reads at that moment must not notice.
#[test]
fn readers_of_a_base_that_is_opened_again_read_the_new_one() {
    let disk = SimDisk::default();
    let stop = StopFlag::default();
    let row = Row { location: Location::default(), value: b"v"[..].into() };
    let opened = |name: &str| {
        let mut base = Base::create(&disk, Path::new(name), &stop).expect("makes an empty base");
        // As many as no single page holds.
        let rows = (0..3000).map(|i| (format!("{i:0500}").into_bytes(), Some(row.clone()))).collect();
        base.write(&rows, &Checkpoint::default()).expect("writes rows");
        drop(base);
        // So that nothing is in its cache.
        Base::open(&disk, Path::new(name), &stop).expect("opens").0
    };
    let (old, new) = (opened("/old"), opened("/new"));
    let index = Index::new(&old, BTreeMap::new()).expect("reads it");
    drop(old);
    let key = format!("{:0500}", 1500).into_bytes();
    index.get(&key).expect_err("no checkpoint is under way: this base stays closed");
    index.freeze().expect("begins a checkpoint");
    let change = Change { key: key.clone(), value: None, location: Location::default(), origin: 0 };
    std::thread::scope(|scope| {
        let readers = [
            scope.spawn(|| index.get(&key).map(|row| row.is_some())),
            scope.spawn(|| index.scan(&key, None, 9).map(|rows| rows.len() == 9)),
            scope.spawn(|| index.resolve(std::slice::from_ref(&change)).map(|_| true)),
        ];
        index.replace_base(new.rows().expect("reads it"));
        index.refreeze();
        for reader in readers {
            assert!(reader.join().expect("ends").expect("reads the new one"));
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_checkpoint_that_finds_the_disk_full_stops_nothing() {
    let disk = SimDisk::default();
    let (store, f) = opened(&disk, EmbeddedConfig { checkpoint_rows: 1_000_000, ..config() }).await;
    for i in 0..3000 {
        f.put(&format!("{i:04}-{}", "x".repeat(900)), "x").await;
    }
    let write =
        |store: Arc<Embedded>| tokio::task::spawn_blocking(move || store.shared.checkpoints.write(&store.shared));
    disk.set_faults(Faults { capacity: disk.used(), ..Faults::default() });
    write(store.clone()).await.unwrap().expect_err("there is no room for it");
    f.storage.health.ready().await.expect("a full disk stops nothing");
    assert_eq!(f.list(b"", b"", 1000).await.len(), 3000);
    disk.set_faults(Faults::default());
    write(store.clone()).await.unwrap().expect("there is room again");
    assert_eq!(f.list(b"", b"", 1000).await.len(), 3000);
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_wait_for_a_checkpoint_that_is_too_slow() {
    let disk = SimDisk::default();
    let (store, f) = opened(&disk, EmbeddedConfig { checkpoint_rows: 50, ..config() }).await;
    disk.set_faults(Faults { hold: Some("index.redb"), ..Faults::default() });
    let mut written = 0;
    while written < 2000 {
        let put = f.clone();
        let put = tokio::spawn(async move { put.put(&format!("{written:04}"), "x").await });
        written += 1;
        if tokio::time::timeout(Duration::from_secs(1), put).await.is_err() {
            break;
        }
    }
    assert!(written < 2000, "nothing waits");
    assert!(store.shared.index.pending() >= 200 && store.shared.index.pending() < 400);
    disk.set_faults(Faults::default());
    f.put("later", "goes on").await;
    assert_eq!(f.list(b"", b"", 1000).await.len(), written + 1);
}
