//! What is stored about who may use a bucket or an object. Decides nothing.

use bytes::Bytes;

use super::TenantId;

/// Grants beside the resource itself. Where a resource has none stored, its owner has FULL_CONTROL and nobody else
/// anything. Source: AWS, "Access control list (ACL) overview".
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct AccessControlList {
    /// In the order they were given.
    #[prost(message, repeated, tag = "1")]
    pub grants: Vec<Grant>,
}

/// One right for one grantee.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Grant {
    /// Canonical id of the tenant, 32 bytes; empty when the grantee is a group.
    #[prost(bytes = "bytes", tag = "1")]
    pub tenant: Bytes,
    /// The group; `None` when the grantee is a tenant.
    #[prost(enumeration = "GranteeGroup", tag = "2")]
    pub group: i32,
    /// What is granted.
    #[prost(enumeration = "Permission", tag = "3")]
    pub permission: i32,
}

/// Who a grant is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grantee {
    /// A tenant.
    Tenant(TenantId),
    /// A group that AWS knows.
    Group(GranteeGroup),
}

/// The groups that AWS knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum GranteeGroup {
    /// The grantee is a tenant.
    None = 0,
    /// Everybody, anonymous senders too.
    AllUsers = 1,
    /// Whoever signs.
    AuthenticatedUsers = 2,
    /// The delivery of access logs.
    LogDelivery = 3,
}

/// What a grant allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Permission {
    /// Nothing: written by a later version.
    Unknown = 0,
    /// List a bucket; read an object.
    Read = 1,
    /// Put, overwrite and delete objects of a bucket.
    Write = 2,
    /// Read the list itself.
    ReadAcp = 3,
    /// Write the list itself.
    WriteAcp = 4,
    /// All of these.
    FullControl = 5,
}

impl Grant {
    /// A grant to a tenant or a group.
    #[must_use]
    pub fn new(grantee: Grantee, permission: Permission) -> Self {
        let (tenant, group) = match grantee {
            Grantee::Tenant(id) => (Bytes::copy_from_slice(&id.0), GranteeGroup::None),
            Grantee::Group(group) => (Bytes::new(), group),
        };
        Self { tenant, group: group.into(), permission: permission.into() }
    }

    /// Who it is for; `None` for what this version cannot read, which grants nothing.
    #[must_use]
    pub fn grantee(&self) -> Option<Grantee> {
        match GranteeGroup::try_from(self.group).ok()? {
            GranteeGroup::None => TenantId::from_slice(&self.tenant).map(Grantee::Tenant),
            group => Some(Grantee::Group(group)),
        }
    }
}

/// Who owns the objects of a bucket, and whether access control lists count (AWS, "Controlling ownership of objects").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Ownership {
    /// Nobody has said: as [`Ownership::ObjectWriter`].
    Unset = 0,
    /// The bucket's owner owns every object; lists do not count.
    BucketOwnerEnforced = 1,
    /// The bucket's owner owns what is put with `bucket-owner-full-control`.
    BucketOwnerPreferred = 2,
    /// Whoever puts an object owns it.
    ObjectWriter = 3,
}

/// The four switches (AWS, "Blocking public access to your Amazon S3 storage").
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct PublicAccessBlock {
    /// Refuse requests that would set a public access control list.
    #[prost(bool, tag = "1")]
    pub block_public_acls: bool,
    /// Take public grants for none.
    #[prost(bool, tag = "2")]
    pub ignore_public_acls: bool,
    /// Refuse public bucket policies.
    #[prost(bool, tag = "3")]
    pub block_public_policy: bool,
    /// Only the owner's account has access to a bucket with a public policy.
    #[prost(bool, tag = "4")]
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// Each switch that is on in either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            block_public_acls: self.block_public_acls || other.block_public_acls,
            ignore_public_acls: self.ignore_public_acls || other.ignore_public_acls,
            block_public_policy: self.block_public_policy || other.block_public_policy,
            restrict_public_buckets: self.restrict_public_buckets || other.restrict_public_buckets,
        }
    }
}

/// What a tenant or a bucket may ask of one front end; 0 is unbounded.
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct RateLimits {
    /// Requests per second.
    #[prost(uint32, tag = "1")]
    pub requests_per_second: u32,
    /// Bytes of bodies received, per second.
    #[prost(uint64, tag = "2")]
    pub received_bytes_per_second: u64,
    /// Bytes of bodies sent, per second.
    #[prost(uint64, tag = "3")]
    pub sent_bytes_per_second: u64,
}
