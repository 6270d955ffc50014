//! What stands about a bucket while a request is decided: its owner, its policy, the switches against public access.

use std::sync::Arc;

use bytes::Bytes;
use moka::future::Cache;

use super::asked::Asked;
use crate::accounts::{AccountId, id_of};
use crate::policy::{Kind, Policy};
use crate::s3::action::Action;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::services::Services;
use crate::storage::{Bucket, BucketId, BucketName, Ownership, PolicyPrincipal, PublicAccessBlock, TenantId};

/// Policies kept in the form they are evaluated in.
const POLICIES_MAX: u64 = 4_096;

/// The policies of buckets that are in use, read once and not on every request.
pub struct Policies(Cache<BucketId, Arc<Read>>);

/// A policy, and what it was read from.
struct Read {
    text: Bytes,
    principals: Vec<PolicyPrincipal>,
    policy: Arc<Policy>,
}

impl Default for Policies {
    fn default() -> Self {
        Self(Cache::new(POLICIES_MAX))
    }
}

impl Policies {
    /// The bucket's policy as it is stored now; `None` when it has none.
    pub async fn of(&self, bucket: &Bucket) -> Option<Arc<Policy>> {
        let (text, principals) = (&bucket.settings.policy, &bucket.settings.policy_principals);
        if text.is_empty() {
            return None;
        }
        if let Some(known) = self.0.get(&bucket.id).await
            && known.text == *text
            && known.principals == *principals
        {
            return Some(Arc::clone(&known.policy));
        }
        let policy = Policy::stored(text, Kind::Bucket { name: bucket.name.as_str() }).held_to(id_of(principals));
        let policy = Arc::new(policy);
        let read = Read { text: text.clone(), principals: principals.clone(), policy: Arc::clone(&policy) };
        self.0.insert(bucket.id, Arc::new(read)).await;
        Some(policy)
    }
}

/// The switches against public access of a tenant's whole account, as they were a few seconds ago at the earliest.
///
/// # Errors
/// What the store fails with.
pub async fn switches_of_account(tenant: TenantId, services: &Services) -> Result<PublicAccessBlock, S3Error> {
    let record = services.accounts.recent_tenant(tenant).await?;
    Ok(record.and_then(|record| record.public_access_block).unwrap_or_default())
}

/// Whether a request says who else may do something: then the switches bind the account itself, too.
fn gives_rights(asked: &Asked) -> bool {
    matches!(asked.row.action, Action::PutBucketAcl | Action::PutObjectAcl | Action::PutBucketPolicy)
        || asked.headers.has("x-amz-acl")
        || asked.headers.iter().any(|(name, _)| name.starts_with("x-amz-grant-"))
}

/// What stands about a bucket while one request is decided.
#[derive(Debug, Clone)]
pub struct Standing {
    pub(super) bucket: Bucket,
    /// The bucket's policy.
    pub(super) policy: Option<Arc<Policy>>,
    /// The switches of the bucket and of its owner's account together.
    pub(super) switches: PublicAccessBlock,
    /// The number of the account that owns the bucket, where a policy may ask for it.
    pub(super) account: Option<AccountId>,
}

impl Standing {
    /// Reads what stands about a bucket.
    ///
    /// # Errors
    /// `NoSuchBucket`, which everybody may know (as AWS); what the store fails with.
    pub(super) async fn of(name: &str, asked: &Asked, services: &Services) -> Result<Arc<Self>, S3Error> {
        let missing = || S3Error::from(S3ErrorCode::NoSuchBucket).field("BucketName", name);
        let parsed = BucketName::existing(name).ok_or_else(missing)?;
        let bucket = services.storage.metadata.bucket(&parsed).await?.ok_or_else(missing)?;
        let policy = services.policies.of(&bucket).await;
        let mut switches = bucket.settings.public_access_block.unwrap_or_default();
        // Within its own account a public list counts as well: for users without policies, and for all on what others own.
        let has_lists = bucket.settings.ownership() != Ownership::BucketOwnerEnforced;
        if has_lists || asked.tenant() != Some(bucket.owner) || gives_rights(asked) {
            switches = switches.or(switches_of_account(bucket.owner, services).await?);
        }
        let account = match asked.principal() {
            Some(principal) if principal.tenant.id == bucket.owner => Some(principal.account),
            principal if policy.is_none() && principal.is_none_or(|principal| principal.is_unrestricted()) => None,
            _ => services.accounts.recent_tenant(bucket.owner).await?.map(|record| record.account_id()),
        };
        Ok(Arc::new(Self { bucket, policy, switches, account }))
    }

    /// The bucket.
    #[must_use]
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// Whether access control lists count.
    pub(super) fn has_lists(&self) -> bool {
        self.bucket.settings.ownership() != Ownership::BucketOwnerEnforced
    }
}
