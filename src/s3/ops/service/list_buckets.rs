//! ListBuckets: the caller's buckets. Source: AWS API_ListBuckets.

use std::sync::Arc;

use crate::s3::access::Permit;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::operation::{AclRight, Action, BodyKind, Level, Reply, Request, Row};
use crate::s3::owners::Names;
use crate::s3::request::Method;
use crate::s3::response::Response;
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::s3::token;
use crate::s3::xml;
use crate::storage::PAGE_ENTRIES_MAX;

/// The row of ListBuckets.
pub const ROW: Row = Row {
    name: "ListBuckets",
    method: Method::Get,
    level: Level::Service,
    query: &[],
    header: None,
    action: Action::ListAllMyBuckets,
    acl: AclRight::Owner,
    body: BodyKind::Empty,
    writes: false,
    call,
};

/// Most buckets in one answer (AWS API_ListBuckets).
const MAX_BUCKETS: usize = 10_000;

struct Input {
    prefix: Option<String>,
    region: Option<String>,
    after: Option<String>,
    limit: usize,
}

fn call(permit: Permit, request: Request, services: Arc<Services>) -> Reply {
    Box::pin(async move {
        let input = decode(&request.target, &permit)?;
        run(permit, input, &services).await
    })
}

fn decode(target: &Target, permit: &Permit) -> Result<Input, S3Error> {
    let text = |name: &str| target.query.get(name).filter(|t| !t.is_empty()).map(str::to_owned);
    let limit = match text("max-buckets").map(|n| n.parse::<usize>()) {
        None => MAX_BUCKETS,
        Some(Ok(n)) if (1..=MAX_BUCKETS).contains(&n) => n,
        Some(_) => {
            return Err(S3ErrorCode::InvalidArgument
                .because("Argument max-buckets must be an integer between 1 and 10000.")
                .field("ArgumentName", "max-buckets"));
        }
    };
    let owner = permit.tenant()?.id;
    let after = text("continuation-token").map(|t| token::open(&owner.0, &t)).transpose()?;
    let after = after.and_then(|bytes| String::from_utf8(bytes).ok());
    Ok(Input { prefix: text("prefix"), region: text("bucket-region"), after, limit })
}

async fn run(permit: Permit, input: Input, services: &Services) -> Result<Response, S3Error> {
    let owner = permit.tenant()?;
    let prefix = input.prefix.as_deref().unwrap_or("");
    let mut after = input.after;
    let mut all = Vec::new();
    let mut more = true;
    // Each read yields at least one bucket or ends the loop.
    while more && all.len() < input.limit {
        let want = (input.limit - all.len()).min(PAGE_ENTRIES_MAX);
        let page = services.storage.metadata.list_buckets(owner.id, prefix, after.as_deref(), want).await?;
        more = page.more && !page.entries.is_empty();
        after = page.entries.last().map(|b| b.name.to_string()).or(after);
        all.extend(page.entries.into_iter().filter(|b| input.region.as_ref().is_none_or(|r| *r == b.region)));
    }
    let next = after.filter(|_| more).map(|name| token::seal(&owner.id.0, name.as_bytes()));
    let names = Names::of([owner.id], services).await?;
    Ok(Response::xml(xml::buckets::list(&names.tenant(owner.id), &all, input.prefix.as_deref(), next.as_deref())))
}
