//! CreateBucket: claims a name on the whole platform. Source: AWS API_CreateBucket; s3cmd `mb` sends `US` or `EU`.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{tags, xml};
use crate::storage::{BucketName, BucketSettings, CreateBucket, LockSettings, NewBucket, Tag, Timestamp, Versioning};

/// A location and a few tags.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;
const OBJECT_LOCK: &str = "x-amz-bucket-object-lock-enabled";

/// The row of CreateBucket.
pub const ROW: Row = Row {
    name: "CreateBucket",
    method: Method::Put,
    level: Level::Bucket,
    query: &[],
    header: None,
    action: Action::CreateBucket,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

struct Input {
    name: BucketName,
    location: Option<String>,
    tags: Vec<Tag>,
    object_lock: bool,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(request, &services).await?;
        run(permit, input, &services).await
    })
}

async fn decode(request: Request, services: &Services) -> Result<Input, S3Error> {
    let name = request.target.bucket.unwrap_or_default();
    let parsed = BucketName::parse(&name, services.rules.bucket_names);
    let name = parsed.map_err(|why| S3ErrorCode::InvalidBucketName.because(why).field("BucketName", name))?;
    let object_lock = object_lock(&request.headers)?;
    let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
    if xml::buckets::asks_for_more(&document)? {
        return Err(S3ErrorCode::NotImplemented
            .because("Of a bucket's configuration only its location and its tags are implemented."));
    }
    let tags = xml::buckets::tags(&document)?;
    tags::check(&tags, tags::BUCKET_TAGS_MAX)?;
    Ok(Input { name, location: xml::buckets::location_constraint(&document)?, tags, object_lock })
}

fn object_lock(headers: &Headers) -> Result<bool, S3Error> {
    let Some(value) = headers.bytes(OBJECT_LOCK) else { return Ok(false) };
    let text = String::from_utf8_lossy(value);
    match text.trim().to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(S3ErrorCode::InvalidArgument
            .because(format!("{OBJECT_LOCK} is neither true nor false."))
            .field("ArgumentName", OBJECT_LOCK)
            .field("ArgumentValue", text)),
    }
}

/// Locks are on versions, so that a bucket with locks has versioning (AWS API_CreateBucket).
fn settings(object_lock: bool) -> BucketSettings {
    if !object_lock {
        return BucketSettings::default();
    }
    BucketSettings {
        versioning: Versioning::Enabled.into(),
        object_lock: Some(LockSettings::default()),
        ..BucketSettings::default()
    }
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let rules = &services.rules;
    if let Some(location) = &input.location {
        let known = *location == rules.region || rules.location_aliases.contains(location);
        if !known {
            return Err(S3ErrorCode::InvalidLocationConstraint
                .because("The specified location-constraint is not valid")
                .field("LocationConstraint", location));
        }
    }
    let name = input.name.to_string();
    let owner = permit.tenant()?.id;
    let new = NewBucket {
        name: input.name,
        owner,
        region: rules.region.clone(),
        created: Timestamp::now(),
        settings: BucketSettings { tags: input.tags, ..settings(input.object_lock) },
    };
    match services.storage.metadata.create_bucket(new).await? {
        CreateBucket::Created(_) => Ok(created(&name)),
        // AWS answers 200 for a bucket of one's own in us-east-1 and 409 elsewhere; nobody may believe in locks that
        // are not there.
        CreateBucket::AlreadyExists(bucket)
            if bucket.owner == owner
                && rules.region == "us-east-1"
                && (bucket.settings.object_lock.is_some() || !input.object_lock) =>
        {
            Ok(created(&name))
        }
        CreateBucket::AlreadyExists(bucket) if bucket.owner == owner => {
            Err(S3Error::from(S3ErrorCode::BucketAlreadyOwnedByYou).field("BucketName", name))
        }
        CreateBucket::AlreadyExists(_) => {
            Err(S3Error::from(S3ErrorCode::BucketAlreadyExists).field("BucketName", name))
        }
        CreateBucket::BeingDeleted => Err(S3ErrorCode::OperationAborted.into()),
    }
}

fn created(name: &str) -> Response {
    let mut answer = Response::status(200);
    answer.set("location", format!("/{name}"));
    answer
}
