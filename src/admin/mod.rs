//! The operators' interface: tenants, keys, users, groups, buckets and the tokens that it takes itself, as JSON. Knows no
//! web server: a [`Request`] comes in, an [`Answer`] goes out.
//!
//! [`routes`] is the one table of what can be asked. What routes take and give are the [`types`], and the document that
//! describes them all ([`openapi`]) is made of the table, so that it cannot say anything else.

mod attempts;
mod bearer;
mod buckets;
mod call;
mod entities;
mod error;
mod keys;
mod openapi;
mod purge;
mod routes;
mod scope;
mod sweep;
mod tenants;
#[cfg(test)]
mod tests;
mod tokens;
pub mod types;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use zeroize::Zeroizing;

pub use error::ApiError;
pub use scope::SCOPES;

use self::attempts::Attempts;
use self::bearer::{Digest, digest};
use self::call::{Call, Method, Route, find};
use self::tokens::Tokens;
use crate::accounts::Accounts;
use crate::storage::{Storage, Timestamp};

/// What every path of the interface begins with.
pub const PREFIX: &str = "/admin/v1";
/// Largest body of a request, bytes: a policy with what stands around it.
pub const BODY_BYTES_MAX: usize = 256 << 10;

/// A request as it came.
pub struct Request {
    /// `GET`, `POST`, ….
    pub method: String,
    /// Still percent-encoded.
    pub path: String,
    /// Still percent-encoded; empty when there is none.
    pub query: String,
    /// What came as a bearer token.
    pub token: Option<Zeroizing<String>>,
    /// Who sent it: failures are counted by it.
    pub from: IpAddr,
    /// JSON, or empty.
    pub body: Bytes,
}

/// What goes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// JSON.
    pub body: Vec<u8>,
    /// When to try again, seconds.
    pub retry_after: Option<u64>,
}

/// Who may use the interface at all.
pub enum Access {
    /// Whoever has a token. The root token, where there is one, may do everything and does not expire.
    Tokens(Option<Zeroizing<String>>),
    /// Nobody, and why: one sentence.
    Closed(String),
}

/// The interface.
pub struct Admin {
    accounts: Arc<Accounts>,
    storage: Storage,
    tokens: Tokens,
    root: Option<Digest>,
    closed: Option<String>,
    attempts: Attempts,
    routes: Vec<Route>,
}

impl Admin {
    /// The interface to these accounts and this store.
    #[must_use]
    pub fn new(accounts: Arc<Accounts>, storage: Storage, access: Access) -> Self {
        let (root, closed) = match access {
            Access::Tokens(root) => (root.map(|token| digest(&token)), None),
            Access::Closed(why) => (None, Some(why)),
        };
        let tokens = Tokens::new(Arc::clone(&storage.directory));
        Self { accounts, storage, tokens, root, closed, attempts: Attempts::default(), routes: routes::all() }
    }

    /// Answers a request.
    pub async fn answer(self: &Arc<Self>, request: Request) -> Answer {
        match self.serve(&request).await {
            Ok(answer) => answer,
            Err(error) => error.answer(),
        }
    }

    async fn serve(self: &Arc<Self>, request: &Request) -> Result<Answer, ApiError> {
        // That there is nothing but this interface is no secret.
        let path = request.path.strip_prefix(PREFIX).ok_or_else(|| ApiError::no_route(&request.path))?;
        if let Some(why) = &self.closed {
            return Err(ApiError::closed(why));
        }
        let bearer = self.identify(request).await?;
        let method = Method::parse(&request.method);
        let (route, parameters) = find(&self.routes, method, path).map_err(|e| e.error(&request.path))?;
        if let Some(scope) = route.scope.filter(|scope| !bearer.may(scope)) {
            return Err(ApiError::out_of_scope(&bearer.name, scope));
        }
        let name = bearer.name.clone();
        let call = Call::new(Arc::clone(self), bearer, parameters, &request.query)?;
        let answered = route.call(call, &request.body).await;
        let status = answered.as_ref().map_or_else(|error| error.status, |answer| answer.status);
        match &answered {
            Err(error) if status >= 500 => {
                tracing::warn!(operation = route.name, token = name, status, %error, "admin")
            }
            _ if route.method != Method::Get => tracing::info!(operation = route.name, token = name, status, "admin"),
            _ => tracing::debug!(operation = route.name, token = name, status, "admin"),
        }
        answered
    }

    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
