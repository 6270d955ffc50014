//! CreateMultipartUpload: opens an upload that takes parts. Source: AWS API_CreateMultipartUpload.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::acl::{self, Rights};
use crate::s3::checksum::Plan;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lifecycle::headers::tell_abortion;
use crate::s3::lock::headers::asked;
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::stored_headers::ObjectHeaders;
use crate::s3::xml;
use crate::storage::{CreateUpload, NewUpload, ObjectAttrs, ObjectLock, Timestamp};

/// The row of CreateMultipartUpload.
pub const ROW: Row = Row {
    name: "CreateMultipartUpload",
    method: Method::Post,
    level: Level::Object,
    query: &["uploads"],
    header: None,
    action: Action::PutObject,
    acl: AclRight::BucketWrite,
    body: BodyKind::Empty,
    writes: true,
    call,
};

struct Input {
    kept: ObjectHeaders,
    plan: Plan,
    /// The bucket's own retention comes with the completion.
    lock: Option<ObjectLock>,
    rights: Rights,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&permit, &request.headers, &services).await?;
        run(permit, input, &services).await
    })
}

async fn decode(permit: &Permit, headers: &Headers, services: &Services) -> Result<Input, S3Error> {
    let lock = asked(permit, headers)?;
    let rights = acl::of_write(permit, headers, services).await?;
    Ok(Input { kept: ObjectHeaders::parse(headers)?, plan: Plan::parse(headers)?, lock, rights })
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    // An upload has to belong to somebody, so that nobody else completes it.
    let initiator = permit.tenant()?.id;
    let attrs = ObjectAttrs {
        owner: input.rights.owner.0.to_vec().into(),
        acl: input.rights.acl,
        checksums: input.plan.stored(),
        lock: input.lock,
        ..input.kept.into_attrs()
    };
    let new = NewUpload { key: permit.key()?.clone(), attrs, initiator, initiated: Timestamp::now() };
    let upload = match services.storage.metadata.create_upload(bucket, new).await? {
        CreateUpload::Created(upload) => upload,
        CreateUpload::NoSuchBucket => return Err(S3ErrorCode::NoSuchBucket.into()),
    };
    let mut answer = Response::xml(xml::multipart::initiated(bucket.name.as_str(), &upload));
    tell_abortion(&mut answer, bucket, &upload)?;
    if input.plan.declared {
        answer.set("x-amz-checksum-algorithm", input.plan.algorithm.name());
        answer.set("x-amz-checksum-type", input.plan.kind.name());
    }
    Ok(answer)
}
