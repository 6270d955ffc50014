//! Why a store could not answer. Absence and conflict are values and never stand here.

/// A store's failure. It says what happened, to what, and (where an operator can act) what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StorageError {
    /// The store could not be reached or was too slow; nothing was changed. The caller may try again.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// The store could not tell whether a change took effect.
    #[error("the outcome of a write is not known: {0}")]
    OutcomeUnknown(String),
    /// Stored bytes are not what was written.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// There is no room for new data; reads and deletes go on.
    #[error("the store is full: {0}")]
    Full(String),
    /// The store stopped itself (a failed fsync, for instance) and must be restarted.
    #[error("the store has stopped: {0}")]
    Stopped(String),
}
