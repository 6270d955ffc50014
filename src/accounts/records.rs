//! What is stored about tenants, keys, users, groups, roles and managed policies.

use bytes::Bytes;

use super::principal::AccountId;
use crate::storage::{PolicyPrincipal, PublicAccessBlock, RateLimits, Tenant, TenantId, Timestamp};

/// A tenant.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct TenantRecord {
    /// The canonical id, 32 bytes.
    #[prost(bytes = "bytes", tag = "1")]
    pub id: Bytes,
    /// Unique; never changes.
    #[prost(string, tag = "2")]
    pub name: String,
    /// 12 digits, unique.
    #[prost(string, tag = "3")]
    pub account: String,
    /// What listings show; the name when empty.
    #[prost(string, tag = "4")]
    pub display_name: String,
    /// Unique regardless of case; empty when there is none.
    #[prost(string, tag = "5")]
    pub email: String,
    /// None of its keys works.
    #[prost(bool, tag = "6")]
    pub disabled: bool,
    /// The account's own switches.
    #[prost(message, optional, tag = "7")]
    pub public_access_block: Option<PublicAccessBlock>,
    /// What it may ask of one front end.
    #[prost(message, optional, tag = "8")]
    pub limits: Option<RateLimits>,
    /// Microseconds since 1970.
    #[prost(int64, tag = "9")]
    pub created_micros: i64,
    /// Access keys of the tenant itself. A key works only while it is listed here.
    #[prost(string, repeated, tag = "10")]
    pub keys: Vec<String>,
}

impl TenantRecord {
    /// The canonical id.
    #[must_use]
    pub fn tenant_id(&self) -> TenantId {
        TenantId::from_slice(&self.id).unwrap_or(TenantId([0; 32]))
    }

    /// As the stores know it.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        Tenant { id: self.tenant_id(), name: self.name.clone() }
    }

    /// The account's number.
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        AccountId::parse(&self.account).unwrap_or_else(|| AccountId::of(self.tenant_id(), 0))
    }
}

/// An access key.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct KeyRecord {
    /// Its tenant's canonical id.
    #[prost(bytes = "bytes", tag = "1")]
    pub tenant: Bytes,
    /// The user it belongs to; empty when it is the tenant's own.
    #[prost(string, tag = "2")]
    pub user: String,
    /// That user's id: a later user of the same name does not get the key.
    #[prost(string, tag = "3")]
    pub user_id: String,
    /// The secret half, encrypted.
    #[prost(bytes = "bytes", tag = "4")]
    pub(super) sealed: Bytes,
    /// It does not work.
    #[prost(bool, tag = "5")]
    pub disabled: bool,
    /// When it ends, microseconds since 1970; 0 is never.
    #[prost(int64, tag = "6")]
    pub expires_micros: i64,
    /// Microseconds since 1970.
    #[prost(int64, tag = "7")]
    pub created_micros: i64,
    /// For people.
    #[prost(string, tag = "8")]
    pub description: String,
    /// Whether V2 signatures are taken; the installation decides when it is not set.
    #[prost(bool, optional, tag = "9")]
    pub signature_v2: Option<bool>,
}

impl KeyRecord {
    /// Whether it works at this time.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        !self.disabled && (self.expires_micros == 0 || now.0 < self.expires_micros)
    }
}

/// A policy with a name.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct InlinePolicy {
    /// Unique in its entity.
    #[prost(string, tag = "1")]
    pub name: String,
    /// JSON.
    #[prost(string, tag = "2")]
    pub document: String,
}

/// A key and a value.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct EntityTag {
    /// Unique in its entity.
    #[prost(string, tag = "1")]
    pub key: String,
    /// May be empty.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// A group that a user is in.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Membership {
    /// The group's name.
    #[prost(string, tag = "1")]
    pub group: String,
    /// Its id: a later group of the same name has not this member.
    #[prost(string, tag = "2")]
    pub group_id: String,
}

/// A user, a group or a role: what has a name, a path and policies.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct Entity {
    /// Unique among its kind regardless of case.
    #[prost(string, tag = "1")]
    pub name: String,
    /// `AIDA…`, `AGPA…` or `AROA…`.
    #[prost(string, tag = "2")]
    pub id: String,
    /// `/` or `/division/team/`.
    #[prost(string, tag = "3")]
    pub path: String,
    /// Microseconds since 1970.
    #[prost(int64, tag = "4")]
    pub created_micros: i64,
    /// Policies of its own.
    #[prost(message, repeated, tag = "5")]
    pub inline: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    #[prost(string, repeated, tag = "6")]
    pub attached: Vec<String>,
    /// Of users and roles.
    #[prost(message, repeated, tag = "7")]
    pub tags: Vec<EntityTag>,
    /// Of users: groups.
    #[prost(message, repeated, tag = "8")]
    pub groups: Vec<Membership>,
    /// Of users: access keys. A key works only while it is listed here.
    #[prost(string, repeated, tag = "9")]
    pub keys: Vec<String>,
    /// Of roles: who may assume it, JSON.
    #[prost(string, tag = "10")]
    pub trust: String,
    /// Of roles.
    #[prost(string, tag = "11")]
    pub description: String,
    /// Of roles: the longest session, seconds.
    #[prost(uint32, tag = "12")]
    pub session_seconds_max: u32,
    /// It is being given another name.
    #[prost(bool, tag = "13")]
    pub(super) leaving: bool,
    /// The renaming that wrote this document, until what it was called before is gone.
    #[prost(string, tag = "14")]
    pub(super) ticket: String,
    /// Of roles: who had the ARNs that `trust` names when it was put.
    #[prost(message, repeated, tag = "15")]
    pub trust_principals: Vec<PolicyPrincipal>,
}

/// One version of a managed policy.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct PolicyVersion {
    /// `v1` is 1.
    #[prost(uint32, tag = "1")]
    pub number: u32,
    /// JSON.
    #[prost(string, tag = "2")]
    pub document: String,
    /// Microseconds since 1970.
    #[prost(int64, tag = "3")]
    pub created_micros: i64,
}

/// A managed policy.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct ManagedPolicy {
    /// Unique in the account regardless of case.
    #[prost(string, tag = "1")]
    pub name: String,
    /// `ANPA…`.
    #[prost(string, tag = "2")]
    pub id: String,
    /// `/` or `/division/team/`.
    #[prost(string, tag = "3")]
    pub path: String,
    /// For people.
    #[prost(string, tag = "4")]
    pub description: String,
    /// Microseconds since 1970.
    #[prost(int64, tag = "5")]
    pub created_micros: i64,
    /// When its versions last changed, microseconds since 1970.
    #[prost(int64, tag = "6")]
    pub updated_micros: i64,
    /// Those that are kept, the oldest first.
    #[prost(message, repeated, tag = "7")]
    pub versions: Vec<PolicyVersion>,
    /// The number of the one that counts.
    #[prost(uint32, tag = "8")]
    pub default_version: u32,
    /// The number of the newest ever made.
    #[prost(uint32, tag = "9")]
    pub newest_version: u32,
    /// For people.
    #[prost(message, repeated, tag = "10")]
    pub tags: Vec<EntityTag>,
}

impl ManagedPolicy {
    /// The text that counts.
    #[must_use]
    pub fn document(&self) -> &str {
        self.version(self.default_version).map_or("", |version| version.document.as_str())
    }

    /// A version by its number.
    #[must_use]
    pub fn version(&self, number: u32) -> Option<&PolicyVersion> {
        self.versions.iter().find(|version| version.number == number)
    }
}

/// Who has a unique number, name or address.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(super) struct Claim {
    /// The tenant's canonical id.
    #[prost(bytes = "bytes", tag = "1")]
    pub tenant: Bytes,
}

impl Claim {
    pub(super) fn of(tenant: TenantId) -> Self {
        Self { tenant: Bytes::copy_from_slice(&tenant.0) }
    }

    pub(super) fn is_of(&self, tenant: TenantId) -> bool {
        self.tenant == tenant.0.as_slice()
    }

    pub(super) fn tenant_id(&self) -> Option<TenantId> {
        TenantId::from_slice(&self.tenant)
    }
}
