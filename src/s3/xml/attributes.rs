//! `GetObjectAttributesResponse`: the attributes of an object that were asked for.

use bytes::Bytes;

use super::{Document, checksum};
use crate::s3::storage_class;
use crate::storage::{ManifestPart, ObjectAttrs};

/// What was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, clippy::struct_excessive_bools, reason = "one for each name of the header")]
pub struct Wanted {
    pub etag: bool,
    pub checksum: bool,
    pub object_parts: bool,
    pub storage_class: bool,
    pub object_size: bool,
}

/// A page of the object's parts. Each has its own checksum when the object's is of the same algorithm; AWS lists none of
/// objects without an additional checksum, of which there are none here.
pub struct PartsPage<'a> {
    /// All parts that the object has.
    pub total: u32,
    /// Listed after this number.
    pub marker: u32,
    /// Parts at most.
    pub max_parts: usize,
    /// Each with its number within the object.
    pub parts: Vec<(u32, &'a ManifestPart)>,
    /// There are more.
    pub truncated: bool,
}

/// The answer to GetObjectAttributes.
#[must_use]
pub fn document(attrs: &ObjectAttrs, wanted: Wanted, parts: Option<&PartsPage<'_>>) -> Bytes {
    let mut out = Document::new("GetObjectAttributesResponse");
    if wanted.etag {
        // Without quotes, unlike everywhere else.
        out.text("ETag", &attrs.etag);
    }
    if wanted.checksum && !attrs.checksums.is_empty() {
        out.open("Checksum");
        checksum::members(&mut out, &attrs.checksums);
        checksum::kind(&mut out, &attrs.checksums);
        out.close();
    }
    if let Some(page) = parts {
        object_parts(&mut out, page);
    }
    if wanted.storage_class {
        out.text("StorageClass", storage_class::shown(attrs));
    }
    if wanted.object_size {
        out.number("ObjectSize", attrs.size);
    }
    out.finish()
}

fn object_parts(out: &mut Document, page: &PartsPage<'_>) {
    out.open("ObjectParts");
    let last = page.parts.last().map_or(0, |(number, _)| *number);
    out.flag("IsTruncated", page.truncated);
    out.number("MaxParts", page.max_parts as u64);
    out.number("NextPartNumberMarker", last.into());
    out.number("PartNumberMarker", page.marker.into());
    for (number, part) in &page.parts {
        out.open("Part");
        out.number("PartNumber", (*number).into());
        out.number("Size", part.size);
        checksum::members(out, &part.checksums);
        out.close();
    }
    out.number("PartsCount", page.total.into());
    out.close();
}
