//! The contract suite, with the grace period of production and with one so short that everything is judged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dolium::storage::Storage;
use dolium::storage::cassandra::open;
use dolium::storage::conformance::CONTRACT;
use dolium::storage::conformance::fixture::insist;

use super::keyspace::{fresh, run};

/// All promises, or those whose name has `DOLIUM_TEST_PROMISE` in it.
async fn keep_all(storage: Storage) {
    let only = std::env::var("DOLIUM_TEST_PROMISE").unwrap_or_default();
    for (name, promise) in CONTRACT.iter().filter(|(name, _)| name.contains(&only)) {
        let began = Instant::now();
        // A task of its own, so that the name of a broken promise is known before its panic goes on.
        let kept = tokio::spawn(promise(storage.clone())).await;
        println!("{name}: {} in {:?}", if kept.is_ok() { "kept" } else { "BROKEN" }, began.elapsed());
        kept.unwrap_or_else(|_| panic!("{name} is broken"));
    }
}

#[test]
fn the_contract_is_kept() {
    run(async {
        let (storage, _) = fresh(|_| {}).await;
        keep_all(storage.clone()).await;
        storage.health.close().await.expect("nothing is left to do");
    });
}

/// Every blob is judged while the promises are being kept, by two sweepers that never rest.
#[test]
fn the_contract_is_kept_under_the_reclaimers_eyes() {
    run(async {
        let (storage, config) = fresh(|config| config.reclaim_grace = Duration::from_secs(5)).await;
        let other = open(config).await.expect("a second front end opens");
        let ended = Arc::new(AtomicBool::new(false));
        let sweepers: Vec<_> = [storage.clone(), other]
            .into_iter()
            .map(|storage| {
                let ended = Arc::clone(&ended);
                tokio::spawn(async move {
                    let mut reclaimed = 0;
                    while !ended.load(Ordering::SeqCst) {
                        // A step that contention cut off is taken again, as a worker does.
                        let Some(sweep) = insist(|| storage.reclaim.sweep()).await else { continue };
                        reclaimed += sweep.reclaimed;
                        if sweep.idle {
                            tokio::time::sleep(Duration::from_millis(200)).await;
                        }
                    }
                    reclaimed
                })
            })
            .collect();
        keep_all(storage.clone()).await;
        ended.store(true, Ordering::SeqCst);
        let mut reclaimed = 0;
        for sweeper in sweepers {
            reclaimed += sweeper.await.expect("sweepers end");
        }
        println!("{reclaimed} blobs were reclaimed meanwhile");
        assert!(reclaimed > 0 || std::env::var("DOLIUM_TEST_PROMISE").is_ok());
        storage.health.close().await.expect("nothing is left to do");
    });
}
