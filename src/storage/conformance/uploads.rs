//! Multipart uploads: opened, listed, completed once or aborted once.

use std::sync::Arc;

use bytes::Bytes;

use super::fixture::{Fixture, at_once, attrs_of, body_of, claim, fresh_name, insist, key_of};
use super::parts::{put_part, try_put_part};
use crate::storage::{
    AbortUpload, CompleteUpload, CreateUpload, Data, Decision, DeleteBucket, Fetch, Fingerprint, Home, Manifest,
    ManifestPart, ObjectAttrs, ObjectRecord, Part, Placement, PutPart, Result, Storage, Upload, UploadId, UploadScan,
    UploadState,
};

/// The fingerprint of most completions here.
const LIST: Fingerprint = [7; 32];

/// An upload is found by its bucket, key and id together.
pub async fn an_upload_opens_and_is_found_by_its_key_only(storage: Storage) {
    let f = Fixture::new(storage).await;
    let upload = f.open("k").await;
    assert_eq!((upload.key.as_str(), upload.initiator, &upload.state), ("k", f.tenant.id, &UploadState::Open));
    let found = find(&f, "k", upload.id).await.expect("it is there");
    assert_eq!((found.id, &found.key, found.initiated), (upload.id, &upload.key, upload.initiated));
    assert_eq!((found.attrs, found.initiator, found.state), (upload.attrs.clone(), f.tenant.id, UploadState::Open));
    assert!(find(&f, "other", upload.id).await.is_none());
    assert!(find(&f, "k", UploadId::fresh()).await.is_none());
    let elsewhere = Fixture { bucket: claim(&f.storage, &fresh_name(), &f.tenant).await, ..f.clone() };
    assert!(find(&elsewhere, "k", upload.id).await.is_none());
    assert!(f.read("k").await.head.current.is_none(), "an open upload is no object");
    assert!(f.list(b"", b"", 10).await.is_empty());
}

/// By key, then by id, which is by age; in pages; below a prefix; from a marker.
pub async fn open_uploads_are_listed_in_order_and_in_pages(storage: Storage) {
    let f = Fixture::new(storage).await;
    let mut all = Vec::new();
    for key in ["b", "a", "b", "c/1", "b", "c/2", "a"] {
        let upload = f.open(key).await;
        all.push((key.to_owned(), upload.id));
    }
    all.sort();
    for limit in [1, 2, 3, 7, 1_000] {
        assert_eq!(list_all(&f, UploadScan { limit, ..UploadScan::default() }).await, all, "in pages of {limit}");
    }
    let below = UploadScan { prefix: b"c/".to_vec(), limit: 1, ..UploadScan::default() };
    assert_eq!(list_all(&f, below).await, all[5..]);
    let from = UploadScan { from: b"b".to_vec(), limit: 10, ..UploadScan::default() };
    assert_eq!(list_all(&f, from.clone()).await, all[2..]);
    let after = UploadScan { after_upload: Some(all[3].1), ..from };
    assert_eq!(list_all(&f, after).await, all[4..]);
    f.storage.metadata.abort_upload(&f.bucket, &open_of(&f, &all[0]).await).await.expect("aborts");
    complete_with(&f, &open_of(&f, &all[2]).await, &[body_of(9, 1)]).await;
    let left: Vec<_> = all.iter().enumerate().filter(|(i, _)| ![0, 2].contains(i)).map(|(_, u)| u.clone()).collect();
    assert_eq!(list_all(&f, UploadScan { limit: 2, ..UploadScan::default() }).await, left);
}

/// Parts in order, some left out, become one object; the upload is remembered as completed.
pub async fn a_completion_publishes_the_object(storage: Storage) {
    let f = Fixture::new(storage).await;
    let before = f.put("k", "what was there").await;
    let upload = f.open("k").await;
    let chunk = f.storage.chunks.chunk_bytes();
    let bodies = [body_of(chunk + 1, 1), body_of(chunk * 2, 2), body_of(5, 3)];
    put_part(&f, &upload, 9_999, body_of(44, 44)).await;
    let answer = complete_with(&f, &upload, &bodies).await;
    let CompleteUpload::Completed { previous, head } = answer else { panic!("{answer:?}") };
    assert_eq!(previous.rev, before.rev);
    assert_eq!(f.read("k").await.head.rev, head.rev);
    f.sweep().await;
    assert!(f.get("k").await == Some(Bytes::from(bodies.concat())));
    assert_eq!(f.list(b"", b"", 10).await, ["k"]);
    let remembered = find(&f, "k", upload.id).await.expect("a completed upload is remembered");
    let attrs = f.read("k").await.head.current.expect("it is there").attrs.clone();
    assert_eq!(remembered.state, UploadState::Completed { fingerprint: LIST, attrs });
    f.delete("k").await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted, "a completed upload does not keep its bucket");
}

/// A client that lost the first answer gets it again, even after the object has changed.
pub async fn the_same_completion_twice_answers_the_same(storage: Storage) {
    let f = Fixture::new(storage).await;
    let upload = f.open("k").await;
    complete_with(&f, &upload, &[body_of(70_000, 1)]).await;
    let first = f.read("k").await.head;
    let attrs = first.current.as_ref().expect("it is there").attrs.clone();
    for changed in [false, true] {
        if changed {
            f.put("k", "newer").await;
        }
        let answer = complete_with(&f, &upload, &[body_of(70_000, 1)]).await;
        let CompleteUpload::Already(again) = answer else { panic!("{answer:?}") };
        assert_eq!(again, attrs);
        if !changed {
            assert_eq!(f.read("k").await.head.rev, first.rev, "nothing was published twice");
        }
    }
    assert_eq!(f.get("k").await.as_deref(), Some(&b"newer"[..]));
}

/// Completing once more with another list of parts finds no upload.
pub async fn another_completion_is_refused(storage: Storage) {
    let f = Fixture::new(storage).await;
    let upload = f.open("k").await;
    let parts = [put_part(&f, &upload, 1, body_of(10, 1)).await];
    let first = complete(&f, &upload, &parts, LIST).await.expect("completes");
    assert!(matches!(first, CompleteUpload::Completed { .. }), "{first:?}");
    let other = complete(&f, &upload, &parts, [8; 32]).await.expect("answers");
    assert!(matches!(other, CompleteUpload::NoSuchUpload), "{other:?}");
    assert!(f.get("k").await == Some(body_of(10, 1)));
}

/// A condition that does not hold costs the upload nothing.
pub async fn a_completion_that_leaves_the_head_keeps_the_upload_open(storage: Storage) {
    let f = Fixture::new(storage).await;
    let kept = f.put("k", "kept").await;
    let upload = f.open("k").await;
    let part = put_part(&f, &upload, 1, body_of(10, 1)).await;
    let manifest = manifest_of(&f, &upload, std::slice::from_ref(&part)).await.expect("writes the manifest");
    let read = f.read("k").await;
    let answer = f
        .storage
        .metadata
        .complete_upload(&upload, LIST, &manifest, read, &mut |_| Decision::Leave)
        .await
        .expect("asks");
    assert!(matches!(&answer, CompleteUpload::Left(head) if head.rev == kept.rev), "{answer:?}");
    assert_eq!(f.get("k").await.as_deref(), Some(&b"kept"[..]));
    f.sweep().await;
    assert_eq!(find(&f, "k", upload.id).await.expect("it is open").state, UploadState::Open);
    let more = put_part(&f, &upload, 2, body_of(20, 2)).await;
    let answer = complete(&f, &upload, &[part, more], LIST).await.expect("completes");
    assert!(matches!(answer, CompleteUpload::Completed { .. }), "{answer:?}");
    assert!(f.get("k").await == Some([body_of(10, 1), body_of(20, 2)].concat().into()));
}

/// After an abort nothing finds the upload, and its parts are gone with it; the object beside it stays.
pub async fn an_aborted_upload_is_gone(storage: Storage) {
    let f = Fixture::new(storage).await;
    f.put("k", "beside").await;
    let upload = f.open("k").await;
    let part = put_part(&f, &upload, 1, body_of(10, 1)).await;
    assert_eq!(abort(&f, &upload).await, AbortUpload::Aborted);
    assert_eq!(abort(&f, &upload).await, AbortUpload::NoSuchUpload);
    assert!(find(&f, "k", upload.id).await.is_none());
    assert!(list_all(&f, UploadScan { limit: 10, ..UploadScan::default() }).await.is_empty());
    let answer = complete(&f, &upload, &[part], LIST).await.expect("answers");
    assert!(matches!(answer, CompleteUpload::NoSuchUpload), "{answer:?}");
    f.sweep().await;
    assert_eq!(f.get("k").await.as_deref(), Some(&b"beside"[..]));
}

/// A part that comes too late is refused, after an abort and after a completion; neither can be aborted.
pub async fn a_closed_upload_takes_no_part(storage: Storage) {
    let f = Fixture::new(storage).await;
    let aborted = f.open("a").await;
    abort(&f, &aborted).await;
    assert_eq!(try_put_part(&f, &aborted, 1, body_of(10, 1)).await.expect("answers").1, PutPart::NoSuchUpload);
    let completed = f.open("c").await;
    complete_with(&f, &completed, &[body_of(10, 1)]).await;
    assert_eq!(try_put_part(&f, &completed, 1, body_of(11, 2)).await.expect("answers").1, PutPart::NoSuchUpload);
    assert_eq!(abort(&f, &completed).await, AbortUpload::NoSuchUpload);
    assert!(f.get("c").await == Some(body_of(10, 1)));
}

/// Completion against abort: one of them, and what it promised holds.
pub async fn one_of_complete_and_abort_wins(storage: Storage) {
    let f = Arc::new(Fixture::new(storage).await);
    for round in 0..8 {
        let key = format!("k{round}");
        let upload = f.open(&key).await;
        let part = put_part(&f, &upload, 1, body_of(100, round)).await;
        let (f2, upload2) = (Arc::clone(&f), upload.clone());
        let aborting =
            tokio::spawn(async move { insist(|| f2.storage.metadata.abort_upload(&f2.bucket, &upload2)).await });
        let completed = insist(|| complete(&f, &upload, std::slice::from_ref(&part), LIST)).await;
        let aborted = aborting.await.expect("the abort did not panic");
        let there = f.get(&key).await;
        match (&completed, aborted) {
            (None, Some(AbortUpload::NoSuchUpload)) | (Some(CompleteUpload::Completed { .. }), _)
                if aborted != Some(AbortUpload::Aborted) =>
            {
                assert!(there == Some(body_of(100, round)), "round {round}: completed and not there");
            }
            (Some(CompleteUpload::NoSuchUpload) | None, Some(AbortUpload::Aborted)) => {
                assert!(there.is_none(), "round {round}: aborted and there");
            }
            (None, None) => {}
            other => panic!("round {round}: {other:?}"),
        }
    }
}

/// The same completion sent many times at once: it is published once, and nobody is told otherwise.
pub async fn one_of_many_completions_wins(storage: Storage) {
    let f = Arc::new(Fixture::new(storage).await);
    let upload = f.open("k").await;
    let part = put_part(&f, &upload, 1, body_of(70_000, 1)).await;
    let answers = at_once(12, |_| {
        let (f, upload, part) = (Arc::clone(&f), upload.clone(), part.clone());
        async move { insist(|| complete(&f, &upload, std::slice::from_ref(&part), LIST)).await }
    })
    .await;
    let count = |wanted: fn(&CompleteUpload) -> bool| answers.iter().flatten().filter(|a| wanted(a)).count();
    let won = count(|a| matches!(a, CompleteUpload::Completed { .. }));
    let again = count(|a| matches!(a, CompleteUpload::Already(_)));
    let unknown = answers.iter().filter(|answer| answer.is_none()).count();
    assert_eq!(won + again + unknown, answers.len(), "{answers:?}");
    assert!(won == 1 || (won == 0 && unknown > 0), "{won} completions");
    f.sweep().await;
    assert!(f.get("k").await == Some(body_of(70_000, 1)));
}

/// A bucket that is gone has no uploads to complete, even when its name lives again.
pub async fn uploads_of_a_deleted_bucket_are_refused(storage: Storage) {
    let f = Fixture::new(storage).await;
    let upload = f.open("k").await;
    let part = put_part(&f, &upload, 1, body_of(10, 1)).await;
    abort(&f, &upload).await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
    claim(&f.storage, f.bucket.name.as_str(), &f.tenant).await;
    assert!(matches!(f.try_open("k").await, CreateUpload::NoSuchBucket));
    let answer = complete(&f, &upload, &[part], LIST).await.expect("answers");
    assert!(matches!(answer, CompleteUpload::NoSuchUpload | CompleteUpload::NoSuchBucket), "{answer:?}");
}

/// Writes the bodies as parts 1, 2, … and completes the upload with them.
pub async fn complete_with(f: &Fixture, upload: &Upload, bodies: &[Bytes]) -> CompleteUpload {
    let mut parts = Vec::new();
    for (i, body) in bodies.iter().enumerate() {
        let number = u16::try_from(i + 1).expect("few parts");
        // A repeated completion finds the upload closed; the list of parts is what counts then.
        parts.push(try_put_part(f, upload, number, body.clone()).await.expect("puts a part").0);
    }
    complete(f, upload, &parts, LIST).await.expect("completes")
}

/// Completes an upload with these parts.
///
/// # Errors
/// The store's.
pub async fn complete(f: &Fixture, upload: &Upload, parts: &[Part], list: Fingerprint) -> Result<CompleteUpload> {
    let read = f.storage.metadata.read_head(&f.bucket, &upload.key, Fetch::Attrs).await?;
    let manifest = manifest_of(f, upload, parts).await?;
    let etags: String = parts.iter().map(|part| part.attrs.etag.as_str()).collect();
    let attrs = ObjectAttrs {
        size: manifest.length,
        parts: u32::try_from(parts.len()).expect("few parts"),
        modified_micros: upload.initiated.0,
        ..attrs_of(etags.as_bytes(), &f.tenant)
    };
    let record = Arc::new(ObjectRecord { attrs, data: Data::Stored(manifest.clone()) });
    let decide = &mut |_: &crate::storage::Head| Decision::Put(Arc::clone(&record));
    f.storage.metadata.complete_upload(upload, list, &manifest, read, decide).await
}

async fn manifest_of(f: &Fixture, upload: &Upload, parts: &[Part]) -> Result<Placement> {
    let entry = |part: &Part| ManifestPart {
        number: u32::from(part.number),
        size: part.attrs.size,
        placement: part.attrs.placement.clone(),
        etag: part.attrs.etag.clone(),
        checksums: Vec::new(),
    };
    let manifest = Manifest { parts: parts.iter().map(entry).collect() };
    f.storage.chunks.write_manifest(Home::Manifest(&f.bucket, upload), &manifest).await
}

async fn abort(f: &Fixture, upload: &Upload) -> AbortUpload {
    f.storage.metadata.abort_upload(&f.bucket, upload).await.expect("aborts")
}

async fn find(f: &Fixture, key: &str, id: UploadId) -> Option<Upload> {
    f.storage.metadata.upload(&f.bucket, &key_of(key), id).await.expect("looks up")
}

async fn open_of(f: &Fixture, (key, id): &(String, UploadId)) -> Upload {
    find(f, key, *id).await.expect("it is open")
}

async fn list_all(f: &Fixture, mut scan: UploadScan) -> Vec<(String, UploadId)> {
    let mut all: Vec<(String, UploadId)> = Vec::new();
    loop {
        let page = f.storage.metadata.list_uploads(&f.bucket, &scan).await.expect("lists uploads");
        assert!(page.entries.len() <= scan.limit);
        assert!(!page.more || !page.entries.is_empty(), "a page that is not the last has an entry");
        all.extend(page.entries.iter().map(|upload| (upload.key.as_str().to_owned(), upload.id)));
        if !page.more {
            return all;
        }
        let (key, id) = all.last().expect("an entry").clone();
        scan.from = key.into_bytes();
        scan.after_upload = Some(id);
    }
}
