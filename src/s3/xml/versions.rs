//! `ListVersionsResult`.

use bytes::Bytes;

use super::acl::owner_members;
use super::listing::Encoding;
use super::{Document, checksum};
use crate::s3::etag::quoted;
use crate::s3::owners::Owners;
use crate::s3::storage_class;
use crate::s3::time::iso8601;
use crate::storage::{ListedVersion, Timestamp, VersionRef};

/// What the answer says.
pub struct VersionsPage<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// Whose the versions are.
    pub owners: &'a Owners<'a>,
    /// As asked.
    pub prefix: &'a str,
    /// As asked.
    pub delimiter: Option<&'a str>,
    /// As asked.
    pub key_marker: &'a str,
    /// As asked.
    pub version_id_marker: &'a str,
    /// Versions and prefixes at most.
    pub max_keys: usize,
    /// How keys are written.
    pub encoding: Encoding,
    /// Them, in order.
    pub versions: &'a [ListedVersion],
    /// Prefixes up to the delimiter.
    pub common_prefixes: &'a [String],
    /// Where to go on: a key, and its version unless a prefix was rolled up; `None` when this was all.
    pub next: Option<(&'a str, Option<String>)>,
}

/// The answer to ListObjectVersions.
#[must_use]
pub fn versions(page: &VersionsPage<'_>) -> Bytes {
    let encoding = page.encoding;
    let mut out = Document::new("ListVersionsResult");
    out.text("Name", page.bucket);
    out.text("Prefix", &encoding.apply(page.prefix));
    out.text("KeyMarker", &encoding.apply(page.key_marker));
    out.text("VersionIdMarker", page.version_id_marker);
    if let Some((key, version)) = &page.next {
        out.text("NextKeyMarker", &encoding.apply(key));
        out.maybe("NextVersionIdMarker", version.as_deref());
    }
    out.number("MaxKeys", page.max_keys as u64);
    out.maybe("Delimiter", page.delimiter.map(|d| encoding.apply(d)).as_deref());
    out.maybe("EncodingType", encoding.name());
    out.flag("IsTruncated", page.next.is_some());
    for version in page.versions {
        entry(&mut out, version, page);
    }
    for prefix in page.common_prefixes {
        out.open("CommonPrefixes");
        out.text("Prefix", &encoding.apply(prefix));
        out.close();
    }
    out.finish()
}

fn entry(out: &mut Document, version: &ListedVersion, page: &VersionsPage<'_>) {
    let attrs = &version.attrs;
    out.open(if attrs.delete_marker { "DeleteMarker" } else { "Version" });
    out.text("Key", &page.encoding.apply(version.key.as_str()));
    match attrs.version_ref() {
        VersionRef::Null => out.text("VersionId", "null"),
        VersionRef::Id(id) => out.text("VersionId", &id.to_string()),
    }
    out.flag("IsLatest", version.latest);
    out.text("LastModified", &iso8601(Timestamp(attrs.modified_micros)));
    if !attrs.delete_marker {
        out.text("ETag", &quoted(&attrs.etag));
        checksum::names(out, &attrs.checksums);
        out.number("Size", attrs.size);
        out.text("StorageClass", storage_class::shown(attrs));
    }
    out.open("Owner");
    owner_members(out, &page.owners.owner(attrs));
    out.close();
    out.close();
}
