//! An object's bytes, or a range of them, wherever they are: inline, in a blob, or in the parts of a manifest.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::{self, LocalBoxStream};

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::services::Services;
use crate::storage::{Data, Manifest, ObjectRecord, Placement, StorageError, StoredChecksum};

/// Inline objects below this size do not wait for a share of the memory budget, bytes: connections are bounded too.
const INLINE_UNCOUNTED_BYTES: usize = 16 * 1024;

/// Pieces of an object in order.
pub type Pieces = LocalBoxStream<'static, Result<Bytes, StorageError>>;

/// Opens `range` of an object. The first bytes are asked for before this returns, so that what is missing becomes an
/// error and not a short answer.
///
/// # Errors
/// What the store fails with.
pub async fn open(record: &ObjectRecord, range: Range<u64>, services: &Arc<Services>) -> Result<Pieces, S3Error> {
    match &record.data {
        Data::Inline(bytes) => {
            let (start, end) = (to_usize(range.start), to_usize(range.end));
            let part = (start <= end && end <= bytes.len()).then(|| bytes.slice(start..end));
            let part = part.ok_or_else(|| StorageError::Corrupt("an inline object is shorter than its size".into()))?;
            let share = match part.len() {
                0..INLINE_UNCOUNTED_BYTES => None,
                bytes => Some(services.memory.take(bytes).await?),
            };
            let piece = stream::once(async move { Ok(part) });
            Ok(piece
                .map(move |piece| {
                    let _held = &share;
                    piece
                })
                .boxed_local())
        }
        Data::Stored(placement) if placement.manifest => {
            // Its parts are opened one after the other; an overwrite in between must not cut the answer off.
            let hold = services.storage.chunks.hold(placement).await?;
            let manifest = services.storage.chunks.read_manifest(placement).await?;
            let pieces = parts(slices(&manifest, &range)?, services).await?;
            Ok(pieces
                .map(move |piece| {
                    let _held = &hold;
                    piece
                })
                .boxed_local())
        }
        Data::Stored(placement) => blob(placement, range, services).await,
        Data::NotRead => Err(S3ErrorCode::InternalError.because("The object's bytes were not read.")),
    }
}

async fn blob(placement: &Placement, range: Range<u64>, services: &Arc<Services>) -> Result<Pieces, S3Error> {
    if range.is_empty() {
        return Ok(stream::empty().boxed_local());
    }
    let wanted = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    // Counted twice: one piece on its way to the client, one read ahead.
    // Opened first: an overwrite while we wait for memory must not cut the answer off.
    let stream = services.storage.chunks.read(placement, range).await?;
    let share = services.memory.take(wanted.min(2 * services.storage.chunks.chunk_bytes())).await?;
    Ok(stream
        .map(move |piece| {
            let _held = &share;
            piece
        })
        .boxed_local())
}

async fn parts(slices: Vec<(Placement, Range<u64>)>, services: &Arc<Services>) -> Result<Pieces, S3Error> {
    let mut slices = slices.into_iter();
    let Some((placement, range)) = slices.next() else { return Ok(stream::empty().boxed_local()) };
    let first = blob(&placement, range, services).await?;
    let services = Arc::clone(services);
    let rest = stream::iter(slices).then(move |(placement, range)| {
        let services = Arc::clone(&services);
        async move {
            match blob(&placement, range, &services).await {
                Ok(pieces) => pieces,
                Err(error) => {
                    let failure = StorageError::Unavailable(error.message.into_owned());
                    stream::once(async move { Err(failure) }).boxed_local()
                }
            }
        }
    });
    Ok(first.chain(rest.flatten()).boxed_local())
}

/// The pieces of parts that make up a range of the object.
fn slices(manifest: &Manifest, range: &Range<u64>) -> Result<Vec<(Placement, Range<u64>)>, S3Error> {
    let mut found = Vec::new();
    let mut start = 0;
    for part in &manifest.parts {
        let end = start + part.size;
        if part.size > 0 && start < range.end && range.start < end {
            let within = range.start.max(start) - start..range.end.min(end) - start;
            let placement = part.placement.clone();
            let placement = placement.ok_or_else(|| StorageError::Corrupt("a manifest's part is nowhere".into()))?;
            found.push((placement, within));
        }
        start = end;
    }
    Ok(found)
}

/// The parts of an object that was made of parts.
///
/// # Errors
/// What the store fails with.
pub async fn manifest(record: &ObjectRecord, services: &Services) -> Result<Option<Manifest>, S3Error> {
    match &record.data {
        Data::Stored(placement) if placement.manifest => {
            Ok(Some(services.storage.chunks.read_manifest(placement).await?))
        }
        _ => Ok(None),
    }
}

/// What `partNumber` of GET and HEAD names.
pub struct PartOf {
    /// Its bytes within the object.
    pub range: Range<u64>,
    /// Its additional checksum of the object's algorithm. AWS shows none of objects whose checksum is of all bytes; Ceph's
    /// gateway does, and SDKs verify what they download by it.
    pub checksums: Vec<StoredChecksum>,
}

/// The part `number` of an object. One that was not made of parts is its own part 1.
///
/// # Errors
/// `InvalidPart` when there is no such part, as Ceph's gateway says it; AWS has 416 `InvalidPartNumber`.
pub async fn part(record: &ObjectRecord, number: u32, services: &Services) -> Result<PartOf, S3Error> {
    let attrs = &record.attrs;
    let beyond = |parts: usize| {
        S3ErrorCode::InvalidPart
            .because("The object has no part of this number.")
            .field("PartNumberRequested", number.to_string())
            .field("ActualPartCount", parts.to_string())
    };
    let Some(manifest) = manifest(record, services).await? else {
        let whole = PartOf { range: 0..attrs.size, checksums: attrs.checksums.clone() };
        return if number == 1 { Ok(whole) } else { Err(beyond(1)) };
    };
    let index = usize::try_from(number).unwrap_or(usize::MAX).wrapping_sub(1);
    let part = manifest.parts.get(index).ok_or_else(|| beyond(manifest.parts.len()))?;
    let start = manifest.parts.iter().take(index).map(|p| p.size).sum::<u64>();
    let of_part = |checksum: &StoredChecksum| {
        let whole = attrs.checksums.iter().find(|whole| whole.algorithm == checksum.algorithm)?;
        Some(StoredChecksum { composite: whole.composite, ..checksum.clone() })
    };
    let checksums = match manifest.parts.len() {
        1 if attrs.checksums.iter().all(|whole| !whole.composite) => attrs.checksums.clone(),
        _ => part.checksums.iter().filter_map(of_part).collect(),
    };
    Ok(PartOf { range: start..start + part.size, checksums })
}

fn to_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::ManifestPart;

    #[test]
    fn a_range_takes_its_share_of_each_part() {
        let part =
            |number, size| ManifestPart { number, size, placement: Some(Placement::default()), ..Default::default() };
        let manifest = Manifest { parts: vec![part(1, 10), part(2, 0), part(3, 5)] };
        let of = |range: Range<u64>| -> Vec<Range<u64>> {
            slices(&manifest, &range).expect("is whole").into_iter().map(|(_, r)| r).collect()
        };
        assert_eq!(of(0..15), [0..10, 0..5]);
        assert_eq!(of(9..11), [9..10, 0..1]);
        assert_eq!(of(10..12), vec![0..2; 1]);
        assert_eq!(of(0..0), []);
    }
}
