//! From an access key to whom it speaks for: through caches whose answers are bounded in age, and end at once with each
//! change that this process makes.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use moka::future::Cache;
use zeroize::Zeroizing;

use super::access_keys::{RECORD, key_scope};
use super::credential::{Credential, CredentialSource, Lookup};
use super::entities::EntityKind;
use super::error::AccountError;
use super::principal::{AccountId, Identity, Principal};
use super::records::{Entity, KeyRecord, TenantRecord};
use super::secrets::Purpose;
use super::tenants::PROFILE;
use super::{Accounts, NO_ENCRYPTION_KEY, random, tenant_scope};
use crate::policy::{Kind, Policy};
use crate::storage::{StorageError, Tenant, TenantId, Timestamp};

/// Longest time for which an answer of the store is believed, seconds.
pub const CACHE_SECONDS_MAX: u64 = 5;
/// Longest time for which something is believed not to be there.
const ABSENT_MAX: Duration = Duration::from_secs(1);
/// Answers that are kept of each kind.
const KEPT_MAX: u64 = 10_000;
/// Identities that are kept, each with its policies.
const STANDINGS_MAX: u64 = 4_000;
/// How often an answer that a change overtook is asked for again through the cache.
const TRIES_MAX: usize = 4;
/// Longest access key, bytes.
const ACCESS_KEY_BYTES_MAX: usize = 128;

type Result<T> = std::result::Result<T, StorageError>;

/// What was read, and when.
struct Read<T> {
    value: Option<Arc<T>>,
    began: Instant,
    count: u64,
}

type Answers<K, T> = Cache<K, Arc<Read<T>>>;

/// As whom a key or a session speaks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    Root,
    /// A user or role, by name and id.
    Entity(EntityKind, String, String),
}

/// A stored key, its secret in the clear.
pub(super) struct Key {
    tenant: TenantId,
    subject: Subject,
    secret_key: Zeroizing<String>,
    record: KeyRecord,
}

/// What an identity is and may do. There is none where it, or its tenant, is gone or disabled.
pub(super) struct Standing {
    pub tenant: Tenant,
    pub account: AccountId,
    /// `None`: the tenant itself.
    pub entity: Option<Entity>,
    pub policies: Vec<Arc<Policy>>,
    /// Keys that speak for it.
    keys: Vec<String>,
}

pub(super) struct Caches {
    age: Duration,
    keys: Answers<String, Key>,
    standings: Answers<(TenantId, Subject), Standing>,
    policies: Answers<(TenantId, String), Policy>,
    tenants: Answers<TenantId, TenantRecord>,
}

impl Caches {
    pub(super) fn new(age: Duration) -> Self {
        let age = age.min(Duration::from_secs(CACHE_SECONDS_MAX));
        // An answer is also judged by its own age; this only has the cache let go of it.
        let kept = age.max(Duration::from_millis(1));
        Self {
            age,
            keys: Cache::builder().max_capacity(KEPT_MAX).time_to_live(kept).build(),
            standings: Cache::builder().max_capacity(STANDINGS_MAX).time_to_live(kept).build(),
            policies: Cache::builder().max_capacity(KEPT_MAX).time_to_live(kept).build(),
            tenants: Cache::builder().max_capacity(KEPT_MAX).time_to_live(kept).build(),
        }
    }
}

impl Accounts {
    /// What `load` reads, or what it has read lately. `tenant`: whose changes end the answer.
    async fn recent<K, T, F>(
        &self,
        cache: &Answers<K, T>,
        key: K,
        tenant: impl Fn(Option<&T>) -> Option<TenantId>,
        load: impl Fn() -> F,
    ) -> Result<Option<Arc<T>>>
    where
        K: Hash + Eq + Send + Sync + Clone + 'static,
        T: Send + Sync + 'static,
        F: Future<Output = Result<Option<T>>>,
    {
        for _ in 0..TRIES_MAX {
            if self.caches.age.is_zero() {
                break;
            }
            let read = async {
                let (began, count) = (Instant::now(), self.changes.now());
                Ok(Arc::new(Read { value: load().await?.map(Arc::new), began, count }))
            };
            let read = cache.try_get_with(key.clone(), read).await;
            let read = read.map_err(|error: Arc<StorageError>| StorageError::clone(&error))?;
            let age = if read.value.is_some() { self.caches.age } else { self.caches.age.min(ABSENT_MAX) };
            if read.began.elapsed() < age && self.changes.holds(read.count, tenant(read.value.as_deref())) {
                return Ok(read.value.clone());
            }
            cache.invalidate(&key).await;
        }
        Ok(load().await?.map(Arc::new))
    }

    async fn stored_key(&self, access_key: &str) -> Result<Option<Arc<Key>>> {
        let legal = access_key.len() <= ACCESS_KEY_BYTES_MAX && access_key.bytes().all(|b| b.is_ascii_graphic());
        if access_key.is_empty() || !legal {
            return Ok(None);
        }
        let tenant = |key: Option<&Key>| key.map(|key| key.tenant);
        self.recent(&self.caches.keys, access_key.to_owned(), tenant, || self.read_key(access_key)).await
    }

    async fn read_key(&self, access_key: &str) -> Result<Option<Key>> {
        let Some(record) = self.documents.get::<KeyRecord>(&key_scope(access_key), RECORD).await? else {
            return Ok(None);
        };
        let Some(tenant) = TenantId::from_slice(&record.tenant) else { return Ok(None) };
        let unusable = |reason: &str| {
            tracing::error!(access_key, "the secret of a key cannot be decrypted: {reason}");
            StorageError::Unavailable(reason.to_owned())
        };
        let encryption = self.encryption.as_ref().ok_or_else(|| unusable(NO_ENCRYPTION_KEY))?;
        let secret = encryption.open(Purpose::Secret, &record.sealed, access_key.as_bytes());
        let secret = secret.ok_or_else(|| unusable("it was encrypted under none of the configured keys"))?;
        let text = std::str::from_utf8(&secret).map_err(|_| unusable("it is not UTF-8"))?;
        let subject = match record.user.as_str() {
            "" => Subject::Root,
            user => Subject::Entity(EntityKind::User, user.to_ascii_lowercase(), record.user_id.clone()),
        };
        Ok(Some(Key { tenant, subject, secret_key: Zeroizing::new(text.to_owned()), record }))
    }

    pub(super) async fn standing(&self, tenant: TenantId, subject: &Subject) -> Result<Option<Arc<Standing>>> {
        let key = (tenant, subject.clone());
        self.recent(&self.caches.standings, key, |_| Some(tenant), || self.read_standing(tenant, subject)).await
    }

    async fn read_standing(&self, id: TenantId, subject: &Subject) -> Result<Option<Standing>> {
        let scope = tenant_scope(id);
        let profile: Option<TenantRecord> = self.documents.get(&scope, PROFILE).await?;
        let Some(profile) = profile.filter(|profile| !profile.disabled) else { return Ok(None) };
        let (tenant, account) = (profile.tenant(), profile.account_id());
        let Subject::Entity(kind, name, entity_id) = subject else {
            return Ok(Some(Standing { tenant, account, entity: None, policies: Vec::new(), keys: profile.keys }));
        };
        let entity = self.entity_once_called(id, *kind, name, entity_id).await.map_err(only_store)?;
        let Some(entity) = entity else { return Ok(None) };
        let policies = self.policies_of(id, &entity).await.map_err(only_store)?;
        let keys = entity.keys.clone();
        Ok(Some(Standing { tenant, account, entity: Some(entity), policies, keys }))
    }

    /// An entity's own policies, those attached to it, and its groups'.
    async fn policies_of(
        &self,
        tenant: TenantId,
        entity: &Entity,
    ) -> std::result::Result<Vec<Arc<Policy>>, AccountError> {
        let groups = self.groups_of(tenant, entity).await?;
        let holders = || std::iter::once(entity).chain(&groups);
        let mut arns: Vec<&String> = holders().flat_map(|holder| &holder.attached).collect();
        arns.sort_unstable();
        arns.dedup();
        let read = arns.into_iter().map(|arn| self.read_policy(tenant, arn));
        let attached = futures::future::try_join_all(read).await?;
        let inline = holders().flat_map(|holder| &holder.inline);
        let own = inline.map(|policy| Policy::stored(policy.document.as_bytes(), Kind::Identity));
        // One that is not there may have denied something.
        let attached = attached.into_iter().map(|policy| policy.unwrap_or_else(nothing_allowed));
        Ok(own.chain(attached).map(Arc::new).collect())
    }

    async fn read_policy(&self, tenant: TenantId, arn: &str) -> Result<Option<Policy>> {
        let found = self.find_policy(tenant, arn).await.map_err(only_store)?;
        Ok(found.map(|policy| Policy::stored(policy.document().as_bytes(), Kind::Identity)))
    }

    /// A managed policy, for sessions; one that is not there denies everything.
    pub(super) async fn attached_policy(&self, tenant: TenantId, arn: &str) -> Result<Arc<Policy>> {
        let key = (tenant, arn.to_owned());
        let load = || self.read_policy(tenant, arn);
        let found = self.recent(&self.caches.policies, key, |_| Some(tenant), load).await?;
        Ok(found.unwrap_or_else(|| Arc::new(nothing_allowed())))
    }

    /// A tenant as it was a few seconds ago at the earliest, [`CACHE_SECONDS_MAX`] at most: for what each request asks.
    ///
    /// # Errors
    /// The store's.
    pub async fn recent_tenant(&self, id: TenantId) -> Result<Option<Arc<TenantRecord>>> {
        let scope = tenant_scope(id);
        let load = || self.documents.get::<TenantRecord>(&scope, PROFILE);
        self.recent(&self.caches.tenants, id, |_| Some(id), load).await
    }

    /// The account that a long-lived key belongs to, whether or not it works.
    ///
    /// # Errors
    /// The store's.
    pub async fn account_of_key(&self, access_key: &str) -> Result<Option<AccountId>> {
        let tenant = match self.known_keys.get(access_key) {
            Some(known) => Some(known.tenant.id),
            None => self.stored_key(access_key).await?.map(|key| key.tenant),
        };
        let Some(tenant) = tenant else { return Ok(None) };
        Ok(self.recent_tenant(tenant).await?.map(|tenant| tenant.account_id()))
    }

    /// Whom a long-lived key speaks for, if it works, and the key where it is a stored one.
    pub(super) async fn works(&self, access_key: &str) -> Result<Option<(Arc<Standing>, Option<Arc<Key>>)>> {
        if let Some(known) = self.known_keys.get(access_key) {
            return Ok(self.standing(known.tenant.id, &Subject::Root).await?.map(|standing| (standing, None)));
        }
        let Some(key) = self.stored_key(access_key).await? else { return Ok(None) };
        if !key.record.is_active(Timestamp::now()) {
            return Ok(None);
        }
        let standing = self.standing(key.tenant, &key.subject).await?;
        let listed = standing.filter(|standing| standing.keys.iter().any(|one| one == access_key));
        Ok(listed.map(|standing| (standing, Some(key))))
    }
}

/// Denies everything.
fn nothing_allowed() -> Policy {
    Policy::stored(b"", Kind::Identity)
}

/// Of reads, nothing but the store's failures is left.
fn only_store(error: AccountError) -> StorageError {
    match error {
        AccountError::Store(error) => error,
        AccountError::Busy(_) => StorageError::Unavailable(error.to_string()),
        other => StorageError::Corrupt(other.to_string()),
    }
}

impl Standing {
    /// Whoever signs with a long-lived key.
    fn principal(&self, access_key: &str) -> Principal {
        let identity = match &self.entity {
            None => Identity::Root,
            Some(Entity { id, name, path, .. }) => {
                Identity::User { id: id.clone(), name: name.clone(), path: path.clone() }
            }
        };
        Principal {
            tenant: self.tenant.clone(),
            account: self.account,
            identity,
            access_key: access_key.to_owned(),
            policies: self.policies.clone(),
            session: None,
        }
    }
}

#[async_trait]
impl CredentialSource for Accounts {
    async fn find(&self, access_key: &str, token: Option<&str>) -> Result<Lookup> {
        if access_key.starts_with(random::TEMPORARY) && !self.known_keys.contains_key(access_key) {
            return self.find_session(access_key, token).await;
        }
        let Some((standing, key)) = self.works(access_key).await? else { return Ok(Lookup::Unknown) };
        let known = self.known_keys.get(access_key);
        let (secret_key, signature_v2) = match (&key, known) {
            (Some(key), _) => (key.secret_key.clone(), key.record.signature_v2),
            (None, Some(known)) => (known.secret_key.clone(), known.signature_v2),
            (None, None) => return Ok(Lookup::Unknown),
        };
        let principal = Arc::new(standing.principal(access_key));
        Ok(Lookup::Known(Credential { access_key: access_key.to_owned(), secret_key, principal, signature_v2 }))
    }
}
