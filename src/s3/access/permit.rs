//! The proof that a call was authorised. Operations cannot run without one, and only this module's parent makes them.

use std::sync::Arc;

use super::asked::Asked;
use super::judge::Ground;
use super::object::Looked;
use super::standing::Standing;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::Action;
use crate::storage::{
    Bucket, Fetch, HeadRead, ObjectAttrs, ObjectKey, Ownership, PublicAccessBlock, Tenant, TenantId, VersionRef,
};

/// The right to run one operation on one target.
#[derive(Debug, Clone)]
pub struct Permit {
    asked: Arc<Asked>,
    action: Action,
    ground: Ground,
    standing: Option<Arc<Standing>>,
    key: Option<ObjectKey>,
    version: Option<VersionRef>,
    seen: Option<Seen>,
    charged: bool,
}

/// The head that a decision has looked at. What is answered is what was judged: nothing that took its place meanwhile.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub head: HeadRead,
    pub version: Option<VersionRef>,
    pub fetch: Fetch,
}

impl Permit {
    pub(super) fn mint(asked: Arc<Asked>, action: Action, ground: Ground) -> Self {
        Self { asked, action, ground, standing: None, key: None, version: None, seen: None, charged: false }
    }

    /// The same, on a bucket, and perhaps a key of it.
    pub(super) fn on(self, standing: Arc<Standing>, key: Option<ObjectKey>) -> Self {
        Self { standing: Some(standing), key, ..self }
    }

    /// The same, on a version of the key.
    pub(super) fn on_version(self, version: Option<VersionRef>) -> Self {
        Self { version, ..self }
    }

    /// The same, decided by what was read.
    pub(super) fn having_seen(self, seen: Option<Seen>) -> Self {
        Self { seen, ..self }
    }

    /// The same, of a request that its sender pays for.
    pub(super) fn charging(self, charged: bool) -> Self {
        Self { charged, ..self }
    }

    pub(super) fn asked(&self) -> &Arc<Asked> {
        &self.asked
    }

    pub(super) fn standing(&self) -> Result<&Arc<Standing>, S3Error> {
        self.standing.as_ref().ok_or_else(|| S3ErrorCode::InternalError.because("The operation names no bucket."))
    }

    /// Whether the sender pays for the request, and has agreed to.
    #[must_use]
    pub fn is_charged(&self) -> bool {
        self.charged
    }

    /// The tenant that whoever calls acts for.
    ///
    /// # Errors
    /// `AccessDenied` for anonymous callers, who act for nobody.
    pub fn tenant(&self) -> Result<&Tenant, S3Error> {
        match self.asked.principal() {
            Some(principal) => Ok(&principal.tenant),
            None => Err(S3ErrorCode::AccessDenied.because("Anonymous requests cannot do this.")),
        }
    }

    /// Whether whoever calls acts for this tenant.
    #[must_use]
    pub fn acts_for(&self, tenant: TenantId) -> bool {
        self.asked.tenant() == Some(tenant)
    }

    /// Who calls, for the records of what was done.
    #[must_use]
    pub fn caller(&self) -> &crate::s3::auth::Caller {
        &self.asked.caller
    }

    /// What is allowed.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// Why it is allowed.
    #[must_use]
    pub fn ground(&self) -> Ground {
        self.ground
    }

    /// Who will own what is written: whoever writes it, unless the bucket's owner owns everything, or what is put with
    /// the canned list `bucket-owner-full-control` (AWS, "Controlling ownership of objects"). What is written
    /// anonymously belongs to the bucket's owner.
    ///
    /// # Errors
    /// As [`Permit::bucket`].
    pub fn owner_of_new(&self) -> Result<TenantId, S3Error> {
        let bucket = self.bucket()?;
        let handed_over = || {
            let canned = self.asked.headers.get("x-amz-acl");
            canned.is_some_and(|canned| canned.trim() == "bucket-owner-full-control")
        };
        Ok(match (self.asked.tenant(), bucket.settings.ownership()) {
            (None, _) | (_, Ownership::BucketOwnerEnforced) => bucket.owner,
            (_, Ownership::BucketOwnerPreferred) if handed_over() => bucket.owner,
            (Some(writer), _) => writer,
        })
    }

    /// The bucket it is allowed on.
    ///
    /// # Errors
    /// `InternalError` when the operation's row is at the wrong level: a defect of the table, not of the request.
    pub fn bucket(&self) -> Result<&Bucket, S3Error> {
        Ok(&self.standing()?.bucket)
    }

    /// The switches against public access: those of the bucket and of its owner's account.
    ///
    /// # Errors
    /// As [`Permit::bucket`].
    pub fn switches(&self) -> Result<PublicAccessBlock, S3Error> {
        Ok(self.standing()?.switches)
    }

    /// The key it is allowed on.
    ///
    /// # Errors
    /// As [`Permit::bucket`].
    pub fn key(&self) -> Result<&ObjectKey, S3Error> {
        self.key.as_ref().ok_or_else(|| S3ErrorCode::InternalError.because("The operation names no key."))
    }

    /// The version that it is allowed on, where one is named.
    pub(super) fn version(&self) -> Option<VersionRef> {
        self.version
    }

    /// The object that the decision has looked at.
    pub(super) fn object(&self) -> Option<&ObjectAttrs> {
        let seen = self.seen.as_ref()?;
        Looked::of(Some(&seen.head), seen.version).object()
    }

    /// The head that the decision has looked at, if that was this version and as much of it.
    #[must_use]
    pub fn seen(&self, version: Option<VersionRef>, fetch: Fetch) -> Option<HeadRead> {
        let seen = self.seen.as_ref().filter(|seen| seen.version == version)?;
        (seen.fetch == fetch || fetch == Fetch::Attrs).then(|| seen.head.clone())
    }
}

impl Permit {
    /// Refuses to change an object that another has put where the decision looked: the right came from the owner, the
    /// list and the tags that were there then, or from there being nothing.
    ///
    /// # Errors
    /// `OperationAborted`.
    pub fn still_holds(&self, version: Option<VersionRef>, now: &ObjectAttrs) -> Result<(), S3Error> {
        let Some(seen) = self.seen.as_ref().filter(|seen| seen.version == version) else { return Ok(()) };
        let then = Looked::of(Some(&seen.head), version);
        let same = then.object().is_some_and(|then| {
            let as_it_was = then.acl == now.acl && then.tags == now.tags;
            // Its own account's right does not depend on the rest.
            then.owner == now.owner && (as_it_was || self.ground == Ground::Account)
        });
        if same { Ok(()) } else { Err(S3ErrorCode::OperationAborted.into()) }
    }
}

/// The right to read the source of a copy.
#[derive(Debug, Clone)]
pub struct SourcePermit {
    permit: Permit,
    version: Option<VersionRef>,
}

impl SourcePermit {
    pub(super) fn mint(permit: Permit, version: Option<VersionRef>) -> Self {
        Self { permit, version }
    }

    /// The permit to read it.
    #[must_use]
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// The version that may be read; the current one when there is none.
    #[must_use]
    pub fn version(&self) -> Option<VersionRef> {
        self.version
    }
}
