//! What authentication asks: whom an access key speaks for, and the secret that proves it.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::principal::Principal;
use crate::storage::StorageError;

/// A key pair and whom it speaks for.
#[derive(Clone)]
pub struct Credential {
    /// The public half.
    pub access_key: String,
    /// The secret half; never logged, wiped when dropped.
    pub secret_key: Zeroizing<String>,
    /// Whom it speaks for.
    pub principal: Arc<Principal>,
    /// Whether V2 signatures are taken with this key; `None` leaves it to the installation.
    pub signature_v2: Option<bool>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// What is known about an access key.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// It is active.
    Known(Credential),
    /// Unknown, disabled or expired, which nobody is to tell apart; or temporary, and sent without its token.
    Unknown,
    /// Its session has ended.
    TokenExpired,
    /// The token is none of this installation's, or another key's.
    TokenInvalid,
}

/// Finds the credential of an access key.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// What is known about this access key, sent with this session token.
    async fn find(&self, access_key: &str, token: Option<&str>) -> Result<Lookup, StorageError>;
}
