//! DeleteObject: removes an object or one version of it; what is not there is gone as well. In a bucket with versioning
//! an object is removed by a delete marker on top of it. Source: AWS API_DeleteObject, "Deleting object versions". s3cmd
//! `del` and boto 2 `delete_key` want 204 and an empty body.

use std::sync::Arc;

use bytes::Bytes;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lock;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::publish::{begin, change, put};
use crate::s3::ops::object::version;
use crate::s3::precondition::WriteConditions;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml::delete::Deleted;
use crate::storage::{
    Data, Decision, Fetch, Head, ObjectAttrs, ObjectRecord, TenantId, Timestamp, VersionRef, Versioning,
};

/// The row of DeleteObject.
pub const ROW: Row = Row {
    name: "DeleteObject",
    method: Method::Delete,
    level: Level::Object,
    query: &[],
    header: None,
    action: Action::DeleteObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Empty,
    writes: true,
    call,
};

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let version = version::named(&request.target)?;
        let conditions = WriteConditions::parse_delete(&request.headers)?;
        let bypass = lock::headers::bypass(&permit, &request.headers);
        let deleted = run(&permit, version, &conditions, bypass, &services).await?;
        Ok(encode(&deleted))
    })
}

/// Removes what the permit and the version name. `bypass`: governance is set aside, by one who may.
///
/// # Errors
/// What the conditions say, `AccessDenied` for a locked version, what the store fails with.
pub async fn run(
    permit: &Permit,
    version: Option<VersionRef>,
    conditions: &WriteConditions,
    bypass: bool,
    services: &Services,
) -> Result<Deleted, S3Error> {
    let bucket = permit.bucket()?;
    match (version, bucket.settings.versioning()) {
        (Some(version), _) => remove(permit, version, conditions, bypass, services).await,
        (None, Versioning::Off) => {
            remove(permit, VersionRef::Null, conditions, bypass, services).await?;
            Ok(Deleted::default())
        }
        (None, Versioning::Enabled | Versioning::Suspended) => mark(permit, conditions, services).await,
    }
}

/// Removes one version for good.
async fn remove(
    permit: &Permit,
    version: VersionRef,
    conditions: &WriteConditions,
    bypass: bool,
    services: &Services,
) -> Result<Deleted, S3Error> {
    let read = version::head(permit.bucket()?, permit.key()?, Some(version), Fetch::Attrs, services).await?;
    let now = Timestamp::now();
    let mut delete_marker = false;
    let mut decide = |head: &Head| {
        let (current, named) = (head.current.as_ref().map(|r| &r.attrs), head.named.as_ref().map(|r| &r.attrs));
        conditions.judge_delete(current, named)?;
        // Asked again when another was faster: what was there before may be gone.
        delete_marker = head.named.as_ref().is_some_and(|found| found.attrs.delete_marker);
        let Some(found) = &head.named else { return Ok(Decision::Leave) };
        if !lock::may_remove(found.attrs.lock.as_ref(), now, bypass) {
            return Err(lock::refused());
        }
        Ok(Decision::Remove(version))
    };
    change(read, &mut decide, services).await?;
    Ok(Deleted { delete_marker, version: Some(version::text(version)) })
}

/// Puts a delete marker on top of what is there.
async fn mark(permit: &Permit, conditions: &WriteConditions, services: &Services) -> Result<Deleted, S3Error> {
    let bucket = permit.bucket()?;
    let read = begin(bucket, permit.key()?, services).await?;
    let attrs = ObjectAttrs {
        version: version::of_new(bucket),
        delete_marker: true,
        modified_micros: Timestamp::now().0,
        owner: deleter(permit)?.0.to_vec().into(),
        ..ObjectAttrs::default()
    };
    let marker = Arc::new(ObjectRecord { attrs, data: Data::Inline(Bytes::new()) });
    let now = Timestamp::now();
    let mut decide = |head: &Head| {
        let current = head.current.as_ref().map(|r| &r.attrs);
        conditions.judge_delete(current, current)?;
        put(head, &marker, &WriteConditions::default(), now)
    };
    let head = change(read, &mut decide, services).await?;
    let made = head.current.ok_or_else(|| S3ErrorCode::InternalError.because("The marker is not there."))?;
    Ok(Deleted { delete_marker: true, version: version::told(bucket, &made.attrs) })
}

/// Whose the marker is: whoever deletes, and of anonymous deletions the bucket's owner.
fn deleter(permit: &Permit) -> Result<TenantId, S3Error> {
    let bucket = permit.bucket()?;
    Ok(permit.tenant().map_or(bucket.owner, |tenant| tenant.id))
}

fn encode(deleted: &Deleted) -> Response {
    let mut answer = Response::status(204);
    if deleted.delete_marker {
        answer.set(version::DELETE_MARKER, "true");
    }
    if let Some(version) = &deleted.version {
        answer.set(version::HEADER, version.as_str());
    }
    answer
}
