//! ListObjectsV2: a page of a bucket's objects, continued by a token. Source: AWS API_ListObjectsV2.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::S3Error;
use crate::s3::listing::{self, Ask};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::ops::bucket::list_objects::{ask, list};
use crate::s3::owners::Owners;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::token;
use crate::s3::xml;
use crate::s3::xml::listing::{Encoding, ObjectsPage, Version};

/// The row of ListObjectsV2.
pub const ROW: Row = Row {
    name: "ListObjectsV2",
    method: Method::Get,
    level: Level::Bucket,
    query: &["list-type=2"],
    header: None,
    action: Action::ListBucket,
    acl: AclRight::BucketRead,
    body: BodyKind::Empty,
    writes: false,
    call,
};

struct Input {
    ask: Ask,
    from: Vec<u8>,
    token: Option<String>,
    start_after: Option<String>,
    fetch_owner: bool,
    encoding: Encoding,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&request, &permit.bucket()?.id.bytes())?;
        run(permit, input, &services).await
    })
}

fn decode(request: &Request, scope: &[u8]) -> Result<Input, S3Error> {
    listing::optional_attributes(&request.headers)?;
    let target = &request.target;
    let token = target.query.get("continuation-token").map(str::to_owned);
    let start_after = target.query.get("start-after").filter(|s| !s.is_empty()).map(str::to_owned);
    // A token comes from a page that has passed start-after already.
    // An empty one asks for nothing, and is answered as it was sent.
    let from = match (token.as_deref().filter(|token| !token.is_empty()), &start_after) {
        (Some(token), _) => token::open(scope, token)?,
        (None, Some(key)) => listing::after(key),
        (None, None) => Vec::new(),
    };
    let fetch_owner = target.query.get("fetch-owner").is_some_and(|f| f.eq_ignore_ascii_case("true"));
    let ask = ask(target, start_after.clone().filter(|_| token.as_deref().is_none_or(str::is_empty)))?;
    Ok(Input { ask, from, token, start_after, fetch_owner, encoding: listing::encoding(target)? })
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let bucket = permit.bucket()?;
    let listed = list(bucket, &input.ask, input.from, services).await?;
    let owners = match input.fetch_owner {
        true => Owners::of(bucket, listed.entries.iter().map(|entry| &entry.attrs), [], services).await?,
        false => Owners::untold(bucket),
    };
    let next = listed.next.as_deref().map(|next| token::seal(&bucket.id.bytes(), next));
    Ok(Response::xml(xml::listing::objects(&ObjectsPage {
        bucket: bucket.name.as_str(),
        owners: &owners,
        prefix: &input.ask.prefix,
        delimiter: input.ask.delimiter.as_deref(),
        max_keys: input.ask.limit,
        encoding: input.encoding,
        objects: &listed.entries,
        common_prefixes: &listed.common_prefixes,
        truncated: next.is_some(),
        version: Version::Two {
            token: input.token.as_deref(),
            start_after: input.start_after.as_deref(),
            next_token: next.as_deref(),
            fetch_owner: input.fetch_owner,
        },
    })))
}
