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

#[cfg(test)]
mod tests {
    use super::*;

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
