//! PutObjectRetention: keeps a version until a date. Extending is always allowed; shortening, another mode and none at
//! all (an empty document) take governance and `x-amz-bypass-governance-retention`. Source: AWS API_PutObjectRetention.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::body;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::lock::{self, Retention};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::object::amend::amend;
use crate::s3::ops::object::version;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::xml;
use crate::storage::{ObjectAttrs, Timestamp, VersionRef};

/// Two elements.
const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The row of PutObjectRetention.
pub const ROW: Row = Row {
    name: "PutObjectRetention",
    method: Method::Put,
    level: Level::Object,
    query: &["retention"],
    header: None,
    action: Action::PutObjectRetention,
    acl: AclRight::Owner,
    body: BodyKind::Document(DOCUMENT_BYTES_MAX),
    writes: true,
    call,
};

struct Input {
    version: Option<VersionRef>,
    retention: Option<Retention>,
    bypass: bool,
    now: Timestamp,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&permit, request).await?;
        run(&permit, &input, &services).await?;
        Ok(Response::status(200))
    })
}

async fn decode(permit: &Permit, request: Request) -> Result<Input, S3Error> {
    let version = version::named(&request.target)?;
    let bypass = lock::headers::bypass(permit, &request.headers);
    let document = body::document(request.body, &request.headers, DOCUMENT_BYTES_MAX).await?;
    let retention = xml::lock::parse_retention(&document)?;
    lock::check_enabled(permit.bucket()?)?;
    let now = Timestamp::now();
    if retention.is_some_and(|retention| !retention.holds(now)) {
        return Err(S3ErrorCode::InvalidArgument
            .because("The retain until date must be in the future!")
            .field("ArgumentName", "RetainUntilDate"));
    }
    Ok(Input { version, retention, bypass, now })
}

async fn run(permit: &Permit, input: &Input, services: &Services) -> Result<(), S3Error> {
    amend(permit, input.version, services, |attrs| {
        let held = Retention::of(attrs.lock.as_ref());
        if !lock::may_become(held, input.retention, input.now, input.bypass) {
            return Err(lock::refused());
        }
        Ok(ObjectAttrs { lock: lock::with_retention(attrs.lock.as_ref(), input.retention), ..attrs.clone() })
    })
    .await?;
    Ok(())
}
