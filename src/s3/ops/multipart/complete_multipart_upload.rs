//! CompleteMultipartUpload: makes the parts one object. No data moves. Source: AWS API_CompleteMultipartUpload.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::s3::access::{self, Permit};
use crate::s3::body;
use crate::s3::checksum::{Claim, Kind, Plan, claim_of_object};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::etag;
use crate::s3::lifecycle::headers::tell_expiration;
use crate::s3::lock;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::multipart::upload::{PART_NUMBER_MAX, find, no_such_upload, reaches};
use crate::s3::ops::object::publish::{begin, bucket_now, put};
use crate::s3::ops::object::version;
use crate::s3::precondition::WriteConditions;
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::s3::xml::multipart::NamedPart;
use crate::storage::{
    Bucket, CompleteUpload, Data, Decision, Fingerprint, Head, Home, Manifest, ManifestPart, ObjectAttrs, ObjectRecord,
    Ownership, PAGE_ENTRIES_MAX, Part, StoredChecksum, Timestamp, Upload, UploadState,
};

/// 10,000 parts with an ETag and a checksum each.
const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Smallest part but the last, bytes (AWS, "Multipart upload limits").
const PART_BYTES_MIN: u64 = 5 * 1024 * 1024;
/// Largest object, bytes: 50 TiB since December 2025; the parts' own limits come first.
const OBJECT_BYTES_MAX: u64 = 50 << 40;
/// From this many parts on, their checksums are combined off the reactor's thread: each takes up to half a millisecond.
const BLOCKING_PARTS_MIN: usize = 16;

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
    checksum: Checksum,
}

/// What the request says about the object's checksum.
struct Checksum {
    claim: Option<Claim>,
    kind: Option<Kind>,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let location = request.target.url(permit.key()?.as_str());
        let input = decode(&permit, request, &services).await?;
        let permit = access::renewed(permit, &services).await?;
        reaches(&permit, &input.upload)?;
        let attrs = run(&permit, input, &services).await?;
        let (bucket, key) = (permit.bucket()?.name.as_str(), permit.key()?.as_str());
        let mut answer = Response::xml(xml::multipart::completed(&location, bucket, key, &attrs));
        version::tell_made(&mut answer, &attrs);
        tell_expiration(&mut answer, permit.bucket()?, permit.key()?, &attrs)?;
        Ok(answer)
    })
}

async fn decode(permit: &Permit, request: Request, services: &Services) -> Result<Input, S3Error> {
    let conditions = WriteConditions::parse(&request.headers)?;
    let size = claimed_size(&request.headers)?;
    let checksum = Checksum { claim: claim_of_object(&request.headers)?, kind: Kind::parse(&request.headers)? };
    let upload = find(permit, &request.target, services).await?;
    // A checksum is the object's, `Content-MD5` the document's.
    let mut digest = Headers::default();
    if let Some(md5) = request.headers.bytes("content-md5") {
        digest.push("content-md5", md5.to_vec());
    }
    let document = body::document(request.body, &digest, DOCUMENT_BYTES_MAX).await?;
    let named = last_of_each(xml::multipart::parts_to_complete(&document)?);
    Ok(Input { upload, named, conditions, size, checksum })
}

/// A part that was sent again may be named again right after, and the last naming counts: Ceph's gateway takes this, and
/// AWS's rule is only that the order ascends.
fn last_of_each(mut named: Vec<NamedPart>) -> Vec<NamedPart> {
    // Backwards, because the first of equal neighbours stays.
    named.reverse();
    named.dedup_by_key(|part| part.number);
    named.reverse();
    named
}

fn claimed_size(headers: &Headers) -> Result<Option<u64>, S3Error> {
    let Some(value) = headers.bytes("x-amz-mp-object-size") else { return Ok(None) };
    let text = String::from_utf8_lossy(value);
    text.parse()
        .map(Some)
        .map_err(|_| S3ErrorCode::InvalidRequest.because("Value for x-amz-mp-object-size header is invalid."))
}

async fn run(permit: &Permit, input: Input, services: &Services) -> Result<ObjectAttrs, S3Error> {
    let bucket = permit.bucket()?;
    let fingerprint = fingerprint(&input.named);
    if let Some(published) = published(&input.upload, fingerprint)? {
        return Ok(published);
    }
    check_order(&input.named, &input.upload)?;
    let plan = Plan::of(&input.upload);
    input.checksum.fits(plan)?;
    let parts = match chosen(&input.named, all_parts(bucket, &input.upload, services).await?, &input.upload) {
        Ok(parts) => parts,
        Err(error) => return published_meanwhile(bucket, &input.upload, fingerprint, services).await?.ok_or(error),
    };
    let size = total(&parts, input.size)?;
    let checksum = combine(plan, &parts).await?;
    input.checksum.verify(checksum.as_ref(), parts.len())?;
    // The conditions are judged with the upload at hand, not here: the object may be what this very completion has made.
    let read = begin(bucket, &input.upload.key, services).await?;
    let manifest = manifest(&parts, plan);
    let placement = services.storage.chunks.write_manifest(Home::Manifest(bucket, &input.upload), &manifest).await?;
    let etag = etag::of_parts(parts.iter().map(|p| p.attrs.etag.as_str()));
    let (made, configured) = (Timestamp::now(), bucket_now(bucket, services).await?);
    // Others' lists may not count by now, and the bucket be another's.
    let owned = configured.settings.ownership() == Ownership::BucketOwnerEnforced;
    let owner = owned.then(|| configured.owner.0.to_vec().into());
    let attrs = ObjectAttrs {
        size,
        owner: owner.unwrap_or_else(|| input.upload.attrs.owner.clone()),
        etag: etag.ok_or_else(|| S3ErrorCode::InternalError.because("A part's ETag is no MD5."))?,
        modified_micros: made.0,
        parts: u32::try_from(parts.len()).unwrap_or(u32::MAX),
        version: version::of_new_since(bucket, &configured),
        checksums: checksum.into_iter().collect(),
        lock: lock::of_new(&configured.settings, input.upload.attrs.lock.clone(), made),
        ..input.upload.attrs.clone()
    };
    let record = Arc::new(ObjectRecord { attrs: attrs.clone(), data: Data::Stored(placement.clone()) });
    let mut refusal = None;
    let mut decide = |head: &Head| {
        let decision = put(head, &record, &input.conditions, made);
        refusal = decision.as_ref().err().cloned();
        decision.unwrap_or(Decision::Leave)
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

/// What this completion has made already; nothing, if the upload is open.
fn published(upload: &Upload, fingerprint: Fingerprint) -> Result<Option<ObjectAttrs>, S3Error> {
    match &upload.state {
        UploadState::Open => Ok(None),
        UploadState::Completed { fingerprint: then, attrs } if *then == fingerprint => Ok(Some(attrs.clone())),
        UploadState::Completed { .. } => Err(no_such_upload(upload)),
    }
}

/// A request that was faster takes the parts with it: then what became of the upload is the answer, not a missing part.
async fn published_meanwhile(
    bucket: &Bucket,
    upload: &Upload,
    fingerprint: Fingerprint,
    services: &Services,
) -> Result<Option<ObjectAttrs>, S3Error> {
    let now = services.storage.metadata.upload(bucket, &upload.key, upload.id).await?;
    published(&now.ok_or_else(|| no_such_upload(upload))?, fingerprint)
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

fn check_order(named: &[NamedPart], upload: &Upload) -> Result<(), S3Error> {
    let argument = |message: &'static str, part: &NamedPart| {
        S3ErrorCode::InvalidArgument
            .because(message)
            .field("ArgumentName", "PartNumber")
            .field("ArgumentValue", part.number.to_string())
    };
    if let Some(part) = named.iter().find(|part| part.number == 0) {
        return Err(argument("PartNumber must be >= 1", part));
    }
    if let Some(part) = named.iter().find(|part| part.number > u32::from(PART_NUMBER_MAX)) {
        return Err(argument("Part number must be an integer between 1 and 10000, inclusive", part));
    }
    let ascending = named.windows(2).all(|two| matches!(two, [a, b] if a.number < b.number));
    if ascending {
        return Ok(());
    }
    Err(S3Error::from(S3ErrorCode::InvalidPartOrder).field("UploadId", upload.id.to_string()))
}

impl Checksum {
    /// Whether the request goes with what the upload was opened for.
    fn fits(&self, plan: Plan) -> Result<(), S3Error> {
        if self.claim.is_some() {
            plan.admit(self.claim.as_ref())?;
        }
        match self.kind {
            Some(kind) if kind != plan.kind => Err(S3ErrorCode::InvalidRequest.because(format!(
                "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
                plan.kind.name()
            ))),
            _ => Ok(()),
        }
    }

    /// Compares the object's checksum with the one claimed. A claim that counts the parts counts these.
    fn verify(&self, computed: Option<&StoredChecksum>, parts: usize) -> Result<(), S3Error> {
        let (Some(claim), Some(computed)) = (&self.claim, computed) else { return Ok(()) };
        let same = computed.algorithm == claim.algorithm.name();
        let Some(sent) = claim.value.as_deref().filter(|_| same) else { return Ok(()) };
        let bare = computed.value.split('-').next().unwrap_or_default();
        match sent.split_once('-') {
            Some((value, count)) if computed.composite && count == parts.to_string() => claim.verify(value, bare),
            None if computed.composite => claim.verify(sent, bare),
            _ => claim.verify(sent, &computed.value),
        }
    }
}

/// The object's size, which has to be the one claimed.
fn total(parts: &[Part], claimed: Option<u64>) -> Result<u64, S3Error> {
    let size = parts.iter().map(|p| p.attrs.size).sum::<u64>();
    if let Some(claimed) = claimed.filter(|claimed| *claimed != size) {
        return Err(S3ErrorCode::InvalidRequest.because(format!(
            "The provided 'x-amz-mp-object-size' header value {claimed} does not match what was computed: {size}"
        )));
    }
    if size > OBJECT_BYTES_MAX {
        return Err(S3Error::from(S3ErrorCode::EntityTooLarge)
            .field("ProposedSize", size.to_string())
            .field("MaxSizeAllowed", OBJECT_BYTES_MAX.to_string()));
    }
    Ok(size)
}

async fn combine(plan: Plan, parts: &[Part]) -> Result<Option<StoredChecksum>, S3Error> {
    let values: Vec<_> = parts.iter().map(|p| (p.attrs.size, plan.pick(&p.attrs.checksums).cloned())).collect();
    if values.len() < BLOCKING_PARTS_MIN {
        return Ok(plan.combine(&values));
    }
    let combined = tokio::task::spawn_blocking(move || plan.combine(&values));
    combined.await.map_err(|_| S3ErrorCode::InternalError.because("The server is stopping."))
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
fn chosen(named: &[NamedPart], mut there: BTreeMap<u32, Part>, upload: &Upload) -> Result<Vec<Part>, S3Error> {
    let plan = Plan::of(upload);
    let invalid = |wanted: &NamedPart| {
        S3Error::from(S3ErrorCode::InvalidPart)
            .field("UploadId", upload.id.to_string())
            .field("PartNumber", wanted.number.to_string())
            .field("ETag", wanted.etag.as_str())
    };
    let mut parts: Vec<Part> = Vec::with_capacity(named.len());
    for wanted in named {
        let part = there.remove(&wanted.number).filter(|part| part.attrs.etag == wanted.etag);
        let part = part.ok_or_else(|| invalid(wanted))?;
        match &wanted.checksum {
            Some(named) if plan.declared && named.algorithm != plan.algorithm.name() => {
                return Err(S3ErrorCode::BadDigest.because(format!(
                    "The {} you specified for part {} did not match what we received.",
                    named.algorithm.to_ascii_lowercase(),
                    wanted.number
                )));
            }
            Some(named) if plan.pick(&part.attrs.checksums) != Some(named) => return Err(invalid(wanted)),
            // Those that are not named are known: AWS asks for each of a composite checksum, Ceph's gateway for none.
            _ => parts.push(part),
        }
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

fn manifest(parts: &[Part], plan: Plan) -> Manifest {
    let parts = parts.iter().map(|part| ManifestPart {
        number: part.number.into(),
        size: part.attrs.size,
        placement: part.attrs.placement.clone(),
        etag: part.attrs.etag.clone(),
        checksums: plan.pick(&part.attrs.checksums).cloned().into_iter().collect(),
    });
    Manifest { parts: parts.collect() }
}

#[cfg(test)]
mod tests;
