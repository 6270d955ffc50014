//! Whoever signed a request: a tenant itself, one of its users, or a session of one of its roles.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::policy::{Policy, Who};
use crate::storage::{Tenant, TenantId, Timestamp};

/// The account number that ARNs name a tenant by: 12 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId([u8; 12]);

impl AccountId {
    /// Reads 12 digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 12] = text.as_bytes().try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    /// The number that a tenant tries first: made of its canonical id, so that it needs no record to be told. `attempt`
    /// counts up when another tenant has that number.
    #[must_use]
    pub fn of(tenant: TenantId, attempt: u32) -> Self {
        let digest = Sha256::new().chain_update(tenant.0).chain_update(attempt.to_be_bytes()).finalize();
        let mut number = digest.iter().take(8).fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        let mut digits = [b'0'; 12];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
        Self(digits)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whoever signed a request.
#[derive(Debug, Clone)]
pub struct Principal {
    /// Whose rights and whose bill.
    pub tenant: Tenant,
    /// The tenant's account number.
    pub account: AccountId,
    /// As whom.
    pub identity: Identity,
    /// The key that signed.
    pub access_key: String,
    /// What its account lets it do: its own policies, those attached to it and those of its groups. The root needs none.
    pub policies: Vec<Arc<Policy>>,
    /// Of temporary credentials.
    pub session: Option<Session>,
}

/// As whom somebody acts for a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// The tenant itself.
    Root,
    /// One of its users.
    User {
        /// `AIDA…`.
        id: String,
        /// Unique in the account.
        name: String,
        /// `/` or `/division/team/`.
        path: String,
    },
    /// A session of one of its roles.
    Role {
        /// `AROA…`.
        id: String,
        /// Unique in the account.
        name: String,
        /// `/` or `/division/team/`.
        path: String,
        /// What whoever assumed it calls the session.
        session_name: String,
    },
}

/// Temporary credentials.
#[derive(Debug, Clone)]
pub struct Session {
    /// What the session is restricted to; empty when it is not.
    pub policies: Vec<Arc<Policy>>,
    /// When they were issued.
    pub issued: Timestamp,
    /// When they end.
    pub expires: Timestamp,
}

impl Principal {
    /// A tenant itself, by one of its keys.
    #[must_use]
    pub fn root(tenant: Tenant, account: AccountId, access_key: String) -> Self {
        Self { tenant, account, identity: Identity::Root, access_key, policies: Vec::new(), session: None }
    }

    /// As policies name it.
    #[must_use]
    pub fn who(&self) -> Who {
        Who::Principal {
            account: self.account.to_string(),
            canonical: self.tenant.id.to_string(),
            arn: self.arn(),
            also: self.role_arn().into_iter().collect(),
            user_id: self.user_id(),
        }
    }

    /// Whether it is the tenant itself.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.identity == Identity::Root
    }

    /// Whether it is the tenant itself by a key of its own: its account lets it do everything.
    #[must_use]
    pub fn is_unrestricted(&self) -> bool {
        self.is_root() && self.session.is_none()
    }

    /// Its ARN (AWS IAM User Guide, "IAM identifiers").
    #[must_use]
    pub fn arn(&self) -> String {
        let account = self.account;
        match &self.identity {
            Identity::Root => format!("arn:aws:iam::{account}:root"),
            Identity::User { name, path, .. } => format!("arn:aws:iam::{account}:user{path}{name}"),
            Identity::Role { name, session_name, .. } => {
                format!("arn:aws:sts::{account}:assumed-role/{name}/{session_name}")
            }
        }
    }

    /// The ARN of the role that it is a session of.
    #[must_use]
    pub fn role_arn(&self) -> Option<String> {
        match &self.identity {
            Identity::Role { name, path, .. } => Some(format!("arn:aws:iam::{}:role{path}{name}", self.account)),
            Identity::Root | Identity::User { .. } => None,
        }
    }

    /// `aws:userid` (AWS IAM User Guide, "Information about the requester", the table of principal key values).
    #[must_use]
    pub fn user_id(&self) -> String {
        match &self.identity {
            Identity::Root => self.account.to_string(),
            Identity::User { id, .. } => id.clone(),
            Identity::Role { id, session_name, .. } => format!("{id}:{session_name}"),
        }
    }
}
