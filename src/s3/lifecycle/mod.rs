//! Lifecycle: which rules a bucket has, what they say about a version or an upload, and how clients are told. Removes
//! nothing; `workers/expire_objects` does. Source: AWS, "Managing the lifecycle of objects".

pub mod calendar;
pub mod evaluate;
pub mod headers;
pub mod rule;
pub mod validate;

pub use calendar::Calendar;
pub use evaluate::Position;
pub use rule::{Expiration, Filter, Predicates, Rule, Rules, Scope, TransitionMinimum};

use prost::Message;

use crate::storage::{Bucket, StorageError};

/// The rules of a bucket; `None` when it has none.
///
/// # Errors
/// [`StorageError::Corrupt`] for settings that cannot be read.
pub fn of(bucket: &Bucket) -> Result<Option<Rules>, StorageError> {
    let stored = &bucket.settings.lifecycle;
    if stored.is_empty() {
        return Ok(None);
    }
    let damaged = |e| StorageError::Corrupt(format!("the lifecycle rules of bucket {}: {e}", bucket.name));
    Rules::decode(stored.clone()).map(Some).map_err(damaged)
}
