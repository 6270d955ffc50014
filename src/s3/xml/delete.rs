//! `Delete` and `DeleteResult`: many keys in one request.

use bytes::Bytes;

use super::reader::malformed;
use super::{Document, Element};
use crate::s3::error::S3Error;

/// Most keys in one request (AWS API_DeleteObjects).
pub const KEYS_MAX: usize = 1_000;

/// What a DeleteObjects asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Answer only the failures.
    pub quiet: bool,
    /// What to delete, in order.
    pub objects: Vec<Item>,
}

/// One object to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The key as sent.
    pub key: String,
    /// Which version.
    pub version_id: Option<String>,
    /// Only if it has this ETag.
    pub etag: Option<String>,
    /// Only if it is of this time, as sent.
    pub modified: Option<String>,
    /// Only if it has this many bytes, as sent.
    pub size: Option<String>,
}

/// What was removed, or made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Deleted {
    /// A delete marker was made, or removed.
    pub delete_marker: bool,
    /// The version that was made or removed, as clients write it.
    pub version: Option<String>,
}

/// What became of one of them.
pub struct Outcome {
    /// What was asked for.
    pub item: Item,
    /// What was deleted, or why it was not.
    pub done: Result<Deleted, S3Error>,
}

/// Reads the request.
///
/// # Errors
/// `MalformedXML`, also for no keys and for more than 1,000.
pub fn parse(document: &[u8]) -> Result<Request, S3Error> {
    let root = Element::parse(document, "Delete")?;
    let quiet = match root.text_of("Quiet").map(str::trim) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(malformed("Quiet is neither true nor false")),
    };
    let mut objects = Vec::new();
    for object in root.all("Object") {
        let key = object.required("Key")?.to_owned();
        let owned = |name| object.text_of(name).map(str::to_owned);
        let (modified, size) = (owned("LastModifiedTime"), owned("Size"));
        objects.push(Item { key, version_id: owned("VersionId"), etag: owned("ETag"), modified, size });
    }
    if objects.is_empty() || objects.len() > KEYS_MAX {
        return Err(malformed("it must name 1 to 1,000 objects"));
    }
    Ok(Request { quiet, objects })
}

/// Writes the answer.
#[must_use]
pub fn result(outcomes: &[Outcome], quiet: bool) -> Bytes {
    let mut out = Document::new("DeleteResult");
    for outcome in outcomes {
        match &outcome.done {
            Ok(_) if quiet => {}
            Ok(deleted) => {
                out.open("Deleted");
                out.text("Key", &outcome.item.key);
                out.maybe("VersionId", outcome.item.version_id.as_deref());
                if deleted.delete_marker {
                    out.flag("DeleteMarker", true);
                    out.maybe("DeleteMarkerVersionId", deleted.version.as_deref());
                }
                out.close();
            }
            Err(error) => {
                out.open("Error");
                out.text("Key", &outcome.item.key);
                out.maybe("VersionId", outcome.item.version_id.as_deref());
                out.text("Code", error.code.name());
                out.text("Message", &error.message);
                out.close();
            }
        }
    }
    out.finish()
}
