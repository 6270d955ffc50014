//! Managed policies of an account, with their versions, and to whom they are attached.

use std::collections::HashMap;

use super::entities::{EntityKind, add_tags, characters, check_document};
use super::error::{AccountError, Result, taken};
use super::names::{
    POLICIES_MAX, POLICY_CHARACTERS_MAX, POLICY_VERSIONS_MAX, check_description, check_name, check_path, check_tags,
};
use super::records::{Entity, ManagedPolicy, PolicyVersion};
use super::{AccountId, Accounts, TenantRecord, aws_managed, machine, random, tenant_scope};
use crate::policy::Kind;
use crate::storage::{Page, TenantId, Timestamp};

/// A managed policy to make.
#[derive(Debug, Clone, Default)]
pub struct NewPolicy {
    /// Unique in the account regardless of case.
    pub name: String,
    /// `/` when empty.
    pub path: String,
    /// For people.
    pub description: String,
    /// JSON.
    pub document: String,
    /// For people.
    pub tags: Vec<(String, String)>,
}

/// To how many users, groups and roles the policies of an account are attached.
#[derive(Debug, Default)]
pub struct AttachmentCounts(HashMap<String, usize>);

impl AttachmentCounts {
    /// To how many this one is.
    #[must_use]
    pub fn of(&self, arn: &str) -> usize {
        self.0.get(arn).copied().unwrap_or_default()
    }
}

/// What the ARN of a managed policy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyRef<'a> {
    /// One that every account has.
    Aws(&'a str),
    /// One of an account's.
    Own {
        /// The account's number.
        account: AccountId,
        /// `/` or `/division/team/`.
        path: &'a str,
        /// Its name.
        name: &'a str,
    },
}

impl<'a> PolicyRef<'a> {
    /// Reads an ARN.
    #[must_use]
    pub fn parse(arn: &'a str) -> Option<Self> {
        if let Some(name) = arn.strip_prefix(aws_managed::PREFIX) {
            return Some(Self::Aws(name));
        }
        let (account, rest) = arn.strip_prefix("arn:aws:iam::")?.split_once(":policy")?;
        let (path, name) = rest.split_at(rest.rfind('/')? + 1);
        let own = path.starts_with('/') && !name.is_empty();
        own.then_some(Self::Own { account: AccountId::parse(account)?, path, name })
    }
}

fn policy_name(name: &str) -> String {
    format!("policy/{}", name.to_ascii_lowercase())
}

fn no_policy(arn: &str) -> AccountError {
    AccountError::NoSuchEntity(format!("Policy {arn} was not found."))
}

fn check_new(document: &str) -> Result<()> {
    if characters(document) > POLICY_CHARACTERS_MAX {
        return Err(AccountError::LimitExceeded(format!(
            "Cannot exceed quota for PolicySize: {POLICY_CHARACTERS_MAX}"
        )));
    }
    check_document(document, Kind::Identity).map(drop)
}

impl Accounts {
    /// Makes a managed policy with one version, which counts.
    ///
    /// # Errors
    /// The name is taken, there are as many as there may be, the text is no policy, or a value breaks its rules.
    pub async fn create_policy(&self, tenant: TenantId, new: NewPolicy) -> Result<ManagedPolicy> {
        check_name("policy", &new.name, 128)?;
        let path = if new.path.is_empty() { "/".to_owned() } else { new.path };
        check_path(&path)?;
        check_description(&new.description)?;
        check_new(&new.document)?;
        check_tags(&new.tags)?;
        let mut tags = Vec::new();
        add_tags(&mut tags, &new.tags)?;
        let scope = tenant_scope(tenant);
        if self.policy_count(tenant).await? >= POLICIES_MAX {
            return Err(AccountError::LimitExceeded(format!("An account has at most {POLICIES_MAX} policies.")));
        }
        let now = Timestamp::now().0;
        let policy = ManagedPolicy {
            id: random::id("ANPA", 21).map_err(machine)?,
            path,
            description: new.description,
            created_micros: now,
            updated_micros: now,
            versions: vec![PolicyVersion { number: 1, document: new.document, created_micros: now }],
            default_version: 1,
            newest_version: 1,
            name: new.name,
            tags,
        };
        let _noting = self.changes.noting(tenant);
        if !self.documents.make(&scope, &policy_name(&policy.name), &policy).await? {
            return Err(taken("A policy", &policy.name));
        }
        Ok(policy)
    }

    /// How many managed policies a tenant has of its own.
    ///
    /// # Errors
    /// The store's.
    pub async fn policy_count(&self, tenant: TenantId) -> Result<usize> {
        Ok(self.documents.all::<()>(&tenant_scope(tenant), "policy/", POLICIES_MAX).await?.len())
    }

    /// A managed policy by its ARN: one of the tenant's own, or one that every account has.
    ///
    /// # Errors
    /// There is none.
    pub async fn policy(&self, tenant: TenantId, arn: &str) -> Result<ManagedPolicy> {
        self.find_policy(tenant, arn).await?.ok_or_else(|| no_policy(arn))
    }

    pub(super) async fn find_policy(&self, tenant: TenantId, arn: &str) -> Result<Option<ManagedPolicy>> {
        match PolicyRef::parse(arn) {
            Some(PolicyRef::Aws(name)) => Ok(aws_managed::named(name)),
            Some(PolicyRef::Own { path, name, .. }) => {
                let found: Option<ManagedPolicy> =
                    self.documents.get(&tenant_scope(tenant), &policy_name(name)).await?;
                Ok(found.filter(|policy| policy.path == path && policy.name == name))
            }
            None => Ok(None),
        }
    }

    /// As [`Accounts::policy`], where the account in the ARN has to be the tenant's as well.
    ///
    /// # Errors
    /// There is none.
    pub async fn require_policy(&self, tenant: TenantId, arn: &str) -> Result<ManagedPolicy> {
        if let Some(PolicyRef::Own { account, .. }) = PolicyRef::parse(arn) {
            let own = self.tenant(tenant).await?.is_some_and(|it: TenantRecord| it.account == account.as_str());
            if !own {
                return Err(no_policy(arn));
            }
        }
        self.policy(tenant, arn).await
    }

    /// The tenant's own policies in order of their names in lower case, those after `after`, below a path.
    ///
    /// # Errors
    /// The store's.
    pub async fn policies(
        &self,
        tenant: TenantId,
        path: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<ManagedPolicy>> {
        let scope = tenant_scope(tenant);
        let mut after = after.map(str::to_ascii_lowercase);
        loop {
            let page = self.documents.page::<ManagedPolicy>(&scope, "policy/", after.as_deref(), limit).await?;
            after = page.entries.last().map(|(name, _)| name.clone());
            let below = page.entries.into_iter().map(|(_, policy)| policy).filter(|it| it.path.starts_with(path));
            let entries: Vec<ManagedPolicy> = below.collect();
            if !entries.is_empty() || !page.more {
                return Ok(Page { entries, more: page.more });
            }
        }
    }

    /// The policies that every account has.
    #[must_use]
    pub fn aws_policies(&self) -> Vec<ManagedPolicy> {
        aws_managed::all().collect()
    }

    async fn change_policy(
        &self,
        tenant: TenantId,
        arn: &str,
        mut change: impl FnMut(&mut ManagedPolicy) -> Result<()>,
    ) -> Result<ManagedPolicy> {
        let Some(PolicyRef::Own { path, name, .. }) = PolicyRef::parse(arn) else { return Err(not_yours(arn)) };
        let _noting = self.changes.noting(tenant);
        let decide = |policy: &mut ManagedPolicy| {
            if policy.path != path || policy.name != name {
                return Err(no_policy(arn));
            }
            change(policy)
        };
        let changed = self.documents.change(&tenant_scope(tenant), &policy_name(name), decide).await?;
        changed.ok_or_else(|| no_policy(arn))
    }

    async fn change_versions(
        &self,
        tenant: TenantId,
        arn: &str,
        mut change: impl FnMut(&mut ManagedPolicy) -> Result<()>,
    ) -> Result<ManagedPolicy> {
        let change = |policy: &mut ManagedPolicy| {
            policy.updated_micros = Timestamp::now().0;
            change(policy)
        };
        self.change_policy(tenant, arn, change).await
    }

    /// Adds tags to a policy, replacing those of the same keys.
    ///
    /// # Errors
    /// There is none, a tag breaks its rules, or there are too many.
    pub async fn tag_policy(&self, tenant: TenantId, arn: &str, tags: &[(String, String)]) -> Result<()> {
        check_tags(tags)?;
        self.change_policy(tenant, arn, |policy| add_tags(&mut policy.tags, tags)).await.map(drop)
    }

    /// Removes tags from a policy.
    ///
    /// # Errors
    /// There is no such policy.
    pub async fn untag_policy(&self, tenant: TenantId, arn: &str, keys: &[String]) -> Result<()> {
        let change = |policy: &mut ManagedPolicy| {
            policy.tags.retain(|tag| !keys.contains(&tag.key));
            Ok(())
        };
        self.change_policy(tenant, arn, change).await.map(drop)
    }

    /// Adds a version to a policy.
    ///
    /// # Errors
    /// There is no such policy, it has five versions, or the text is no policy.
    pub async fn create_policy_version(
        &self,
        tenant: TenantId,
        arn: &str,
        document: &str,
        as_default: bool,
    ) -> Result<ManagedPolicy> {
        check_new(document)?;
        let change = |policy: &mut ManagedPolicy| {
            if policy.versions.len() >= POLICY_VERSIONS_MAX {
                return Err(AccountError::LimitExceeded(format!(
                    "A managed policy can have up to {POLICY_VERSIONS_MAX} versions. Before you create a new version, you \
                     must delete an existing version."
                )));
            }
            policy.newest_version += 1;
            let version = PolicyVersion {
                number: policy.newest_version,
                document: document.to_owned(),
                created_micros: Timestamp::now().0,
            };
            policy.versions.push(version);
            if as_default {
                policy.default_version = policy.newest_version;
            }
            Ok(())
        };
        self.change_versions(tenant, arn, change).await
    }

    /// Makes another version count.
    ///
    /// # Errors
    /// There is no such policy or version.
    pub async fn set_default_policy_version(&self, tenant: TenantId, arn: &str, number: u32) -> Result<()> {
        let change = |policy: &mut ManagedPolicy| {
            policy.version(number).ok_or_else(|| no_version(arn, number))?;
            policy.default_version = number;
            Ok(())
        };
        self.change_versions(tenant, arn, change).await.map(drop)
    }

    /// Deletes a version that does not count.
    ///
    /// # Errors
    /// There is no such policy or version, or it is the one that counts.
    pub async fn delete_policy_version(&self, tenant: TenantId, arn: &str, number: u32) -> Result<()> {
        let change = |policy: &mut ManagedPolicy| {
            policy.version(number).ok_or_else(|| no_version(arn, number))?;
            if policy.default_version == number {
                return Err(AccountError::DeleteConflict("Cannot delete the default version of a policy.".to_owned()));
            }
            policy.versions.retain(|version| version.number != number);
            Ok(())
        };
        self.change_versions(tenant, arn, change).await.map(drop)
    }

    /// Deletes a policy that is attached to nothing and has no version but the one that counts. One that is attached at
    /// the same moment leaves an attachment to nothing, which denies everything until it is detached.
    ///
    /// # Errors
    /// There is no such policy, or something still belongs to it.
    pub async fn delete_policy(&self, tenant: TenantId, arn: &str) -> Result<()> {
        let Some(PolicyRef::Own { path, name, .. }) = PolicyRef::parse(arn) else { return Err(not_yours(arn)) };
        if !self.attached_to(tenant, arn).await?.is_empty() {
            return Err(AccountError::DeleteConflict("Cannot delete a policy attached to entities.".to_owned()));
        }
        let agree = |policy: &ManagedPolicy| match policy {
            _ if policy.path != path || policy.name != name => Err(no_policy(arn)),
            _ if policy.versions.len() > 1 => Err(AccountError::DeleteConflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's \
                 versions. The default version is deleted with the policy."
                    .to_owned(),
            )),
            _ => Ok(()),
        };
        let _noting = self.changes.noting(tenant);
        let removed = self.documents.remove(&tenant_scope(tenant), &policy_name(name), agree).await?;
        if removed { Ok(()) } else { Err(no_policy(arn)) }
    }

    /// To how many entities each policy is attached.
    ///
    /// # Errors
    /// The store's.
    pub async fn attachment_counts(&self, tenant: TenantId) -> Result<AttachmentCounts> {
        let scope = tenant_scope(tenant);
        let mut counts = AttachmentCounts::default();
        for kind in EntityKind::ALL {
            let all = self.documents.all::<Entity>(&scope, &format!("{}/", kind.noun()), usize::MAX).await?;
            for arn in self.that_count(tenant, all).await?.into_iter().flat_map(|entity| entity.attached) {
                *counts.0.entry(arn).or_default() += 1;
            }
        }
        Ok(counts)
    }

    /// The entities that a policy is attached to.
    ///
    /// # Errors
    /// The store's.
    pub async fn attached_to(&self, tenant: TenantId, arn: &str) -> Result<Vec<(EntityKind, Entity)>> {
        let scope = tenant_scope(tenant);
        let mut found = Vec::new();
        for kind in EntityKind::ALL {
            let all = self.documents.all::<Entity>(&scope, &format!("{}/", kind.noun()), usize::MAX).await?;
            let with = all.into_iter().filter(|entity| entity.attached.iter().any(|one| one == arn)).collect();
            found.extend(self.that_count(tenant, with).await?.into_iter().map(|entity| (kind, entity)));
        }
        Ok(found)
    }
}

fn no_version(arn: &str, number: u32) -> AccountError {
    AccountError::NoSuchEntity(format!("Policy {arn} version v{number} does not exist or is not attachable."))
}

fn not_yours(arn: &str) -> AccountError {
    match PolicyRef::parse(arn) {
        Some(PolicyRef::Aws(name)) if aws_managed::named(name).is_some() => {
            AccountError::Invalid(format!("Policy {arn} is every account's and cannot be changed."))
        }
        _ => no_policy(arn),
    }
}
