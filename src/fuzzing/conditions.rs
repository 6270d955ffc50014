//! `Range`, conditional headers and every form of date. Input: lines: a range, a size, a date, a list of ETags, an ETag,
//! a version's time in microseconds.

use super::Input;
use crate::s3::copy_source;
use crate::s3::error::S3ErrorCode;
use crate::s3::precondition::{ReadConditions, Verdict, WriteConditions};
use crate::s3::range;
use crate::s3::request::Headers;
use crate::s3::time::{http_date, iso8601_exact, parse_date, parse_moment, parse_utc};
use crate::storage::{ObjectAttrs, Timestamp};

pub(super) fn check(input: &[u8]) {
    let mut parts = Input(input);
    let (range, size) = (parts.text(), parts.number());
    ranges(&range, size);
    let date = parts.text();
    dates(&date);
    let (list, etag) = (parts.text(), parts.text());
    let modified_micros = i64::try_from(parts.number()).unwrap_or(i64::MAX);
    let attrs = ObjectAttrs { etag, size, modified_micros, ..ObjectAttrs::default() };
    reads(&list, &date, &attrs);
    writes(&list, &date, &range, &attrs);
}

fn ranges(text: &str, size: u64) {
    match range::parse(text, size) {
        Ok(Some(range)) => {
            assert!(range.start < range.end && range.end <= size, "{range:?} of {size}");
            let again = format!("bytes={}-{}", range.start, range.end - 1);
            assert_eq!(range::parse(&again, size).expect("is within the object"), Some(range.clone()));
            let mut headers = Headers::default();
            headers.push("x-amz-copy-source-range", again);
            assert_eq!(copy_source::range(&headers, size).expect("is within the source"), range);
        }
        Ok(None) => {}
        Err(error) => assert_eq!(error.code, S3ErrorCode::InvalidRange),
    }
    let mut headers = Headers::default();
    headers.push("x-amz-copy-source-range", text.to_owned());
    if let Ok(range) = copy_source::range(&headers, size) {
        assert!(range.start < range.end && range.end <= size, "{range:?} of {size}");
    }
}

fn dates(text: &str) {
    /// The last second of the year 9999, the last that HTTP can write.
    const LAST_SECOND: i64 = 253_402_300_799;
    if let Some(seconds) = parse_date(text).filter(|seconds| (0..=LAST_SECOND).contains(seconds)) {
        let written = http_date(Timestamp(seconds * 1_000_000));
        assert_eq!(parse_date(&written), Some(seconds), "{written}");
    }
    if let Some(moment) = parse_moment(text) {
        let written = iso8601_exact(moment);
        assert_eq!(parse_moment(&written), Some(moment), "{written}");
    }
    if let Some(seconds) = parse_utc(text) {
        assert_eq!(parse_date(text), Some(seconds), "{text}");
    }
}

fn with(pairs: &[(&str, &str)]) -> Headers {
    let mut headers = Headers::default();
    pairs.iter().for_each(|(name, value)| headers.push(*name, (*value).to_owned()));
    headers
}

fn reads(list: &str, date: &str, attrs: &ObjectAttrs) {
    let judge = |pairs: &[(&str, &str)]| ReadConditions::parse(&with(pairs), "").judge(attrs);
    let matches = judge(&[("if-match", list)]) == Verdict::Go;
    let not_modified = judge(&[("if-none-match", list)]) == Verdict::NotModified("If-None-Match");
    assert_eq!(matches, not_modified, "If-Match and If-None-Match of one list");
    if !attrs.etag.contains([',', '"', ' ']) && attrs.etag.trim() == attrs.etag && !attrs.etag.starts_with("W/") {
        assert_eq!(judge(&[("if-match", &format!("\"x\", {list}, \"{}\"", attrs.etag))]), Verdict::Go);
    }
    assert_eq!(judge(&[("if-match", "*"), ("if-unmodified-since", date)]), Verdict::Go, "an ETag goes first");
    // A valid date either is before the last change or is not.
    let (since, unmodified) = (judge(&[("if-modified-since", date)]), judge(&[("if-unmodified-since", date)]));
    match parse_date(date) {
        None => assert_eq!((since, unmodified), (Verdict::Go, Verdict::Go)),
        Some(_) => assert_ne!(since == Verdict::Go, unmodified == Verdict::Go, "{date}"),
    }
}

fn writes(list: &str, date: &str, size: &str, attrs: &ObjectAttrs) {
    let code = |judged: Result<(), crate::s3::error::S3Error>| judged.err().map(|error| error.code);
    let judge = |pairs: &[(&str, &str)], current| WriteConditions::parse(&with(pairs))?.judge(current);
    let (matches, differs) =
        (judge(&[("if-match", list)], Some(attrs)), judge(&[("if-none-match", list)], Some(attrs)));
    assert_ne!(matches.is_ok(), differs.is_ok(), "If-Match and If-None-Match of one list");
    assert!(judge(&[("if-none-match", "*")], Some(attrs)).is_err() && judge(&[("if-none-match", list)], None).is_ok());
    assert_eq!(code(judge(&[("if-match", list)], None)), Some(S3ErrorCode::NoSuchKey));
    match WriteConditions::of_many(Some(list), Some(date), Some(size)) {
        Ok(conditions) => assert_eq!(code(conditions.judge(None)), Some(S3ErrorCode::NoSuchKey)),
        Err(error) => assert_eq!(error.code, S3ErrorCode::InvalidArgument),
    }
}
