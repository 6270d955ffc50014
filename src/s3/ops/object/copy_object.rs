//! CopyObject: a second object with the bytes of the first, which do not move: copying 10 GiB costs what copying 10 KiB
//! costs. Source: AWS API_CopyObject.

use std::sync::Arc;

use crate::s3::access::{self, Permit, SourcePermit};
use crate::s3::copy_source::CopySource;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::publish::publish;
use crate::s3::ops::object::version;
use crate::s3::precondition::{ReadConditions, Verdict, WriteConditions};
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::stored_headers::ObjectHeaders;
use crate::s3::xml;
use crate::storage::{Data, Fetch, HeadRead, ObjectAttrs, ObjectRecord, Reference, Timestamp, VersionRef};

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
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&request.headers)?;
        let source =
            access::decide_source(&permit, &input.source.bucket, &input.source.key, &request.headers, &services)
                .await?;
        run(&permit, source, input, &services).await
    })
}

fn decode(headers: &Headers) -> Result<Input, S3Error> {
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
    if let Some(algorithm) = headers.get("x-amz-checksum-algorithm") {
        return Err(S3ErrorCode::NotImplemented
            .because("A copy with a new checksum is not implemented.")
            .field("Header", "x-amz-checksum-algorithm")
            .field("Value", algorithm));
    }
    let source = CopySource::parse(headers)?;
    let version = version::parse(source.version_id.as_deref())?;
    let source_conditions = ReadConditions::parse(headers, "x-amz-copy-source-");
    Ok(Input { source, version, source_conditions, conditions: WriteConditions::parse(headers)?, replaced })
}

async fn run(permit: &Permit, source: SourcePermit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let (bucket, key) = (permit.bucket()?, permit.key()?);
    let itself = source.bucket().id == bucket.id && source.key() == key;
    if itself && input.replaced.is_none() && input.version.is_none() {
        return Err(S3ErrorCode::InvalidRequest.because(
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    for _ in 0..SOURCE_READS_MAX {
        let from = version::read_source(&source, input.version, services).await?;
        judge_source(&input.source_conditions, &from.attrs)?;
        // The destination is read before the reference is made: a store that reclaims by fencing depends on it.
        let head = services.storage.metadata.read_head(bucket, key, Fetch::Attrs).await?;
        input.conditions.judge(head.head.object().map(|r| &r.attrs))?;
        if let Some(made) = copy(permit, head, &from, &input, services).await? {
            let mut answer = encode(&made.attrs);
            version::tell(&mut answer, bucket, &made.attrs);
            if let Some(version) = version::told(source.bucket(), &from.attrs) {
                answer.set("x-amz-copy-source-version-id", version);
            }
            return Ok(answer);
        }
    }
    Err(S3ErrorCode::SlowDown.because("The source is being overwritten faster than it can be copied. Try again."))
}

/// One try; `None` when the source's bytes are being reclaimed.
async fn copy(
    permit: &Permit,
    head: HeadRead,
    from: &ObjectRecord,
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
    let mut attrs = ObjectAttrs {
        modified_micros: Timestamp::now().0,
        owner: permit.tenant().id.0.to_vec().into(),
        version: version::of_new(permit.bucket()?),
        // A lock is the version's own and is not copied (AWS API_CopyObject).
        lock: None,
        ..from.attrs.clone()
    };
    if let Some(replaced) = &input.replaced {
        attrs.headers.clone_from(&replaced.headers);
        attrs.user_metadata.clone_from(&replaced.user_metadata);
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
    let condition = match conditions.judge(attrs) {
        Verdict::Go => return Ok(()),
        Verdict::NotModified => "x-amz-copy-source-If-None-Match",
        Verdict::Failed(name) => name,
    };
    Err(S3Error::from(S3ErrorCode::PreconditionFailed).field("Condition", condition))
}

fn encode(attrs: &ObjectAttrs) -> Response {
    Response::xml(xml::copy::result("CopyObjectResult", &attrs.etag, Timestamp(attrs.modified_micros)))
}
