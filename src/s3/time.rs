//! Times as S3 writes and reads them.

use std::time::SystemTime;

use crate::storage::Timestamp;

/// `2026-11-21T12:00:00.000Z`: whole seconds, so that listings and `Last-Modified` agree (as AWS's do).
#[must_use]
pub fn iso8601(time: Timestamp) -> String {
    jiff::Timestamp::from_second(time.seconds())
        .map(|t| t.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string())
        .unwrap_or_default()
}

/// The last second of the year 9999: HTTP's dates have four digits for the year.
const LAST_MICROS: i64 = 253_402_300_799_000_000;

/// `Sat, 21 Nov 2026 12:00:00 GMT`. Later times than HTTP can write are told as the last it can.
#[must_use]
pub fn http_date(time: Timestamp) -> String {
    httpdate::fmt_http_date(Timestamp(time.0.min(LAST_MICROS)).system_time())
}

/// Reads a conditional header's date, whole seconds since 1970; HTTP's three formats and ISO 8601 (AWS takes both).
#[must_use]
pub fn parse_date(text: &str) -> Option<i64> {
    if let Ok(time) = httpdate::parse_http_date(text) {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        return i64::try_from(since.as_secs()).ok();
    }
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// `2026-11-21T12:00:00.000Z` with as many digits as the time needs: a date that is read and sent back is the same.
#[must_use]
pub fn iso8601_exact(time: Timestamp) -> String {
    let format = if time.0 % 1000 == 0 { "%Y-%m-%dT%H:%M:%S%.3fZ" } else { "%Y-%m-%dT%H:%M:%S%.6fZ" };
    jiff::Timestamp::from_microsecond(time.0).map(|t| t.strftime(format).to_string()).unwrap_or_default()
}

/// Reads ISO 8601 with a date and a time, and `Z` or an offset.
#[must_use]
pub fn parse_moment(text: &str) -> Option<Timestamp> {
    let full = text.as_bytes().get(10) == Some(&b'T');
    text.parse::<jiff::Timestamp>().ok().filter(|_| full).map(|t| Timestamp(t.as_microsecond()))
}

/// Reads ISO 8601 in UTC and in full, `2007-12-01T12:00:00.000Z`, to whole seconds since 1970. Offsets, spaces and lower
/// case are not taken (AWS refuses them in a form's policy).
#[must_use]
pub fn parse_utc(text: &str) -> Option<i64> {
    let shape = text.bytes().enumerate().all(|(i, b)| match i {
        4 | 7 => b == b'-',
        10 => b == b'T',
        13 | 16 => b == b':',
        19 => matches!(b, b'.' | b'Z'),
        _ => b.is_ascii_digit() || b == b'Z',
    });
    if !shape || text.len() < 20 || text.find('Z') != Some(text.len() - 1) {
        return None;
    }
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_beyond_the_calendar_is_its_last() {
        assert_eq!(http_date(Timestamp(i64::MAX)), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(http_date(Timestamp(i64::MIN)), "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn only_utc_in_full() {
        for text in ["1994-11-06T08:49:37Z", "1994-11-06T08:49:37.000Z", "1994-11-06T08:49:37.999999Z"] {
            assert_eq!(parse_utc(text), Some(784_111_777), "{text}");
        }
        for text in [
            "",
            "Z",
            "1994-11-06T08:49:37",
            "1994-11-06T08:49Z",
            "1994-11-06 08:49:37Z",
            "1994-11-06t08:49:37z",
            "1994-11-06T08:49:37.Z",
            "1994-11-06T08:49:37+00:00",
            "1994-13-06T08:49:37Z",
            "1994-11-0-T08:49:37Z",
            "ä994-11-06T08:49:37Z",
            "19941106T084937Z",
        ] {
            assert_eq!(parse_utc(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_read_as_they_are_written() {
        for (text, micros) in [
            ("2026-11-21T12:00:00.000Z", 1_795_262_400_000_000),
            ("2026-11-21T12:00:00.120Z", 1_795_262_400_120_000),
            ("2026-11-21T12:00:00.123456Z", 1_795_262_400_123_456),
        ] {
            assert_eq!(iso8601_exact(Timestamp(micros)), text);
            assert_eq!(parse_moment(text), Some(Timestamp(micros)));
        }
        assert_eq!(parse_moment("2026-11-21T13:00:00+01:00"), Some(Timestamp(1_795_262_400_000_000)));
        for bad in ["", "tomorrow", "2026-11-21", "2026-11-21T12:00:00", "2026-11-21 12:00:00Z", "06/06/2037", "ä"] {
            assert_eq!(parse_moment(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_are_written_and_read() {
        let time = Timestamp(1_795_262_400_999_999);
        assert_eq!(iso8601(time), "2026-11-21T12:00:00.000Z");
        assert_eq!(http_date(time), "Sat, 21 Nov 2026 12:00:00 GMT");
        assert_eq!(parse_date("Sat, 21 Nov 2026 12:00:00 GMT"), Some(1_795_262_400));
        assert_eq!(parse_date("2026-11-21T12:00:00Z"), Some(1_795_262_400));
        assert_eq!(parse_date("yesterday"), None);
    }
}
