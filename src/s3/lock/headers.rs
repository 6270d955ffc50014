//! Locks in headers: what a write asks for, what a read tells, who sets governance aside.

use std::borrow::Cow;

use super::{Retention, check_enabled, hold_name, mode_name, parse_hold, parse_mode, with_retention};
use crate::s3::access::{self, Permit};
use crate::s3::digest::Expected;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::Action;
use crate::s3::request::Headers;
use crate::s3::response::Response;
use crate::s3::time::{iso8601_exact, parse_moment};
use crate::storage::{Bucket, ObjectAttrs, ObjectLock, Timestamp};

const MODE: &str = "x-amz-object-lock-mode";
const UNTIL: &str = "x-amz-object-lock-retain-until-date";
const HOLD: &str = "x-amz-object-lock-legal-hold";
const BYPASS: &str = "x-amz-bypass-governance-retention";

/// The lock that a write asks for its object; the values are judged before the bucket, as AWS does.
///
/// # Errors
/// `InvalidArgument` for values that are none, `InvalidRequest` in a bucket without locks, `AccessDenied`.
pub fn asked(permit: &Permit, headers: &Headers) -> Result<Option<ObjectLock>, S3Error> {
    let retention = retention(headers, Timestamp::now())?;
    let legal_hold = text(headers, HOLD).map(|value| {
        parse_hold(&value).ok_or_else(|| argument(HOLD, &value, "Legal Hold must be either of 'ON' or 'OFF'"))
    });
    let legal_hold = legal_hold.transpose()?;
    if retention.is_some() {
        check_enabled(permit.bucket()?)?;
        access::also(permit, Action::PutObjectRetention)?;
    }
    if legal_hold.is_some() {
        check_enabled(permit.bucket()?)?;
        access::also(permit, Action::PutObjectLegalHold)?;
    }
    let hold = legal_hold.map(|on| ObjectLock { legal_hold: Some(on), ..ObjectLock::default() });
    Ok(with_retention(hold.as_ref(), retention))
}

fn retention(headers: &Headers, now: Timestamp) -> Result<Option<Retention>, S3Error> {
    let (mode, until) = match (text(headers, MODE), text(headers, UNTIL)) {
        (None, None) => return Ok(None),
        (Some(mode), Some(until)) => (mode, until),
        (mode, _) => {
            let missing = if mode.is_none() { MODE } else { UNTIL };
            return Err(S3ErrorCode::InvalidArgument
                .because(format!("{UNTIL} and {MODE} must both be supplied"))
                .field("ArgumentName", missing));
        }
    };
    let mode = parse_mode(&mode).ok_or_else(|| argument(MODE, &mode, "Unknown wormMode directive."))?;
    let moment = parse_moment(&until)
        .ok_or_else(|| argument(UNTIL, &until, "The retain until date must be provided in ISO 8601 format"))?;
    if moment <= now {
        return Err(argument(UNTIL, &until, "The retain until date must be in the future!"));
    }
    Ok(Some(Retention { mode, until: moment }))
}

/// A header's value; bytes that are no text fit nothing and are shown as such.
fn text<'a>(headers: &'a Headers, name: &str) -> Option<Cow<'a, str>> {
    headers.bytes(name).map(|value| String::from_utf8_lossy(value))
}

fn argument(name: &'static str, value: &str, why: &'static str) -> S3Error {
    S3ErrorCode::InvalidArgument.because(why).field("ArgumentName", name).field("ArgumentValue", value)
}

/// A body that will be locked, by its own lock or by the bucket's, has to come with a digest: what arrived wrong could
/// not be removed again. `what` names the request as AWS does.
///
/// # Errors
/// `InvalidRequest`, `InvalidDigest`.
pub fn check_digest(
    bucket: &Bucket,
    lock: Option<&ObjectLock>,
    headers: &Headers,
    what: &'static str,
) -> Result<(), S3Error> {
    let rule = bucket.settings.object_lock.as_ref().is_some_and(|settings| settings.rule.is_some());
    if lock.is_none() && !rule || Expected::parse(headers)?.any() {
        return Ok(());
    }
    Err(S3ErrorCode::InvalidRequest.because(format!(
        "Content-MD5 OR x-amz-checksum- HTTP header is required for {what} requests with Object Lock parameters"
    )))
}

/// Whether a request sets governance aside and may do so. In a bucket without locks the header means nothing; AWS
/// refuses it there, and clients that empty buckets of all kinds send it always.
#[must_use]
pub fn bypass(permit: &Permit, headers: &Headers) -> bool {
    let wanted = headers.get(BYPASS).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"));
    wanted && access::also(permit, Action::BypassGovernanceRetention).is_ok()
}

/// Tells a version's lock.
pub fn tell(answer: &mut Response, attrs: &ObjectAttrs) {
    if let Some(retention) = Retention::of(attrs.lock.as_ref()) {
        answer.set(MODE, mode_name(retention.mode));
        answer.set(UNTIL, iso8601_exact(retention.until));
    }
    if let Some(on) = attrs.lock.as_ref().and_then(|lock| lock.legal_hold) {
        answer.set(HOLD, hold_name(on));
    }
}
