//! Owners as answers name them: looked up once for each answer, however many of its entries are theirs.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::s3::acl;
use crate::s3::error::S3Error;
use crate::s3::services::Services;
use crate::storage::{AccessControlList, Bucket, Grantee, ObjectAttrs, Tenant, TenantId};

/// The tenants that an answer names.
pub struct Names(HashMap<TenantId, Tenant>);

impl Names {
    /// Looks up these tenants.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn of(ids: impl IntoIterator<Item = TenantId>, services: &Services) -> Result<Self, S3Error> {
        let mut names = HashMap::new();
        for id in ids {
            if let Entry::Vacant(entry) = names.entry(id) {
                entry.insert(shown(id, services).await?);
            }
        }
        Ok(Self(names))
    }

    /// Looks up the owner of a resource and whoever a list has grants for.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn of_list(owner: TenantId, list: &AccessControlList, services: &Services) -> Result<Self, S3Error> {
        let grantees = list.grants.iter().filter_map(|grant| match grant.grantee() {
            Some(Grantee::Tenant(id)) => Some(id),
            _ => None,
        });
        Self::of(std::iter::once(owner).chain(grantees), services).await
    }

    /// A tenant; one that is gone has no name any more.
    #[must_use]
    pub fn tenant(&self, id: TenantId) -> Tenant {
        self.0.get(&id).cloned().unwrap_or_else(|| nameless(id))
    }
}

/// A tenant with the name that it wants shown.
async fn shown(id: TenantId, services: &Services) -> Result<Tenant, S3Error> {
    if let Some(record) = services.accounts.recent_tenant(id).await? {
        let name = if record.display_name.is_empty() { &record.name } else { &record.display_name };
        return Ok(Tenant { id, name: name.clone() });
    }
    let found = services.storage.metadata.tenant(id).await?;
    Ok(found.unwrap_or_else(|| nameless(id)))
}

fn nameless(id: TenantId) -> Tenant {
    Tenant { id, name: String::new() }
}

/// The owners of what a listing shows.
pub struct Owners<'a> {
    bucket: &'a Bucket,
    names: Names,
}

impl<'a> Owners<'a> {
    /// Looks up whom these objects, uploads or markers belong to, and these other tenants.
    ///
    /// # Errors
    /// What the store fails with.
    pub async fn of(
        bucket: &'a Bucket,
        entries: impl IntoIterator<Item = &ObjectAttrs>,
        others: impl IntoIterator<Item = TenantId>,
        services: &Services,
    ) -> Result<Self, S3Error> {
        let owners = entries.into_iter().map(|attrs| acl::owner_of(bucket, attrs));
        Ok(Self { bucket, names: Names::of(owners.chain(others), services).await? })
    }

    /// Of a listing that names none.
    #[must_use]
    pub fn untold(bucket: &'a Bucket) -> Self {
        Self { bucket, names: Names(HashMap::new()) }
    }

    /// Whom an entry belongs to.
    #[must_use]
    pub fn owner(&self, attrs: &ObjectAttrs) -> Tenant {
        self.names.tenant(acl::owner_of(self.bucket, attrs))
    }

    /// A tenant.
    #[must_use]
    pub fn tenant(&self, id: TenantId) -> Tenant {
        self.names.tenant(id)
    }
}
