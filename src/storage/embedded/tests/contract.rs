//! The promises that every store keeps, on a real folder.

use std::time::Duration;

use tempfile::TempDir;

use crate::storage::Storage;
use crate::storage::embedded::{EmbeddedConfig, open};

async fn fresh() -> (Storage, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = EmbeddedConfig::new(folder.path());
    // Small enough that the suite rolls segments, writes checkpoints and compacts.
    config.segment_bytes = 1 << 20;
    config.checkpoint_log_bytes = 1 << 20;
    config.checkpoint_rows = 100;
    config.linger = Duration::from_millis(200);
    (open(config).await.expect("opens"), folder)
}

crate::contract_suite!(fresh);
