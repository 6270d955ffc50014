//! The dates that signatures carry, and how far they may be off.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::storage::Timestamp;

/// How far a request's clock may be off, seconds (AWS, "RequestTimeTooSkewed").
pub const SKEW_SECONDS_MAX: i64 = 15 * 60;

/// ISO 8601 basic, `20130524T000000Z`, to seconds since 1970.
#[must_use]
pub fn parse_iso_basic(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 16
        && bytes.iter().enumerate().all(|(i, b)| match i {
            8 => *b == b'T',
            15 => *b == b'Z',
            _ => b.is_ascii_digit(),
        });
    if !shape {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let small = |from: usize| number(from, from + 2).and_then(|n| i8::try_from(n).ok());
    let time = DateTime::new(number(0, 4)?, small(4)?, small(6)?, small(9)?, small(11)?, small(13)?, 0).ok()?;
    Offset::UTC.to_timestamp(time).ok().map(jiff::Timestamp::as_second)
}

/// Any date that HTTP knows: RFC 1123 (with `GMT`, `UTC` as rclone, or a numeric offset as s3cmd's `+0000`), RFC 850,
/// asctime.
#[must_use]
pub fn parse_http(text: &str) -> Option<i64> {
    if let Ok(time) = httpdate::parse_http_date(text) {
        let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        return i64::try_from(since.as_secs()).ok();
    }
    let time = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    Some(time.as_second())
}

/// What clients put into `x-amz-date` of V2: an HTTP date, or ISO 8601 basic (Cyberduck).
#[must_use]
pub fn parse_any(text: &str) -> Option<i64> {
    parse_iso_basic(text).or_else(|| parse_http(text))
}

/// Seconds since 1970 as ISO 8601 basic.
#[must_use]
pub fn iso_basic(seconds: i64) -> String {
    written(seconds, "%Y%m%dT%H%M%SZ")
}

/// Seconds since 1970 as ISO 8601 extended, as error documents show times.
#[must_use]
pub fn iso_extended(seconds: i64) -> String {
    written(seconds, "%Y-%m-%dT%H:%M:%SZ")
}

fn written(seconds: i64, format: &str) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    Offset::UTC.to_datetime(time).strftime(format).to_string()
}

/// Refuses a request whose clock is too far off.
///
/// # Errors
/// `RequestTimeTooSkewed`, with both times; `AccessDenied` for one before 1970.
pub fn check_skew(sent: &str, seconds: i64, now: Timestamp) -> Result<(), S3Error> {
    if seconds < 0 {
        // As AWS: before 1970 is no date.
        return Err(no_date());
    }
    if seconds.abs_diff(now.seconds()) <= SKEW_SECONDS_MAX.unsigned_abs() {
        return Ok(());
    }
    let refusal = S3Error::from(S3ErrorCode::RequestTimeTooSkewed)
        .field("RequestTime", sent)
        .field("ServerTime", iso_extended(now.seconds()))
        .field("MaxAllowedSkewMilliseconds", (SKEW_SECONDS_MAX * 1000).to_string());
    Err(refusal)
}

/// The refusal of a request without a date that can be read.
#[must_use]
pub fn no_date() -> S3Error {
    S3ErrorCode::AccessDenied.because("AWS authentication requires a valid Date or x-amz-date header")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_date() {
        let want = Some(784_111_777);
        assert_eq!(parse_any("Sun, 06 Nov 1994 08:49:37 GMT"), want);
        assert_eq!(parse_any("Sun, 06 Nov 1994 08:49:37 +0000"), want);
        assert_eq!(parse_any("Sun, 06 Nov 1994 08:49:37 -0000"), want);
        assert_eq!(parse_any("Sun, 06 Nov 1994 08:49:37 UTC"), want);
        assert_eq!(parse_any("Sun, 06 Nov 1994 07:49:37 -0100"), want);
        assert_eq!(parse_any("Sunday, 06-Nov-94 08:49:37 GMT"), want);
        assert_eq!(parse_any("Sun Nov  6 08:49:37 1994"), want);
        assert_eq!(parse_any("19941106T084937Z"), want);
        assert_eq!(iso_basic(784_111_777), "19941106T084937Z");
        assert_eq!(iso_extended(784_111_777), "1994-11-06T08:49:37Z");
    }

    #[test]
    fn what_is_no_date() {
        for text in ["", "now", "19941306T084937Z", "19941106T084937", "1994-11-06", "+9941106T084937Z", "١٩٩٤1106T0Z"]
        {
            assert_eq!(parse_any(text), None, "{text}");
        }
    }

    #[test]
    fn fifteen_minutes_either_way() {
        let now = Timestamp(1_000_000_000_000_000);
        for off in [-900, -1, 0, 900] {
            assert!(check_skew("", now.seconds() + off, now).is_ok());
        }
        let before_1970 = check_skew("then", -1, Timestamp(0)).expect_err("is none");
        assert_eq!(before_1970.code, S3ErrorCode::AccessDenied);
        for off in [-901, 901, i64::MAX / 2] {
            let refusal = check_skew("then", now.seconds().saturating_add(off), now).expect_err("too far off");
            assert_eq!(refusal.code, S3ErrorCode::RequestTimeTooSkewed);
            assert!(refusal.fields.contains(&("RequestTime", "then".to_owned())));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = parse_any(&text);
        }

        #[test]
        fn what_is_written_can_be_read(seconds in 0_i64..250_000_000_000) {
            proptest::prop_assert_eq!(parse_iso_basic(&iso_basic(seconds)), Some(seconds));
        }
    }
}
