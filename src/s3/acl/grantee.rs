//! Grantees as requests name them, and who is meant.

use async_trait::async_trait;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::services::Services;
use crate::storage::{AccessControlList, Grant, Grantee, GranteeGroup, Permission, Tenant, TenantId};

/// Most grants of a list (AWS, "Access control list (ACL) overview").
pub const GRANTS_MAX: usize = 100;
const GROUPS: [(GranteeGroup, &str); 3] = [
    (GranteeGroup::AllUsers, "http://acs.amazonaws.com/groups/global/AllUsers"),
    (GranteeGroup::AuthenticatedUsers, "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"),
    (GranteeGroup::LogDelivery, "http://acs.amazonaws.com/groups/s3/LogDelivery"),
];

/// A group as documents name it; empty for none.
#[must_use]
pub fn group_uri(group: GranteeGroup) -> &'static str {
    GROUPS.iter().find(|(known, _)| *known == group).map_or("", |(_, uri)| uri)
}

/// A grantee as a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedGrantee {
    /// A tenant, by its canonical id.
    Id(String),
    /// A tenant, by its e-mail address.
    Email(String),
    /// A group.
    Uri(String),
}

/// A grant as a request asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedGrant {
    /// To whom.
    pub grantee: NamedGrantee,
    /// What.
    pub permission: Permission,
}

/// Knows the tenants that grants can be for.
#[async_trait]
pub trait GranteeSource: Send + Sync {
    /// The tenant with this canonical id.
    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, S3Error>;

    /// The tenant with this e-mail address, in whatever case.
    async fn tenant_by_email(&self, email: &str) -> Result<Option<TenantId>, S3Error>;
}

#[async_trait]
impl GranteeSource for Services {
    async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, S3Error> {
        Ok(self.storage.metadata.tenant(id).await?)
    }

    async fn tenant_by_email(&self, email: &str) -> Result<Option<TenantId>, S3Error> {
        let found = self.accounts.tenant_with_email(email).await?;
        Ok(found.map(|record| record.tenant_id()))
    }
}

/// The list that grants ask for, in their order.
///
/// # Errors
/// `MalformedACLError` for too many; `InvalidArgument` for an id or a group that is not known;
/// `UnresolvableGrantByEmailAddress`.
pub async fn resolve(asked: &[AskedGrant], source: &dyn GranteeSource) -> Result<AccessControlList, S3Error> {
    if asked.len() > GRANTS_MAX {
        return Err(S3Error::from(S3ErrorCode::MalformedACLError)
            .field("Detail", format!("a list has at most {GRANTS_MAX} grants")));
    }
    let mut grants = Vec::with_capacity(asked.len());
    for grant in asked {
        grants.push(Grant::new(who(&grant.grantee, source).await?, grant.permission));
    }
    Ok(AccessControlList { grants })
}

async fn who(named: &NamedGrantee, source: &dyn GranteeSource) -> Result<Grantee, S3Error> {
    let invalid = |why: &'static str, name: &'static str, value: &str| {
        S3ErrorCode::InvalidArgument.because(why).field("ArgumentName", name).field("ArgumentValue", value)
    };
    match named {
        NamedGrantee::Id(text) => {
            let tenant = match TenantId::parse(text.trim()) {
                Some(id) => source.tenant(id).await?,
                None => None,
            };
            let tenant = tenant.ok_or_else(|| invalid("Invalid id", "CanonicalUser/ID", text))?;
            Ok(Grantee::Tenant(tenant.id))
        }
        NamedGrantee::Email(address) => {
            let found = source.tenant_by_email(address.trim()).await?;
            let unresolvable = || S3Error::from(S3ErrorCode::UnresolvableGrantByEmailAddress).field("Email", address);
            found.map(Grantee::Tenant).ok_or_else(unresolvable)
        }
        NamedGrantee::Uri(uri) => {
            let group = GROUPS.iter().find(|(_, known)| *known == uri.trim()).map(|(group, _)| *group);
            group.map(Grantee::Group).ok_or_else(|| invalid("Invalid group uri", "Group/URI", uri))
        }
    }
}
