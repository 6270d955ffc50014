//! Documents about buckets: `ListAllMyBucketsResult`, `CreateBucketConfiguration`, `LocationConstraint`.

use bytes::Bytes;

use super::acl::owner_members;
use super::tagging::tags_in;
use super::{Document, Element};
use crate::s3::error::S3Error;
use crate::s3::time::iso8601;
use crate::storage::{Bucket, Tag, Tenant};

/// The answer to ListBuckets.
#[must_use]
pub fn list(owner: &Tenant, buckets: &[Bucket], prefix: Option<&str>, next: Option<&str>) -> Bytes {
    let mut out = Document::new("ListAllMyBucketsResult");
    out.open("Owner");
    owner_members(&mut out, owner);
    out.close();
    out.open("Buckets");
    for bucket in buckets {
        out.open("Bucket");
        out.text("Name", bucket.name.as_str());
        out.text("CreationDate", &iso8601(bucket.created));
        out.text("BucketRegion", &bucket.region);
        out.close();
    }
    out.close();
    out.maybe("ContinuationToken", next);
    out.maybe("Prefix", prefix);
    out.finish()
}

/// The location that a CreateBucket body asks for; `None` when it asks for none.
///
/// # Errors
/// `MalformedXML`.
pub fn location_constraint(document: &[u8]) -> Result<Option<String>, S3Error> {
    if document.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let root = Element::parse(document, "CreateBucketConfiguration")?;
    Ok(root.text_of("LocationConstraint").filter(|l| !l.is_empty()).map(str::to_owned))
}

/// Whether a CreateBucket body asks for what this server does not do (directory buckets).
///
/// # Errors
/// `MalformedXML`.
pub fn asks_for_more(document: &[u8]) -> Result<bool, S3Error> {
    if document.iter().all(u8::is_ascii_whitespace) {
        return Ok(false);
    }
    let root = Element::parse(document, "CreateBucketConfiguration")?;
    Ok(root.children.iter().any(|c| c.name != "LocationConstraint" && c.name != "Tags"))
}

/// The tags that a CreateBucket body gives the bucket.
///
/// # Errors
/// `MalformedXML`.
pub fn tags(document: &[u8]) -> Result<Vec<Tag>, S3Error> {
    if document.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let root = Element::parse(document, "CreateBucketConfiguration")?;
    root.child("Tags").map_or(Ok(Vec::new()), tags_in)
}

/// The answer to GetBucketLocation: empty for us-east-1, else the region's name.
#[must_use]
pub fn location(region: &str) -> Bytes {
    let mut out = Document::with_attributes("LocationConstraint", &[("xmlns", super::NAMESPACE)]);
    if region != "us-east-1" {
        out.content(region);
    }
    out.finish()
}
