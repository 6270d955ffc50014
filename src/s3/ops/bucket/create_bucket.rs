//! CreateBucket: claims a name on the whole platform. Source: AWS API_CreateBucket; s3cmd `mb` sends `US` or `EU`.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{tags, xml};
use crate::storage::{BucketName, BucketSettings, CreateBucket, NewBucket, Tag, Timestamp};

/// A location and a few tags.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

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
    let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
    if xml::buckets::asks_for_more(&document)? {
        return Err(S3ErrorCode::NotImplemented
            .because("Of a bucket's configuration only its location and its tags are implemented."));
    }
    let tags = xml::buckets::tags(&document)?;
    tags::check(&tags, tags::BUCKET_TAGS_MAX)?;
    Ok(Input { name, location: xml::buckets::location_constraint(&document)?, tags })
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
    let owner = permit.tenant().id;
    let new = NewBucket {
        name: input.name,
        owner,
        region: rules.region.clone(),
        created: Timestamp::now(),
        settings: BucketSettings { tags: input.tags, ..BucketSettings::default() },
    };
    match services.storage.metadata.create_bucket(new).await? {
        CreateBucket::Created(_) => Ok(created(&name)),
        // AWS answers 200 for a bucket of one's own in us-east-1 and 409 elsewhere.
        CreateBucket::AlreadyExists(bucket) if bucket.owner == owner && rules.region == "us-east-1" => {
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
