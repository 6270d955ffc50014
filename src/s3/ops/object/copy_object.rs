//! CopyObject: a second object with the bytes of the first, which do not move: copying 10 GiB costs what copying 10 KiB
//! costs. Source: AWS API_CopyObject.

use std::sync::Arc;

use futures::StreamExt;

use crate::s3::access::{self, Permit, SourcePermit};
use crate::s3::acl::{self, Rights};
use crate::s3::auth::Trailers;
use crate::s3::checksum::{self, Algorithm};
use crate::s3::content;
use crate::s3::copy_source::CopySource;
use crate::s3::digest::{Digests, Expected};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lifecycle::headers::tell_expiration;
use crate::s3::lock;
use crate::s3::lock::headers::asked;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::publish::{begin, bucket_now, publish};
use crate::s3::ops::object::version;
use crate::s3::precondition::{ReadConditions, Verdict, WriteConditions};
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::slow_answer::{self, Context};
use crate::s3::stored_headers::{self, ObjectHeaders};
use crate::s3::{storage_class, tags, xml};
use crate::storage::{
    Data, HeadRead, ObjectAttrs, ObjectLock, ObjectRecord, Reference, StoredChecksum, StoredHeader, Tag, Timestamp,
    VersionRef,
};

/// The row of CopyObject.
pub const ROW: Row = Row {
    name: "CopyObject",
    method: Method::Put,
    level: Level::Object,
    query: &[],
    header: Some("x-amz-copy-source"),
    action: Action::PutObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Empty,
    writes: true,
    call,
};

/// How often a source that is overwritten or reclaimed under our hands is read again.
const SOURCE_READS_MAX: usize = 8;

struct Input {
    source: CopySource,
    version: Option<VersionRef>,
    source_conditions: ReadConditions,
    conditions: WriteConditions,
    /// `None` keeps the source's.
    replaced: Option<ObjectHeaders>,
    /// These belong to one object and never come from the source.
    storage_class: String,
    redirect: Option<StoredHeader>,
    /// A checksum that the copy is to have; `None` keeps the source's.
    checksum: Option<Algorithm>,
    /// The request changes something, so that an object may be copied onto itself.
    changes: bool,
    /// `None` keeps the source's.
    tags: Option<Vec<Tag>>,
    lock: Option<ObjectLock>,
    rights: Rights,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&permit, &request.headers, &services).await?;
        let source =
            access::decide_source(&permit, &input.source.bucket, &input.source.key, input.version, &services).await?;
        let reads = input.checksum.is_some();
        let context = Context {
            resource: request.target.resource(),
            request_id: request.request_id,
            host_id: services.host_id.clone(),
        };
        let work = async move { run(permit, source, input, &services).await };
        // Only what reads the source's bytes may take longer than a client waits for an answer to begin.
        if reads { slow_answer::answer(work, context).await } else { work.await }
    })
}

async fn decode(permit: &Permit, headers: &Headers, services: &Services) -> Result<Input, S3Error> {
    let replaced = match headers.get("x-amz-metadata-directive") {
        None | Some("COPY") => None,
        Some("REPLACE") => Some(ObjectHeaders::parse(headers)?),
        Some(other) => {
            return Err(S3ErrorCode::InvalidArgument
                .because("Unknown metadata directive.")
                .field("ArgumentName", "x-amz-metadata-directive")
                .field("ArgumentValue", other));
        }
    };
    let tags = match headers.get("x-amz-tagging-directive") {
        None | Some("COPY") => None,
        Some("REPLACE") => Some(tags::of_header(headers)?.unwrap_or_default()),
        Some(other) => {
            return Err(S3ErrorCode::InvalidArgument
                .because("Unknown tagging directive.")
                .field("ArgumentName", "x-amz-tagging-directive")
                .field("ArgumentValue", other));
        }
    };
    let source = CopySource::parse(headers)?;
    let version = version::parse(source.version_id.as_deref())?;
    let (checksum, redirect) = (checksum::algorithm(headers)?, stored_headers::redirect(headers)?);
    let changes = replaced.is_some() || storage_class::asked(headers) || redirect.is_some() || checksum.is_some();
    let rights = acl::of_write(permit, headers, services).await?;
    Ok(Input {
        source,
        source_conditions: ReadConditions::parse(headers, "x-amz-copy-source-"),
        conditions: WriteConditions::parse(headers)?,
        replaced,
        storage_class: storage_class::parse(headers)?,
        redirect,
        checksum,
        changes: changes || version.is_some(),
        version,
        tags,
        lock: asked(permit, headers)?,
        rights,
    })
}

async fn run(
    permit: Permit,
    mut source: SourcePermit,
    input: Input,
    services: &Arc<Services>,
) -> Result<Response, S3Error> {
    let (bucket, key) = (permit.bucket()?, permit.key()?);
    let itself = source.permit().bucket()?.id == bucket.id && source.permit().key()? == key;
    if itself && !input.changes {
        return Err(S3ErrorCode::InvalidRequest.because(
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    for _ in 0..SOURCE_READS_MAX {
        let from = version::read_source(&source, services).await?;
        judge_source(&input.source_conditions, &from.attrs)?;
        if input.tags.is_none() {
            access::may_tag(&permit, &from.attrs.tags)?;
        }
        // The destination is read before the reference is made: a store that reclaims by fencing depends on it.
        let head = begin(bucket, key, services).await?;
        input.conditions.judge(head.head.object().map(|r| &r.attrs))?;
        let checksums = match input.checksum {
            Some(algorithm) => checksums(&from, algorithm, services).await?,
            None => from.attrs.checksums.clone(),
        };
        if let Some(made) = copy(&permit, head, &from, checksums, &input, services).await? {
            let mut answer = encode(&made.attrs);
            version::tell_made(&mut answer, &made.attrs);
            tell_expiration(&mut answer, bucket, key, &made.attrs)?;
            if source.permit().is_charged() {
                answer.set(access::CHARGED, "requester");
            }
            if let Some(version) = version::told(source.permit().bucket()?, &from.attrs) {
                answer.set("x-amz-copy-source-version-id", version);
            }
            return Ok(answer);
        }
        // The source has another content by now, which may be another's.
        let CopySource { bucket, key, .. } = &input.source;
        source = access::decide_source(&permit, bucket, key, input.version, services).await?;
    }
    Err(S3ErrorCode::SlowDown.because("The source is being overwritten faster than it can be copied. Try again."))
}

/// The source's checksum of this algorithm, made of its bytes if it has none.
async fn checksums(
    from: &ObjectRecord,
    algorithm: Algorithm,
    services: &Arc<Services>,
) -> Result<Vec<StoredChecksum>, S3Error> {
    let there = from.attrs.checksums.iter().find(|c| c.algorithm == algorithm.name() && !c.composite);
    if let Some(there) = there {
        return Ok(vec![there.clone()]);
    }
    let expected = Expected::default().with(algorithm);
    let mut digests = Digests::new(&expected);
    let mut pieces = content::open(from, 0..from.attrs.size, services).await?;
    while let Some(piece) = pieces.next().await {
        digests = digests.absorb(piece?).await?;
    }
    Ok(digests.finish(&expected, &Trailers::default())?.checksums)
}

/// One try; `None` when the source's bytes are being reclaimed.
async fn copy(
    permit: &Permit,
    head: HeadRead,
    from: &ObjectRecord,
    checksums: Vec<StoredChecksum>,
    input: &Input,
    services: &Services,
) -> Result<Option<Arc<ObjectRecord>>, S3Error> {
    let held = match &from.data {
        Data::Stored(placement) => {
            match services.storage.chunks.reference(placement, permit.bucket()?, permit.key()?).await? {
                Reference::Held(guard) => Some(guard),
                Reference::Gone => return Ok(None),
            }
        }
        Data::Inline(_) => None,
        Data::NotRead => return Err(S3ErrorCode::InternalError.because("The source's bytes were not read.")),
    };
    let (bucket, made) = (permit.bucket()?, Timestamp::now());
    let configured = bucket_now(bucket, services).await?;
    let mut attrs = ObjectAttrs {
        modified_micros: made.0,
        owner: input.rights.owner.0.to_vec().into(),
        // The source's list is its own as well.
        acl: input.rights.acl.clone(),
        version: version::of_new_since(bucket, &configured),
        // The source's lock is its own and is not copied (AWS API_CopyObject).
        lock: lock::of_new(&configured.settings, input.lock.clone(), made),
        storage_class: input.storage_class.clone(),
        checksums,
        ..from.attrs.clone()
    };
    if let Some(replaced) = &input.replaced {
        attrs.headers.clone_from(&replaced.headers);
        attrs.user_metadata.clone_from(&replaced.user_metadata);
    }
    stored_headers::set_redirect(&mut attrs.headers, input.redirect.clone());
    if let Some(tags) = &input.tags {
        attrs.tags.clone_from(tags);
    }
    let record = ObjectRecord { attrs, data: from.data.clone() };
    let made = publish(head, Arc::new(record), &input.conditions, services).await?;
    drop(held);
    Ok(Some(made))
}

/// What the four copy-source conditions say: every failure is 412, also where a read would be 304.
///
/// # Errors
/// `PreconditionFailed`.
pub fn judge_source(conditions: &ReadConditions, attrs: &ObjectAttrs) -> Result<(), S3Error> {
    match conditions.judge(attrs) {
        Verdict::Go => Ok(()),
        Verdict::NotModified(name) | Verdict::Failed(name) => {
            Err(S3Error::from(S3ErrorCode::PreconditionFailed).field("Condition", format!("x-amz-copy-source-{name}")))
        }
    }
}

fn encode(attrs: &ObjectAttrs) -> Response {
    Response::xml(xml::copy::object(attrs))
}
