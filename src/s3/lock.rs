//! Locks on versions: what they forbid, at which moment, to whom. Source: AWS, "Locking objects with Object Lock".
//!
//! # Why pure
//! Every path that removes a version asks here, inside the one change of its head and of the version as it is then, so
//! that no removal passes a lock that was put a moment before. There is no way around these functions and no force.

pub mod headers;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::storage::{
    Bucket, BucketSettings, Head, LockRule, ObjectAttrs, ObjectLock, ObjectRecord, RetentionMode, Timestamp,
};

/// AWS counts a year as 365 days.
const DAYS_PER_YEAR: i64 = 365;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// How long, and how strongly, a version is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Governance or compliance.
    pub mode: RetentionMode,
    /// The first moment at which it is over.
    pub until: Timestamp,
}

impl Retention {
    /// The retention of a lock, over or not.
    #[must_use]
    pub fn of(lock: Option<&ObjectLock>) -> Option<Self> {
        let lock = lock?;
        // A mode of a newer version is not known to be weaker than any of ours.
        let mode = RetentionMode::try_from(lock.mode).unwrap_or(RetentionMode::Compliance);
        let until = Timestamp(lock.retain_until_micros);
        (mode != RetentionMode::None).then_some(Self { mode, until })
    }

    /// Whether it is not over yet.
    #[must_use]
    pub fn holds(self, now: Timestamp) -> bool {
        now < self.until
    }
}

/// What keeps a version from being removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeps {
    /// A legal hold.
    pub legal_hold: bool,
    /// A retention that is not over.
    pub retention: Option<RetentionMode>,
}

/// What of a lock keeps its version now.
#[must_use]
pub fn keeps(lock: Option<&ObjectLock>, now: Timestamp) -> Keeps {
    let legal_hold = lock.is_some_and(|lock| lock.legal_hold == Some(true));
    let retained = Retention::of(lock).filter(|retention| retention.holds(now));
    Keeps { legal_hold, retention: retained.map(|retention| retention.mode) }
}

/// Whether a version with this lock may be removed for good. `bypass`: governance is to be set aside, by one who may.
#[must_use]
pub fn may_remove(lock: Option<&ObjectLock>, now: Timestamp, bypass: bool) -> bool {
    let Keeps { legal_hold, retention } = keeps(lock, now);
    !legal_hold && retention.is_none_or(|mode| bypass && mode == RetentionMode::Governance)
}

/// Whether a record with these attributes may be put on a key: a null version replaces the one before it, which may be
/// locked. The head has to be read with the null version named, unless the record gets a version of its own.
#[must_use]
pub fn may_put(head: &Head, attrs: &ObjectAttrs, now: Timestamp) -> bool {
    if !attrs.version.is_empty() {
        return true;
    }
    let null = |record: &&Arc<ObjectRecord>| record.attrs.version.is_empty();
    match (head.current.as_ref().filter(null), head.null_seq, head.named.as_ref().filter(null)) {
        (Some(replaced), _, _) | (None, Some(_), Some(replaced)) => {
            may_remove(replaced.attrs.lock.as_ref(), now, false)
        }
        (None, None, _) => true,
        // What is not known cannot be known to be free.
        (None, Some(_), None) => false,
    }
}

/// Whether a version's retention may become another one, or none. Extending is everyone's; shortening, and another
/// mode, take governance and a bypass.
#[must_use]
pub fn may_become(now_held: Option<Retention>, next: Option<Retention>, now: Timestamp, bypass: bool) -> bool {
    let Some(held) = now_held.filter(|retention| retention.holds(now)) else { return true };
    let kept = next.is_some_and(|next| next.mode == held.mode && next.until >= held.until);
    kept || bypass && held.mode == RetentionMode::Governance
}

/// The error for what a lock forbids.
#[must_use]
pub fn refused() -> S3Error {
    S3ErrorCode::AccessDenied.because("Access Denied because object protected by object lock.")
}

/// Refuses what needs a bucket whose versions can be locked.
///
/// # Errors
/// `InvalidRequest`.
pub fn check_enabled(bucket: &Bucket) -> Result<(), S3Error> {
    match bucket.settings.object_lock {
        Some(_) => Ok(()),
        None => Err(S3ErrorCode::InvalidRequest.because("Bucket is missing Object Lock Configuration")),
    }
}

/// The lock of a version made at this time: what was asked for, and the bucket's retention where none was.
#[must_use]
pub fn of_new(settings: &BucketSettings, asked: Option<ObjectLock>, made: Timestamp) -> Option<ObjectLock> {
    let rule = settings.object_lock.as_ref().and_then(|lock| lock.rule.as_ref());
    match (rule, Retention::of(asked.as_ref())) {
        (Some(rule), None) => with_retention(asked.as_ref(), Some(from(rule, made))),
        _ => asked,
    }
}

fn from(rule: &LockRule, made: Timestamp) -> Retention {
    let days = i64::from(rule.days) + DAYS_PER_YEAR * i64::from(rule.years);
    let until = Timestamp(made.0.saturating_add(days.saturating_mul(MICROS_PER_DAY)));
    Retention { mode: rule.mode(), until }
}

/// A lock with this retention and the legal hold it had.
#[must_use]
pub fn with_retention(lock: Option<&ObjectLock>, retention: Option<Retention>) -> Option<ObjectLock> {
    let legal_hold = lock.and_then(|lock| lock.legal_hold);
    let (mode, until) = retention.map_or((RetentionMode::None, Timestamp(0)), |r| (r.mode, r.until));
    let told = retention.is_some() || legal_hold.is_some();
    told.then_some(ObjectLock { mode: mode.into(), retain_until_micros: until.0, legal_hold })
}

/// A lock with this legal hold and the retention it had.
#[must_use]
pub fn with_hold(lock: Option<&ObjectLock>, on: bool) -> ObjectLock {
    ObjectLock { legal_hold: Some(on), ..lock.cloned().unwrap_or_default() }
}

/// A mode as documents and headers write it; empty for none.
#[must_use]
pub fn mode_name(mode: RetentionMode) -> &'static str {
    match mode {
        RetentionMode::None => "",
        RetentionMode::Governance => "GOVERNANCE",
        RetentionMode::Compliance => "COMPLIANCE",
    }
}

/// Reads a mode; its case matters.
#[must_use]
pub fn parse_mode(text: &str) -> Option<RetentionMode> {
    [RetentionMode::Governance, RetentionMode::Compliance].into_iter().find(|mode| mode_name(*mode) == text)
}

/// A legal hold as documents and headers write it.
#[must_use]
pub fn hold_name(on: bool) -> &'static str {
    if on { "ON" } else { "OFF" }
}

/// Reads a legal hold; its case matters.
#[must_use]
pub fn parse_hold(text: &str) -> Option<bool> {
    [true, false].into_iter().find(|on| hold_name(*on) == text)
}
