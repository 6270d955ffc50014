//! The one-way switch of a store that may not write any more.

use std::sync::{Arc, OnceLock};

use crate::storage::StorageError;

/// Set once, for instance by a failed sync: what the kernel still holds of the failed pages is then not known, so
/// nothing is retried and only a restart, which reads the log again, can tell what is durable.
#[derive(Debug, Clone, Default)]
pub(super) struct StopFlag(Arc<OnceLock<String>>);

impl StopFlag {
    /// Stops the store. The first reason stays.
    pub(super) fn stop(&self, reason: &str) {
        if self.0.set(reason.to_owned()).is_ok() {
            tracing::error!(reason, "the embedded store has stopped and takes no more writes; restart it");
        }
    }

    /// # Errors
    /// [`StorageError::Stopped`] when the store has stopped.
    pub(super) fn check(&self) -> Result<(), StorageError> {
        self.0.get().map_or(Ok(()), |reason| Err(StorageError::Stopped(reason.clone())))
    }
}
