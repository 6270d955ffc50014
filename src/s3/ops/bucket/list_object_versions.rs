//! ListObjectVersions: a page of a bucket's versions and delete markers, those of one key from the newest to the oldest.
//! Source: AWS API_ListObjectVersions.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::listing::{self, Ask, Listed, Start};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::list_objects::ask;
use crate::s3::ops::object::version;
use crate::s3::owners::Owners;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::s3::xml;
use crate::s3::xml::listing::Encoding;
use crate::s3::xml::versions::VersionsPage;
use crate::storage::{Bucket, Fetch, ListedVersion, ObjectKey, VersionRef, VersionScan};

/// The row of ListObjectVersions.
pub const ROW: Row = Row {
    name: "ListObjectVersions",
    method: Method::Get,
    level: Level::Bucket,
    query: &["versions"],
    header: None,
    action: Action::ListBucketVersions,
    acl: AclRight::BucketRead,
    body: BodyKind::Empty,
    writes: false,
    call,
};

struct Input {
    ask: Ask,
    version_id_marker: Option<String>,
    after: Option<VersionRef>,
    encoding: Encoding,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        listing::optional_attributes(&request.headers)?;
        let input = decode(&request.target)?;
        run(permit, input, &services).await
    })
}

fn decode(target: &Target) -> Result<Input, S3Error> {
    let text = |name: &str| target.query.get(name).filter(|text| !text.is_empty()).map(str::to_owned);
    let (key_marker, version_id_marker) = (text("key-marker"), text("version-id-marker"));
    if version_id_marker.is_some() && key_marker.is_none() {
        return Err(S3ErrorCode::InvalidArgument
            .because("A version-id marker cannot be specified without a key marker.")
            .field("ArgumentName", "version-id-marker")
            .field("ArgumentValue", version_id_marker.unwrap_or_default()));
    }
    let after = version::parse(version_id_marker.as_deref())?;
    Ok(Input { ask: ask(target, key_marker)?, version_id_marker, after, encoding: listing::encoding(target)? })
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    let listed = list(bucket, &input, services).await?;
    let owners = Owners::of(bucket, listed.entries.iter().map(|entry| &entry.attrs), [], services).await?;
    let next = listed.last.as_deref().filter(|_| listed.next.is_some()).map(|key| {
        let of_key = listed.entries.last().filter(|entry| entry.key.as_str() == key);
        (key, of_key.map(|entry| version::text(entry.attrs.version_ref())))
    });
    Ok(Response::xml(xml::versions::versions(&VersionsPage {
        bucket: bucket.name.as_str(),
        owners: &owners,
        prefix: &input.ask.prefix,
        delimiter: input.ask.delimiter.as_deref(),
        key_marker: input.ask.marker.as_deref().unwrap_or_default(),
        version_id_marker: input.version_id_marker.as_deref().unwrap_or_default(),
        max_keys: input.ask.limit,
        encoding: input.encoding,
        versions: &listed.entries,
        common_prefixes: &listed.common_prefixes,
        next,
    })))
}

async fn list(bucket: &Bucket, input: &Input, services: &Services) -> Result<Listed<ListedVersion>, S3Error> {
    let ask = &input.ask;
    let first = match (&ask.marker, input.after) {
        (None, _) => Start::At(Vec::new()),
        (Some(key), None) => Start::At(listing::after(key)),
        (Some(key), Some(version)) => behind(bucket, key, version, services).await?,
    };
    listing::page(
        ask,
        first,
        |entry: &ListedVersion| entry.key.as_str(),
        |entry| (entry.key.to_string(), entry.attrs.seq),
        |start, limit| async move {
            let (from, below) = match start {
                Start::At(from) => (from, None),
                Start::Behind((key, seq)) => (key.into_bytes(), Some(seq)),
            };
            let scan = VersionScan { prefix: ask.prefix.clone().into_bytes(), from, below, limit };
            Ok(services.storage.metadata.list_versions(bucket, &scan).await?)
        },
    )
    .await
}

/// Behind a version of the marker's key. An id says where that was even when it is gone; the null version does not.
async fn behind(
    bucket: &Bucket,
    key: &str,
    version: VersionRef,
    services: &Services,
) -> Result<Start<(String, i64)>, S3Error> {
    let seq = match (version, ObjectKey::parse(key)) {
        (VersionRef::Id(id), _) => Some(id.seq),
        (VersionRef::Null, Ok(parsed)) => {
            let read = services.storage.metadata.read_version(bucket, &parsed, version, Fetch::Attrs).await?;
            read.head.named.map(|record| record.attrs.seq)
        }
        (VersionRef::Null, Err(_)) => None,
    };
    Ok(seq.map_or_else(|| Start::At(listing::after(key)), |seq| Start::Behind((key.to_owned(), seq))))
}
