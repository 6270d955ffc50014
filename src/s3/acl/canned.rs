//! Canned lists. Source: AWS, "Access control list (ACL) overview": "Canned ACL".

use super::private;
use super::wanted::On;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::storage::{AccessControlList, Grant, Grantee, GranteeGroup, Permission, TenantId};

/// The header that names one.
pub const HEADER: &str = "x-amz-acl";

/// A list with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Canned {
    Private,
    PublicRead,
    PublicReadWrite,
    AuthenticatedRead,
    BucketOwnerRead,
    BucketOwnerFullControl,
    LogDeliveryWrite,
}

impl Canned {
    /// Reads a name.
    ///
    /// # Errors
    /// `InvalidArgument` for what is none, or none of this resource; `NotImplemented` for `aws-exec-read`, whose grantee
    /// is a service that is not here.
    pub fn parse(name: &str, on: On) -> Result<Self, S3Error> {
        Ok(match (name, on) {
            ("private", _) => Self::Private,
            ("public-read", _) => Self::PublicRead,
            ("public-read-write", _) => Self::PublicReadWrite,
            ("authenticated-read", _) => Self::AuthenticatedRead,
            ("bucket-owner-read", _) => Self::BucketOwnerRead,
            ("bucket-owner-full-control", _) => Self::BucketOwnerFullControl,
            ("log-delivery-write", On::Bucket) => Self::LogDeliveryWrite,
            ("aws-exec-read", _) => {
                return Err(S3ErrorCode::NotImplemented
                    .because("aws-exec-read grants to a service that is not implemented here.")
                    .field("Header", HEADER));
            }
            _ => {
                return Err(S3Error::from(S3ErrorCode::InvalidArgument)
                    .field("ArgumentName", HEADER)
                    .field("ArgumentValue", name));
            }
        })
    }

    /// The list for a resource of this owner in a bucket of that one. Groups come first, as Ceph's gateway lists them
    /// and its tests expect; AWS promises no order.
    #[must_use]
    pub fn list(self, owner: TenantId, bucket_owner: TenantId) -> AccessControlList {
        use GranteeGroup::{AllUsers, AuthenticatedUsers, LogDelivery};
        use Permission::{FullControl, Read, ReadAcp, Write};
        let groups: &[(GranteeGroup, Permission)] = match self {
            Self::PublicRead => &[(AllUsers, Read)],
            Self::PublicReadWrite => &[(AllUsers, Read), (AllUsers, Write)],
            Self::AuthenticatedRead => &[(AuthenticatedUsers, Read)],
            Self::LogDeliveryWrite => &[(LogDelivery, Write), (LogDelivery, ReadAcp)],
            Self::Private | Self::BucketOwnerRead | Self::BucketOwnerFullControl => &[],
        };
        let to_bucket_owner = match self {
            Self::BucketOwnerRead => Some(Read),
            Self::BucketOwnerFullControl => Some(FullControl),
            _ => None,
        };
        // Whoever owns both has everything by owning the object. On a bucket these two names mean nothing (AWS).
        let to_bucket_owner = to_bucket_owner.filter(|_| owner != bucket_owner);
        let mut grants: Vec<Grant> =
            groups.iter().map(|(group, right)| Grant::new(Grantee::Group(*group), *right)).collect();
        grants.extend(private(owner).grants);
        grants.extend(to_bucket_owner.map(|right| Grant::new(Grantee::Tenant(bucket_owner), right)));
        AccessControlList { grants }
    }
}
