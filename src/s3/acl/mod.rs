//! Access control lists as requests write them: canned names, grant headers, documents. What a list allows is decided
//! elsewhere. Source: AWS, "Access control list (ACL) overview".
//!
//! # Why most resources have none stored
//! A list that gives the owner FULL_CONTROL and nobody else anything is what holds without one, so it is not kept: the
//! resource stays its owner's whoever that becomes. Every other list is kept just as it was sent, also one in which the
//! owner has nothing.

mod canned;
mod grantee;
mod headers;
mod wanted;

pub use canned::Canned;
pub use grantee::{AskedGrant, GRANTS_MAX, GranteeSource, NamedGrantee, group_uri, resolve};
pub use wanted::{On, Rights, Wanted, of_write, requested};

use crate::storage::{
    AccessControlList, Bucket, BucketSettings, Grant, Grantee, GranteeGroup, ObjectAttrs, Ownership, Permission,
    TenantId,
};

/// The list that holds where none is stored.
#[must_use]
pub fn private(owner: TenantId) -> AccessControlList {
    AccessControlList { grants: vec![Grant::new(Grantee::Tenant(owner), Permission::FullControl)] }
}

/// As it is stored.
#[must_use]
pub fn stored(list: AccessControlList, owner: TenantId) -> Option<AccessControlList> {
    (list != private(owner)).then_some(list)
}

/// Whether a list gives anything to everybody, or to whoever signs (AWS, "Blocking public access to your Amazon S3
/// storage": "The meaning of public").
#[must_use]
pub fn is_public(list: &AccessControlList) -> bool {
    let public = |grant: &Grant| {
        matches!(grant.grantee(), Some(Grantee::Group(GranteeGroup::AllUsers | GranteeGroup::AuthenticatedUsers)))
    };
    list.grants.iter().any(public)
}

/// Whether lists count in a bucket.
#[must_use]
pub fn enforced(settings: &BucketSettings) -> bool {
    settings.ownership() == Ownership::BucketOwnerEnforced
}

/// Who owns an object: whoever it was written for, unless the bucket's owner owns all of them.
#[must_use]
pub fn owner_of(bucket: &Bucket, attrs: &ObjectAttrs) -> TenantId {
    let written_for = TenantId::from_slice(&attrs.owner).filter(|_| !enforced(&bucket.settings));
    written_for.unwrap_or(bucket.owner)
}

/// The list that a bucket answers with: where lists do not count, the one that says so.
#[must_use]
pub fn of_bucket(bucket: &Bucket) -> AccessControlList {
    shown(&bucket.settings, bucket.settings.acl.as_ref(), bucket.owner)
}

/// The list that an object answers with.
#[must_use]
pub fn of_object(bucket: &Bucket, attrs: &ObjectAttrs) -> AccessControlList {
    shown(&bucket.settings, attrs.acl.as_ref(), owner_of(bucket, attrs))
}

fn shown(settings: &BucketSettings, stored: Option<&AccessControlList>, owner: TenantId) -> AccessControlList {
    stored.filter(|_| !enforced(settings)).cloned().unwrap_or_else(|| private(owner))
}

#[cfg(test)]
mod tests;
