//! What tests do to a store from below: statements that go wrong as planned, and a wall clock that is off.
//!
//! # Why here
//! A conditional write whose outcome is lost is settled below the storage traits, so a store that is faulty from
//! outside cannot show whether it is settled rightly.

use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use scylla::errors::ExecutionError;

use crate::storage::faulty::Plan;
use crate::storage::{StorageError, Timestamp};

/// Shared by a store and the test that tries it.
#[derive(Default)]
pub struct Trial {
    /// Statements, by their names in this store, that go wrong. [`StorageError::Unavailable`] stands for a request
    /// that was never sent, every other error for one whose outcome is not known.
    pub faults: Plan,
    ahead_micros: AtomicI64,
}

impl Trial {
    /// Sets the wall clock that writes are checked against so many seconds ahead of the machine's; negative is behind.
    pub fn set_clock_ahead(&self, seconds: i64) {
        self.ahead_micros.store(seconds.saturating_mul(1_000_000), Ordering::SeqCst);
    }

    /// `now`, as the clock that is off shows it.
    pub(super) fn wall(&self, now: Timestamp) -> Timestamp {
        Timestamp(now.0.saturating_add(self.ahead_micros.load(Ordering::SeqCst)))
    }

    /// Sends a statement as planned.
    pub(super) async fn around<T>(
        &self,
        statement: &str,
        sent: impl Future<Output = Result<T, ExecutionError>>,
    ) -> Result<T, ExecutionError> {
        let error = |planned| match planned {
            StorageError::Unavailable(_) => ExecutionError::EmptyPlan,
            _ => ExecutionError::RequestTimeout(Duration::ZERO),
        };
        self.faults.around_as(statement, sent, error).await
    }
}
