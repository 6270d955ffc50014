//! PutObject: stores an object. Source: AWS API_PutObject.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::acl::{self, Rights};
use crate::s3::body::{self, Received};
use crate::s3::checksum;
use crate::s3::digest::Expected;
use crate::s3::error::S3Error;
use crate::s3::etag::quoted;
use crate::s3::lifecycle::headers::tell_expiration;
use crate::s3::lock;
use crate::s3::lock::headers::{asked, check_digest};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::publish::{begin, bucket_now, publish};
use crate::s3::ops::object::version;
use crate::s3::precondition::WriteConditions;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::stored_headers::ObjectHeaders;
use crate::storage::{Home, ObjectAttrs, ObjectLock, ObjectRecord, Timestamp};

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
    lock: Option<ObjectLock>,
    rights: Rights,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let stored = store(&permit, request, &services).await?;
        encode(&permit, &stored)
    })
}

async fn decode(permit: &Permit, request: &Request, services: &Services) -> Result<Input, S3Error> {
    let headers = &request.headers;
    let lock = asked(permit, headers)?;
    check_digest(permit.bucket()?, lock.as_ref(), headers, "Put Object")?;
    checksum::announced(headers, request.presigned, Expected::parse(headers)?.claim())?;
    let rights = acl::of_write(permit, headers, services).await?;
    Ok(Input { kept: ObjectHeaders::parse(headers)?, conditions: WriteConditions::parse(headers)?, lock, rights })
}

async fn run(permit: &Permit, input: Input, request: Request, services: &Services) -> Result<ObjectAttrs, S3Error> {
    let (bucket, key) = (permit.bucket()?, permit.key()?);
    let read = begin(bucket, key, services).await?;
    input.conditions.judge(read.head.object().map(|r| &r.attrs))?;
    let home = Home::Object(bucket, key);
    let Received { data, size, digested } =
        body::receive_object(request.body, &request.headers, home, services).await?;
    let (made, configured) = (Timestamp::now(), bucket_now(bucket, services).await?);
    let attrs = ObjectAttrs {
        size,
        etag: digested.md5,
        modified_micros: made.0,
        owner: input.rights.owner.0.to_vec().into(),
        acl: input.rights.acl,
        checksums: digested.checksums,
        version: version::of_new_since(bucket, &configured),
        lock: lock::of_new(&configured.settings, input.lock, made),
        ..input.kept.into_attrs()
    };
    let record = Arc::new(ObjectRecord { attrs, data });
    let made = publish(read, record, &input.conditions, services).await?;
    Ok(made.attrs.clone())
}

fn encode(permit: &Permit, stored: &ObjectAttrs) -> Result<Response, S3Error> {
    let mut answer = Response::status(200);
    describe(&mut answer, permit, stored)?;
    Ok(answer)
}

/// Stores what a request carries, however it came. Forms store by this too.
///
/// # Errors
/// What the request asks for and is not possible, what is wrong with its body, what the store fails with.
pub async fn store(permit: &Permit, request: Request, services: &Services) -> Result<ObjectAttrs, S3Error> {
    let input = decode(permit, &request, services).await?;
    run(permit, input, request, services).await
}

/// Adds the headers that say what was stored.
///
/// # Errors
/// `InternalError` for lifecycle rules that cannot be read.
pub fn describe(answer: &mut Response, permit: &Permit, attrs: &ObjectAttrs) -> Result<(), S3Error> {
    let bucket = permit.bucket()?;
    answer.set("etag", quoted(&attrs.etag));
    version::tell_made(answer, attrs);
    checksum::write(answer, &attrs.checksums, true);
    tell_expiration(answer, bucket, permit.key()?, attrs)
}
