use std::sync::Arc;

use bytes::Bytes;
use prost::Message;
use tempfile::TempDir;

use super::*;
use crate::s3::lifecycle::Rules;
use crate::s3::xml;
use crate::storage::conformance::fixture::{Fixture, inline, key_of};
use crate::storage::embedded::{self, EmbeddedConfig};
use crate::storage::faulty::{Fault, Plan, faulty};
use crate::storage::{
    BucketSettings, ChangeBucket, Data, Decision, Fetch, NewUpload, ObjectAttrs, ObjectLock, ObjectRecord, VersionId,
    VersionRef, VersionScan, Versioning,
};

const DAY: i64 = 86_400_000_000;

/// A bucket in which things can be old.
struct Ground {
    f: Fixture,
    plan: Plan,
    _folder: TempDir,
}

impl Ground {
    async fn new(versioning: Versioning, rules: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let plan = Plan::default();
        let storage = embedded::open(EmbeddedConfig::new(folder.path())).await.expect("opens");
        let f = Fixture::new(faulty(storage, &plan)).await;
        let mut ground = Self { f, plan, _folder: folder };
        ground.configure(versioning, rules).await;
        ground
    }

    async fn configure(&mut self, versioning: Versioning, rules: &str) {
        let document = format!("<LifecycleConfiguration>{rules}</LifecycleConfiguration>");
        let rules = Rules { rules: xml::lifecycle::parse(document.as_bytes()).expect("parses"), transition_minimum: 0 };
        let settings = BucketSettings {
            versioning: versioning.into(),
            lifecycle: rules.encode_to_vec().into(),
            ..BucketSettings::default()
        };
        let mut decide = |_: &BucketSettings| Some(settings.clone());
        let changed = self.f.storage.metadata.change_bucket(&self.f.bucket, &mut decide).await.expect("configures");
        let (ChangeBucket::Changed(bucket) | ChangeBucket::Left(bucket)) = changed else { panic!("{changed:?}") };
        self.f.bucket = bucket;
    }

    /// Puts a version that is so many days old.
    async fn put(&self, key: &str, days: i64, more: ObjectAttrs) {
        let versioned = self.f.bucket.settings.versioning() == Versioning::Enabled;
        let record = inline(format!("{days} days"), &self.f.tenant);
        let attrs = ObjectAttrs {
            modified_micros: Timestamp::now().0 - days * DAY,
            version: if versioned { VersionId::fresh(0).bytes() } else { Bytes::new() },
            ..ObjectAttrs {
                tags: more.tags,
                lock: more.lock,
                delete_marker: more.delete_marker,
                ..record.attrs.clone()
            }
        };
        let record = Arc::new(ObjectRecord { attrs, data: record.data.clone() });
        let read = self.f.read(key).await;
        self.f.change(read, Decision::Put(record)).await;
    }

    async fn put_all(&self, key: &str, days: &[i64]) {
        for days in days {
            self.put(key, *days, ObjectAttrs::default()).await;
        }
    }

    /// A round, in as many steps as it takes.
    async fn round(&self) {
        let worker = ExpireObjects::new(self.f.storage.clone(), Pace::new(None));
        self.finish(&worker).await;
    }

    async fn finish(&self, worker: &ExpireObjects) {
        while worker.step().await.expect("goes well") == Progress::More {}
    }

    /// Lets the next round begin at once.
    async fn forget_rounds(&self) {
        self.f.storage.work.leave_work("lifecycle-0", Bytes::new()).await.expect("forgets");
    }

    /// Key and age in days of every version, delete markers with a cross.
    async fn left(&self) -> Vec<String> {
        let scan = VersionScan { limit: 1000, ..VersionScan::default() };
        let page = self.f.storage.metadata.list_versions(&self.f.bucket, &scan).await.expect("lists");
        let now = Timestamp::now().0;
        let show = |v: &crate::storage::ListedVersion| {
            let marker = if v.attrs.delete_marker { "+" } else { "" };
            format!("{}{marker} {}", v.key, (now - v.attrs.modified_micros) / DAY)
        };
        page.entries.iter().map(show).collect()
    }
}

fn rule(inner: &str) -> String {
    format!("<Rule><Status>Enabled</Status>{inner}</Rule>")
}

fn days(prefix: &str, days: u32) -> String {
    rule(&format!("<Filter><Prefix>{prefix}</Prefix></Filter><Expiration><Days>{days}</Days></Expiration>"))
}

fn noncurrent(inner: &str) -> String {
    rule(&format!("<Filter/><NoncurrentVersionExpiration>{inner}</NoncurrentVersionExpiration>"))
}

#[tokio::test]
async fn old_objects_go_and_young_ones_stay() {
    let g = Ground::new(Versioning::Off, &days("a", 3)).await;
    for (key, age) in [("a-old", 5), ("a-young", 2), ("b-old", 5)] {
        g.put(key, age, ObjectAttrs::default()).await;
    }
    g.round().await;
    assert_eq!(g.left().await, ["a-young 2", "b-old 5"]);
}

#[tokio::test]
async fn with_versioning_a_marker_covers_what_expires() {
    let g = Ground::new(Versioning::Enabled, &days("", 3)).await;
    g.put_all("k", &[9, 5]).await;
    g.round().await;
    assert_eq!(g.left().await, ["k+ 0", "k 5", "k 9"]);
    g.forget_rounds().await;
    g.round().await;
    assert_eq!(g.left().await, ["k+ 0", "k 5", "k 9"], "never twice");
}

#[tokio::test]
async fn while_suspended_a_null_marker_takes_the_null_versions_place() {
    let mut g = Ground::new(Versioning::Off, &days("", 3)).await;
    g.put("k", 9, ObjectAttrs::default()).await;
    g.configure(Versioning::Enabled, &days("", 3)).await;
    g.put("k", 5, ObjectAttrs::default()).await;
    g.configure(Versioning::Suspended, &days("", 3)).await;
    g.round().await;
    assert_eq!(g.left().await, ["k+ 0", "k 5"]);
}

#[tokio::test]
async fn noncurrent_versions_go_by_the_time_they_became_so() {
    let g = Ground::new(Versioning::Enabled, &noncurrent("<NoncurrentDays>4</NoncurrentDays>")).await;
    g.put_all("k", &[30, 20, 9, 1]).await;
    g.round().await;
    // The one made 9 days ago has been noncurrent for one.
    assert_eq!(g.left().await, ["k 1", "k 9"]);
}

#[tokio::test]
async fn the_newest_noncurrent_versions_are_kept() {
    let two = "<NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>2</NewerNoncurrentVersions>";
    let g = Ground::new(Versioning::Enabled, &noncurrent(two)).await;
    g.put_all("k", &[50, 40, 30, 20, 10]).await;
    g.put_all("l", &[20, 10]).await;
    g.round().await;
    assert_eq!(g.left().await, ["k 10", "k 20", "k 30", "l 10", "l 20"]);
}

#[tokio::test]
async fn markers_go_when_nothing_is_left_below_them() {
    let expired = "<Filter/><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>\
        <NoncurrentVersionExpiration><NoncurrentDays>4</NoncurrentDays></NoncurrentVersionExpiration>";
    let g = Ground::new(Versioning::Enabled, &rule(expired)).await;
    let marker = || ObjectAttrs { delete_marker: true, ..ObjectAttrs::default() };
    for (key, object, covered) in [("gone", 30, 20), ("kept", 30, 1)] {
        g.put(key, object, ObjectAttrs::default()).await;
        g.put(key, covered, marker()).await;
    }
    g.put("alone", 0, marker()).await;
    g.put("object", 90, ObjectAttrs::default()).await;
    g.round().await;
    assert_eq!(g.left().await, ["gone+ 20", "kept+ 1", "kept 30", "object 90"]);
    g.forget_rounds().await;
    g.round().await;
    assert_eq!(g.left().await, ["kept+ 1", "kept 30", "object 90"]);
}

#[tokio::test]
async fn nothing_removes_a_locked_version() {
    let rules = days("", 3) + &noncurrent("<NoncurrentDays>4</NoncurrentDays>").replace("<Rule>", "<Rule><ID>n</ID>");
    let g = Ground::new(Versioning::Enabled, &rules).await;
    let lock = |days: i64, legal_hold| {
        let retain_until_micros = Timestamp::now().0 + days * DAY;
        let lock = ObjectLock { mode: 2, retain_until_micros, legal_hold: Some(legal_hold) };
        ObjectAttrs { lock: Some(lock), ..ObjectAttrs::default() }
    };
    for (key, lock) in [("held", lock(-1, true)), ("over", lock(-1, false)), ("retained", lock(1, false))] {
        g.put(key, 60, lock).await;
        g.put(key, 50, ObjectAttrs::default()).await;
    }
    g.round().await;
    let wanted = ["held+ 0", "held 50", "held 60", "over+ 0", "over 50", "retained+ 0", "retained 50", "retained 60"];
    assert_eq!(g.left().await, wanted);
}

#[tokio::test]
async fn overdue_uploads_are_aborted() {
    let abort = "<Filter><Prefix>a</Prefix></Filter><AbortIncompleteMultipartUpload><DaysAfterInitiation>3\
        </DaysAfterInitiation></AbortIncompleteMultipartUpload>";
    let g = Ground::new(Versioning::Off, &rule(abort)).await;
    for (key, age) in [("a/old", 5), ("a/young", 1), ("b/old", 5)] {
        let initiated = Timestamp(Timestamp::now().0 - age * DAY);
        let new = NewUpload { key: key_of(key), attrs: ObjectAttrs::default(), initiator: g.f.tenant.id, initiated };
        g.f.storage.metadata.create_upload(&g.f.bucket, new).await.expect("opens");
    }
    g.round().await;
    let scan = crate::storage::UploadScan { limit: 10, ..Default::default() };
    let open = g.f.storage.metadata.list_uploads(&g.f.bucket, &scan).await.expect("lists");
    assert_eq!(open.entries.iter().map(|u| u.key.as_str()).collect::<Vec<_>>(), ["a/young", "b/old"]);
}

#[tokio::test]
async fn a_round_of_many_steps_skips_nothing_wherever_it_is_cut_off() {
    let g = Ground::new(Versioning::Enabled, &noncurrent("<NoncurrentDays>1</NoncurrentDays>")).await;
    for key in 0..30 {
        g.put_all(&format!("{key:02}"), &[90, 80, 70, 60, 50, 40]).await;
    }
    // Each worker is killed in the middle of its step, or fails there; a fresh one goes on.
    for skip in [5, 0, 40, 17] {
        let error = StorageError::Stopped("as planned".into());
        g.plan.add("leave_work", 0, Fault::Refuse(error));
        let worker = ExpireObjects::new(g.f.storage.clone(), Pace::new(None));
        let cut_off = async {
            let mut polls = 0;
            let step = worker.step();
            let mut step = std::pin::pin!(step);
            std::future::poll_fn(|context| {
                polls += 1;
                if polls > skip { std::task::Poll::Ready(()) } else { step.as_mut().poll(context).map(drop) }
            })
            .await;
        };
        cut_off.await;
    }
    g.plan.forget();
    g.round().await;
    let wanted: Vec<String> = (0..30).map(|key| format!("{key:02} 40")).collect();
    assert_eq!(g.left().await, wanted);
}

#[tokio::test]
async fn two_workers_at_once_do_what_one_does() {
    let g = Ground::new(Versioning::Enabled, &days("", 3)).await;
    for key in 0..120 {
        g.put(&format!("{key:03}"), 9, ObjectAttrs::default()).await;
    }
    let worker = || ExpireObjects::new(g.f.storage.clone(), Pace::new(None));
    let (one, two) = (worker(), worker());
    tokio::join!(g.finish(&one), g.finish(&two));
    let left = g.left().await;
    assert_eq!(left.len(), 240, "one marker on each");
    assert_eq!(left.iter().filter(|v| v.contains('+')).count(), 120);
}

#[tokio::test]
async fn a_key_that_fails_does_not_stop_the_others() {
    let g = Ground::new(Versioning::Off, &days("", 3)).await;
    for key in ["a", "b", "c"] {
        g.put(key, 9, ObjectAttrs::default()).await;
    }
    g.plan.add("change_head", 1, Fault::Refuse(StorageError::Unavailable("as planned".into())));
    g.round().await;
    assert_eq!(g.left().await, ["b 9"]);
    g.forget_rounds().await;
    g.round().await;
    assert!(g.left().await.is_empty());
}

#[tokio::test]
async fn what_changes_under_the_workers_hands_is_left() {
    use super::remove::Removal;
    let g = Ground::new(Versioning::Off, &days("", 3)).await;
    g.put("k", 9, ObjectAttrs::default()).await;
    let read = g.f.storage.metadata.read_head(&g.f.bucket, &key_of("k"), Fetch::Attrs).await.expect("reads");
    let record = read.head.current.clone().expect("is there");
    let rules = lifecycle::of(&g.f.bucket).expect("reads").expect("has rules");
    let key = key_of("k");
    let removal = Removal {
        rules: &rules,
        calendar: Calendar::REAL,
        now: Timestamp::now(),
        key: &key,
        seen: &record.attrs,
        position: lifecycle::Position::Current { alone: true },
        rev: read.head.rev.expect("has one"),
    };
    assert!(matches!(removal.decide(&g.f.bucket, &read.head), Decision::Remove(VersionRef::Null)));
    // Somebody has read the old object and puts it anew, with the very same attributes.
    let again = ObjectRecord { attrs: record.attrs.clone(), data: Data::Inline(Bytes::from_static(b"9 days")) };
    g.f.change(read, Decision::Put(Arc::new(again))).await;
    let now = g.f.read("k").await;
    assert!(matches!(removal.decide(&g.f.bucket, &now.head), Decision::Leave));
    assert!(matches!(removal.run(&g.f.storage, &g.f.bucket).await.expect("goes well"), super::remove::Outcome::Left));
    assert!(g.f.get("k").await.is_some());
}
