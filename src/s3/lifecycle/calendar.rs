//! When days are over. S3 counts whole days and rounds up to the next midnight UTC, so that there is no daylight saving
//! time in it: every day has 86,400 seconds. Source: AWS, "Lifecycle rules: based on an object's age".

use crate::storage::Timestamp;

/// Microseconds of a second.
const SECOND: i64 = 1_000_000;
/// Microseconds of a day.
const DAY: i64 = 86_400 * SECOND;

/// How days are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calendar {
    day_micros: i64,
    to_midnight: bool,
}

impl Calendar {
    /// As AWS counts.
    pub const REAL: Self = Self { day_micros: DAY, to_midnight: true };

    /// Days of so many seconds, for tests. They end when they are over: there is no midnight to wait for.
    #[must_use]
    pub fn of_seconds(seconds: u64) -> Self {
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        Self { day_micros: seconds.saturating_mul(SECOND), to_midnight: false }
    }

    /// When so many days after a moment are over.
    #[must_use]
    pub fn after(self, from: Timestamp, days: u32) -> Timestamp {
        let over = from.0.saturating_add(self.day_micros.saturating_mul(i64::from(days)));
        if !self.to_midnight {
            return Timestamp(over);
        }
        let into_the_day = over.rem_euclid(DAY);
        let missing = if into_the_day == 0 { 0 } else { DAY - into_the_day };
        Timestamp(over.saturating_add(missing))
    }
}

/// Whether a time, seconds since 1970, is a midnight UTC.
#[must_use]
pub fn is_midnight(seconds: i64) -> bool {
    seconds.rem_euclid(DAY / SECOND) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse::<jiff::Timestamp>().expect("a time").as_microsecond())
    }

    #[test]
    fn days_end_at_the_next_midnight_in_utc() {
        for (from, days, over) in [
            // AWS's own example.
            ("2014-01-15T10:30:00Z", 3, "2014-01-19T00:00:00Z"),
            ("2014-01-15T00:00:00Z", 3, "2014-01-18T00:00:00Z"),
            ("2014-01-15T00:00:00.000001Z", 3, "2014-01-19T00:00:00Z"),
            ("2014-01-15T23:59:59.999999Z", 1, "2014-01-17T00:00:00Z"),
            // A leap day, the end of a year, and the days on which clocks in Europe and America change.
            ("2024-02-28T12:00:00Z", 1, "2024-03-01T00:00:00Z"),
            ("2023-02-28T12:00:00Z", 1, "2023-03-02T00:00:00Z"),
            ("2025-12-31T12:00:00Z", 1, "2026-01-02T00:00:00Z"),
            ("2026-03-28T12:00:00Z", 1, "2026-03-30T00:00:00Z"),
            ("2026-10-31T12:00:00Z", 1, "2026-11-02T00:00:00Z"),
            ("1969-12-30T12:00:00Z", 1, "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(Calendar::REAL.after(at(from), days), at(over), "{days} days after {from}");
        }
        assert!(Calendar::REAL.after(Timestamp(i64::MAX), u32::MAX).0 > 0, "no overflow");
        assert!(Calendar::of_seconds(u64::MAX).after(Timestamp(1), 1).0 > 0, "no overflow");
    }

    #[test]
    fn shortened_days_are_not_rounded() {
        let day = Calendar::of_seconds(2);
        assert_eq!(day.after(Timestamp(5), 3), Timestamp(6_000_005));
    }

    #[test]
    fn midnights() {
        assert!(is_midnight(0) && is_midnight(86_400) && is_midnight(-86_400));
        assert!(!is_midnight(1) && !is_midnight(-1) && !is_midnight(86_399));
    }
}
