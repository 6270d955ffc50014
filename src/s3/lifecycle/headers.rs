//! The headers that say what rules will do. They count real days, also where a test's day is shorter.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::s3::error::S3Error;
use crate::s3::lifecycle::calendar::Calendar;
use crate::s3::lifecycle::{self};
use crate::s3::response::Response;
use crate::s3::time::http_date;
use crate::storage::{Bucket, ObjectAttrs, ObjectKey, Upload};

/// What is escaped in a rule's id: everything but what RFC 3986 leaves alone.
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Says when the current version of an object expires, if it does (AWS API_PutObject, `x-amz-expiration`).
///
/// # Errors
/// `InternalError` for rules that cannot be read.
pub fn tell_expiration(
    answer: &mut Response,
    bucket: &Bucket,
    key: &ObjectKey,
    attrs: &ObjectAttrs,
) -> Result<(), S3Error> {
    let Some(rules) = lifecycle::of(bucket)? else { return Ok(()) };
    if let Some((time, id)) = rules.expiration(key.as_str(), attrs) {
        let id = utf8_percent_encode(id, &ESCAPED);
        answer.set("x-amz-expiration", format!("expiry-date=\"{}\", rule-id=\"{id}\"", http_date(time)));
    }
    Ok(())
}

/// Says when an upload is aborted, if it is (AWS API_CreateMultipartUpload and API_ListParts, `x-amz-abort-date`).
///
/// # Errors
/// `InternalError` for rules that cannot be read.
pub fn tell_abortion(answer: &mut Response, bucket: &Bucket, upload: &Upload) -> Result<(), S3Error> {
    let Some(rules) = lifecycle::of(bucket)? else { return Ok(()) };
    if let Some((time, id)) = rules.abortion(upload.key.as_str(), upload.initiated, Calendar::REAL) {
        answer.set("x-amz-abort-date", http_date(time));
        answer.set("x-amz-abort-rule-id", utf8_percent_encode(id, &ESCAPED).to_string());
    }
    Ok(())
}
