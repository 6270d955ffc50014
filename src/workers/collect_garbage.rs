//! Gives back the space that crashes, overwrites and deletes left behind.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::{Progress, Worker};
use crate::storage::{ReclaimStore, StorageError};

/// The pause between two sweeps that found nothing.
pub const PAUSE: Duration = Duration::from_secs(10);

/// Sweeps a store.
pub struct CollectGarbage {
    store: Arc<dyn ReclaimStore>,
    pause: Duration,
}

impl CollectGarbage {
    /// For this store; `pause` is for tests, [`PAUSE`] otherwise.
    #[must_use]
    pub fn new(store: Arc<dyn ReclaimStore>, pause: Option<Duration>) -> Self {
        Self { store, pause: pause.unwrap_or(PAUSE) }
    }
}

#[async_trait]
impl Worker for CollectGarbage {
    fn name(&self) -> &'static str {
        "collect garbage"
    }

    fn pause(&self) -> Duration {
        self.pause
    }

    async fn step(&self) -> Result<Progress, StorageError> {
        let sweep = self.store.sweep().await?;
        if sweep.reclaimed > 0 {
            tracing::debug!(examined = sweep.examined, reclaimed = sweep.reclaimed, "space was given back");
        }
        Ok(if sweep.idle { Progress::Idle } else { Progress::More })
    }
}
