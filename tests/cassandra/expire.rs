//! Two front ends that enact lifecycle rules, of which one is stopped in the middle of a step and loses its turn: what
//! is due goes once, and nothing else goes.

use std::sync::Arc;

use dolium::s3::lifecycle::Rules;
use dolium::s3::xml;
use dolium::storage::cassandra::Trial;
use dolium::storage::conformance::fixture::{Fixture, inline, key_of};
use dolium::storage::faulty::Fault;
use dolium::storage::{
    BucketSettings, ChangeBucket, Decision, Fetch, ListedVersion, ObjectAttrs, ObjectRecord, Result, Storage,
    Timestamp, VersionId, VersionScan, Versioning,
};
use dolium::workers::Worker;
use dolium::workers::expire_objects::{ExpireObjects, Pace};
use prost::Message;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::keyspace::{beside, eventually, on_trial, reached, run};

/// Days last a second, and so turns last five.
const DAY: i64 = 1_000_000;
/// Objects to be covered, and as many keys with noncurrent versions.
const KEYS: usize = 4;

/// Where the first front end is held: at the third object that it covers, in the middle of the second key's versions.
const AMONG_OBJECTS: (&str, usize) = ("head_demote", 2);
const AMONG_VERSIONS: (&str, usize) = ("head_drop", 4);

const RULES: &str = "<LifecycleConfiguration>\
    <Rule><ID>c</ID><Status>Enabled</Status><Filter><Prefix>c/</Prefix></Filter>\
    <Expiration><Days>1</Days></Expiration></Rule>\
    <Rule><ID>n</ID><Status>Enabled</Status><Filter><Prefix>n/</Prefix></Filter><NoncurrentVersionExpiration>\
    <NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>2</NewerNoncurrentVersions>\
    </NoncurrentVersionExpiration></Rule></LifecycleConfiguration>";

struct Stage {
    f: Fixture,
    trial: Arc<Trial>,
    other: Storage,
}

/// Objects that are due, and keys of which three noncurrent versions are.
async fn stage() -> Stage {
    let (storage, config, trial) = on_trial(|_| {}).await;
    let mut f = Fixture::new(storage).await;
    let rules = Rules { rules: xml::lifecycle::parse(RULES.as_bytes()).expect("parses"), transition_minimum: 0 };
    let settings = BucketSettings {
        versioning: Versioning::Enabled.into(),
        lifecycle: rules.encode_to_vec().into(),
        ..BucketSettings::default()
    };
    let mut decide = |_: &BucketSettings| Some(settings.clone());
    let changed = f.storage.metadata.change_bucket(&f.bucket, &mut decide).await.expect("configures");
    let ChangeBucket::Changed(bucket) = changed else { panic!("{changed:?}") };
    f.bucket = bucket;
    for i in 0..KEYS {
        put(&f, &format!("c/{i}"), 90).await;
        for age in [90, 80, 70, 60, 50, 40] {
            put(&f, &format!("n/{i}"), age).await;
        }
    }
    let other = beside(&config).await;
    Stage { f, trial, other }
}

/// Puts a version that is so many days old.
async fn put(f: &Fixture, key: &str, days: i64) {
    let record = inline(format!("{days} days"), &f.tenant);
    let modified_micros = Timestamp::now().0 - days * DAY;
    let (version, etag) = (VersionId::fresh(0).bytes(), days.to_string());
    let attrs = ObjectAttrs { modified_micros, version, etag, ..record.attrs.clone() };
    let record = ObjectRecord { attrs, data: record.data.clone() };
    f.change(f.read(key).await, Decision::Put(Arc::new(record))).await;
}

/// As many steps as there are slots: each begins with another one.
async fn round(worker: ExpireObjects, slots: u32) -> Result<()> {
    for _ in 0..slots {
        worker.step().await?;
    }
    Ok(())
}

impl Stage {
    /// Key and age of each version, delete markers with a cross.
    async fn left(&self) -> Vec<String> {
        let scan = VersionScan { limit: 1000, ..VersionScan::default() };
        let page = self.other.metadata.list_versions(&self.f.bucket, &scan).await.expect("lists");
        let show = |v: &ListedVersion| format!("{} {}", v.key, if v.attrs.delete_marker { "+" } else { &v.attrs.etag });
        page.entries.iter().map(show).collect()
    }

    fn wanted() -> Vec<String> {
        let of = |prefix: &'static str, kept: &'static [&str]| {
            (0..KEYS).flat_map(move |i| kept.iter().map(move |age| format!("{prefix}/{i} {age}")))
        };
        of("c", &["+", "90"]).chain(of("n", &["40", "50", "60"])).collect()
    }

    async fn slots(&self) -> u32 {
        self.other.work.slots().await.expect("answers")
    }

    /// A round of the first front end that is held in the middle.
    async fn held(&self, (statement, skip): (&str, usize)) -> (Arc<Notify>, JoinHandle<Result<()>>) {
        let until = Arc::new(Notify::new());
        self.trial.faults.add(statement, skip, Fault::Hold(Arc::clone(&until)));
        let worker = ExpireObjects::new(self.f.storage.clone(), Pace::new(Some(1)));
        let step = tokio::spawn(round(worker, self.slots().await));
        reached(&self.trial).await;
        (until, step)
    }

    /// The second front end goes on until nothing is left to do.
    async fn taken_over(&self, wanted: &[String]) {
        let worker = ExpireObjects::new(self.other.clone(), Pace::new(Some(1)));
        eventually("what is due goes", || async {
            worker.step().await.expect("goes well");
            (self.left().await == *wanted).then_some(())
        })
        .await;
    }

    /// Somebody else removes a version.
    async fn remove(&self, key: &str, age: &str) {
        let scan = VersionScan { limit: 1000, prefix: key.into(), ..VersionScan::default() };
        let page = self.other.metadata.list_versions(&self.f.bucket, &scan).await.expect("lists");
        let version = page.entries.iter().find(|v| v.attrs.etag == age).expect("it is there").attrs.version_ref();
        let store = &self.other.metadata;
        let read = store.read_version(&self.f.bucket, &key_of(key), version, Fetch::Attrs).await.expect("reads");
        store.change_head(read, &mut |_| Decision::Remove(version)).await.expect("removes");
    }

    /// Rounds that find nothing to do.
    async fn two_more_rounds(&self) {
        for storage in [&self.f.storage, &self.other] {
            round(ExpireObjects::new(storage.clone(), Pace::new(Some(1))), self.slots().await)
                .await
                .expect("goes well");
        }
    }
}

#[test]
fn a_worker_that_wakes_after_its_turn_removes_nothing_more() {
    run(async {
        let s = stage().await;
        let before = s.left().await;
        let (until, step) = s.held(AMONG_OBJECTS).await;
        assert_ne!(s.left().await, before, "it has covered something");
        s.taken_over(&Stage::wanted()).await;
        until.notify_one();
        step.await.expect("ends").expect("goes well");
        s.two_more_rounds().await;
        assert_eq!(s.left().await, Stage::wanted());
    });
}

#[test]
fn a_worker_that_dies_in_the_middle_of_a_step_is_replaced() {
    run(async {
        let s = stage().await;
        let (_, step) = s.held(AMONG_VERSIONS).await;
        step.abort();
        assert!(step.await.is_err_and(|ended| ended.is_cancelled()));
        s.taken_over(&Stage::wanted()).await;
        s.two_more_rounds().await;
        assert_eq!(s.left().await, Stage::wanted());
    });
}

/// The turn of the first is over while it is in the middle of a key, and the second is at the same one.
#[test]
fn two_workers_that_both_believe_in_their_turn_remove_what_one_would() {
    run(async {
        let s = stage().await;
        let (until, step) = s.held(AMONG_VERSIONS).await;
        let before = s.left().await;
        let woken = async {
            eventually("the second has begun", || async { (s.left().await != before).then_some(()) }).await;
            until.notify_one();
            step.await.expect("ends").expect("goes well");
        };
        let wanted = Stage::wanted();
        futures::join!(woken, s.taken_over(&wanted));
        s.two_more_rounds().await;
        assert_eq!(s.left().await, wanted);
    });
}

/// Of the versions that are kept one is removed, so that the one which the worker was about to remove is kept instead.
#[test]
fn what_changes_while_a_worker_is_stopped_is_judged_anew() {
    run(async {
        let s = stage().await;
        let (until, step) = s.held(AMONG_VERSIONS).await;
        s.remove("n/1", "60").await;
        until.notify_one();
        step.await.expect("ends").expect("goes well");
        let wanted: Vec<String> = Stage::wanted().iter().map(|v| v.replace("n/1 60", "n/1 80")).collect();
        s.taken_over(&wanted).await;
        s.two_more_rounds().await;
        assert_eq!(s.left().await, wanted);
    });
}
