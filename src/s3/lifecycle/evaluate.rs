//! What rules say about one version or upload, at one moment. Pure: whoever asks twice gets one answer.

use crate::s3::lifecycle::calendar::Calendar;
use crate::s3::lifecycle::rule::{Expiration, Predicates, Rule, Rules};
use crate::storage::{ObjectAttrs, Timestamp};

/// Where a version is among those of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// It is the current one.
    Current {
        /// There is no other.
        alone: bool,
    },
    /// It is a noncurrent one.
    Noncurrent {
        /// When it became so: when the next newer version was made (AWS, "How Amazon S3 calculates how long an object
        /// has been noncurrent").
        since: Timestamp,
        /// Noncurrent versions that are newer.
        newer: u64,
    },
}

/// A time that a rule sets, and the rule's id.
pub type Deadline<'a> = (Timestamp, &'a str);

impl Rules {
    /// Whether a version is to go. For the current version of a bucket with versioning that means a delete marker,
    /// unless it is one that stands alone.
    #[must_use]
    pub fn is_due(
        &self,
        key: &str,
        attrs: &ObjectAttrs,
        position: Position,
        calendar: Calendar,
        now: Timestamp,
    ) -> bool {
        self.matching(key, attrs).any(|rule| match position {
            Position::Current { alone: false } if attrs.delete_marker => false,
            Position::Current { .. } => match rule.expiration {
                Some(Expiration::ExpiredDeleteMarker(removed)) => attrs.delete_marker && removed,
                _ => rule.expires(attrs, calendar).is_some_and(|time| time <= now),
            },
            Position::Noncurrent { since, newer } => rule.noncurrent_days.is_some_and(|days| {
                newer >= u64::from(rule.newer_noncurrent.unwrap_or(0)) && calendar.after(since, days) <= now
            }),
        })
    }

    /// When the current version of an object expires, and by which rule: the first one, and of several at once the one
    /// that was written first.
    #[must_use]
    pub fn expiration(&self, key: &str, attrs: &ObjectAttrs) -> Option<Deadline<'_>> {
        if attrs.delete_marker {
            return None;
        }
        let times = self.matching(key, attrs).filter_map(|rule| Some((rule.expires(attrs, Calendar::REAL)?, rule)));
        times.min_by_key(|(time, _)| *time).map(|(time, rule)| (time, rule.id.as_str()))
    }

    /// When an upload is aborted, and by which rule.
    #[must_use]
    pub fn abortion(&self, key: &str, initiated: Timestamp, calendar: Calendar) -> Option<Deadline<'_>> {
        let rules = self.rules.iter().filter(|rule| rule.enabled && rule.takes_key(key));
        let times = rules.filter_map(|rule| Some((calendar.after(initiated, rule.abort_days?), rule)));
        times.min_by_key(|(time, _)| *time).map(|(time, rule)| (time, rule.id.as_str()))
    }

    /// Whether any rule may ever say something about versions.
    #[must_use]
    pub fn concern_versions(&self) -> bool {
        self.rules.iter().any(|rule| rule.enabled && (rule.expiration.is_some() || rule.noncurrent_days.is_some()))
    }

    /// Whether any rule may ever say something about uploads.
    #[must_use]
    pub fn concern_uploads(&self) -> bool {
        self.rules.iter().any(|rule| rule.enabled && rule.abort_days.is_some())
    }

    fn matching(&self, key: &str, attrs: &ObjectAttrs) -> impl Iterator<Item = &Rule> {
        let fits = move |rule: &&Rule| rule.takes_key(key) && rule.predicates().all(|p| p.hold_for(attrs));
        self.rules.iter().filter(|rule| rule.enabled).filter(fits)
    }
}

impl Rule {
    /// When a current version is too old.
    fn expires(&self, attrs: &ObjectAttrs, calendar: Calendar) -> Option<Timestamp> {
        match self.expiration? {
            Expiration::Days(days) => Some(calendar.after(Timestamp(attrs.modified_micros), days)),
            Expiration::Date(seconds) => Some(Timestamp(seconds.saturating_mul(1_000_000))),
            Expiration::ExpiredDeleteMarker(_) => None,
        }
    }
}

impl Predicates {
    /// Whether everything but the prefix holds. A delete marker has no tags, and the size 0.
    fn hold_for(&self, attrs: &ObjectAttrs) -> bool {
        self.tags.iter().all(|tag| attrs.tags.contains(tag))
            && self.larger_than.is_none_or(|size| attrs.size > size)
            && self.smaller_than.is_none_or(|size| attrs.size < size)
    }
}

#[cfg(test)]
mod tests;
