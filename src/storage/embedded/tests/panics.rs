//! A panic of any of the store's threads stops the store, and leaves nobody waiting.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::sim::{Faults, SimDisk};
use crate::storage::StorageError;
use crate::storage::conformance::fixture::{Fixture, body_of};
use crate::storage::embedded::EmbeddedConfig;
use crate::storage::embedded::store::{Embedded, open_on};

/// Longer than anything here takes; who waits that long waits for ever.
const FOR_EVER: Duration = Duration::from_secs(60);

async fn opened(disk: &SimDisk) -> (Arc<Embedded>, Fixture) {
    let config = EmbeddedConfig {
        segment_bytes: 64 << 10,
        headroom_bytes: 0,
        linger: Duration::ZERO,
        checkpoint_rows: 50,
        ..EmbeddedConfig::new("/sim")
    };
    let store = open_on(config, Arc::new(disk.clone())).await.expect("opens");
    let f = Fixture::new(store.storage()).await;
    (store, f)
}

/// Writes until the store says no, and returns what it says then.
async fn refusal(f: &Fixture) -> StorageError {
    for i in 0.. {
        let key = format!("{i:06}");
        let put = f.try_put(&key, body_of(2000, i));
        if let Err(error) = timeout(FOR_EVER, put).await.expect("nobody waits for a thread that is gone") {
            return error;
        }
    }
    unreachable!("the store goes on for ever")
}

/// Why the store has stopped. The thread that panics may still be on its way out when others meet what it left.
async fn stopped(f: &Fixture) -> String {
    loop {
        if let Err(why) = f.storage.health.ready().await {
            return why;
        }
        tokio::task::yield_now().await;
    }
}

async fn a_panic_at(part: &'static str, culprit: &str) {
    let disk = SimDisk::default();
    let (store, f) = opened(&disk).await;
    f.put("before", "kept").await;
    disk.set_faults(Faults { panic_at: Some(part), ..Faults::default() });
    refusal(&f).await;
    let why = timeout(FOR_EVER, stopped(&f)).await.expect("it stops");
    f.try_put("later", Bytes::new()).await.unwrap_err();
    assert!(why.contains(culprit) && why.contains("panicked"), "{why}");
    assert_eq!(f.get("before").await.as_deref(), Some(&b"kept"[..]), "reads go on");
    assert!(matches!(f.storage.reclaim.sweep().await, Err(StorageError::Stopped(_))));
    timeout(FOR_EVER, f.storage.health.close()).await.expect("it ends").unwrap_err();
    drop((f, store));
    let (_store, f) = opened(&disk).await;
    f.put("later", "works again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_committer_stops_the_store() {
    a_panic_at(".log", "the committer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_segments_are_prepared_stops_the_store() {
    // One that is not there yet: the committer, too, writes to those that are.
    a_panic_at("spare-6", "log segments").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_a_checkpoint_stops_the_store() {
    a_panic_at("index.redb", "checkpoint").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_a_blob_is_written_fails_that_request_alone() {
    let disk = SimDisk::default();
    let (_store, f) = opened(&disk).await;
    disk.set_faults(Faults { panic_at: Some("/blobs/"), ..Faults::default() });
    let large = body_of(600_000, 1);
    timeout(FOR_EVER, f.try_put("large", large.clone())).await.expect("it ends").unwrap_err();
    f.put("large", large.clone()).await;
    assert!(f.get("large").await == Some(large));
}
