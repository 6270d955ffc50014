//! CompleteMultipartUpload: makes the parts one object. No data moves. Source: AWS API_CompleteMultipartUpload.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::etag;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::multipart::upload::{PART_NUMBER_MAX, find, no_such_upload};
use crate::s3::ops::object::version;
use crate::s3::precondition::WriteConditions;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::s3::xml::multipart::NamedPart;
use crate::storage::{
    Bucket, CompleteUpload, Data, Decision, Fetch, Fingerprint, Head, Home, Manifest, ManifestPart, ObjectAttrs,
    ObjectRecord, PAGE_ENTRIES_MAX, Part, Timestamp, Upload, UploadState,
};

/// 10,000 parts with an ETag and a checksum each.
const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Smallest part but the last, bytes (AWS, "Multipart upload limits").
const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;
/// Largest object, bytes: 50 TiB since December 2025; the parts' own limits come first.
const OBJECT_BYTES_MAX: u64 = 50 << 40;

/// The row of CompleteMultipartUpload.
pub const ROW: Row = Row {
    name: "CompleteMultipartUpload",
    method: Method::Post,
    level: Level::Object,
    query: &["uploadId"],
    header: None,
    action: Action::PutObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

struct Input {
    upload: Upload,
    named: Vec<NamedPart>,
    conditions: WriteConditions,
    size: Option<u64>,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&permit, request, &services).await?;
        let attrs = run(&permit, input, &services).await?;
        let (bucket, key) = (permit.bucket()?.name.as_str(), permit.key()?.as_str());
        let location = format!("/{bucket}/{key}");
        let mut answer = Response::xml(xml::multipart::completed(&location, bucket, key, &attrs.etag));
        version::tell(&mut answer, permit.bucket()?, &attrs);
        Ok(answer)
    })
}

async fn decode(permit: &Permit, request: Request, services: &Services) -> Result<Input, S3Error> {
    let conditions = WriteConditions::parse(&request.headers)?;
    let size = request.headers.get("x-amz-mp-object-size").map(str::parse::<u64>).transpose();
    let size = size.map_err(|_| S3ErrorCode::InvalidArgument.because("x-amz-mp-object-size is no number."))?;
    let upload = find(permit, &request.target, services).await?;
    // The object's checksum, not the document's: parts are compared with their own.
    let headers = crate::s3::request::Headers::default();
    let document = body::document(request.body, &headers, DOCUMENT_BYTES_MAX).await?;
    let named = xml::multipart::parts_to_complete(&document)?;
    Ok(Input { upload, named, conditions, size })
}

async fn run(permit: &Permit, input: Input, services: &Services) -> Result<ObjectAttrs, S3Error> {
    let bucket = permit.bucket()?;
    let fingerprint = fingerprint(&input.named);
    if let UploadState::Completed { fingerprint: then, attrs } = &input.upload.state {
        return if *then == fingerprint { Ok(attrs.clone()) } else { Err(no_such_upload(&input.upload)) };
    }
    check_order(&input.named)?;
    let parts = match chosen(&input.named, all_parts(bucket, &input.upload, services).await?) {
        Ok(parts) => parts,
        Err(error) => return Err(still_open(bucket, &input.upload, services).await?.err().unwrap_or(error)),
    };
    let size = parts.iter().map(|p| p.attrs.size).sum::<u64>();
    if input.size.is_some_and(|claimed| claimed != size) {
        return Err(S3ErrorCode::InvalidRequest.because(format!(
            "The provided 'x-amz-mp-object-size' header does not match: the parts have {size} bytes."
        )));
    }
    if size > OBJECT_BYTES_MAX {
        return Err(S3Error::from(S3ErrorCode::EntityTooLarge).field("ProposedSize", size.to_string()));
    }
    // Read before the manifest is written: a store that reclaims by fencing depends on it.
    let read = services.storage.metadata.read_head(bucket, &input.upload.key, Fetch::Attrs).await?;
    input.conditions.judge(read.head.object().map(|r| &r.attrs))?;
    let manifest = manifest(&parts);
    let placement = services.storage.chunks.write_manifest(Home::Manifest(bucket, &input.upload), &manifest).await?;
    let etag = etag::of_parts(parts.iter().map(|p| p.attrs.etag.as_str()));
    let attrs = ObjectAttrs {
        size,
        etag: etag.ok_or_else(|| S3ErrorCode::InternalError.because("A part's ETag is no MD5."))?,
        modified_micros: Timestamp::now().0,
        parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
        version: version::of_new(bucket),
        ..input.upload.attrs.clone()
    };
    let record = Arc::new(ObjectRecord { attrs: attrs.clone(), data: Data::Stored(placement.clone()) });
    let mut refusal = None;
    let mut decide = |head: &Head| match input.conditions.judge(head.object().map(|r| &r.attrs)) {
        Ok(()) => Decision::Put(Arc::clone(&record)),
        Err(error) => {
            refusal = Some(error);
            Decision::Leave
        }
    };
    let store = &services.storage.metadata;
    match store.complete_upload(&input.upload, fingerprint, &placement, read, &mut decide).await? {
        CompleteUpload::Completed { head, .. } => Ok(head.current.map_or(attrs, |made| made.attrs.clone())),
        CompleteUpload::Already(attrs) => Ok(attrs),
        CompleteUpload::Left(_) => Err(refusal.unwrap_or_else(|| S3ErrorCode::PreconditionFailed.into())),
        CompleteUpload::NoSuchUpload => Err(no_such_upload(&input.upload)),
        CompleteUpload::NoSuchBucket => Err(S3ErrorCode::NoSuchBucket.into()),
    }
}

/// An abort that was faster takes the parts with it: then the upload is what is missing, not a part.
async fn still_open(bucket: &Bucket, upload: &Upload, services: &Services) -> Result<Result<(), S3Error>, S3Error> {
    let now = services.storage.metadata.upload(bucket, &upload.key, upload.id).await?;
    Ok(match now {
        Some(now) if now.state == UploadState::Open => Ok(()),
        _ => Err(no_such_upload(upload)),
    })
}

/// The same list of parts has the same fingerprint, so that completing twice answers the same success.
fn fingerprint(named: &[NamedPart]) -> Fingerprint {
    let mut sha = Sha256::new();
    for part in named {
        sha.update(part.number.to_be_bytes());
        sha.update(part.etag.as_bytes());
        sha.update([0]);
    }
    sha.finalize().into()
}

fn check_order(named: &[NamedPart]) -> Result<(), S3Error> {
    let legal = 1..=u32::from(PART_NUMBER_MAX);
    if named.iter().any(|part| !legal.contains(&part.number)) {
        return Err(S3ErrorCode::InvalidArgument
            .because("Part number must be an integer between 1 and 10000, inclusive")
            .field("ArgumentName", "partNumber"));
    }
    let ascending = named.windows(2).all(|two| matches!(two, [a, b] if a.number < b.number));
    if ascending { Ok(()) } else { Err(S3ErrorCode::InvalidPartOrder.into()) }
}

async fn all_parts(bucket: &Bucket, upload: &Upload, services: &Services) -> Result<BTreeMap<u32, Part>, S3Error> {
    let mut all = BTreeMap::new();
    let mut after = 0;
    // Ends: every page with more has an entry above the last one's number, of which there are 10,000.
    loop {
        let page = services.storage.metadata.list_parts(bucket, upload, after, PAGE_ENTRIES_MAX).await?;
        let last = page.entries.last().map(|p| p.number);
        all.extend(page.entries.into_iter().map(|p| (u32::from(p.number), p)));
        match last {
            Some(number) if page.more && number > after => after = number,
            _ => return Ok(all),
        }
    }
}

/// The parts that the request names, which must be there as it describes them.
fn chosen(named: &[NamedPart], mut there: BTreeMap<u32, Part>) -> Result<Vec<Part>, S3Error> {
    let invalid = |number: u32| S3Error::from(S3ErrorCode::InvalidPart).field("PartNumber", number.to_string());
    let mut parts: Vec<Part> = Vec::with_capacity(named.len());
    for wanted in named {
        let part = there.remove(&wanted.number).ok_or_else(|| invalid(wanted.number))?;
        let differs = wanted.checksums.iter().any(|checksum| {
            part.attrs.checksums.iter().any(|c| c.algorithm == checksum.algorithm && c.value != checksum.value)
        });
        if part.attrs.etag != wanted.etag || differs {
            return Err(invalid(wanted.number));
        }
        parts.push(part);
    }
    let but_last = parts.len().saturating_sub(1);
    if let Some(small) = parts.iter().take(but_last).find(|p| p.attrs.size < PART_BYTES_MIN) {
        return Err(S3Error::from(S3ErrorCode::EntityTooSmall)
            .field("PartNumber", small.number.to_string())
            .field("ETag", small.attrs.etag.as_str())
            .field("ProposedSize", small.attrs.size.to_string())
            .field("MinSizeAllowed", PART_BYTES_MIN.to_string()));
    }
    Ok(parts)
}

fn manifest(parts: &[Part]) -> Manifest {
    let parts = parts.iter().map(|part| ManifestPart {
        number: part.number.into(),
        size: part.attrs.size,
        placement: part.attrs.placement.clone(),
        etag: part.attrs.etag.clone(),
    });
    Manifest { parts: parts.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::PartAttrs;

    fn named(number: u32, etag: &str) -> NamedPart {
        NamedPart { number, etag: etag.to_owned(), checksums: Vec::new() }
    }

    fn part(number: u16, size: u64, etag: &str) -> Part {
        Part { number, attrs: PartAttrs { size, etag: etag.to_owned(), ..PartAttrs::default() } }
    }

    #[test]
    fn parts_are_named_in_ascending_order_from_1_to_10000() {
        assert!(check_order(&[named(1, "a"), named(10_000, "b")]).is_ok());
        for (parts, code) in [
            (vec![named(2, "a"), named(1, "b")], S3ErrorCode::InvalidPartOrder),
            (vec![named(1, "a"), named(1, "a")], S3ErrorCode::InvalidPartOrder),
            (vec![named(0, "a")], S3ErrorCode::InvalidArgument),
            (vec![named(10_001, "a")], S3ErrorCode::InvalidArgument),
        ] {
            assert_eq!(check_order(&parts).expect_err("is wrong").code, code);
        }
    }

    #[test]
    fn only_parts_that_are_there_are_chosen() {
        let there = || BTreeMap::from([(1, part(1, PART_BYTES_MIN, "a")), (2, part(2, 1, "b")), (3, part(3, 1, "c"))]);
        let code = |parts: &[NamedPart]| chosen(parts, there()).err().map(|e| e.code);
        assert_eq!(code(&[named(1, "a"), named(3, "c")]), None);
        assert_eq!(code(&[named(1, "x")]), Some(S3ErrorCode::InvalidPart));
        assert_eq!(code(&[named(4, "a")]), Some(S3ErrorCode::InvalidPart));
        assert_eq!(code(&[named(2, "b"), named(3, "c")]), Some(S3ErrorCode::EntityTooSmall));
    }
}
