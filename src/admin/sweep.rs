//! Going through all versions of a bucket, a bounded step to a request.

use data_encoding::HEXLOWER;
use futures::{StreamExt as _, TryStreamExt as _};

use super::error::{ApiError, Result};
use crate::storage::{Bucket, Fetch, HeadRead, ListedVersion, Storage, StorageError, VersionScan};

/// Versions that one step looks at.
pub(super) const STEP_VERSIONS: usize = 500;
/// Heads that are changed at a time.
const AT_ONCE: usize = 16;

/// The place behind all versions: what is left there are uploads.
pub(super) const END: &str = "end";

/// The versions of a step, and where the next one begins.
pub(super) struct Step {
    pub versions: Vec<ListedVersion>,
    pub next: Option<String>,
}

/// A place among the versions: 16 hexadecimal digits of the version's own, and the key's bytes.
fn place(last: &ListedVersion) -> String {
    format!("{:016x}{}", last.attrs.seq.cast_unsigned(), HEXLOWER.encode(last.key.as_str().as_bytes()))
}

fn scan_from(after: Option<&str>) -> Option<VersionScan> {
    let scan = VersionScan { limit: STEP_VERSIONS, ..VersionScan::default() };
    let Some(after) = after else { return Some(scan) };
    let (seq, key) = after.split_at_checked(16)?;
    let seq = u64::from_str_radix(seq, 16).ok()?.cast_signed();
    Some(VersionScan { from: HEXLOWER.decode(key.as_bytes()).ok()?, below: Some(seq), ..scan })
}

/// The step that begins after a place.
pub(super) async fn step(storage: &Storage, bucket: &Bucket, after: Option<&str>) -> Result<Step> {
    if after == Some(END) {
        return Ok(Step { versions: Vec::new(), next: None });
    }
    let scan = scan_from(after).ok_or_else(|| ApiError::invalid("`after` is not what a step before has answered."))?;
    let page = storage.metadata.list_versions(bucket, &scan).await?;
    let next = page.entries.last().filter(|_| page.more).map(place);
    Ok(Step { versions: page.entries, next })
}

/// The head of a listed version's key, with that version.
pub(super) async fn head_of(
    storage: &Storage,
    bucket: &Bucket,
    version: &ListedVersion,
) -> std::result::Result<HeadRead, StorageError> {
    storage.metadata.read_version(bucket, &version.key, version.attrs.version_ref(), Fetch::Attrs).await
}

/// What became of each version, several keys at a time; of one key, each version waits for the one before.
pub(super) async fn each<F, T>(
    versions: Vec<ListedVersion>,
    act: impl Fn(ListedVersion) -> F,
) -> std::result::Result<Vec<T>, StorageError>
where
    F: Future<Output = std::result::Result<T, StorageError>>,
{
    let keys: Vec<Vec<ListedVersion>> = versions.chunk_by(|a, b| a.key == b.key).map(<[_]>::to_vec).collect();
    let act = &act;
    let keys = keys.into_iter().map(|of_key| async move {
        let mut done = Vec::with_capacity(of_key.len());
        for version in of_key {
            done.push(act(version).await?);
        }
        Ok(done)
    });
    let done: Vec<Vec<T>> = futures::stream::iter(keys).buffer_unordered(AT_ONCE).try_collect().await?;
    Ok(done.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{ObjectAttrs, ObjectKey};

    #[test]
    fn a_step_begins_where_the_one_before_ended() {
        let attrs = ObjectAttrs { seq: -7, ..ObjectAttrs::default() };
        let key = ObjectKey::parse("a/ä").expect("a key");
        let last = ListedVersion { key, attrs, latest: true };
        let scan = scan_from(Some(&place(&last))).expect("is a place");
        assert_eq!((scan.from.as_slice(), scan.below), ("a/ä".as_bytes(), Some(-7)));
        assert!(scan_from(Some("12")).is_none() && scan_from(Some("000000000000000zab")).is_none());
    }
}
