//! Small documents by scope and name, each changed atomically: what accounts are kept in. Knows nothing of their content.

use async_trait::async_trait;
use bytes::Bytes;

use super::{Page, Result, Rev};

/// Longest scope, bytes. Scopes and names have one byte at least.
pub const SCOPE_BYTES_MAX: usize = 256;
/// Longest name, bytes.
pub const NAME_BYTES_MAX: usize = 1024;
/// Longest value, bytes.
pub const VALUE_BYTES_MAX: usize = 256 << 10;

/// A document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Fresh with each change.
    pub rev: Rev,
    /// The document.
    pub value: Bytes,
}

/// What became of a put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutEntry {
    /// The entry is there, with this revision.
    Done(Rev),
    /// It was not as expected; this is how it is (absent: `None`).
    Conflict(Option<Entry>),
}

/// What became of a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoveEntry {
    /// The entry is not there any more. Of several who remove one revision, each may be told so.
    Done,
    /// It has another revision by now; this is how it is.
    Conflict(Entry),
}

/// Documents in scopes. Atomicity is promised for one entry only; a scope is a list that is read in pages, and is never
/// written as a whole. All scopes of a platform are one, in all its datacentres.
#[async_trait]
pub trait DirectoryStore: Send + Sync {
    /// An entry as it is. Whatever was acknowledged before the call is seen.
    async fn entry(&self, scope: &str, name: &str) -> Result<Option<Entry>>;

    /// The entries of a scope whose names begin with `prefix` and come after `after`, in the order of the names' bytes.
    /// `limit` is 1 to [`PAGE_ENTRIES_MAX`](super::PAGE_ENTRIES_MAX).
    async fn entries(
        &self,
        scope: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<(String, Entry)>>;

    /// Writes an entry if it is as `expected`: absent (`None`), or of this revision. Of any number of racing puts with
    /// one expectation at most one is done.
    async fn put_entry(&self, scope: &str, name: &str, expected: Option<Rev>, value: Bytes) -> Result<PutEntry>;

    /// Removes an entry if it has this revision.
    async fn remove_entry(&self, scope: &str, name: &str, expected: Rev) -> Result<RemoveEntry>;
}
