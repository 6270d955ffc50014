//! Requests from web pages of other sites: which rules a bucket has, and what an answer says to the browser that asks.
//! Decides no rights: whoever is allowed to read an answer still has to be allowed to get it. Source: AWS, "Using
//! cross-origin resource sharing (CORS)", API_OptionsObject; WHATWG Fetch, "CORS protocol".

pub mod asked;
pub mod rule;
pub mod validate;

pub use asked::{Allowed, Asked};
pub use rule::{Rule, Rules};

use prost::Message;

use crate::s3::error::S3Error;
use crate::s3::request::{Method, WireHead};
use crate::s3::services::Services;
use crate::s3::target::Target;
use crate::storage::{Bucket, BucketName, StorageError};

/// The rules that a bucket has of its own; `None` when it has none.
///
/// # Errors
/// [`StorageError::Corrupt`] for settings that cannot be read.
pub fn of(bucket: &Bucket) -> Result<Option<Rules>, StorageError> {
    let stored = &bucket.settings.cors;
    if stored.is_empty() {
        return Ok(None);
    }
    let damaged = |e| StorageError::Corrupt(format!("the CORS rules of bucket {}: {e}", bucket.name));
    Rules::decode(stored.clone()).map(Some).map_err(damaged)
}

/// Which rules hold for a target, and whether its bucket is there. The installation's own hold for buckets that have
/// none, and where there is no bucket: a page that lists or makes buckets needs an answer too.
///
/// # Errors
/// What the store fails with.
pub async fn holding(target: &Target, services: &Services) -> Result<(bool, Option<Rules>), S3Error> {
    let name = target.bucket.as_deref().and_then(BucketName::existing);
    let bucket = match name {
        Some(name) => services.storage.metadata.bucket(&name).await?,
        None => None,
    };
    let own = bucket.as_ref().map(of).transpose()?.flatten();
    let installation = || Some(&services.cors).filter(|rules| !rules.rules.is_empty()).cloned();
    Ok((bucket.is_some(), own.or_else(installation)))
}

/// What the answer to a request says to its browser; `None` for requests that come from no other site, or from one that
/// no rule names. Errors are answered with it too: a page has to be able to read them.
pub async fn allowed(wire: &WireHead, target: &Target, services: &Services) -> Option<Box<Allowed>> {
    let asked = Asked::read(&wire.headers, wire.method.map(Method::as_str))?;
    // A store that fails here fails the request itself a moment later, and says so.
    let (_, rules) = holding(target, services).await.ok()?;
    rules?.judge(&asked).map(Box::new)
}
