//! Who sends a request, and whether its body is what was signed. The one entry point is [`identify`].

use async_trait::async_trait;
use zeroize::Zeroizing;

use crate::storage::{StorageError, Tenant};

/// A key pair and whom it speaks for.
#[derive(Clone)]
pub struct Credential {
    /// The public half.
    pub access_key: String,
    /// The secret half; never logged, wiped when dropped.
    pub secret_key: Zeroizing<String>,
    /// The tenant it belongs to.
    pub tenant: Tenant,
    /// Whether V2 signatures are taken with this key; `None` leaves it to the installation.
    pub signature_v2: Option<bool>,
}

/// Finds the credential of an access key.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// The active credential with this access key; disabled and expired ones are `None`, like unknown ones.
    async fn find(&self, access_key: &str) -> Result<Option<Credential>, StorageError>;
}

/// Who sends a request.
#[derive(Clone)]
pub enum Caller {
    /// No credentials were sent.
    Anonymous,
    /// A tenant, by one of its keys.
    Tenant {
        /// The tenant.
        tenant: Tenant,
        /// The key that signed.
        access_key: String,
    },
}
