//! Conditional requests: the four headers on reads, their copy-source twins, and `If-Match`/`If-None-Match` on writes.

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::etag::list_names;
use crate::s3::request::Headers;
use crate::s3::time::parse_date;
use crate::storage::{ObjectAttrs, Timestamp};

/// The four conditions of a read (RFC 9110, section 13; AWS API_GetObject).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadConditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
    if_modified_since: Option<i64>,
    if_unmodified_since: Option<i64>,
}

/// What the conditions of a read come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They hold.
    Go,
    /// The client has this already; names the header that says so.
    NotModified(&'static str),
    /// `If-Match` or `If-Unmodified-Since` does not hold; names the header.
    Failed(&'static str),
}

impl ReadConditions {
    /// Reads the headers `if-match` … with this prefix (empty, or `x-amz-copy-source-`). Dates that are none are
    /// ignored, as RFC 9110 asks.
    #[must_use]
    pub fn parse(headers: &Headers, prefix: &str) -> Self {
        let text = |name: &str| headers.get(&format!("{prefix}{name}")).map(str::to_owned);
        let date = |name: &str| text(name).and_then(|t| parse_date(&t));
        // RFC 9110, section 13.1.3: one that has not come yet is no date. AWS holds to that for the sources of copies.
        let now = Timestamp::now().seconds();
        let since = date("if-modified-since").filter(|since| prefix.is_empty() || *since <= now);
        Self {
            if_match: text("if-match"),
            if_none_match: text("if-none-match"),
            if_modified_since: since,
            if_unmodified_since: date("if-unmodified-since"),
        }
    }

    /// Judges an object.
    #[must_use]
    pub fn judge(&self, attrs: &ObjectAttrs) -> Verdict {
        let modified = Timestamp(attrs.modified_micros).seconds();
        match &self.if_match {
            Some(list) if !list_names(list, &attrs.etag) => return Verdict::Failed("If-Match"),
            Some(_) => {}
            None if self.if_unmodified_since.is_some_and(|since| modified > since) => {
                return Verdict::Failed("If-Unmodified-Since");
            }
            None => {}
        }
        match &self.if_none_match {
            Some(list) if list_names(list, &attrs.etag) => Verdict::NotModified("If-None-Match"),
            Some(_) => Verdict::Go,
            None if self.if_modified_since.is_some_and(|since| modified <= since) => {
                Verdict::NotModified("If-Modified-Since")
            }
            None => Verdict::Go,
        }
    }
}

/// Whether an object is still what `If-Range` names: an entity tag, or the very second it was made (RFC 9110, section
/// 13.1.5). Otherwise the client gets all of it.
#[must_use]
pub fn still_is(validator: &str, attrs: &ObjectAttrs) -> bool {
    match parse_date(validator) {
        Some(seconds) => seconds == Timestamp(attrs.modified_micros).seconds(),
        // A weak tag never counts here.
        None => !validator.trim().starts_with("W/") && list_names(validator, &attrs.etag),
    }
}

/// The conditions of a write (AWS, "Add preconditions to S3 operations with conditional requests").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteConditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
    /// Seconds since 1970. This and the size are taken by deletes only, as Ceph's gateway does; AWS has them in
    /// directory buckets.
    if_match_modified: Option<i64>,
    if_match_size: Option<u64>,
    /// They are of one key of many, of which Ceph's gateway says otherwise what `If-Match` finds.
    of_many: bool,
}

impl WriteConditions {
    /// The conditions of a request to delete one object.
    ///
    /// # Errors
    /// As [`WriteConditions::of_many`].
    pub fn parse_delete(headers: &Headers) -> Result<Self, S3Error> {
        let text = |name: &str| headers.get(name);
        let (modified, size) = (text("x-amz-if-match-last-modified-time"), text("x-amz-if-match-size"));
        Ok(Self { of_many: false, ..Self::of_many(text("if-match"), modified, size)? })
    }

    /// What `If-Match` says.
    #[must_use]
    pub fn etag(&self) -> Option<&str> {
        self.if_match.as_deref()
    }

    /// Whether the outcome tells something of the current version's ETag; `*` tells only whether there is one.
    #[must_use]
    pub fn tell_etag(&self) -> bool {
        [&self.if_match, &self.if_none_match].into_iter().flatten().any(|list| list.trim() != "*")
    }

    /// Whether the outcome tells something of the time or size of what is to be deleted.
    #[must_use]
    pub fn tell_shape(&self) -> bool {
        self.if_match_modified.is_some() || self.if_match_size.is_some()
    }

    /// Reads `if-match` and `if-none-match`. AWS takes only `*` in the latter, which has to be absent then; entity tags
    /// mean what RFC 9110 says, as in Ceph's gateway.
    ///
    /// # Errors
    /// `NotImplemented` for both at once, as AWS.
    pub fn parse(headers: &Headers) -> Result<Self, S3Error> {
        let text = |name: &str| headers.get(name).map(str::to_owned);
        let conditions = Self { if_match: text("if-match"), if_none_match: text("if-none-match"), ..Self::default() };
        if conditions.if_match.is_some() && conditions.if_none_match.is_some() {
            return Err(S3Error::from(S3ErrorCode::NotImplemented)
                .field("Header", "If-Match,If-None-Match")
                .field("additionalMessage", "Multiple conditional request headers present in the request"));
        }
        Ok(conditions)
    }

    /// With this `If-Match`, if any.
    #[must_use]
    pub fn if_match(etag: Option<String>) -> Self {
        Self { if_match: etag, ..Self::default() }
    }

    /// The conditions of one key of a bulk delete: an ETag, a time and a size, as texts.
    ///
    /// # Errors
    /// `InvalidArgument` for a time or size that is none.
    pub fn of_many(etag: Option<&str>, modified: Option<&str>, size: Option<&str>) -> Result<Self, S3Error> {
        let invalid = |name: &'static str, value: &str| {
            S3ErrorCode::InvalidArgument
                .because("The condition is no date or no size.")
                .field("ArgumentName", name)
                .field("ArgumentValue", value)
        };
        let modified = modified.map(|t| parse_date(t).ok_or_else(|| invalid("LastModifiedTime", t))).transpose()?;
        let size = size.map(|t| t.parse().map_err(|_| invalid("Size", t))).transpose()?;
        let etag = Self::if_match(etag.map(str::to_owned));
        Ok(Self { if_match_modified: modified, if_match_size: size, of_many: true, ..etag })
    }

    /// Judges the current version for a write.
    ///
    /// # Errors
    /// `PreconditionFailed`; `NoSuchKey` for `If-Match` on a key that is not there.
    pub fn judge(&self, current: Option<&ObjectAttrs>) -> Result<(), S3Error> {
        match (&self.if_match, current) {
            (Some(_), None) => return Err(S3ErrorCode::NoSuchKey.into()),
            (Some(list), Some(attrs)) if !list_names(list, &attrs.etag) => return failed("If-Match"),
            _ => {}
        }
        match (&self.if_none_match, current) {
            (Some(list), Some(attrs)) if list_names(list, &attrs.etag) => failed("If-None-Match"),
            _ => Ok(()),
        }
    }

    /// Judges what a delete would remove or cover: `If-Match` the current version, which nothing matches when it is a
    /// delete marker, and the others the version that is `named`, the current one if none is.
    ///
    /// # Errors
    /// `PreconditionFailed`; `NoSuchKey` for `If-Match` where nothing is, or a delete marker, which of one key of many is
    /// `PreconditionFailed`. Ceph's own conditions hold where nothing is.
    pub fn judge_delete(&self, current: Option<&ObjectAttrs>, named: Option<&ObjectAttrs>) -> Result<(), S3Error> {
        match (&self.if_match, current) {
            (Some(_), None) => return Err(S3ErrorCode::NoSuchKey.into()),
            (Some(_), Some(attrs)) if attrs.delete_marker && !self.of_many => return Err(S3ErrorCode::NoSuchKey.into()),
            (Some(list), Some(attrs)) if attrs.delete_marker || !list_names(list, &attrs.etag) => {
                return failed("If-Match");
            }
            _ => {}
        }
        let Some(attrs) = named else { return Ok(()) };
        let modified = Timestamp(attrs.modified_micros).seconds();
        if self.if_match_modified.is_some_and(|wanted| wanted != modified) {
            failed("x-amz-if-match-last-modified-time")
        } else if self.if_match_size.is_some_and(|wanted| wanted != attrs.size) {
            failed("x-amz-if-match-size")
        } else {
            Ok(())
        }
    }
}

fn failed(condition: &'static str) -> Result<(), S3Error> {
    Err(S3Error::from(S3ErrorCode::PreconditionFailed).field("Condition", condition))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attrs() -> ObjectAttrs {
        ObjectAttrs { etag: "abc".into(), modified_micros: 1_795_262_400_500_000, ..ObjectAttrs::default() }
    }

    fn conditions(pairs: &[(&str, &str)]) -> ReadConditions {
        let mut headers = Headers::default();
        pairs.iter().for_each(|(n, v)| headers.push(*n, (*v).to_owned()));
        ReadConditions::parse(&headers, "")
    }

    const THEN: &str = "Sat, 21 Nov 2026 12:00:00 GMT";
    const BEFORE: &str = "Sat, 21 Nov 2026 11:59:59 GMT";

    #[test]
    fn reads_are_judged_in_the_order_of_rfc_9110() {
        for (pairs, verdict) in [
            (&[][..], Verdict::Go),
            (&[("if-match", "\"abc\"")], Verdict::Go),
            (&[("if-match", "\"x\"")], Verdict::Failed("If-Match")),
            (&[("if-none-match", "abc")], Verdict::NotModified("If-None-Match")),
            (&[("if-none-match", "x")], Verdict::Go),
            (&[("if-modified-since", THEN)], Verdict::NotModified("If-Modified-Since")),
            (&[("if-modified-since", BEFORE)], Verdict::Go),
            (&[("if-unmodified-since", THEN)], Verdict::Go),
            (&[("if-unmodified-since", BEFORE)], Verdict::Failed("If-Unmodified-Since")),
            (&[("if-match", "abc"), ("if-unmodified-since", BEFORE)], Verdict::Go),
            (&[("if-none-match", "x"), ("if-modified-since", THEN)], Verdict::Go),
            (&[("if-modified-since", "never")], Verdict::Go),
        ] {
            assert_eq!(conditions(pairs).judge(&attrs()), verdict, "{pairs:?}");
        }
    }

    #[test]
    fn a_range_is_of_what_the_client_has() {
        for (validator, is) in
            [("\"abc\"", true), ("\"x\"", false), ("W/\"abc\"", false), (THEN, true), (BEFORE, false), ("", false)]
        {
            assert_eq!(still_is(validator, &attrs()), is, "{validator}");
        }
    }

    #[test]
    fn writes_are_judged_on_the_current_version() {
        let unless = |tag: &str| WriteConditions { if_none_match: Some(tag.into()), ..WriteConditions::default() };
        let create = unless("*");
        assert!(create.judge(None).is_ok());
        assert_eq!(create.judge(Some(&attrs())).expect_err("exists").code, S3ErrorCode::PreconditionFailed);
        assert_eq!(unless("abc").judge(Some(&attrs())).expect_err("is it").code, S3ErrorCode::PreconditionFailed);
        assert!(unless("\"x\"").judge(Some(&attrs())).is_ok() && unless("abc").judge(None).is_ok());
        let update = WriteConditions::if_match(Some("\"abc\"".into()));
        assert!(update.judge(Some(&attrs())).is_ok());
        assert_eq!(update.judge(None).expect_err("is absent").code, S3ErrorCode::NoSuchKey);
        let stale = WriteConditions::if_match(Some("x".into()));
        assert_eq!(stale.judge(Some(&attrs())).expect_err("differs").code, S3ErrorCode::PreconditionFailed);
    }

    #[test]
    fn deletes_are_judged_on_what_is_on_top_and_on_what_is_named() {
        let sized = |size| WriteConditions::of_many(None, Some(THEN), Some(size)).expect("is right");
        let one = |conditions: &WriteConditions, attrs: Option<&ObjectAttrs>| {
            conditions.judge_delete(attrs, attrs).map_err(|error| error.code)
        };
        assert!(one(&sized("0"), Some(&attrs())).is_ok() && one(&sized("1"), None).is_ok());
        assert_eq!(one(&sized("1"), Some(&attrs())), Err(S3ErrorCode::PreconditionFailed));
        let longer = ObjectAttrs { size: 1, ..attrs() };
        assert!(sized("1").judge_delete(Some(&attrs()), Some(&longer)).is_ok());
        let any = WriteConditions::if_match(Some("*".into()));
        let marker = ObjectAttrs { delete_marker: true, ..attrs() };
        assert!(one(&any, Some(&attrs())).is_ok());
        assert_eq!(one(&any, None), Err(S3ErrorCode::NoSuchKey));
        assert_eq!(one(&any, Some(&marker)), Err(S3ErrorCode::NoSuchKey));
        let of_many = WriteConditions::of_many(Some("abc"), None, None).expect("is right");
        assert!(one(&of_many, Some(&attrs())).is_ok());
        assert_eq!(one(&of_many, None), Err(S3ErrorCode::NoSuchKey));
        assert_eq!(one(&of_many, Some(&marker)), Err(S3ErrorCode::PreconditionFailed));
        assert!(WriteConditions::of_many(None, Some("never"), None).is_err());
    }
}
