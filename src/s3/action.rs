//! Rights, as policies name them, and as access control lists do.

macro_rules! actions {
    ($($variant:ident,)*) => {
        /// A right, as policies name it (AWS, "Actions, resources, and condition keys for Amazon S3").
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Action { $($variant,)* }

        impl Action {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As policies write it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => concat!("s3:", stringify!($variant)),)* }
            }
        }
    };
}

actions! {
    AbortMultipartUpload,
    BypassGovernanceRetention,
    CreateBucket,
    DeleteBucket,
    DeleteBucketMetadataTableConfiguration,
    DeleteBucketPolicy,
    DeleteBucketWebsite,
    DeleteObject,
    DeleteObjectTagging,
    DeleteObjectVersion,
    DeleteObjectVersionTagging,
    GetAccelerateConfiguration,
    GetAccountPublicAccessBlock,
    GetAnalyticsConfiguration,
    GetBucketAbac,
    GetBucketAcl,
    GetBucketCORS,
    GetBucketLocation,
    GetBucketLogging,
    GetBucketMetadataTableConfiguration,
    GetBucketNotification,
    GetBucketObjectLockConfiguration,
    GetBucketOwnershipControls,
    GetBucketPolicy,
    GetBucketPolicyStatus,
    GetBucketPublicAccessBlock,
    GetBucketRequestPayment,
    GetBucketTagging,
    GetBucketVersioning,
    GetBucketWebsite,
    GetEncryptionConfiguration,
    GetIntelligentTieringConfiguration,
    GetInventoryConfiguration,
    GetLifecycleConfiguration,
    GetMetricsConfiguration,
    GetObject,
    GetObjectAcl,
    GetObjectAttributes,
    GetObjectLegalHold,
    GetObjectRetention,
    GetObjectTagging,
    GetObjectVersion,
    GetObjectVersionAcl,
    GetObjectVersionAttributes,
    GetObjectVersionTagging,
    GetReplicationConfiguration,
    ListAllMyBuckets,
    ListBucket,
    ListBucketMultipartUploads,
    ListBucketVersions,
    ListMultipartUploadParts,
    PutAccelerateConfiguration,
    PutAccountPublicAccessBlock,
    PutAnalyticsConfiguration,
    PutBucketAbac,
    PutBucketAcl,
    PutBucketCORS,
    PutBucketLogging,
    PutBucketNotification,
    PutBucketObjectLockConfiguration,
    PutBucketOwnershipControls,
    PutBucketPolicy,
    PutBucketPublicAccessBlock,
    PutBucketRequestPayment,
    PutBucketTagging,
    PutBucketVersioning,
    PutEncryptionConfiguration,
    PutIntelligentTieringConfiguration,
    PutInventoryConfiguration,
    PutLifecycleConfiguration,
    PutMetricsConfiguration,
    PutObject,
    PutObjectAcl,
    PutObjectLegalHold,
    PutObjectRetention,
    PutObjectTagging,
    PutObjectVersionAcl,
    PutObjectVersionTagging,
    PutReplicationConfiguration,
    RestoreObject,
    TagResource,
}

impl Action {
    /// The right that is needed beside this one: attributes are the object's (AWS, API_GetObjectAttributes).
    #[must_use]
    pub fn with(self) -> Option<Self> {
        match self {
            Self::GetObjectAttributes => Some(Self::GetObject),
            Self::GetObjectVersionAttributes => Some(Self::GetObjectVersion),
            _ => None,
        }
    }

    /// Whether it is about the policy of a bucket, which only its owner's account has to do with.
    #[must_use]
    pub fn is_on_policy(self) -> bool {
        matches!(self, Self::DeleteBucketPolicy | Self::GetBucketPolicy | Self::PutBucketPolicy)
    }

    /// Whether a request for it is about the version that it names, if it names one.
    #[must_use]
    pub fn is_on_version(self) -> bool {
        let same = matches!(
            self,
            Self::GetObjectLegalHold
                | Self::GetObjectRetention
                | Self::PutObjectLegalHold
                | Self::PutObjectRetention
                | Self::RestoreObject
        );
        same || self.of_version() != self
    }

    /// The right that the same request needs when it names a version: many readings and changes of versions have one of
    /// their own, so that who may read objects may not thereby read what they were before.
    #[must_use]
    pub fn of_version(self) -> Self {
        match self {
            Self::DeleteObject => Self::DeleteObjectVersion,
            Self::DeleteObjectTagging => Self::DeleteObjectVersionTagging,
            Self::GetObject => Self::GetObjectVersion,
            Self::GetObjectAcl => Self::GetObjectVersionAcl,
            Self::GetObjectAttributes => Self::GetObjectVersionAttributes,
            Self::GetObjectTagging => Self::GetObjectVersionTagging,
            Self::PutObjectAcl => Self::PutObjectVersionAcl,
            Self::PutObjectTagging => Self::PutObjectVersionTagging,
            other => other,
        }
    }
}

/// A right, as access control lists name it, and on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum AclRight {
    /// Only the account itself; no list can give it.
    Owner,
    BucketRead,
    BucketWrite,
    BucketReadAcp,
    BucketWriteAcp,
    ObjectRead,
    ObjectReadAcp,
    ObjectWriteAcp,
    /// To say who may do what with an object that one is about to write.
    NewObjectAcp,
}

#[cfg(test)]
mod tests {
    use super::Action;
    use crate::policy::actions;

    #[test]
    fn every_right_is_one_that_policies_can_name() {
        for action in Action::ALL {
            assert!(actions::is_known(action.name()), "{}", action.name());
        }
    }
}
