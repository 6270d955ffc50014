//! One page of a listing: a skip-scan over ordered keys.
//!
//! # Why a skip-scan
//! A million keys below ten prefixes must cost tens of reads: a small page is read, and when its last key still shares
//! the current common prefix, the scan seeks past that prefix.

use std::future::Future;

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::s3::target::Target;
use crate::s3::xml::listing::Encoding;
use crate::storage::{PAGE_ENTRIES_MAX, Page};

/// Most entries in one answer (AWS API_ListObjectsV2).
pub const MAX_KEYS: usize = 1_000;
/// Keys read at once while prefixes are being skipped.
const SKIP_READ: usize = 100;
/// Reads for one page at most: each but the last yields an entry or ends the page.
const READS_MAX: usize = 4 * MAX_KEYS + 16;

/// What a listing asks for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Only keys that start so.
    pub prefix: String,
    /// Roll up what follows this, after the prefix.
    pub delimiter: Option<String>,
    /// The key that the client goes on after, chosen by it: if it lies within a common prefix, the page before rolled
    /// that up.
    pub marker: Option<String>,
    /// Entries at most.
    pub limit: usize,
}

/// A page.
#[derive(Debug)]
pub struct Listed<T> {
    /// Entries that are not rolled up, in order.
    pub entries: Vec<T>,
    /// Prefixes that are, in order.
    pub common_prefixes: Vec<String>,
    /// Where to go on, inclusive; `None` when this was all.
    pub next: Option<Vec<u8>>,
    /// The last entry or prefix of the page.
    pub last: Option<String>,
}

/// Where a read begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start<P> {
    /// At the first key that is not below these bytes.
    At(Vec<u8>),
    /// Behind the entry at this place, which may share its key with the next one.
    Behind(P),
}

/// Lists. `read` reads entries with the ask's prefix, at most so many; `key` names an entry and `place` says where it
/// is. `first` is where the page begins, unless the ask's marker was rolled up.
///
/// # Errors
/// What `read` fails with.
pub async fn page<T, P, R, F>(
    ask: &Ask,
    first: Start<P>,
    key: impl Fn(&T) -> &str,
    place: impl Fn(&T) -> P,
    mut read: R,
) -> Result<Listed<T>, S3Error>
where
    R: FnMut(Start<P>, usize) -> F,
    F: Future<Output = Result<Page<T>, S3Error>>,
{
    let mut listed = Listed { entries: Vec::new(), common_prefixes: Vec::new(), next: None, last: None };
    if ask.limit == 0 {
        return Ok(listed);
    }
    let mut from = ask.behind_marker().map_or(first, Start::At);
    for _ in 0..READS_MAX {
        let left = ask.limit - listed.count();
        let want = if ask.delimiter.is_some() { SKIP_READ.min(left + 1) } else { (left + 1).min(PAGE_ENTRIES_MAX) };
        let read_page = read(from, want.max(2)).await?;
        listed.next = None;
        let Some((last, behind)) = read_page.entries.last().map(|e| (after(key(e)), place(e))) else {
            return Ok(listed);
        };
        let mut skipping: Option<Vec<u8>> = None;
        for entry in read_page.entries {
            let name = key(&entry).to_owned();
            if skipping.as_ref().is_some_and(|end| name.as_bytes() < end.as_slice()) {
                continue;
            }
            if listed.count() == ask.limit {
                listed.next = Some(name.into_bytes());
                return Ok(listed);
            }
            match ask.common_prefix(&name) {
                Some(prefix) => {
                    skipping = Some(successor(prefix.as_bytes()));
                    listed.last = Some(prefix.to_owned());
                    listed.common_prefixes.push(prefix.to_owned());
                }
                None => {
                    listed.last = Some(name);
                    listed.entries.push(entry);
                }
            }
        }
        if !read_page.more {
            return Ok(listed);
        }
        // Bounded all the same: the next page goes on where this one stopped.
        listed.next = Some(skipping.as_ref().map_or(last.clone(), |end| end.clone().max(last.clone())));
        from = match skipping {
            Some(end) if end > last => Start::At(end),
            _ => Start::Behind(behind),
        };
    }
    Ok(listed)
}

impl<T> Listed<T> {
    fn count(&self) -> usize {
        self.entries.len() + self.common_prefixes.len()
    }
}

impl Ask {
    /// A marker inside a common prefix (also the prefix itself, which is where the page before ended) stands behind it.
    fn behind_marker(&self) -> Option<Vec<u8>> {
        let marker = self.marker.as_deref().filter(|m| m.starts_with(&self.prefix))?;
        self.common_prefix(marker).map(|prefix| successor(prefix.as_bytes()))
    }

    /// The prefix that a key is rolled up into.
    fn common_prefix<'k>(&self, key: &'k str) -> Option<&'k str> {
        let delimiter = self.delimiter.as_deref()?;
        let rest = key.get(self.prefix.len()..)?;
        let at = rest.find(delimiter)?;
        key.get(..self.prefix.len() + at + delimiter.len())
    }
}

/// The first byte string that is behind a key.
#[must_use]
pub fn after(key: &str) -> Vec<u8> {
    let mut bytes = key.as_bytes().to_vec();
    bytes.push(0);
    bytes
}

/// The first byte string that is behind everything that starts with `prefix`. UTF-8 has no byte 0xFF, so adding one to
/// the last byte is always possible.
#[must_use]
pub fn successor(prefix: &[u8]) -> Vec<u8> {
    let mut bytes = prefix.to_vec();
    if let Some(last) = bytes.last_mut() {
        *last = last.saturating_add(1);
    }
    bytes
}

/// Reads `max-keys` and its like.
///
/// # Errors
/// `InvalidArgument` for what is no number, or a negative one.
pub fn limit(target: &Target, name: &'static str) -> Result<usize, S3Error> {
    match target.query.get(name) {
        None | Some("") => Ok(MAX_KEYS),
        Some(text) => integer(name, text).map(|n| (n as usize).min(MAX_KEYS)),
    }
}

/// Reads a parameter that is an integer from 0 to 2147483647.
///
/// # Errors
/// `InvalidArgument`, in AWS's two wordings.
pub fn integer(name: &'static str, text: &str) -> Result<u32, S3Error> {
    let message = match text.parse::<i64>() {
        Ok(n) if n < 0 => format!("Argument {name} must be an integer between 0 and 2147483647"),
        Ok(n) if n <= i64::from(i32::MAX) => return Ok(u32::try_from(n).unwrap_or(u32::MAX)),
        _ => format!("Provided {name} not an integer or within integer range"),
    };
    let error = S3ErrorCode::InvalidArgument.because(message);
    Err(error.field("ArgumentName", name).field("ArgumentValue", text))
}

/// Checks `x-amz-optional-object-attributes`. `RestoreStatus`, the only one there is, is shown of objects that are being
/// restored, and none here ever is.
///
/// # Errors
/// `InvalidArgument`.
pub fn optional_attributes(headers: &Headers) -> Result<(), S3Error> {
    for value in headers.all("x-amz-optional-object-attributes") {
        let text = String::from_utf8_lossy(value);
        let unknown = text.split(',').map(str::trim).find(|name| !name.is_empty() && *name != "RestoreStatus");
        if let Some(name) = unknown {
            return Err(S3ErrorCode::InvalidArgument
                .because("Invalid attribute name specified.")
                .field("ArgumentName", "x-amz-optional-object-attributes")
                .field("ArgumentValue", name));
        }
    }
    Ok(())
}

/// Reads `encoding-type`.
///
/// # Errors
/// `InvalidArgument` for anything but `url`.
pub fn encoding(target: &Target) -> Result<Encoding, S3Error> {
    match target.query.get("encoding-type") {
        None | Some("") => Ok(Encoding::Plain),
        Some("url") => Ok(Encoding::Url),
        Some(other) => Err(S3ErrorCode::InvalidArgument
            .because("Invalid Encoding Method specified in Request")
            .field("ArgumentName", "encoding-type")
            .field("ArgumentValue", other)),
    }
}

/// Reads `delimiter`; an empty one is none.
#[must_use]
pub fn delimiter(target: &Target) -> Option<String> {
    target.query.get("delimiter").filter(|d| !d.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::collections::BTreeSet;

    use futures::executor::block_on;

    fn list(keys: &BTreeSet<String>, ask: &Ask) -> (Listed<String>, usize) {
        let reads = Cell::new(0);
        let first = Start::Behind(ask.marker.clone().unwrap_or_default());
        let listed = block_on(page(ask, first, String::as_str, String::clone, |from, limit| {
            reads.set(reads.get() + 1);
            let from = match from {
                Start::At(from) => from,
                Start::Behind(key) => after(&key),
            };
            let mut entries: Vec<String> = keys
                .iter()
                .filter(|k| k.starts_with(&ask.prefix) && k.as_bytes() >= from.as_slice())
                .take(limit + 1)
                .cloned()
                .collect();
            let more = entries.len() > limit;
            entries.truncate(limit);
            async move { Ok(Page { entries, more }) }
        }))
        .expect("reads do not fail");
        (listed, reads.get())
    }

    fn keys(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|s| (*s).to_owned()).collect()
    }

    fn ask(prefix: &str, delimiter: &str, from: &str, limit: usize) -> Ask {
        Ask {
            prefix: prefix.to_owned(),
            delimiter: (!delimiter.is_empty()).then(|| delimiter.to_owned()),
            marker: (!from.is_empty()).then(|| from.to_owned()),
            limit,
        }
    }

    #[test]
    fn prefixes_roll_up_and_pages_join() {
        let all = keys(&["a", "b/1", "b/2", "b//x", "c", "c/1", "d/", "e"]);
        let (whole, _) = list(&all, &ask("", "/", "", 1000));
        assert_eq!(whole.entries, ["a", "c", "e"]);
        assert_eq!(whole.common_prefixes, ["b/", "c/", "d/"]);
        assert!(whole.next.is_none());
        let (inner, _) = list(&all, &ask("b/", "/", "", 1000));
        assert_eq!((inner.entries, inner.common_prefixes), (vec!["b/1".into(), "b/2".into()], vec!["b//".into()]));
        let mut seen = Vec::new();
        let mut marker = String::new();
        loop {
            let (one, _) = list(&all, &ask("", "/", &marker, 1));
            let last = one.last.clone().expect("a page has an entry");
            seen.push(last.clone());
            if one.next.is_none() {
                break;
            }
            marker = last;
        }
        assert_eq!(seen, ["a", "b/", "c", "c/", "d/", "e"]);
    }

    #[test]
    fn a_marker_inside_a_prefix_stands_behind_it() {
        let all = keys(&["a/1", "a/2", "b"]);
        let (page, _) = list(&all, &ask("", "/", "a/1", 10));
        assert_eq!((page.entries, page.common_prefixes.len()), (vec!["b".to_owned()], 0));
        let (inside, _) = list(&all, &ask("a/", "/", "a/1", 10));
        assert_eq!(inside.entries, ["a/2"]);
    }

    #[test]
    fn many_keys_below_few_prefixes_cost_few_reads() {
        let all: BTreeSet<String> = (0..50_000).map(|i| format!("{}/{i:06}", i % 5)).collect();
        let (page, reads) = list(&all, &ask("", "/", "", 1000));
        assert_eq!(page.common_prefixes, ["0/", "1/", "2/", "3/", "4/"]);
        assert!(reads <= 7, "{reads} reads");
    }

    #[test]
    fn an_exact_page_is_not_truncated() {
        let all = keys(&["a", "b"]);
        assert!(list(&all, &ask("", "", "", 2)).0.next.is_none());
        assert!(list(&all, &ask("", "", "", 1)).0.next.is_some());
        assert!(list(&all, &ask("", "", "", 0)).0.next.is_none());
    }

    #[test]
    fn delimiters_may_have_several_characters() {
        let all = keys(&["a--b", "a-b", "äöä--x", "äö--y"]);
        let (page, _) = list(&all, &ask("", "--", "", 10));
        assert_eq!(
            (page.entries, page.common_prefixes),
            (vec!["a-b".to_owned()], vec!["a--".into(), "äö--".into(), "äöä--".into()])
        );
    }
}
