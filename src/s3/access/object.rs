//! Reading the object that a decision is about, where the decision depends on it.

use super::asked::Asked;
use super::permit::{Permit, Seen};
use super::standing::Standing;
use crate::s3::action::{AclRight, Action};
use crate::s3::error::S3Error;
use crate::s3::operation::{Level, Row};
use crate::s3::ops::object::version;
use crate::s3::request::Method;
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::storage::{Fetch, HeadRead, ObjectAttrs, ObjectKey, VersionRef};

/// The version that a request names, where that is what it is about.
///
/// # Errors
/// `InvalidArgument` for what cannot be a version's id.
pub(super) fn named(row: &Row, target: &Target) -> Result<Option<VersionRef>, S3Error> {
    if row.level == Level::Object && row.action.is_on_version() || is_objects(row.acl) {
        return version::named(target);
    }
    Ok(None)
}

/// Whether it is a right that an object's own list can give.
pub(super) fn is_objects(right: AclRight) -> bool {
    matches!(right, AclRight::ObjectRead | AclRight::ObjectReadAcp | AclRight::ObjectWriteAcp)
}

/// Whether a decision depends on the object. It does not for the owner of a bucket all of whose objects are his, and
/// that has no policy.
pub(super) fn matters(asked: &Asked, standing: &Standing, right: AclRight) -> bool {
    let reads_tags = || {
        let principal = asked.principal();
        standing.policy.as_ref().is_some_and(|policy| policy.reads_object_tags())
            || principal.is_some_and(|principal| {
                let session = principal.session.iter().flat_map(|session| &session.policies);
                principal.policies.iter().chain(session).any(|policy| policy.reads_object_tags())
            })
    };
    let owner = asked
        .principal()
        .is_some_and(|principal| principal.is_unrestricted() && principal.tenant.id == standing.bucket.owner);
    match right {
        _ if is_objects(right) => standing.has_lists() || !owner || reads_tags(),
        AclRight::Owner => reads_tags() || !owner && standing.has_lists() && standing.policy.is_some(),
        _ => false,
    }
}

/// Reads the head, with as much of it as the operation will want.
pub(super) async fn look(
    asked: &Asked,
    standing: &Standing,
    key: &ObjectKey,
    version: Option<VersionRef>,
    action: Action,
    services: &Services,
) -> Result<Seen, S3Error> {
    let reads_bytes = match action {
        Action::GetObject | Action::GetObjectVersion => {
            asked.row.method == Method::Get || asked.headers.has("x-amz-copy-source")
        }
        _ => false,
    };
    let fetch = if reads_bytes { Fetch::WithInline } else { Fetch::Attrs };
    let head = version::head(&standing.bucket, key, version, fetch, services).await?;
    Ok(Seen { head, version, fetch })
}

/// What was seen of an object.
pub(super) enum Looked<'a> {
    /// Nobody looked.
    Not,
    /// There is none, or a delete marker.
    Nothing,
    /// It.
    Object(&'a ObjectAttrs),
}

impl<'a> Looked<'a> {
    pub(super) fn of(head: Option<&'a HeadRead>, version: Option<VersionRef>) -> Self {
        let Some(read) = head else { return Self::Not };
        let found = if version.is_some() { &read.head.named } else { &read.head.current };
        match found {
            Some(record) if !record.attrs.delete_marker => Self::Object(&record.attrs),
            _ => Self::Nothing,
        }
    }

    pub(super) fn object(&self) -> Option<&'a ObjectAttrs> {
        match self {
            Self::Object(attrs) => Some(attrs),
            Self::Not | Self::Nothing => None,
        }
    }
}

/// Whether the object that a permit was given for has tags. One that nobody looked at is the owner's own to read.
pub(super) fn has_tags(permit: &Permit, version: Option<VersionRef>) -> bool {
    let seen = permit.seen(version, Fetch::Attrs);
    Looked::of(seen.as_ref(), version).object().is_some_and(|object| !object.tags.is_empty())
}
