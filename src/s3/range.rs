//! `Range`: one range of bytes. Several ranges, or what is no range, are answered with the whole object, as AWS does.

use std::ops::Range;

use crate::s3::error::{S3Error, S3ErrorCode};

/// Reads a `Range` header for an object of `size` bytes; `None` means the whole object.
///
/// # Errors
/// `InvalidRange` when no byte of the object is asked for.
pub fn parse(header: &str, size: u64) -> Result<Option<Range<u64>>, S3Error> {
    let Some((unit, spec)) = header.trim().split_once('=') else { return Ok(None) };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Ok(None);
    }
    let Some((first, last)) = spec.split_once('-') else { return Ok(None) };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (first, last) = (first.trim(), last.trim());
    if !digits(first) || !digits(last) || (first.is_empty() && last.is_empty()) {
        return Ok(None);
    }
    // Numbers beyond 64 bits are beyond every object.
    let number = |text: &str| text.parse::<u64>().unwrap_or(u64::MAX);
    let range = if first.is_empty() {
        let suffix = number(last);
        if suffix == 0 { size..size } else { size.saturating_sub(suffix)..size }
    } else if last.is_empty() {
        number(first)..size
    } else if number(last) < number(first) {
        return Ok(None);
    } else {
        number(first)..number(last).saturating_add(1).min(size)
    };
    if range.start >= size {
        return Err(unsatisfiable(header, size));
    }
    Ok(Some(range))
}

fn unsatisfiable(header: &str, size: u64) -> S3Error {
    S3Error::from(S3ErrorCode::InvalidRange)
        .field("RangeRequested", header)
        .field("ActualObjectSize", size.to_string())
        .header("content-range", format!("bytes */{size}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (header, expected) in [
            ("bytes=0-0", Some(0..1)),
            ("bytes=0-99", Some(0..10)),
            ("bytes=3-", Some(3..10)),
            ("bytes=-3", Some(7..10)),
            ("bytes=-99", Some(0..10)),
            ("bytes=2-4", Some(2..5)),
            ("bytes=0-18446744073709551615", Some(0..10)),
            ("Bytes = 2-4", Some(2..5)),
            ("bytes=4-2", None),
            ("bytes=0-1,3-4", None),
            ("bytes=-", None),
            ("bytes=a-b", None),
            ("lines=1-2", None),
        ] {
            assert_eq!(parse(header, 10).expect(header), expected, "{header}");
        }
        for header in ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999999999-"] {
            assert_eq!(parse(header, 10).expect_err(header).code, S3ErrorCode::InvalidRange);
        }
        assert!(parse("bytes=0-0", 0).is_err());
    }
}
