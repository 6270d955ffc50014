//! The list that a request asks for, however it says so.

use super::canned::{self, Canned};
use super::grantee::{GranteeSource, resolve};
use super::{enforced, headers, is_public, private, stored};
use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::Request;
use crate::s3::request::Headers;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::{AccessControlList, Bucket, BucketSettings, PublicAccessBlock, TenantId};

/// What a list is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// A bucket.
    Bucket,
    /// An object.
    Object,
}

/// The list that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// By its name: who gets what depends on the owners.
    Canned(Canned),
    /// By its grants.
    Grants(AccessControlList),
}

impl Wanted {
    /// What headers ask for; `None` when they ask for nothing.
    ///
    /// # Errors
    /// `InvalidRequest` for a canned list and grants at once; `InvalidArgument`, `UnresolvableGrantByEmailAddress`,
    /// `NotImplemented` for values that are none; what the store fails with.
    pub async fn of_headers(headers: &Headers, on: On, source: &dyn GranteeSource) -> Result<Option<Self>, S3Error> {
        // Sent twice, the two values are one list (RFC 9110), and no list of names is a name.
        let named: Vec<_> = headers.all(canned::HEADER).map(|value| String::from_utf8_lossy(value)).collect();
        match (named.is_empty(), headers::parse(headers)?) {
            (true, None) => Ok(None),
            (true, Some(grants)) => Ok(Some(Self::Grants(resolve(&grants, source).await?))),
            (false, None) => Ok(Some(Self::Canned(Canned::parse(&named.join(","), on)?))),
            (false, Some(_)) => {
                Err(S3ErrorCode::InvalidRequest.because("Specifying both Canned ACLs and Header Grants is not allowed"))
            }
        }
    }

    /// The list for a resource of this owner in a bucket of that one.
    #[must_use]
    pub fn list(&self, owner: TenantId, bucket_owner: TenantId) -> AccessControlList {
        match self {
            Self::Canned(canned) => canned.list(owner, bucket_owner),
            Self::Grants(list) => list.clone(),
        }
    }

    /// The same, for a bucket of these settings or an object in it.
    ///
    /// # Errors
    /// `AccessControlListNotSupported` where lists do not count, unless it gives the bucket's owner full control and
    /// nobody anything else, by that name or in full (AWS, "Controlling ownership of objects and disabling ACLs for your
    /// bucket"); `AccessDenied` for a public one where `block` forbids them.
    pub fn admitted(
        &self,
        owner: TenantId,
        bucket_owner: TenantId,
        settings: &BucketSettings,
        block: PublicAccessBlock,
    ) -> Result<AccessControlList, S3Error> {
        let list = self.list(owner, bucket_owner);
        // Other names may come to the same here, but mean another list elsewhere.
        let named_otherwise = matches!(self, Self::Canned(name) if *name != Canned::BucketOwnerFullControl);
        if enforced(settings) && (named_otherwise || list != private(bucket_owner)) {
            return Err(S3ErrorCode::AccessControlListNotSupported.into());
        }
        if block.block_public_acls && is_public(&list) {
            return Err(S3ErrorCode::AccessDenied.because(
                "Public access control lists are prevented by the BlockPublicAcls setting in S3 Block Public Access.",
            ));
        }
        Ok(list)
    }
}

/// Whose an object is, and the list it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Its owner.
    pub owner: TenantId,
    /// As it is stored.
    pub acl: Option<AccessControlList>,
}

impl Rights {
    /// Of a new object of this owner.
    ///
    /// # Errors
    /// As [`Wanted::admitted`].
    pub fn of_new(
        wanted: Option<&Wanted>,
        bucket: &Bucket,
        owner: TenantId,
        block: PublicAccessBlock,
    ) -> Result<Self, S3Error> {
        let Some(wanted) = wanted else { return Ok(Self { owner, acl: None }) };
        let list = wanted.admitted(owner, bucket.owner, &bucket.settings, block)?;
        Ok(Self { owner, acl: stored(list, owner) })
    }
}

/// Whose the object will be that a request writes, and the list it will have.
///
/// # Errors
/// As [`Wanted::of_headers`] and [`Wanted::admitted`].
pub async fn of_write(permit: &Permit, headers: &Headers, services: &Services) -> Result<Rights, S3Error> {
    let wanted = Wanted::of_headers(headers, On::Object, services).await?;
    Rights::of_new(wanted.as_ref(), permit.bucket()?, permit.owner_of_new()?, permit.switches()?)
}

/// The list that a request to replace one asks for: by its headers or its document, never both. `owner` is the
/// resource's.
///
/// # Errors
/// As [`Wanted::of_headers`]; `MalformedACLError`; `AccessDenied` for a document that names another owner;
/// `MissingSecurityHeader` for a request that says nothing.
pub async fn requested(
    request: Request,
    on: On,
    owner: TenantId,
    bytes_max: usize,
    services: &Services,
) -> Result<Wanted, S3Error> {
    let by_headers = Wanted::of_headers(&request.headers, on, services).await?;
    let document = body::document(request.body, &request.headers, bytes_max).await?;
    match (by_headers, document.is_empty()) {
        (Some(wanted), true) => Ok(wanted),
        (Some(_), false) => Err(S3ErrorCode::UnexpectedContent.into()),
        (None, true) => {
            Err(S3ErrorCode::MissingSecurityHeader.because("Your request was missing a required header: x-amz-acl."))
        }
        (None, false) => {
            let policy = xml::acl::parse(&document)?;
            if TenantId::parse(policy.owner.trim()) != Some(owner) {
                return Err(S3ErrorCode::AccessDenied.into());
            }
            Ok(Wanted::Grants(resolve(&policy.grants, services).await?))
        }
    }
}
