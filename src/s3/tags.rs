//! Tags of objects and buckets: what they may be. Source: AWS, "Categorizing your objects using tags", "Tag naming and
//! usage conventions".

use std::collections::BTreeSet;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Headers, Query};
use crate::storage::Tag;

/// Most tags of one object.
pub const OBJECT_TAGS_MAX: usize = 10;
/// Most tags of one bucket.
pub const BUCKET_TAGS_MAX: usize = 50;
/// Longest document with the tags of one bucket, bytes: each character may be a reference.
pub const BUCKET_DOCUMENT_BYTES_MAX: usize = 512 * 1024;
/// Longest key, Unicode characters.
const KEY_CHARS_MAX: usize = 128;
/// Longest value, Unicode characters.
const VALUE_CHARS_MAX: usize = 256;
/// Names that start so are AWS's own.
const RESERVED: &str = "aws:";

/// Checks a set of tags.
///
/// # Errors
/// `InvalidTag` for too many, a key that comes twice or is reserved, and what is too long or has forbidden characters.
pub fn check(tags: &[Tag], most: usize) -> Result<(), S3Error> {
    if tags.len() > most {
        let whose = if most == OBJECT_TAGS_MAX { "Object" } else { "Bucket" };
        return Err(S3ErrorCode::InvalidTag.because(format!("{whose} tags cannot be greater than {most}")));
    }
    for (at, tag) in tags.iter().enumerate() {
        let invalid = |why: &'static str| S3ErrorCode::InvalidTag.because(why).field("TagKey", tag.key.as_str());
        let length = tag.key.chars().count();
        if length == 0 || length > KEY_CHARS_MAX || !tag.key.chars().all(is_allowed) {
            return Err(invalid("The TagKey you have provided is invalid"));
        }
        if tag.key.get(..RESERVED.len()).is_some_and(|start| start.eq_ignore_ascii_case(RESERVED)) {
            return Err(invalid(match most {
                OBJECT_TAGS_MAX => "Your TagKey cannot be prefixed with aws:",
                _ => "System tags cannot be added/updated by requester",
            }));
        }
        if tag.value.chars().count() > VALUE_CHARS_MAX || !tag.value.chars().all(is_allowed) {
            return Err(invalid("The TagValue you have provided is invalid").field("TagValue", tag.value.as_str()));
        }
        if tags.iter().take(at).any(|other| other.key == tag.key) {
            return Err(invalid("Cannot provide multiple Tags with the same key"));
        }
    }
    Ok(())
}

/// Letters, numbers and spaces of any script, and these.
fn is_allowed(char: char) -> bool {
    char.is_alphanumeric() || char.is_whitespace() || "_.:/=+-@".contains(char)
}

/// Reads `x-amz-tagging`, which is written like a query; `None` when it is absent.
///
/// # Errors
/// `InvalidArgument` for what is no query, has no name or has one twice; otherwise as [`check`].
pub fn of_header(headers: &Headers) -> Result<Option<Vec<Tag>>, S3Error> {
    let Some(raw) = headers.bytes("x-amz-tagging") else { return Ok(None) };
    let mut tags = std::str::from_utf8(raw).ok().and_then(|text| of_query(text.trim())).ok_or_else(|| {
        S3ErrorCode::InvalidArgument
            .because("The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.")
            .field("ArgumentName", "x-amz-tagging")
            .field("ArgumentValue", String::from_utf8_lossy(raw))
    })?;
    check(&tags, OBJECT_TAGS_MAX)?;
    // A query has no order that means anything; Ceph's gateway answers with the keys in order.
    tags.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(Some(tags))
}

/// The tags of a query; `None` if they have an escape that is none, two values, no name, or a name twice.
fn of_query(text: &str) -> Option<Vec<Tag>> {
    let is_escape = |rest: &str| rest.as_bytes().get(..2).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
    if !text.split('%').skip(1).all(is_escape) || text.split('&').any(|pair| pair.matches('=').count() > 1) {
        return None;
    }
    let query = Query::parse(text).ok()?;
    let tags: Vec<Tag> = query.iter().map(|p| Tag { key: p.name.clone(), value: p.value.clone() }).collect();
    let names: BTreeSet<&str> = tags.iter().map(|tag| tag.key.as_str()).collect();
    (names.len() == tags.len() && !names.contains("")).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag { key: key.to_owned(), value: value.to_owned() }
    }

    fn header(value: &str) -> Result<Option<Vec<Tag>>, S3Error> {
        let mut headers = Headers::default();
        headers.push("x-amz-tagging", value.to_owned());
        of_header(&headers)
    }

    #[test]
    fn limits_are_those_of_aws() {
        let many = |count: usize| (0..count).map(|i| tag(&i.to_string(), "")).collect::<Vec<_>>();
        assert!(check(&many(10), OBJECT_TAGS_MAX).is_ok());
        assert!(check(&many(11), OBJECT_TAGS_MAX).is_err());
        assert!(check(&many(50), BUCKET_TAGS_MAX).is_ok());
        assert!(check(&[tag(&"ä".repeat(128), &"ö".repeat(256))], 10).is_ok());
        for bad in [
            tag("", "x"),
            tag(&"k".repeat(129), ""),
            tag("k", &"v".repeat(257)),
            tag("a?b", ""),
            tag("k", "a;b"),
            tag("aws:x", ""),
            tag("AWS:x", ""),
        ] {
            assert_eq!(
                check(std::slice::from_ref(&bad), 10).expect_err("is wrong").code,
                S3ErrorCode::InvalidTag,
                "{bad:?}"
            );
        }
        assert!(check(&[tag("k", "1"), tag("k", "2")], 10).is_err());
        assert!(check(&[tag("k", "1"), tag("K", "2")], 10).is_ok(), "keys differ by case");
    }

    #[test]
    fn the_header_is_a_query() {
        assert_eq!(
            header("d&a=1&b%20c=%C3%BC+x").expect("parses"),
            Some(vec![tag("a", "1"), tag("b c", "ü x"), tag("d", "")])
        );
        assert_eq!(header("").expect("parses"), Some(Vec::new()));
        assert_eq!(of_header(&Headers::default()).expect("parses"), None);
        assert_eq!(header("a&&&b").expect("parses"), Some(vec![tag("a", ""), tag("b", "")]));
        for bad in ["a=1&a=2", "a=%ff", "a=%zz", "a=%4", "=", "=x", "a=1,b=2", "%61=1&a=2"] {
            let error = header(bad).expect_err(bad);
            let fields = [("ArgumentName", "x-amz-tagging".to_owned()), ("ArgumentValue", bad.to_owned())];
            assert_eq!((error.code, error.fields.as_slice()), (S3ErrorCode::InvalidArgument, &fields[..]), "{bad}");
        }
        assert_eq!(header("a=;").expect_err("forbidden").code, S3ErrorCode::InvalidTag);
    }
}
