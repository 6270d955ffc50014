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

/// `Sat, 21 Nov 2026 12:00:00 GMT`.
#[must_use]
pub fn http_date(time: Timestamp) -> String {
    httpdate::fmt_http_date(time.system_time())
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
    fn times_are_written_and_read() {
        let time = Timestamp(1_795_262_400_999_999);
        assert_eq!(iso8601(time), "2026-11-21T12:00:00.000Z");
        assert_eq!(http_date(time), "Sat, 21 Nov 2026 12:00:00 GMT");
        assert_eq!(parse_date("Sat, 21 Nov 2026 12:00:00 GMT"), Some(1_795_262_400));
        assert_eq!(parse_date("2026-11-21T12:00:00Z"), Some(1_795_262_400));
        assert_eq!(parse_date("yesterday"), None);
    }
}
