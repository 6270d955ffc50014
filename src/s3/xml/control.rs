//! The documents of S3 Control, which have a namespace of their own.

use bytes::Bytes;

use super::reader::malformed;
use super::tagging::{tags_in, write_tags};
use super::{Document, Element};
use crate::s3::error::S3Error;
use crate::storage::Tag;

/// Of every document of S3 Control.
pub const NAMESPACE: &str = "http://awss3control.amazonaws.com/doc/2018-08-20/";

/// The answer to ListTagsForResource.
#[must_use]
pub fn tags(tags: &[Tag]) -> Bytes {
    let mut out = Document::with_attributes("ListTagsForResourceResult", &[("xmlns", NAMESPACE)]);
    out.open("Tags");
    write_tags(&mut out, tags);
    out.close();
    out.finish()
}

/// Reads `TagResourceRequest`.
///
/// # Errors
/// `MalformedXML`.
pub fn tags_to_add(document: &[u8]) -> Result<Vec<Tag>, S3Error> {
    let root = Element::parse(document, "TagResourceRequest")?;
    tags_in(root.child("Tags").ok_or_else(|| malformed("\"TagResourceRequest\" lacks \"Tags\""))?)
}
