//! What access control lists give. Source: AWS, "Access control list (ACL) overview", "Mapping of ACL permissions and
//! access policy permissions".

use crate::s3::action::AclRight;
use crate::storage::{
    AccessControlList, Bucket, Grant, Grantee, GranteeGroup, ObjectAttrs, Permission, PublicAccessBlock, TenantId,
};

/// What a list gives to whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// Nothing.
    No,
    /// The right, as one of everybody, or of all who sign.
    ToGroup,
    /// The right, as this tenant.
    ToTenant,
}

/// What the list that a right is about gives to a tenant, or to somebody who has not signed.
pub(super) fn listed(
    right: AclRight,
    bucket: &Bucket,
    object: Option<&ObjectAttrs>,
    tenant: Option<TenantId>,
    switches: PublicAccessBlock,
) -> Listed {
    let Some(needed) = permission(right) else { return Listed::No };
    let (list, owner) = match right {
        AclRight::ObjectRead | AclRight::ObjectReadAcp | AclRight::ObjectWriteAcp => {
            // Nothing is known of an object that is not there, and nothing is given.
            let Some(object) = object else { return Listed::No };
            (object.acl.as_ref(), TenantId::from_slice(&object.owner))
        }
        _ => (bucket.settings.acl.as_ref(), Some(bucket.owner)),
    };
    // What everybody has, each user of the owner's has too, whatever its account hands on.
    let to_group = list.is_some_and(|list| {
        granted(list, needed, |grantee| match grantee {
            Grantee::Group(GranteeGroup::AllUsers) => !switches.ignore_public_acls,
            // As AWS: whoever signs is nearly everybody, so that this is public too.
            Grantee::Group(GranteeGroup::AuthenticatedUsers) => tenant.is_some() && !switches.ignore_public_acls,
            Grantee::Group(_) | Grantee::Tenant(_) => false,
        })
    });
    if to_group {
        return Listed::ToGroup;
    }
    // What another account writes is its own, or else no list but the owner's is taken: it needs no right of the bucket's
    // owner to say who reads it (AWS, "Bucket policy examples using condition keys", where `s3:PutObject` is enough).
    if right == AclRight::NewObjectAcp && tenant.is_some() && tenant != owner {
        return Listed::ToTenant;
    }
    let acts_for_owner = tenant.is_some() && tenant == owner;
    // An owner can always read and write the list, so that nobody locks himself out for good.
    if acts_for_owner && (list.is_none() || matches!(needed, Permission::ReadAcp | Permission::WriteAcp)) {
        return Listed::ToTenant;
    }
    let Some(list) = list else { return Listed::No };
    if granted(list, needed, |grantee| tenant.is_some_and(|tenant| grantee == Grantee::Tenant(tenant))) {
        return Listed::ToTenant;
    }
    Listed::No
}

fn granted(list: &AccessControlList, needed: Permission, is_for: impl Fn(Grantee) -> bool) -> bool {
    let gives = |grant: &&Grant| {
        let permission = Permission::try_from(grant.permission).unwrap_or(Permission::Unknown);
        permission == needed || permission == Permission::FullControl
    };
    list.grants.iter().filter(gives).filter_map(Grant::grantee).any(is_for)
}

/// The permission that gives a right; none gives what only the owner has.
fn permission(right: AclRight) -> Option<Permission> {
    Some(match right {
        AclRight::Owner => return None,
        AclRight::BucketRead | AclRight::ObjectRead => Permission::Read,
        // Whoever may write an object may say who reads it.
        AclRight::BucketWrite | AclRight::NewObjectAcp => Permission::Write,
        AclRight::BucketReadAcp | AclRight::ObjectReadAcp => Permission::ReadAcp,
        AclRight::BucketWriteAcp | AclRight::ObjectWriteAcp => Permission::WriteAcp,
    })
}
