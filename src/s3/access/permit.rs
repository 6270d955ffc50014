//! The proof that a call was authorised. Operations cannot run without one, and only this module's parent makes them.

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::Action;
use crate::storage::{Bucket, ObjectKey, Tenant};

/// The right to run one operation on one target.
#[derive(Debug, Clone)]
pub struct Permit {
    tenant: Tenant,
    action: Action,
    bucket: Option<Bucket>,
    key: Option<ObjectKey>,
    charged: bool,
}

impl Permit {
    pub(super) fn mint(tenant: Tenant, action: Action, bucket: Option<Bucket>, key: Option<ObjectKey>) -> Self {
        Self { tenant, action, bucket, key, charged: false }
    }

    /// The same, of a request that its sender pays for.
    pub(super) fn charging(self, charged: bool) -> Self {
        Self { charged, ..self }
    }

    /// Whether the sender pays for the request, and has agreed to.
    #[must_use]
    pub fn is_charged(&self) -> bool {
        self.charged
    }

    /// Who calls.
    #[must_use]
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// What is allowed.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// The bucket it is allowed on.
    ///
    /// # Errors
    /// `InternalError` when the operation's row is at the wrong level: a defect of the table, not of the request.
    pub fn bucket(&self) -> Result<&Bucket, S3Error> {
        self.bucket.as_ref().ok_or_else(|| S3ErrorCode::InternalError.because("The operation names no bucket."))
    }

    /// The key it is allowed on.
    ///
    /// # Errors
    /// As [`Permit::bucket`].
    pub fn key(&self) -> Result<&ObjectKey, S3Error> {
        self.key.as_ref().ok_or_else(|| S3ErrorCode::InternalError.because("The operation names no key."))
    }
}

/// The right to read the source of a copy.
#[derive(Debug, Clone)]
pub struct SourcePermit {
    bucket: Bucket,
    key: ObjectKey,
}

impl SourcePermit {
    pub(super) fn mint(bucket: Bucket, key: ObjectKey) -> Self {
        Self { bucket, key }
    }

    /// The source's bucket.
    #[must_use]
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// The source's key.
    #[must_use]
    pub fn key(&self) -> &ObjectKey {
        &self.key
    }
}
