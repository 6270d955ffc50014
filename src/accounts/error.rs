//! Why something about accounts could not be done. The IAM interface has a code of AWS's for each.

use crate::storage::StorageError;

/// What to do where something needs the encryption key and there is none.
pub const NO_ENCRYPTION_KEY: &str = "there is no encryption key for accounts: set encryption_key_file or encryption_key in \
    [accounts], or DOLIUM__ACCOUNTS__ENCRYPTION_KEY, to 32 random bytes as base64 or 64 hexadecimal digits, the same on all \
    front ends";

/// A refusal, as one sentence for whoever asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccountError {
    /// What is asked for is not there.
    #[error("{0}")]
    NoSuchEntity(String),
    /// The name is taken.
    #[error("{0}")]
    EntityAlreadyExists(String),
    /// Something still belongs to what was to be deleted.
    #[error("{0}")]
    DeleteConflict(String),
    /// There may be no more of these.
    #[error("{0}")]
    LimitExceeded(String),
    /// A value breaks its rules.
    #[error("{0}")]
    Invalid(String),
    /// A text is no policy.
    #[error("{0}")]
    MalformedPolicy(String),
    /// Nothing says how to encrypt.
    #[error("{}", NO_ENCRYPTION_KEY)]
    NoEncryptionKey,
    /// Others changed the same thing again and again.
    #[error("{0} was changed by others at the same time; try again")]
    Busy(String),
    /// The store could not tell.
    #[error(transparent)]
    Store(#[from] StorageError),
}

/// The result of most calls.
pub type Result<T> = std::result::Result<T, AccountError>;

pub(super) fn missing(noun: &str, name: &str) -> AccountError {
    AccountError::NoSuchEntity(format!("The {noun} with name {name} cannot be found."))
}

pub(super) fn taken(noun: &str, name: &str) -> AccountError {
    AccountError::EntityAlreadyExists(format!("{noun} with name {name} already exists."))
}
