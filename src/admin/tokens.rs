//! Tokens of the interface: made, listed, revoked. Of each only its hash is kept.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use prost::Message as _;
use zeroize::Zeroizing;

use super::bearer::{Digest, digest};
use super::call::Call;
use super::error::{ApiError, Result};
use super::scope;
use super::types::{Deleted, IssuedToken, NewToken, SecretText, Token, TokenList, time_text};
use crate::accounts::random;
use crate::storage::directory::{PutEntry, RemoveEntry};
use crate::storage::{DirectoryStore, StorageError, Timestamp};

/// The directory's scope.
const SCOPE: &str = "admin/tokens";
/// Tokens at most.
const TOKENS_MAX: usize = 1_000;
/// Longest name, bytes.
const NAME_BYTES_MAX: usize = 64;
/// Hexadecimal digits of the hash that name a token.
const ID_DIGITS: usize = 16;

/// A token, as it is stored under its hash.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct TokenRecord {
    /// For people; unique.
    #[prost(string, tag = "1")]
    pub name: String,
    /// What it may be used for.
    #[prost(string, repeated, tag = "2")]
    pub scopes: Vec<String>,
    /// Microseconds since 1970.
    #[prost(int64, tag = "3")]
    pub created_micros: i64,
    /// When it ends, microseconds since 1970; 0 is never.
    #[prost(int64, tag = "4")]
    pub expires_micros: i64,
}

/// The tokens in the store.
pub(super) struct Tokens(Arc<dyn DirectoryStore>);

impl Tokens {
    pub(super) fn new(directory: Arc<dyn DirectoryStore>) -> Self {
        Self(directory)
    }

    pub(super) async fn find(&self, digest: &Digest) -> Result<Option<TokenRecord>> {
        let entry = self.0.entry(SCOPE, &HEXLOWER.encode(digest)).await?;
        entry.map(|entry| decode(&entry.value)).transpose()
    }

    async fn all(&self) -> Result<Vec<(String, TokenRecord)>> {
        let mut all = Vec::new();
        let page = self.0.entries(SCOPE, "", None, TOKENS_MAX).await?;
        for (hash, entry) in page.entries {
            all.push((hash, decode(&entry.value)?));
        }
        Ok(all)
    }

    /// False when it was not there.
    async fn remove(&self, hash: &str) -> Result<bool> {
        let mut entry = self.0.entry(SCOPE, hash).await?;
        while let Some(there) = entry {
            match self.0.remove_entry(SCOPE, hash, there.rev).await? {
                RemoveEntry::Done => return Ok(true),
                RemoveEntry::Conflict(now) => entry = Some(now),
            }
        }
        Ok(false)
    }
}

fn decode(value: &[u8]) -> Result<TokenRecord> {
    let wrong = |_| StorageError::Corrupt("a token's record cannot be decoded".to_owned());
    Ok(TokenRecord::decode(value).map_err(wrong)?)
}

fn told(hash: &str, record: &TokenRecord) -> Token {
    Token {
        id: hash.chars().take(ID_DIGITS).collect(),
        name: record.name.clone(),
        scopes: record.scopes.clone(),
        created: time_text(record.created_micros),
        expires: (record.expires_micros != 0).then(|| time_text(record.expires_micros)),
    }
}

pub(super) async fn create(call: Call, new: NewToken) -> Result<IssuedToken> {
    let legal = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
    if new.name.is_empty() || new.name.len() > NAME_BYTES_MAX || !new.name.chars().all(legal) || new.name == "root" {
        return Err(ApiError::invalid(
            "A token's name has 1 to 64 letters, digits and characters of ._-@ and is not root.",
        ));
    }
    scope::check(&new.scopes)?;
    if let Some(more) = new.scopes.iter().find(|scope| !call.bearer.may(scope)) {
        return Err(ApiError::out_of_scope(&call.bearer.name, more));
    }
    let tokens = &call.admin.tokens;
    let all = tokens.all().await?;
    if all.len() >= TOKENS_MAX {
        return Err(ApiError::new(409, "limit", format!("There are {TOKENS_MAX} tokens."), "Revoke one of them."));
    }
    if all.iter().any(|(_, record)| record.name == new.name) {
        let message = format!("There is a token {}.", new.name);
        return Err(ApiError::new(409, "exists", message, "Choose another name, or revoke that one first."));
    }
    let now = call.admin.now();
    let asked = new.expires_in_seconds.map(|seconds| after(now, seconds));
    // Nobody makes himself a token that outlives his own.
    let expires = asked.into_iter().chain(call.bearer.expires).min();
    let secret = random::secret().map_err(StorageError::Unavailable)?;
    let token = Zeroizing::new(format!("dolium_{}", secret.as_str()));
    let record = TokenRecord {
        name: new.name,
        scopes: new.scopes,
        created_micros: now.0,
        expires_micros: expires.map_or(0, |at| at.0),
    };
    let hash = HEXLOWER.encode(&digest(&token));
    match tokens.0.put_entry(SCOPE, &hash, None, record.encode_to_vec().into()).await? {
        PutEntry::Done(_) => Ok(IssuedToken { token: SecretText::new(token), about: told(&hash, &record) }),
        PutEntry::Conflict(_) => Err(StorageError::Unavailable("the same token was made twice".to_owned()).into()),
    }
}

/// So many seconds later; the end of time where that is too many.
pub(super) fn after(now: Timestamp, seconds: u64) -> Timestamp {
    let micros = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    Timestamp(now.0.saturating_add(micros))
}

pub(super) async fn list(call: Call) -> Result<TokenList> {
    let all = call.admin.tokens.all().await?;
    Ok(TokenList { tokens: all.iter().map(|(hash, record)| told(hash, record)).collect() })
}

pub(super) async fn revoke(call: Call) -> Result<Deleted> {
    let name = call.parameter("token");
    let tokens = &call.admin.tokens;
    let is_named = |hash: &str, record: &TokenRecord| record.name == name || hash.get(..ID_DIGITS) == Some(name);
    let mut found = false;
    for (hash, record) in tokens.all().await? {
        if is_named(&hash, &record) {
            found |= tokens.remove(&hash).await?;
        }
    }
    if found { Ok(Deleted { deleted: name.to_owned() }) } else { Err(ApiError::missing("token", name)) }
}
