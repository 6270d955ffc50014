//! CreateBucket: claims a name on the whole platform. Source: AWS API_CreateBucket; s3cmd `mb` sends `US` or `EU`.

use std::sync::Arc;

use crate::s3::access::{self, Permit};
use crate::s3::acl::{self, On, Wanted};
use crate::s3::body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::request::{Headers, Method};
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::{ownership, public_access, tags, xml};
use crate::storage::{
    AccessControlList, Bucket, BucketName, BucketSettings, CreateBucket, LockSettings, NewBucket, Ownership, Tag,
    TenantId, Timestamp, Versioning,
};

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
    acl: Option<Wanted>,
    ownership: Option<Ownership>,
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
    let ownership = ownership::asked(&request.headers)?;
    let acl = Wanted::of_headers(&request.headers, On::Bucket, services).await?;
    let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
    if xml::buckets::asks_for_more(&document)? {
        return Err(S3ErrorCode::NotImplemented
            .because("Of a bucket's configuration only its location and its tags are implemented."));
    }
    let tags = xml::buckets::tags(&document)?;
    tags::check(&tags, tags::BUCKET_TAGS_MAX)?;
    let location = xml::buckets::location_constraint(&document)?;
    Ok(Input { name, location, tags, object_lock, acl, ownership })
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

/// How the bucket begins. Locks are on versions, so that a bucket with locks has versioning (AWS API_CreateBucket).
async fn settings(input: &Input, owner: TenantId, services: &Services) -> Result<BucketSettings, S3Error> {
    // What holds where nothing is said needs not be said.
    let default = Some(services.rules.ownership).filter(|default| *default != Ownership::ObjectWriter);
    let ownership = input.ownership.or(default).unwrap_or(Ownership::Unset);
    let block = services.rules.block_public_access.then_some(public_access::ALL);
    let blocked = match (&input.acl, block) {
        (None, _) => false,
        (Some(_), Some(all)) => all.block_public_acls,
        (Some(_), None) => access::switches_of_account(owner, services).await?.block_public_acls,
    };
    Ok(BucketSettings {
        versioning: if input.object_lock { Versioning::Enabled } else { Versioning::Off }.into(),
        object_lock: input.object_lock.then(LockSettings::default),
        tags: input.tags.clone(),
        acl: list(input, owner, ownership, blocked)?,
        ownership: ownership.into(),
        public_access_block: block,
        ..BucketSettings::default()
    })
}

/// The bucket's access control list. AWS has codes of its own for one that the new bucket would not take.
fn list(
    input: &Input,
    owner: TenantId,
    ownership: Ownership,
    blocked: bool,
) -> Result<Option<AccessControlList>, S3Error> {
    let Some(wanted) = &input.acl else { return Ok(None) };
    let list = wanted.list(owner, owner);
    let public = acl::is_public(&list);
    match acl::stored(list, owner) {
        Some(_) if ownership == Ownership::BucketOwnerEnforced => {
            Err(S3ErrorCode::InvalidBucketAclWithObjectOwnership.into())
        }
        Some(_) if blocked && public => Err(S3ErrorCode::InvalidBucketAclWithBlockPublicAccessError.into()),
        stored => Ok(stored),
    }
}

/// Whether a bucket that is there already is as this request wants one: nobody may believe in locks, rights,
/// owners or tags that are not there. AWS answers 200 for a bucket of one's own in us-east-1 (and 409 elsewhere), and takes its list
/// away; here a bucket with another list is a conflict.
fn is_as_asked(bucket: &Bucket, input: &Input, asked: &BucketSettings) -> bool {
    let there = &bucket.settings;
    let has_tags = there.tags.len() == input.tags.len() && input.tags.iter().all(|tag| there.tags.contains(tag));
    (there.object_lock.is_some() || !input.object_lock)
        && (has_tags || input.tags.is_empty())
        && there.acl == asked.acl
        && input.ownership.is_none_or(|wanted| wanted == there.ownership())
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let rules = &services.rules;
    if let Some(location) = &input.location {
        let known = **location == *rules.region || rules.location_aliases.contains(location);
        if !known {
            return Err(S3ErrorCode::InvalidLocationConstraint
                .because("The specified location-constraint is not valid")
                .field("LocationConstraint", location));
        }
    }
    let name = input.name.to_string();
    let owner = permit.tenant()?.id;
    let settings = settings(&input, owner, services).await?;
    let new = NewBucket {
        name: input.name.clone(),
        owner,
        region: rules.region.to_string(),
        created: Timestamp::now(),
        settings: settings.clone(),
    };
    let again = |bucket: &Bucket| *rules.region == *"us-east-1" && is_as_asked(bucket, &input, &settings);
    let outcome = services.storage.metadata.create_bucket(new).await?;
    if let CreateBucket::Created(bucket) = &outcome {
        keep_for_somebody(&permit, bucket, services).await?;
    }
    answer(outcome, &name, owner, again)
}

/// Takes the bucket of a tenant away who is being deleted: his deletion disables him and then looks for buckets, and this
/// looks for him when the bucket is there, so that one of the two sees the other.
async fn keep_for_somebody(permit: &Permit, bucket: &Bucket, services: &Services) -> Result<(), S3Error> {
    if services.accounts.tenant(bucket.owner).await?.is_some_and(|owner| !owner.disabled) {
        return Ok(());
    }
    services.storage.metadata.delete_bucket(bucket).await?;
    let key = permit.caller().access_key().unwrap_or_default();
    Err(S3Error::from(S3ErrorCode::InvalidAccessKeyId).field("AWSAccessKeyId", key.to_owned()))
}

/// What the outcome means to its owner; `again`: whether a bucket that is there already is answered as a new one.
fn answer(
    outcome: CreateBucket,
    name: &str,
    owner: TenantId,
    again: impl FnOnce(&Bucket) -> bool,
) -> Result<Response, S3Error> {
    let code = match outcome {
        CreateBucket::Created(_) => return Ok(created(name)),
        CreateBucket::AlreadyExists(bucket) if bucket.owner != owner => S3ErrorCode::BucketAlreadyExists,
        CreateBucket::AlreadyExists(bucket) if again(&bucket) => return Ok(created(name)),
        CreateBucket::AlreadyExists(_) => S3ErrorCode::BucketAlreadyOwnedByYou,
        CreateBucket::BeingDeleted => return Err(S3ErrorCode::OperationAborted.into()),
    };
    Err(S3Error::from(code).field("BucketName", name))
}

fn created(name: &str) -> Response {
    let mut answer = Response::status(200);
    answer.set("location", format!("/{name}"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_whose_bucket_is_being_deleted_is_free_later() {
        let answered = answer(CreateBucket::BeingDeleted, "b", TenantId([1; 32]), |_| true);
        assert_eq!(answered.err().map(|error| error.code), Some(S3ErrorCode::OperationAborted));
    }
}
