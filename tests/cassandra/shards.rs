//! Listings whose shards are split, rewritten and merged while they are written and read.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use dolium::storage::conformance::fixture::Fixture;
use dolium::storage::faulty::Fault;
use dolium::storage::{DeleteBucket, UploadScan};
use futures::{StreamExt, stream};
use tokio::sync::Notify;
use uuid::Uuid;

use super::keyspace::{Rows, beside, eventually, fresh, lost, on_trial, run};

const KEYS: usize = 1_500;
const AT_ONCE: usize = 16;

/// One shard of the map: lower bound, partition, step.
type ShardRow = (Vec<u8>, Uuid, Option<i8>);

async fn map(f: &Fixture, rows: &Rows) -> Vec<ShardRow> {
    let answer = rows.run("SELECT lower, shard_id, step FROM shard_map WHERE bucket_id = ?", (f.bucket.id.0,)).await;
    let found = answer.into_rows_result().expect("rows");
    found.rows::<ShardRow>().expect("shards").map(|row| row.expect("a shard")).collect()
}

/// The map once no move is under way.
async fn settled(f: &Fixture, rows: &Rows, wanted: impl Fn(usize) -> bool) -> Vec<ShardRow> {
    eventually("the shards are moved", || async {
        let map = map(f, rows).await;
        let done = map.iter().all(|(_, _, step)| step.unwrap_or_default() == 0) && wanted(map.len());
        done.then_some(map)
    })
    .await
}

/// Everything that listings say, page by page.
async fn all_keys(f: &Fixture) -> Vec<String> {
    let (mut keys, mut from) = (Vec::new(), Vec::new());
    loop {
        let page = f.list(b"", &from, 97).await;
        let Some(last) = page.last() else { return keys };
        from = [last.as_bytes(), &[0]].concat();
        keys.extend(page);
    }
}

fn scattered(i: usize) -> String {
    // 7,919 is prime to any number of keys here: an order without a direction.
    format!("k{:05}", i * 7_919 % KEYS)
}

async fn put_all(f: &Fixture, keys: impl Iterator<Item = String>) {
    stream::iter(keys).for_each_concurrent(AT_ONCE, |key| async move { drop(f.put(&key, "x").await) }).await;
}

async fn delete_all(f: &Fixture, keys: impl Iterator<Item = String>) {
    stream::iter(keys).for_each_concurrent(AT_ONCE, |key| async move { drop(f.delete(&key).await) }).await;
}

/// Fails when a listing misses a key of `kept` or is out of order, again and again until `ended`.
async fn watch(f: Fixture, kept: Vec<String>, ended: Arc<AtomicBool>) -> u32 {
    let mut looks = 0;
    while !ended.load(Ordering::SeqCst) {
        let keys = all_keys(&f).await;
        assert!(keys.is_sorted() && keys.windows(2).all(|two| two[0] != two[1]), "out of order or twice");
        let found: BTreeSet<&String> = keys.iter().collect();
        assert!(kept.iter().all(|key| found.contains(key)), "an object was not listed");
        looks += 1;
    }
    looks
}

#[test]
fn a_bucket_that_grows_is_split_and_one_that_is_emptied_is_merged_while_it_is_used() {
    run(async {
        let (storage, config) = fresh(|config| config.shard_rows_max = 100).await;
        let f = Fixture::new(storage).await;
        let other = Fixture { storage: beside(&config).await, ..f.clone() };
        let rows = Rows::of(&config).await;
        let kept: Vec<String> = (0..KEYS).step_by(50).map(|i| format!("k{i:05}")).collect();
        put_all(&f, kept.iter().cloned()).await;
        let ended = Arc::new(AtomicBool::new(false));
        let watched = tokio::spawn(watch(other.clone(), kept.clone(), Arc::clone(&ended)));
        let (even, odd): (Vec<_>, Vec<_>) = (0..KEYS).map(scattered).partition(|key| key.ends_with(['0', '4', '8']));
        futures::join!(put_all(&f, even.into_iter()), put_all(&other, odd.into_iter()));
        let grown = settled(&f, &rows, |shards| shards >= 8).await.len();
        let everything: Vec<String> = (0..KEYS).map(|i| format!("k{i:05}")).collect();
        assert_eq!(all_keys(&f).await, everything);
        let gone = (0..KEYS).map(scattered).filter(|key| !kept.contains(key));
        delete_all(&f, gone).await;
        assert_eq!(all_keys(&other).await, kept);
        settled(&f, &rows, |shards| shards < grown).await;
        ended.store(true, Ordering::SeqCst);
        assert!(watched.await.expect("listings are whole") > 1);
        assert_eq!(all_keys(&f).await, kept);
    });
}

#[test]
fn ascending_keys_leave_what_is_there_in_its_place() {
    run(async {
        let (storage, config) = fresh(|config| config.shard_rows_max = 100).await;
        let (f, rows) = (Fixture::new(storage).await, Rows::of(&config).await);
        let first = map(&f, &rows).await[0].1;
        let count = AtomicUsize::new(0);
        let put_next = || async {
            let i = count.fetch_add(1, Ordering::SeqCst);
            f.put(&format!("log/{i:05}"), "x").await;
        };
        for _ in 0..60 {
            put_next().await;
        }
        // One at a time from here on: the key that makes a front end look is the last one when it looks.
        eventually("the shard is split", || async {
            put_next().await;
            (map(&f, &rows).await.len() > 1).then_some(())
        })
        .await;
        let map = settled(&f, &rows, |shards| shards > 1).await;
        assert_eq!(map[0].1, first, "the rows of the first shard were copied");
        assert_eq!(all_keys(&f).await.len(), count.load(Ordering::SeqCst));
    });
}

#[test]
fn versions_and_uploads_move_with_their_keys() {
    run(async {
        let (storage, config) = fresh(|config| config.shard_rows_max = 100).await;
        let (f, rows) = (Fixture::new(storage).await, Rows::of(&config).await);
        let keys: Vec<String> = (0..300).map(|i| format!("k{:05}", i * 7 % 300)).collect();
        for key in keys.iter().take(20) {
            f.open(key).await;
        }
        let f = &f;
        stream::iter(&keys)
            .for_each_concurrent(AT_ONCE, |key| async move {
                let _ = f.put_version(key, "x", true).await;
            })
            .await;
        // Markers on top: rows only in the index of versions.
        let marked = keys.iter().filter(|key| key.ends_with('3'));
        stream::iter(marked)
            .for_each_concurrent(AT_ONCE, |key| async move {
                let _ = f.mark_deleted(key, true).await;
            })
            .await;
        settled(f, &rows, |shards| shards >= 3).await;
        assert_eq!(f.versions(100).await.len(), 330);
        assert_eq!(all_keys(f).await.len(), 270);
        let scan = UploadScan { limit: 1_000, ..UploadScan::default() };
        let uploads = f.storage.metadata.list_uploads(&f.bucket, &scan).await.expect("lists").entries;
        assert_eq!(uploads.len(), 20);
        assert!(matches!(f.delete_bucket().await, DeleteBucket::NotEmpty));
    });
}

/// A move stops wherever its front end does, and the next one that comes by ends it.
#[test]
fn a_move_that_was_left_behind_is_resumed() {
    run(async {
        for held in ["shard_step", "listing_copied", "shard_split"] {
            let (storage, config, trial) = on_trial(|config| config.shard_rows_max = 50).await;
            let (f, rows) = (Fixture::new(storage).await, Rows::of(&config).await);
            // Every statement of this kind is lost on its way from here on: the front end never gets further.
            for _ in 0..200 {
                trial.faults.add(held, 0, Fault::Refuse(lost()));
            }
            put_all(&f, (0..120).map(|i| format!("k{:05}", i * 7 % 120))).await;
            if held != "shard_step" {
                eventually("the move is begun", || async {
                    map(&f, &rows).await.iter().any(|(_, _, step)| step.unwrap_or_default() > 0).then_some(())
                })
                .await;
                let cql = "UPDATE shard_map SET since = 0 WHERE bucket_id = ? AND lower = ? IF EXISTS";
                rows.run(cql, (f.bucket.id.0, [0_u8; 0].as_slice())).await;
            }
            let other = Fixture { storage: beside(&config).await, ..f.clone() };
            // A writer comes by. Where nothing was begun, some of its own rows make it look.
            put_all(&other, (0..60).map(|i| format!("m{i:05}"))).await;
            settled(&f, &rows, |shards| shards >= 2).await;
            assert_eq!(all_keys(&other).await.len(), 180, "{held}");
        }
    });
}

/// A writer that read the map before a move, and is held until after it, does not lose its object.
#[test]
fn a_writer_with_an_old_map_starts_again() {
    run(async {
        let (storage, config, trial) = on_trial(|config| config.shard_rows_max = 50).await;
        let (f, rows) = (Fixture::new(storage).await, Rows::of(&config).await);
        let other = Fixture { storage: beside(&config).await, ..f.clone() };
        let until = Arc::new(Notify::new());
        trial.faults.add("listing_intent", 0, Fault::Hold(Arc::clone(&until)));
        let writer = {
            let f = f.clone();
            tokio::spawn(async move { f.put("k00060x", "late").await })
        };
        super::keyspace::reached(&trial).await;
        put_all(&other, (0..120).map(|i| format!("k{:05}", i * 7 % 120))).await;
        settled(&f, &rows, |shards| shards >= 2).await;
        until.notify_waiters();
        until.notify_one();
        writer.await.expect("is written");
        assert!(all_keys(&other).await.contains(&"k00060x".to_owned()));
        assert_eq!(all_keys(&other).await.len(), 121);
    });
}

#[test]
fn what_was_moved_is_deleted_whole_and_a_deleted_bucket_leaves_nothing() {
    run(async {
        let (storage, config) = fresh(|config| {
            config.shard_rows_max = 50;
            config.reclaim_grace = Duration::from_secs(2);
        })
        .await;
        let (f, rows) = (Fixture::new(storage).await, Rows::of(&config).await);
        let first = map(&f, &rows).await[0].1;
        let keys = || (0..120).map(|i| format!("k{:05}", i * 7 % 120));
        put_all(&f, keys()).await;
        settled(&f, &rows, |shards| shards >= 2).await;
        let of_first = "SELECT key FROM listing WHERE bucket_id = ? AND shard_id = ?";
        eventually("the source is deleted", || async {
            f.sweep().await;
            let answer = rows.run(of_first, (f.bucket.id.0, first)).await;
            (answer.into_rows_result().expect("rows").rows_num() == 0).then_some(())
        })
        .await;
        assert_eq!(all_keys(&f).await.len(), 120);
        delete_all(&f, keys()).await;
        assert!(matches!(f.delete_bucket().await, DeleteBucket::Deleted));
        eventually("nothing is left of the bucket", || async {
            f.sweep().await;
            let left = rows.count("shard_map").await + rows.count("listing").await;
            (left == 0).then_some(())
        })
        .await;
    });
}
