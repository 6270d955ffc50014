//! `ListBucketResult`, versions 1 and 2.

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::acl::owner_members;
use super::{Document, checksum};
use crate::s3::etag::quoted;
use crate::s3::owners::Owners;
use crate::s3::storage_class;
use crate::s3::time::iso8601;
use crate::storage::{ListedObject, Timestamp};

/// What `encoding-type=url` leaves as it is: AWS encodes like an HTML form but keeps `/`.
const URL_ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');

/// What a decoder would take for something else, and control characters that no XML document can carry.
fn must_be_encoded(c: char) -> bool {
    matches!(c, '%' | '+') || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// How keys, prefixes, markers and delimiters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As they are.
    Plain,
    /// `encoding-type=url`.
    Url,
}

impl Encoding {
    /// Writes a text in this encoding. A space becomes `%20`, which every client decodes; AWS writes `+`, which some
    /// take for itself.
    #[must_use]
    pub fn apply(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Url => utf8_percent_encode(text, URL_ENCODED).to_string(),
        }
    }

    /// As [`Self::apply`], as far as what decodes it needs and XML cannot do without: botocore does not decode the
    /// `Prefix` of ListObjects, and of ListObjectsV2 it does.
    fn apply_lightly(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Url => text.split_inclusive(must_be_encoded).fold(String::new(), |mut out, piece| {
                let end = piece.rfind(must_be_encoded).unwrap_or(piece.len());
                out += &piece[..end];
                out.extend(utf8_percent_encode(&piece[end..], URL_ENCODED));
                out
            }),
        }
    }

    /// The `EncodingType` element's text.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        (self == Self::Url).then_some("url")
    }
}

/// Which of the two documents, and what only it has.
pub enum Version<'a> {
    /// ListObjects.
    One {
        /// As asked.
        marker: &'a str,
        /// Where to go on; only with a delimiter.
        next_marker: Option<&'a str>,
    },
    /// ListObjectsV2.
    Two {
        /// As asked.
        token: Option<&'a str>,
        /// As asked.
        start_after: Option<&'a str>,
        /// Where to go on.
        next_token: Option<&'a str>,
        /// Name the owner of each object.
        fetch_owner: bool,
    },
}

/// What the answer says.
pub struct ObjectsPage<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// Whose the objects are.
    pub owners: &'a Owners<'a>,
    /// As asked.
    pub prefix: &'a str,
    /// As asked.
    pub delimiter: Option<&'a str>,
    /// Objects and prefixes at most.
    pub max_keys: usize,
    /// How keys are written.
    pub encoding: Encoding,
    /// Them.
    pub objects: &'a [ListedObject],
    /// Prefixes up to the delimiter.
    pub common_prefixes: &'a [String],
    /// There are more.
    pub truncated: bool,
    /// Which document.
    pub version: Version<'a>,
}

/// The answer to ListObjects and ListObjectsV2.
#[must_use]
pub fn objects(page: &ObjectsPage<'_>) -> Bytes {
    let encoding = page.encoding;
    let mut out = Document::new("ListBucketResult");
    out.text("Name", page.bucket);
    let prefix = match page.version {
        Version::One { .. } => encoding.apply_lightly(page.prefix),
        Version::Two { .. } => encoding.apply(page.prefix),
    };
    out.text("Prefix", &prefix);
    let with_owner = match &page.version {
        Version::One { marker, next_marker } => {
            out.text("Marker", &encoding.apply(marker));
            out.maybe("NextMarker", next_marker.map(|m| encoding.apply(m)).as_deref());
            true
        }
        Version::Two { token, start_after, next_token, fetch_owner } => {
            out.number("KeyCount", (page.objects.len() + page.common_prefixes.len()) as u64);
            out.maybe("ContinuationToken", *token);
            out.maybe("NextContinuationToken", *next_token);
            out.maybe("StartAfter", start_after.map(|s| encoding.apply(s)).as_deref());
            *fetch_owner
        }
    };
    out.number("MaxKeys", page.max_keys as u64);
    out.maybe("Delimiter", page.delimiter.map(|d| encoding.apply(d)).as_deref());
    out.maybe("EncodingType", encoding.name());
    out.flag("IsTruncated", page.truncated);
    for object in page.objects {
        out.open("Contents");
        out.text("Key", &encoding.apply(object.key.as_str()));
        out.text("LastModified", &iso8601(Timestamp(object.attrs.modified_micros)));
        out.text("ETag", &quoted(&object.attrs.etag));
        checksum::names(&mut out, &object.attrs.checksums);
        out.number("Size", object.attrs.size);
        if with_owner {
            out.open("Owner");
            owner_members(&mut out, &page.owners.owner(&object.attrs));
            out.close();
        }
        out.text("StorageClass", storage_class::shown(&object.attrs));
        out.close();
    }
    for prefix in page.common_prefixes {
        out.open("CommonPrefixes");
        out.text("Prefix", &encoding.apply(prefix));
        out.close();
    }
    out.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_encoding_is_what_clients_decode() {
        assert_eq!(Encoding::Url.apply("a b/c+d%ä*~\u{1}"), "a%20b/c%2Bd%25%C3%A4*%7E%01");
        assert_eq!(Encoding::Plain.apply("a b"), "a b");
        assert_eq!(Encoding::Url.apply_lightly("a b/c+d%ä\n\u{1}"), "a b/c%2Bd%25ä\n%01");
    }
}
