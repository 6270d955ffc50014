//! How a bucket's owner has configured it: one stored value, read with the bucket and changed as a whole.

use bytes::Bytes;

use super::access::{AccessControlList, Ownership, PublicAccessBlock, RateLimits};

/// Everything that is configured about a bucket. Absent means AWS's default.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct BucketSettings {
    /// Whether overwritten and deleted objects are kept.
    #[prost(enumeration = "Versioning", tag = "1")]
    pub versioning: i32,
    /// Present when versions can be locked; never taken away again.
    #[prost(message, optional, tag = "2")]
    pub object_lock: Option<LockSettings>,
    /// The bucket's own tags.
    #[prost(message, repeated, tag = "3")]
    pub tags: Vec<Tag>,
    /// Whoever asks pays, not the owner.
    #[prost(bool, tag = "4")]
    pub requester_pays: bool,
    /// The lifecycle rules, as their own module encodes them; empty when there are none.
    #[prost(bytes = "bytes", tag = "5")]
    pub lifecycle: Bytes,
    /// Grants; absent when only the owner has any.
    #[prost(message, optional, tag = "6")]
    pub acl: Option<AccessControlList>,
    /// Who owns the objects.
    #[prost(enumeration = "Ownership", tag = "7")]
    pub ownership: i32,
    /// The bucket policy, JSON as it was sent; empty when there is none.
    #[prost(bytes = "bytes", tag = "8")]
    pub policy: Bytes,
    /// The switches against public access; absent when nobody has set any.
    #[prost(message, optional, tag = "9")]
    pub public_access_block: Option<PublicAccessBlock>,
    /// The rules for requests from other sites, as their own module encodes them; empty when there are none.
    #[prost(bytes = "bytes", tag = "10")]
    pub cors: Bytes,
    /// What may be asked of the bucket; absent when it is unbounded.
    #[prost(message, optional, tag = "11")]
    pub limits: Option<RateLimits>,
    /// Somebody has said that transfers are not to be accelerated. They never are; whoever said it is told so.
    #[prost(bool, tag = "12")]
    pub acceleration_suspended: bool,
    /// Who had the ARNs that the policy names when it was put.
    #[prost(message, repeated, tag = "13")]
    pub policy_principals: Vec<PolicyPrincipal>,
}

/// A user, role or session that a policy names.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct PolicyPrincipal {
    /// As it is called in the policy.
    #[prost(string, tag = "1")]
    pub arn: String,
    /// The unique id; of a session, the role's with the session's name after a colon.
    #[prost(string, tag = "2")]
    pub id: String,
}

/// A bucket's versioning (AWS, "How S3 Versioning works").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum Versioning {
    /// It was never enabled.
    Off = 0,
    /// Each put makes a version of its own.
    Enabled = 1,
    /// Puts replace the null version; the others stay.
    Suspended = 2,
}

/// How strong a retention period is (AWS, "Retention modes").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum RetentionMode {
    /// There is none.
    None = 0,
    /// Who has the right may shorten it or remove the version.
    Governance = 1,
    /// Nobody may.
    Compliance = 2,
}

/// A bucket whose versions can be locked.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct LockSettings {
    /// What a new version gets that names no retention of its own.
    #[prost(message, optional, tag = "1")]
    pub rule: Option<LockRule>,
}

/// The retention that new versions get. Days or years, never both.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub struct LockRule {
    /// Governance or compliance.
    #[prost(enumeration = "RetentionMode", tag = "1")]
    pub mode: i32,
    /// Its length in days; 0 when it is told in years.
    #[prost(uint32, tag = "2")]
    pub days: u32,
    /// Its length in years.
    #[prost(uint32, tag = "3")]
    pub years: u32,
}

/// A tag of a bucket or an object.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Tag {
    /// Unique within its set.
    #[prost(string, tag = "1")]
    pub key: String,
    /// May be empty.
    #[prost(string, tag = "2")]
    pub value: String,
}
