//! The contract suite, with the grace period of production and with one so short that everything is judged.

use std::time::{Duration, Instant};

use dolium::storage::conformance::CONTRACT;

use super::keyspace::{fresh, run};

/// All promises, or those whose name has `DOLIUM_TEST_PROMISE` in it.
async fn keep_all(grace: Duration) {
    let (storage, _) = fresh(|config| config.reclaim_grace = grace).await;
    let only = std::env::var("DOLIUM_TEST_PROMISE").unwrap_or_default();
    for (name, promise) in CONTRACT.iter().filter(|(name, _)| name.contains(&only)) {
        let began = Instant::now();
        // A task of its own, so that the name of a broken promise is known before its panic goes on.
        let kept = tokio::spawn(promise(storage.clone())).await;
        println!("{name}: {} in {:?}", if kept.is_ok() { "kept" } else { "BROKEN" }, began.elapsed());
        kept.unwrap_or_else(|_| panic!("{name} is broken"));
    }
    storage.health.close().await.expect("nothing is left to do");
}

#[test]
fn the_contract_is_kept() {
    run(keep_all(Duration::from_secs(48 * 3600)));
}
