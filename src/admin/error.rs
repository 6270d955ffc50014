//! Refusals of the operators' interface: what went wrong, and what to do about it.

use std::fmt;

use super::Answer;
use super::types::{ErrorAnswer, ErrorBody};
use crate::accounts::AccountError;
use crate::storage::StorageError;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// The HTTP status.
    pub status: u16,
    /// For programs; never changes its meaning.
    pub code: &'static str,
    /// One sentence: what is wrong.
    pub message: String,
    /// One sentence: what to do; may be empty.
    pub hint: String,
    /// When to try again, seconds.
    pub retry_after: Option<u64>,
}

/// The result of most calls.
pub type Result<T> = std::result::Result<T, ApiError>;

impl ApiError {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: hint.into(), retry_after: None }
    }

    /// A value breaks its rules.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid", message, "Correct the value and send the request again.")
    }

    pub(super) fn closed(why: &str) -> Self {
        Self::new(503, "closed", why, "Change the configuration and start this front end again.")
    }

    pub(super) fn no_route(path: &str) -> Self {
        let hint = format!("{}/openapi.json lists every path.", super::PREFIX);
        Self::new(404, "no_route", format!("There is nothing at {path}."), hint)
    }

    pub(super) fn out_of_scope(token: &str, scope: &str) -> Self {
        let message = format!("The token {token} has not the scope {scope}.");
        Self::new(
            403,
            "out_of_scope",
            message,
            format!("Use a token that has it: dolium token create NAME --scope {scope}"),
        )
    }

    pub(super) fn missing(noun: &str, name: &str) -> Self {
        let hint = format!("`dolium {noun} list` shows what there is.");
        Self::new(404, "not_found", format!("There is no {noun} {name}."), hint)
    }

    /// As it goes out.
    pub(super) fn answer(self) -> Answer {
        let retry_after = self.retry_after;
        let error = ErrorBody { code: self.code.to_owned(), message: self.message, hint: self.hint };
        let body = serde_json::to_vec(&ErrorAnswer { error }).unwrap_or_default();
        Answer { status: self.status, body, retry_after }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        let message = error.to_string();
        match error {
            AccountError::NoSuchEntity(_) => Self::new(404, "not_found", message, "The list shows what there is."),
            AccountError::EntityAlreadyExists(_) => {
                Self::new(409, "exists", message, "Choose another one, or change the one that is there.")
            }
            AccountError::DeleteConflict(_) => {
                Self::new(409, "in_use", message, "Remove what still belongs to it, and delete it then.")
            }
            AccountError::LimitExceeded(_) => {
                Self::new(409, "limit", message, "Delete one that is not needed any more.")
            }
            AccountError::Invalid(_) => Self::invalid(message),
            AccountError::MalformedPolicy(_) => {
                Self::new(400, "malformed_policy", message, "Send the policy as one text, in the language of AWS.")
            }
            AccountError::NoEncryptionKey => {
                Self::new(503, "no_encryption_key", message, "Static [[keys]] of the configuration need none.")
            }
            AccountError::Busy(_) => Self::new(503, "busy", message, "Send the request again."),
            AccountError::Store(error) => error.into(),
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        let hint = match error {
            StorageError::OutcomeUnknown(_) => "Look whether it took effect before you send the request again.",
            _ => "Look at the health of the store, and send the request again.",
        };
        Self::new(503, "store", error.to_string(), hint)
    }
}
