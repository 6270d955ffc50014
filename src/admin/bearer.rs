//! Who sends a request: the holder of a token.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::error::{ApiError, Result};
use super::{Admin, Request, scope};
use crate::storage::Timestamp;

/// What is kept of a token.
pub(super) type Digest = [u8; 32];

pub(super) fn digest(token: &str) -> Digest {
    Sha256::digest(token.as_bytes()).into()
}

/// What is done where there is no root token, as one sentence.
const NO_ROOT: &str = "No root token is configured: set token or token_file in [admin], or DOLIUM__ADMIN__TOKEN.";
const SEND_ONE: &str = "Send `Authorization: Bearer …`; the command line takes --token-file, DOLIUM_ADMIN_TOKEN or the \
    admin.token file of the data folder.";

/// The holder of a token.
pub(super) struct Bearer {
    /// The token's name.
    pub name: String,
    scopes: Vec<String>,
    /// When the token ends.
    pub expires: Option<Timestamp>,
}

impl Bearer {
    /// Whether the token has a scope.
    pub(super) fn may(&self, scope: &str) -> bool {
        scope::covers(&self.scopes, scope)
    }
}

impl Admin {
    /// Finds out whose token it is.
    ///
    /// The root token is looked at first, and always, so that nobody who shares its holder's address can shut him out.
    /// What is looked up in the store is bounded by what the address has got wrong before.
    pub(super) async fn identify(&self, request: &Request) -> Result<Arc<Bearer>> {
        let hint = if self.root.is_some() { SEND_ONE } else { NO_ROOT };
        let Some(token) = &request.token else {
            return Err(ApiError::new(401, "no_token", "The request has no token.", hint));
        };
        let given = digest(token);
        if self.root.is_some_and(|root| bool::from(root.ct_eq(&given))) {
            return Ok(Arc::new(Bearer { name: "root".to_owned(), scopes: vec!["*".to_owned()], expires: None }));
        }
        let now = self.now();
        if let Some(seconds) = self.attempts.wait(request.from, now) {
            let hint = format!("Try again in {seconds} seconds, with a token that works.");
            let error = ApiError::new(429, "too_many_failures", "Too many requests came with a wrong token.", hint);
            return Err(ApiError { retry_after: Some(seconds), ..error });
        }
        // Looked up by its hash: how long that takes says nothing about a token.
        let Some(record) = self.tokens.find(&given).await? else {
            self.attempts.failed(request.from, now);
            return Err(ApiError::new(401, "unknown_token", "There is no such token.", hint));
        };
        let expires = (record.expires_micros != 0).then_some(Timestamp(record.expires_micros));
        if expires.is_some_and(|at| at <= now) {
            self.attempts.failed(request.from, now);
            let message = format!("The token {} has expired.", record.name);
            return Err(ApiError::new(401, "expired_token", message, "Make a new one: dolium token create NAME"));
        }
        Ok(Arc::new(Bearer { name: record.name, scopes: record.scopes, expires }))
    }
}
