//! Documents of multipart uploads.

use bytes::Bytes;

use super::acl::owner_members;
use super::listing::Encoding;
use super::reader::malformed;
use super::{Document, Element, checksum};
use crate::s3::checksum::{Algorithm, Plan};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::etag::quoted;
use crate::s3::owners::Owners;
use crate::s3::storage_class;
use crate::s3::time::iso8601;
use crate::storage::{ObjectAttrs, Part, StoredChecksum, Timestamp, Upload};

/// The answer to CreateMultipartUpload.
#[must_use]
pub fn initiated(bucket: &str, upload: &Upload) -> Bytes {
    let mut out = Document::new("InitiateMultipartUploadResult");
    out.text("Bucket", bucket);
    out.text("Key", upload.key.as_str());
    out.text("UploadId", &upload.id.to_string());
    out.finish()
}

/// A part that a completion names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPart {
    /// As sent: may be outside 1 to 10,000.
    pub number: u32,
    /// Without quotes.
    pub etag: String,
    /// The additional checksum it is expected to have.
    pub checksum: Option<StoredChecksum>,
}

/// Reads the parts of a CompleteMultipartUpload, in the order sent.
///
/// # Errors
/// `MalformedXML`, also for no document at all, as Ceph's gateway says it (AWS: `InvalidRequest`).
pub fn parts_to_complete(document: &[u8]) -> Result<Vec<NamedPart>, S3Error> {
    if document.is_empty() {
        return Err(malformed("there is none"));
    }
    let root = Element::parse(document, "CompleteMultipartUpload")?;
    let mut parts = Vec::new();
    for part in root.all("Part") {
        let number = part.required("PartNumber")?.trim();
        // Which of them a part can have is for the operation to say.
        let number = number.parse::<i64>().map_err(|_| malformed("a PartNumber is no number"))?;
        let number = u32::try_from(number.max(0)).unwrap_or(u32::MAX);
        let etag = part.required("ETag")?.trim().trim_matches('"').to_ascii_lowercase();
        parts.push(NamedPart { number, etag, checksum: named_checksum(part)? });
    }
    if parts.is_empty() { Err(malformed("it names no part")) } else { Ok(parts) }
}

fn named_checksum(part: &Element) -> Result<Option<StoredChecksum>, S3Error> {
    let mut named = part.children.iter().filter(|child| child.name.starts_with("Checksum"));
    let (Some(first), second) = (named.next(), named.next()) else { return Ok(None) };
    let value = first.text.trim();
    let algorithm = Algorithm::ALL.into_iter().find(|a| a.element() == first.name);
    let base64 = data_encoding::BASE64.decode(value.as_bytes()).is_ok();
    match algorithm {
        Some(algorithm) if second.is_none() && base64 && !value.is_empty() => Ok(Some(StoredChecksum {
            algorithm: algorithm.name().to_owned(),
            value: value.to_owned(),
            composite: false,
        })),
        _ => Err(S3ErrorCode::InvalidArgument
            .because("Invalid Base64 or multiple checksums present in request")
            .field("ArgumentName", "Checksum")
            .field("ArgumentValue", value)),
    }
}

/// The answer to CompleteMultipartUpload.
#[must_use]
pub fn completed(location: &str, bucket: &str, key: &str, attrs: &ObjectAttrs) -> Bytes {
    let mut out = Document::new("CompleteMultipartUploadResult");
    out.text("Location", location);
    out.text("Bucket", bucket);
    out.text("Key", key);
    out.text("ETag", &quoted(&attrs.etag));
    checksum::members(&mut out, &attrs.checksums);
    checksum::kind(&mut out, &attrs.checksums);
    out.finish()
}

/// What the answer to ListParts says.
pub struct PartsPage<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The upload.
    pub upload: &'a Upload,
    /// Who opened the upload, and whose the object will be.
    pub owners: &'a Owners<'a>,
    /// Listed after this number.
    pub marker: u16,
    /// Parts at most.
    pub max_parts: usize,
    /// Them.
    pub parts: &'a [Part],
    /// There are more.
    pub truncated: bool,
    /// How keys are written.
    pub encoding: Encoding,
}

/// The answer to ListParts.
#[must_use]
pub fn parts(page: &PartsPage<'_>) -> Bytes {
    let mut out = Document::new("ListPartsResult");
    out.text("Bucket", page.bucket);
    out.text("Key", &page.encoding.apply(page.upload.key.as_str()));
    out.text("UploadId", &page.upload.id.to_string());
    parties(&mut out, page.upload, page.owners);
    let plan = Plan::of(page.upload);
    out.text("StorageClass", storage_class::shown(&page.upload.attrs));
    checksum::names(&mut out, &plan.stored());
    out.number("PartNumberMarker", page.marker.into());
    // boto 2 expects the element whether or not there are more.
    out.number("NextPartNumberMarker", page.parts.last().map_or(0, |p| p.number.into()));
    out.number("MaxParts", page.max_parts as u64);
    out.flag("IsTruncated", page.truncated);
    for part in page.parts {
        out.open("Part");
        out.number("PartNumber", part.number.into());
        out.text("LastModified", &iso8601(Timestamp(part.attrs.modified_micros)));
        out.text("ETag", &quoted(&part.attrs.etag));
        out.number("Size", part.attrs.size);
        // Of an upload that declared none, parts show what their clients sent with them.
        checksum::members(&mut out, part.attrs.checksums.get(..1).unwrap_or_default());
        out.close();
    }
    out.finish()
}

fn parties(out: &mut Document, upload: &Upload, owners: &Owners<'_>) {
    for (role, tenant) in [("Initiator", owners.tenant(upload.initiator)), ("Owner", owners.owner(&upload.attrs))] {
        out.open(role);
        owner_members(out, &tenant);
        out.close();
    }
}

/// What the answer to ListMultipartUploads says.
pub struct UploadsPage<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// Who opened the uploads, and whose the objects will be.
    pub owners: &'a Owners<'a>,
    /// The parameters, as asked.
    pub prefix: &'a str,
    /// As asked.
    pub delimiter: Option<&'a str>,
    /// As asked.
    pub key_marker: &'a str,
    /// As asked.
    pub upload_id_marker: &'a str,
    /// Uploads and prefixes at most.
    pub max_uploads: usize,
    /// How keys are written.
    pub encoding: Encoding,
    /// Them.
    pub uploads: &'a [Upload],
    /// Prefixes up to the delimiter.
    pub common_prefixes: &'a [String],
    /// Where to go on, or where the last page ended: key and upload id. Empty after nothing, and the id after a prefix.
    pub next: (&'a str, String),
    /// There are more.
    pub truncated: bool,
}

/// The answer to ListMultipartUploads.
#[must_use]
pub fn uploads(page: &UploadsPage<'_>) -> Bytes {
    let mut out = Document::new("ListMultipartUploadsResult");
    let encoding = page.encoding;
    out.text("Bucket", page.bucket);
    out.text("KeyMarker", &encoding.apply(page.key_marker));
    out.text("UploadIdMarker", page.upload_id_marker);
    let (next_key, next_id) = &page.next;
    out.text("NextKeyMarker", &encoding.apply(next_key));
    out.text("NextUploadIdMarker", next_id);
    out.text("Prefix", &encoding.apply(page.prefix));
    out.maybe("Delimiter", page.delimiter.map(|d| encoding.apply(d)).as_deref());
    out.maybe("EncodingType", encoding.name());
    out.number("MaxUploads", page.max_uploads as u64);
    out.flag("IsTruncated", page.truncated);
    for upload in page.uploads {
        out.open("Upload");
        out.text("Key", &encoding.apply(upload.key.as_str()));
        out.text("UploadId", &upload.id.to_string());
        parties(&mut out, upload, page.owners);
        out.text("StorageClass", storage_class::shown(&upload.attrs));
        out.text("Initiated", &iso8601(upload.initiated));
        checksum::names(&mut out, &upload.attrs.checksums);
        out.close();
    }
    for prefix in page.common_prefixes {
        out.open("CommonPrefixes");
        out.text("Prefix", &encoding.apply(prefix));
        out.close();
    }
    out.finish()
}
