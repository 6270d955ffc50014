//! PutObject: stores an object. Source: AWS API_PutObject.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body::{self, Received};
use crate::s3::checksum::Algorithm;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::etag::quoted;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::publish::publish;
use crate::s3::ops::object::version;
use crate::s3::precondition::WriteConditions;
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::stored_headers::ObjectHeaders;
use crate::storage::{Bucket, Fetch, Home, ObjectAttrs, ObjectRecord, Timestamp};

/// The row of PutObject.
pub const ROW: Row = Row {
    name: "PutObject",
    method: Method::Put,
    level: Level::Object,
    query: &[],
    header: None,
    action: Action::PutObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Data,
    writes: true,
    call,
};

struct Input {
    kept: ObjectHeaders,
    conditions: WriteConditions,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let stored = store(&permit, request, &services).await?;
        encode(permit.bucket()?, &stored)
    })
}

fn decode(headers: &Headers) -> Result<Input, S3Error> {
    Ok(Input { kept: ObjectHeaders::parse(headers)?, conditions: WriteConditions::parse(headers)? })
}

async fn run(permit: &Permit, input: Input, request: Request, services: &Services) -> Result<ObjectAttrs, S3Error> {
    let (bucket, key) = (permit.bucket()?, permit.key()?);
    // Read before the first byte is stored: a store that reclaims by fencing depends on it.
    let read = services.storage.metadata.read_head(bucket, key, Fetch::Attrs).await?;
    input.conditions.judge(read.head.object().map(|r| &r.attrs))?;
    let home = Home::Object(bucket, key);
    let Received { data, size, digested } =
        body::receive_object(request.body, &request.headers, home, services).await?;
    let attrs = ObjectAttrs {
        size,
        etag: digested.md5,
        modified_micros: Timestamp::now().0,
        headers: input.kept.headers,
        user_metadata: input.kept.user_metadata,
        owner: permit.tenant().id.0.to_vec().into(),
        checksums: digested.checksum.into_iter().collect(),
        version: version::of_new(bucket),
        ..ObjectAttrs::default()
    };
    let record = Arc::new(ObjectRecord { attrs, data });
    let made = publish(read, record, &input.conditions, services).await?;
    Ok(made.attrs.clone())
}

fn encode(bucket: &Bucket, stored: &ObjectAttrs) -> Result<Response, S3Error> {
    let mut answer = Response::status(200);
    describe(&mut answer, bucket, stored)?;
    Ok(answer)
}

/// Stores what a request carries, however it came. Forms store by this too.
///
/// # Errors
/// What the request asks for and is not possible, what is wrong with its body, what the store fails with.
pub async fn store(permit: &Permit, request: Request, services: &Services) -> Result<ObjectAttrs, S3Error> {
    let input = decode(&request.headers)?;
    run(permit, input, request, services).await
}

/// Adds the headers that say what was stored.
///
/// # Errors
/// `InternalError` for a checksum that nobody knows.
pub fn describe(answer: &mut Response, bucket: &Bucket, attrs: &ObjectAttrs) -> Result<(), S3Error> {
    answer.set("etag", quoted(&attrs.etag));
    version::tell(answer, bucket, attrs);
    for checksum in &attrs.checksums {
        let algorithm = Algorithm::parse(&checksum.algorithm).ok_or(S3ErrorCode::InternalError)?;
        answer.set(algorithm.header(), checksum.value.as_str());
    }
    Ok(())
}
