//! One writer at a time for each key and for each upload.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

/// Keys share this many locks; two that collide wait for each other for one sync.
const SHARDS: usize = 1024;

/// Locks by hash. Who needs two takes the key's before the upload's.
pub(super) struct Locks {
    hash: RandomState,
    keys: Vec<Arc<Mutex<()>>>,
    uploads: Vec<Arc<Mutex<()>>>,
}

impl Locks {
    pub(super) fn new() -> Self {
        let shards = || (0..SHARDS).map(|_| Arc::default()).collect();
        Self { hash: RandomState::new(), keys: shards(), uploads: shards() }
    }

    fn shard(&self, key: &[u8]) -> usize {
        usize::try_from(self.hash.hash_one(key) % SHARDS as u64).expect("less than the number of shards")
    }

    /// Locks a row of heads.
    pub(super) async fn key(&self, key: &[u8]) -> OwnedMutexGuard<()> {
        self.keys[self.shard(key)].clone().lock_owned().await
    }

    /// Locks an upload and its parts.
    pub(super) async fn upload(&self, key: &[u8]) -> OwnedMutexGuard<()> {
        self.uploads[self.shard(key)].clone().lock_owned().await
    }
}
