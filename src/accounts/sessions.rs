//! Temporary credentials. They are kept nowhere: the session token holds all there is to know, sealed, so that any front
//! end with the encryption key opens it.
//!
//! # Why what a session may do is not in its token
//! Whoever loses a right loses it in every session, too: only who somebody is, and what the session is restricted to, is
//! sealed; rights are looked up with each request.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use zeroize::{Zeroize, Zeroizing};

use super::credential::{Credential, Lookup};
use super::entities::EntityKind;
use super::error::Result;
use super::lookup::{Standing, Subject};
use super::principal::{Identity, Principal, Session};
use super::records::Entity;
use super::secrets::Purpose;
use super::{Accounts, machine, random};
use crate::policy::{Kind, Policy};
use crate::storage::{StorageError, TenantId, Timestamp};

/// Longest session token that is looked at, bytes.
const TOKEN_BYTES_MAX: usize = 16 << 10;

/// What a token holds.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Sealed {
    #[prost(bytes = "bytes", tag = "1")]
    tenant: Bytes,
    /// 0: the tenant itself, 1: a user, 2: a role.
    #[prost(uint32, tag = "2")]
    kind: u32,
    #[prost(string, tag = "3")]
    name: String,
    #[prost(string, tag = "4")]
    id: String,
    #[prost(string, tag = "5")]
    session_name: String,
    #[prost(string, tag = "6")]
    secret_key: String,
    #[prost(int64, tag = "7")]
    issued_micros: i64,
    #[prost(int64, tag = "8")]
    expires_micros: i64,
    #[prost(string, repeated, tag = "9")]
    policies: Vec<String>,
    #[prost(string, repeated, tag = "10")]
    policy_arns: Vec<String>,
    /// The long-lived key that it came from, directly or by way of other sessions.
    #[prost(string, tag = "11")]
    origin: String,
}

impl Drop for Sealed {
    fn drop(&mut self) {
        self.secret_key.zeroize();
    }
}

/// A session to begin. Whether it may begin has been decided.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The tenant.
    pub tenant: TenantId,
    /// As whom.
    pub identity: Identity,
    /// What it is restricted to, JSON.
    pub policies: Vec<String>,
    /// Managed policies that it is restricted to, too.
    pub policy_arns: Vec<String>,
    /// How long, seconds.
    pub seconds: u32,
    /// The key that asks for it.
    pub origin: String,
}

/// The keys of a session: told once.
pub struct TemporaryCredentials {
    /// The public half.
    pub access_key: String,
    /// The secret half.
    pub secret_key: Zeroizing<String>,
    /// To be sent with each request.
    pub token: String,
    /// When they end.
    pub expires: Timestamp,
}

fn subject_of(sealed: &Sealed) -> Option<Subject> {
    let entity = |kind| Subject::Entity(kind, sealed.name.to_ascii_lowercase(), sealed.id.clone());
    match sealed.kind {
        0 => Some(Subject::Root),
        1 => Some(entity(EntityKind::User)),
        2 => Some(entity(EntityKind::Role)),
        _ => None,
    }
}

impl Accounts {
    /// Begins a session.
    ///
    /// # Errors
    /// There is no encryption key.
    pub fn issue_session(&self, new: NewSession) -> Result<TemporaryCredentials> {
        let access_key = random::id(random::TEMPORARY, 20).map_err(machine)?;
        let secret_key = random::secret().map_err(machine)?;
        let issued = Timestamp::now();
        let expires = Timestamp(issued.0 + i64::from(new.seconds) * 1_000_000);
        let (kind, id, name, session_name) = match new.identity {
            Identity::Root => (0, String::new(), String::new(), String::new()),
            Identity::User { id, name, .. } => (1, id, name, String::new()),
            Identity::Role { id, name, session_name, .. } => (2, id, name, session_name),
        };
        let sealed = Sealed {
            tenant: Bytes::copy_from_slice(&new.tenant.0),
            kind,
            name,
            id,
            session_name,
            secret_key: secret_key.to_string(),
            issued_micros: issued.0,
            expires_micros: expires.0,
            policies: new.policies,
            policy_arns: new.policy_arns,
            origin: new.origin,
        };
        let text = Zeroizing::new(sealed.encode_to_vec());
        let token = self.encryption()?.seal(Purpose::Token, &text, access_key.as_bytes()).map_err(machine)?;
        let token = data_encoding::BASE64URL_NOPAD.encode(&token);
        Ok(TemporaryCredentials { access_key, secret_key, token, expires })
    }

    fn open_token(&self, access_key: &str, token: &str) -> Option<Sealed> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let sealed = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).ok()?;
        let text = self.encryption.as_ref()?.open(Purpose::Token, &sealed, access_key.as_bytes())?;
        Sealed::decode(text.as_slice()).ok()
    }

    pub(super) async fn find_session(
        &self,
        access_key: &str,
        token: Option<&str>,
    ) -> std::result::Result<Lookup, StorageError> {
        let Some(token) = token else { return Ok(Lookup::Unknown) };
        let Some(sealed) = self.open_token(access_key, token) else { return Ok(Lookup::TokenInvalid) };
        if Timestamp::now().0 >= sealed.expires_micros {
            return Ok(Lookup::TokenExpired);
        }
        let tenant = TenantId::from_slice(&sealed.tenant);
        let Some((tenant, subject)) = tenant.zip(subject_of(&sealed)) else { return Ok(Lookup::TokenInvalid) };
        let Some(standing) = self.standing(tenant, &subject).await? else { return Ok(Lookup::Unknown) };
        // Of a role, the session outlives the key that asked for it, as AWS's do.
        if sealed.kind != 2 && self.works(&sealed.origin).await?.is_none() {
            return Ok(Lookup::Unknown);
        }
        let mut policies: Vec<Arc<Policy>> =
            sealed.policies.iter().map(|text| Arc::new(Policy::stored(text.as_bytes(), Kind::Session))).collect();
        for arn in &sealed.policy_arns {
            policies.push(self.attached_policy(tenant, arn).await?);
        }
        let session =
            Session { policies, issued: Timestamp(sealed.issued_micros), expires: Timestamp(sealed.expires_micros) };
        let principal = Principal {
            tenant: standing.tenant.clone(),
            account: standing.account,
            identity: identity_of(&standing, &sealed),
            access_key: access_key.to_owned(),
            policies: standing.policies.clone(),
            session: Some(session),
        };
        let secret_key = Zeroizing::new(sealed.secret_key.clone());
        let principal = Arc::new(principal);
        Ok(Lookup::Known(Credential { access_key: access_key.to_owned(), secret_key, principal, signature_v2: None }))
    }
}

fn identity_of(standing: &Standing, sealed: &Sealed) -> Identity {
    let Some(Entity { id, name, path, .. }) = standing.entity.as_ref() else { return Identity::Root };
    let (id, name, path) = (id.clone(), name.clone(), path.clone());
    match sealed.kind {
        2 => Identity::Role { id, name, path, session_name: sealed.session_name.clone() },
        _ => Identity::User { id, name, path },
    }
}
