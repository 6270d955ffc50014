//! What every store promises about versions: `storage::versions` says what becomes of them, a store enacts it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::fixture::{Fixture, at_once, body_of, insist, key_of};
use crate::storage::{
    BucketSettings, ChangeBucket, Data, Decision, DeleteBucket, Fetch, Head, HeadChange, HeadRead, ListedVersion,
    ObjectAttrs, ObjectRecord, Storage, Tag, VersionId, VersionRef, VersionScan, Versioning,
};

/// Sequences of changes that are compared with the model.
const SEQUENCES: usize = 12;
/// Changes in each.
const CHANGES: usize = 24;

/// The verbs that versions are told with.
impl Fixture {
    /// Puts an object: as a version of its own, or as the null version.
    pub async fn put_version(&self, key: &str, body: impl Into<Bytes>, fresh: bool) -> VersionRef {
        let parsed = key_of(key);
        let read = self.storage.metadata.read_head(&self.bucket, &parsed, Fetch::Attrs).await.expect("reads");
        let record = self.record(&parsed, body.into()).await.expect("writes");
        self.put_record(read, &record, fresh).await
    }

    async fn put_record(&self, read: HeadRead, record: &ObjectRecord, fresh: bool) -> VersionRef {
        let version = if fresh { VersionId::fresh(0).bytes() } else { Bytes::new() };
        let attrs = ObjectAttrs { version, ..record.attrs.clone() };
        let record = Arc::new(ObjectRecord { attrs, data: record.data.clone() });
        let HeadChange::Applied { head, .. } = self.change(read, Decision::Put(record)).await else {
            panic!("an unconditional put is applied")
        };
        head.current.expect("it is there").attrs.version_ref()
    }

    /// Puts a delete marker on top.
    pub async fn mark_deleted(&self, key: &str, fresh: bool) -> VersionRef {
        let attrs = ObjectAttrs { delete_marker: true, ..ObjectAttrs::default() };
        let marker = ObjectRecord { attrs, data: Data::Inline(Bytes::new()) };
        self.put_record(self.read(key).await, &marker, fresh).await
    }

    async fn read_version(&self, key: &str, version: VersionRef) -> HeadRead {
        let read = self.storage.metadata.read_version(&self.bucket, &key_of(key), version, Fetch::WithInline).await;
        read.expect("reads the version")
    }

    async fn remove(&self, key: &str, version: VersionRef) -> HeadChange {
        self.change(self.read_version(key, version).await, Decision::Remove(version)).await
    }

    async fn body_of_version(&self, key: &str, version: VersionRef) -> Option<Bytes> {
        let record = self.read_version(key, version).await.head.named?;
        Some(match &record.data {
            Data::Inline(bytes) => bytes.clone(),
            Data::Stored(placement) => self.range(placement, 0..placement.length).await,
            Data::NotRead => panic!("inline bytes were asked for and not given"),
        })
    }

    /// All versions, read in pages of `limit`.
    pub async fn versions(&self, limit: usize) -> Vec<ListedVersion> {
        let mut scan = VersionScan { limit, ..VersionScan::default() };
        let mut all: Vec<ListedVersion> = Vec::new();
        loop {
            let page = self.storage.metadata.list_versions(&self.bucket, &scan).await.expect("lists");
            assert!(page.entries.len() <= limit && (!page.more || !page.entries.is_empty()));
            all.extend(page.entries);
            if !page.more {
                return all;
            }
            let last = all.last().expect("a page that is not the last has an entry");
            (scan.from, scan.below) = (last.key.as_bytes().to_vec(), Some(last.attrs.seq));
        }
    }
}

/// What a bucket is configured to be stays so, and each change builds on the one before.
pub async fn settings_change_one_after_the_other(storage: Storage) {
    let f = Fixture::new(storage).await;
    let outcomes = at_once(8, |i| {
        let f = f.clone();
        async move {
            let add = |now: &BucketSettings| {
                let mut next = now.clone();
                next.tags.push(Tag { key: i.to_string(), value: String::new() });
                Some(next)
            };
            insist(|| async { f.storage.metadata.change_bucket(&f.bucket, &mut add.clone()).await }).await
        }
    })
    .await;
    assert!(outcomes.iter().all(|o| matches!(o, None | Some(ChangeBucket::Changed(_)))));
    let ChangeBucket::Left(now) = f.storage.metadata.change_bucket(&f.bucket, &mut |_| None).await.expect("reads")
    else {
        panic!("nothing was asked for")
    };
    for (i, outcome) in outcomes.iter().enumerate() {
        let times = now.settings.tags.iter().filter(|tag| tag.key == i.to_string()).count();
        // One whose outcome is not known has happened once, or not.
        assert!(times == 1 || outcome.is_none() && times == 0, "{i}: {times} times");
    }
    assert_eq!(now.settings.versioning(), Versioning::Off);
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
    let gone = f.storage.metadata.change_bucket(&f.bucket, &mut |now| Some(now.clone())).await.expect("answers");
    assert!(matches!(gone, ChangeBucket::NoSuchBucket));
}

/// Overwriting keeps what was there, in its place, with its bytes.
pub async fn overwritten_versions_are_kept(storage: Storage) {
    let f = Fixture::new(storage).await;
    let large = body_of(f.storage.chunks.inline_bytes_max() + 4_000, 7);
    let mut ids = Vec::new();
    for body in [Bytes::from_static(b"one"), large, Bytes::new(), Bytes::from_static(b"four")] {
        ids.push((f.put_version("k", body.clone(), true).await, body));
    }
    assert_eq!(f.get("k").await.as_deref(), Some(&b"four"[..]));
    for (id, body) in &ids {
        assert_eq!(f.body_of_version("k", *id).await.as_ref(), Some(body));
    }
    let listed = f.versions(2).await;
    let newest_first: Vec<_> = ids.iter().rev().map(|(id, _)| *id).collect();
    assert_eq!(listed.iter().map(|v| v.attrs.version_ref()).collect::<Vec<_>>(), newest_first);
    assert_eq!(listed.iter().map(|v| v.latest).collect::<Vec<_>>(), [true, false, false, false]);
    f.sweep().await;
    assert_eq!(f.body_of_version("k", ids[1].0).await.as_ref(), Some(&ids[1].1), "it is still referred to");
}

/// A delete marker hides an object from listings, and removing it brings the object back.
pub async fn a_delete_marker_hides_and_its_removal_reveals(storage: Storage) {
    let f = Fixture::new(storage).await;
    let first = f.put_version("k", "bytes", true).await;
    let marker = f.mark_deleted("k", true).await;
    assert!(f.read("k").await.head.object().is_none());
    assert!(f.list(b"", b"", 10).await.is_empty());
    let listed = f.versions(10).await;
    assert_eq!(listed.iter().map(|v| v.attrs.delete_marker).collect::<Vec<_>>(), [true, false]);
    assert_eq!(f.delete_bucket().await, DeleteBucket::NotEmpty);
    f.remove("k", marker).await;
    assert_eq!(f.get("k").await.as_deref(), Some(&b"bytes"[..]));
    assert_eq!(f.list(b"", b"", 10).await, ["k"]);
    f.remove("k", first).await;
    assert!(f.versions(10).await.is_empty());
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
}

/// A bucket with nothing but a delete marker is not empty.
pub async fn a_bucket_with_a_delete_marker_stays(storage: Storage) {
    let f = Fixture::new(storage).await;
    let marker = f.mark_deleted("k", true).await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::NotEmpty);
    f.remove("k", marker).await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
}

/// Attributes change in place, of current and of noncurrent versions, and the bytes stay.
pub async fn attributes_of_a_version_are_rewritten_in_place(storage: Storage) {
    let f = Fixture::new(storage).await;
    let null = f.put_version("k", "null", false).await;
    let old = f.put_version("k", "old", true).await;
    let new = f.put_version("k", "new", true).await;
    for (version, body) in [(null, "null"), (old, "old"), (new, "new")] {
        let read = f.read_version("k", version).await;
        let mut record = read.head.named.clone().expect("it is there").as_ref().clone();
        record.attrs.tags.push(Tag { key: "colour".to_owned(), value: body.to_owned() });
        record.data = Data::NotRead;
        let record = Arc::new(record);
        let change = f.change(read, Decision::Rewrite(record)).await;
        assert!(matches!(change, HeadChange::Applied { .. }), "{change:?}");
    }
    for (version, body) in [(null, "null"), (old, "old"), (new, "new")] {
        let named = f.read_version("k", version).await.head.named.expect("it is there");
        assert_eq!(named.attrs.tags.first().map(|tag| tag.value.as_str()), Some(body));
        assert_eq!(f.body_of_version("k", version).await.as_deref(), Some(body.as_bytes()));
    }
    assert_eq!(f.versions(10).await.len(), 3);
}

/// A version that is not there is no error, and removing it changes nothing.
pub async fn an_absent_version_is_absent(storage: Storage) {
    let f = Fixture::new(storage).await;
    let kept = f.put_version("k", "kept", true).await;
    for absent in [VersionRef::Null, VersionRef::Id(VersionId::fresh(5))] {
        assert!(f.read_version("k", absent).await.head.named.is_none());
        let change = f.remove("k", absent).await;
        assert!(matches!(change, HeadChange::Applied { .. }), "{change:?}");
        assert!(f.read_version("nothing", absent).await.head.named.is_none());
    }
    assert_eq!(f.body_of_version("k", kept).await.as_deref(), Some(&b"kept"[..]));
}

/// Each of many writers at once gets a version of its own, and none is lost.
pub async fn racing_puts_make_a_version_each(storage: Storage) {
    let f = Fixture::new(storage).await;
    let made = at_once(12, |i| {
        let f = f.clone();
        async move {
            let parsed = key_of("k");
            let record = f.record(&parsed, Bytes::from(format!("{i}"))).await.expect("writes");
            let attrs = ObjectAttrs { version: VersionId::fresh(0).bytes(), ..record.attrs.clone() };
            let record = Arc::new(ObjectRecord { attrs, data: record.data.clone() });
            let put = insist(|| async {
                let read = f.storage.metadata.read_head(&f.bucket, &parsed, Fetch::Attrs).await?;
                f.storage.metadata.change_head(read, &mut |_| Decision::Put(Arc::clone(&record))).await
            });
            match put.await {
                Some(HeadChange::Applied { head, .. }) => head.current.map(|r| (r.attrs.version_ref(), i)),
                _ => None,
            }
        }
    })
    .await;
    let made: Vec<_> = made.into_iter().flatten().collect();
    assert!(!made.is_empty());
    for (version, i) in &made {
        assert_eq!(f.body_of_version("k", *version).await.as_deref(), Some(i.to_string().as_bytes()));
    }
    assert!(f.versions(5).await.len() >= made.len());
}

/// A blob that only a noncurrent version refers to stays through every sweep.
pub async fn a_noncurrent_version_keeps_its_blob(storage: Storage) {
    let f = Fixture::new(storage).await;
    let large = body_of(f.storage.chunks.inline_bytes_max() + 9_000, 3);
    let kept = f.put_version("k", large.clone(), true).await;
    let second = f.put_version("k", large.clone(), true).await;
    f.mark_deleted("k", true).await;
    f.remove("k", second).await;
    f.sweep().await;
    assert_eq!(f.body_of_version("k", kept).await, Some(large));
}

/// A random change of one key.
#[derive(Debug, Clone, Copy)]
enum Change {
    Put(bool),
    Mark(bool),
    /// The version with this index in the model, modulo its length.
    Remove(usize),
    RemoveNull,
}

/// The change that three random bytes stand for, and which of three keys it changes.
fn change_of(bytes: &[u8]) -> (usize, Change) {
    let [key, what, which] = bytes else { return (0, Change::RemoveNull) };
    let change = match what % 11 {
        0..4 => Change::Put(which % 2 == 0),
        4..6 => Change::Mark(which % 2 == 0),
        6..10 => Change::Remove(usize::from(*which)),
        _ => Change::RemoveNull,
    };
    (usize::from(key % 3), change)
}

/// A key's versions as the rules of versioning have them, newest first: id, body, whether it is a delete marker.
type Model = Vec<(VersionRef, Option<String>)>;

fn model_put(model: &mut Model, id: VersionRef, body: Option<String>) {
    model.retain(|(other, _)| *other != id);
    model.insert(0, (id, body));
}

/// Random sequences of changes leave what a model of a versioned bucket says.
pub async fn random_changes_leave_what_the_model_says(storage: Storage) {
    let f = Fixture::new(storage).await;
    for run in 0..SEQUENCES {
        let random = body_of(3 * CHANGES, run as u64 + 1);
        let changes: Vec<_> = random.chunks_exact(3).map(change_of).collect();
        let mut models: BTreeMap<String, Model> = BTreeMap::new();
        for (step, (key, change)) in changes.iter().enumerate() {
            let key = format!("{run}-{key}");
            let model = models.entry(key.clone()).or_default();
            match change {
                Change::Put(fresh) => {
                    let body = format!("{run} {step}");
                    let id = f.put_version(&key, body.clone(), *fresh).await;
                    model_put(model, id, Some(body));
                }
                Change::Mark(fresh) => model_put(model, f.mark_deleted(&key, *fresh).await, None),
                Change::Remove(index) if !model.is_empty() => {
                    let (id, _) = model.remove(index % model.len());
                    f.remove(&key, id).await;
                }
                Change::Remove(_) => {}
                Change::RemoveNull => {
                    model.retain(|(id, _)| *id != VersionRef::Null);
                    f.remove(&key, VersionRef::Null).await;
                }
            }
            check_key(&f, &key, model).await;
        }
        let listed = f.versions(7).await;
        let expected: Vec<_> =
            models.iter().flat_map(|(key, model)| model.iter().map(move |(id, _)| (key.as_str(), *id))).collect();
        let prefix = format!("{run}-");
        let found: Vec<_> = listed
            .iter()
            .filter(|v| v.key.as_str().starts_with(&prefix))
            .map(|v| (v.key.as_str(), v.attrs.version_ref()))
            .collect();
        assert_eq!(found, expected, "{changes:?}");
    }
}

async fn check_key(f: &Fixture, key: &str, model: &Model) {
    let Head { current, older, .. } = f.read(key).await.head;
    assert_eq!(current.map(|c| c.attrs.version_ref()), model.first().map(|(id, _)| *id), "{key} {model:?}");
    assert_eq!(older, model.len().saturating_sub(1) as u64);
    for (id, body) in model {
        let found = f.body_of_version(key, *id).await.expect("the model has it");
        assert_eq!(found.as_ref(), body.as_deref().unwrap_or_default().as_bytes());
    }
    let listed = f.list(key.as_bytes(), b"", 10).await;
    let there = model.first().is_some_and(|(_, body)| body.is_some());
    assert_eq!(listed.len(), usize::from(there), "{key} {model:?}");
}
