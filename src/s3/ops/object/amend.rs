//! Changing what is known of a version, in place: its tags, its lock, its rights. Its bytes and its date stay.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::ops::object::{publish, version};
use crate::s3::services::Services;
use crate::storage::{Data, Decision, Fetch, Head, ObjectAttrs, ObjectRecord, VersionRef};

/// Changes the version that is named, or the current one, as `wanted` says, unless that refuses; the version as it is
/// then.
///
/// # Errors
/// As [`version::read`]; as [`Permit::still_holds`]; what `wanted` refuses with; what the store fails with.
pub async fn amend(
    permit: &Permit,
    named: Option<VersionRef>,
    services: &Services,
    wanted: impl Fn(&ObjectAttrs) -> Result<ObjectAttrs, S3Error> + Send + Sync,
) -> Result<Arc<ObjectRecord>, S3Error> {
    let (bucket, key) = (permit.bucket()?, permit.key()?);
    let read = version::judged(permit, named, Fetch::Attrs, services).await?;
    let mut amended = None;
    let mut decide = |head: &Head| {
        let found = if named.is_some() { head.named.clone() } else { head.current.clone() };
        let record = version::there(found, bucket, key, named)?;
        permit.still_holds(named, &record.attrs)?;
        let next = ObjectRecord { attrs: wanted(&record.attrs)?, data: record.data.clone() };
        let next = match next.data {
            Data::Inline(_) => ObjectRecord { data: Data::NotRead, ..next },
            Data::Stored(_) | Data::NotRead => next,
        };
        let next = Arc::new(next);
        amended = Some(Arc::clone(&next));
        Ok(if next.attrs == record.attrs { Decision::Leave } else { Decision::Rewrite(next) })
    };
    publish::change(read, &mut decide, services).await?;
    amended.ok_or_else(|| S3ErrorCode::InternalError.because("No decision was asked for."))
}
