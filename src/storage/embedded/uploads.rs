//! Multipart uploads. Completing one is a single commit: the head, the upload's end, and what keeps its parts alive.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::blobs::Pin;
use super::chunks;
use super::committer::NewRow;
use super::heads::{self, Planned};
use super::index::Row;
use super::segments::Room;
use super::shared::Shared;
use super::{keys, rows};
use crate::storage::{
    AbortUpload, Bucket, CompleteUpload, CreateUpload, Data, Decision, Fingerprint, Head, HeadRead, InodeId, NewUpload,
    ObjectKey, PAGE_ENTRIES_MAX, Page, Part, Placement, PutPart, Result, StorageError, Timestamp, Upload, UploadId,
    UploadScan, UploadState,
};

pub(super) async fn create(shared: &Arc<Shared>, bucket: &Bucket, new: NewUpload) -> Result<CreateUpload> {
    let Some(entered) = shared.buckets.enter(bucket.id).await else { return Ok(CreateUpload::NoSuchBucket) };
    let NewUpload { key, attrs, initiator, initiated } = new;
    let upload = Upload { id: UploadId::fresh(), key, attrs, initiator, initiated, state: UploadState::Open };
    let row_key = keys::upload(bucket.id, upload.key.as_bytes(), upload.id);
    let row = NewRow::put(row_key, rows::encode_upload(&upload, Timestamp::default()));
    shared.commit(vec![row], Room::Data, Box::new(move || drop(entered))).await?;
    Ok(CreateUpload::Created(upload))
}

pub(super) fn find(shared: &Shared, bucket: &Bucket, key: &ObjectKey, id: UploadId) -> Result<Option<Upload>> {
    let row = match shared.index.get(&keys::upload(bucket.id, key.as_bytes(), id))? {
        Some(row) => Some(row),
        None => shared.index.get(&keys::completed(bucket.id, key.as_bytes(), id))?,
    };
    row.map(|row| rows::decode_upload(&row.value)).transpose()
}

pub(super) async fn put_part(shared: &Arc<Shared>, bucket: &Bucket, upload: &Upload, part: Part) -> Result<PutPart> {
    let Some(entered) = shared.buckets.enter(bucket.id).await else { return Ok(PutPart::NoSuchUpload) };
    let upload_key = keys::upload(bucket.id, upload.key.as_bytes(), upload.id);
    let lock = shared.locks.upload(&upload_key).await;
    if shared.index.get(&upload_key)?.is_none() {
        return Ok(PutPart::NoSuchUpload);
    }
    let inode = part.attrs.placement.as_ref().map(rows::inode_of).transpose()?;
    let pin = match inode {
        None => None,
        Some(inode) => {
            let gone = || StorageError::Unavailable("the part's bytes were reclaimed meanwhile; send it again".into());
            Some((Pin::take(shared, inode)?.ok_or_else(gone)?, inode))
        }
    };
    let row = NewRow::put(keys::part(upload.id, part.number), rows::encode_part(&part)?);
    shared.commit(vec![row], Room::Data, heads::applied(shared, pin, entered, lock)).await?;
    Ok(PutPart::Registered)
}

pub(super) async fn list_parts(shared: &Arc<Shared>, upload: &Upload, after: u16, limit: usize) -> Result<Page<Part>> {
    let limit = limit.clamp(1, PAGE_ENTRIES_MAX);
    let Some(first) = after.checked_add(1) else { return Ok(Page { entries: Vec::new(), more: false }) };
    let (from, end) = (keys::part(upload.id, first), keys::after_prefix(&keys::parts(upload.id)));
    let list = move |shared: &Shared| {
        let found = shared.index.scan(&from, end.as_deref(), limit + 1)?;
        page(found, limit, |(key, row)| rows::decode_part(&key, &row.value))
    };
    shared.scan(limit, list).await
}

pub(super) async fn list(shared: &Arc<Shared>, bucket: &Bucket, scan: &UploadScan) -> Result<Page<Upload>> {
    let limit = scan.limit.clamp(1, PAGE_ENTRIES_MAX);
    let prefix = keys::uploads_from(bucket.id, &scan.prefix);
    let from = match scan.after_upload {
        Some(id) => {
            let mut after = keys::upload(bucket.id, &scan.from, id);
            after.push(0);
            after
        }
        None => keys::uploads_from(bucket.id, &scan.from),
    };
    let (from, end) = (from.max(prefix.clone()), keys::after_prefix(&prefix));
    let list = move |shared: &Shared| {
        let found = shared.index.scan(&from, end.as_deref(), limit + 1)?;
        page(found, limit, |(_, row)| rows::decode_upload(&row.value))
    };
    shared.scan(limit, list).await
}

fn page<T>(
    mut found: Vec<(Vec<u8>, Row)>,
    limit: usize,
    decode: impl FnMut((Vec<u8>, Row)) -> Result<T>,
) -> Result<Page<T>> {
    let more = found.len() > limit;
    found.truncate(limit);
    Ok(Page { entries: found.into_iter().map(decode).collect::<Result<_>>()?, more })
}

pub(super) async fn abort(shared: &Arc<Shared>, bucket: &Bucket, upload: &Upload) -> Result<AbortUpload> {
    let Some(entered) = shared.buckets.enter(bucket.id).await else { return Ok(AbortUpload::NoSuchUpload) };
    let upload_key = keys::upload(bucket.id, upload.key.as_bytes(), upload.id);
    let lock = shared.locks.upload(&upload_key).await;
    if shared.index.get(&upload_key)?.is_none() {
        return Ok(AbortUpload::NoSuchUpload);
    }
    let applied = heads::applied(shared, None, entered, lock);
    shared.commit(vec![NewRow::delete(upload_key)], Room::Delete, applied).await?;
    Ok(AbortUpload::Aborted)
}

/// The answer for an upload that is not open: the same completion again, or none.
fn closed(shared: &Shared, read: &HeadRead, upload: &Upload, fingerprint: Fingerprint) -> Result<CompleteUpload> {
    let row = shared.index.get(&keys::completed(read.bucket.id, upload.key.as_bytes(), upload.id))?;
    let state = row.map(|row| rows::decode_upload(&row.value)).transpose()?.map(|upload| upload.state);
    Ok(match state {
        Some(UploadState::Completed { fingerprint: before, attrs }) if before == fingerprint => {
            CompleteUpload::Already(attrs)
        }
        _ => CompleteUpload::NoSuchUpload,
    })
}

pub(super) async fn complete(
    shared: &Arc<Shared>,
    upload: &Upload,
    fingerprint: Fingerprint,
    manifest: &Placement,
    read: HeadRead,
    decide: &mut (dyn for<'h> FnMut(&'h Head) -> Decision + Send),
) -> Result<CompleteUpload> {
    let Some(entered) = shared.buckets.enter(read.bucket.id).await else { return Ok(CompleteUpload::NoSuchBucket) };
    let row_key = keys::head(read.bucket.id, read.key.as_bytes());
    let upload_key = keys::upload(read.bucket.id, upload.key.as_bytes(), upload.id);
    let locks = (shared.locks.key(&row_key).await, shared.locks.upload(&upload_key).await);
    if shared.index.get(&upload_key)?.is_none() {
        return closed(shared, &read, upload, fingerprint);
    }
    let parts = part_inodes(shared, manifest).await?;
    if !still_parts(shared, upload, &parts)? {
        return Err(StorageError::Unavailable("a part was replaced while the upload was completed".into()));
    }
    let (previous, head, mut changes, pin) = match heads::plan(shared, &read, decide).await? {
        Planned::Left(head) => return Ok(CompleteUpload::Left(head)),
        Planned::BlobGone => {
            return Err(StorageError::Unavailable("the manifest of a completion was reclaimed".into()));
        }
        Planned::Nothing(head) => (head.clone(), head, Vec::new(), None),
        Planned::Write { previous, head, rows, pin, .. } => (previous, head, rows, pin),
    };
    let attrs = head.current.as_ref().map(|record| record.attrs.clone()).unwrap_or_default();
    let completed = Upload { state: UploadState::Completed { fingerprint, attrs }, ..upload.clone() };
    let completed_key = keys::completed(read.bucket.id, upload.key.as_bytes(), upload.id);
    // Before the upload's delete, which drops the parts: a part must never be without a reference in between.
    let published = head.current.as_ref().is_some_and(|record| record.data == Data::Stored(manifest.clone()));
    if published {
        changes.push(NewRow::put(keys::manifest(rows::inode_of(manifest)?), rows::encode_manifest(&parts)));
    }
    changes.push(NewRow::put(completed_key, rows::encode_upload(&completed, Timestamp::now())));
    changes.push(NewRow::delete(upload_key));
    let applied = heads::applied(shared, pin, entered, locks);
    shared.commit(changes, Room::Data, applied).await?;
    Ok(CompleteUpload::Completed { previous, head })
}

/// Whether each of these inodes is a part now. One that was replaced after the manifest was written is condemned:
/// publishing it would acknowledge an object whose bytes are about to go.
fn still_parts(shared: &Shared, upload: &Upload, inodes: &[InodeId]) -> Result<bool> {
    let prefix = keys::parts(upload.id);
    let rows = shared.index.scan(&prefix, keys::after_prefix(&prefix).as_deref(), usize::from(u16::MAX))?;
    let mut current = BTreeSet::new();
    for (key, row) in rows {
        if let Some(placement) = &rows::decode_part(&key, &row.value)?.attrs.placement {
            current.insert(rows::inode_of(placement)?);
        }
    }
    Ok(inodes.iter().all(|inode| current.contains(inode)))
}

/// The inodes of a manifest's parts, each once.
async fn part_inodes(shared: &Arc<Shared>, placement: &Placement) -> Result<Vec<InodeId>> {
    let manifest = chunks::read_manifest(shared, placement).await?;
    let inodes = manifest.parts.iter().filter_map(|part| part.placement.as_ref()).map(rows::inode_of);
    Ok(inodes.collect::<Result<BTreeSet<_>>>()?.into_iter().collect())
}
