//! What crashes leave behind is answered rightly, and cleared away.

use std::sync::Arc;
use std::time::Duration;

use dolium::storage::cassandra::{CassandraConfig, open};
use dolium::storage::conformance::fixture::{Fixture, claim};
use dolium::storage::faulty::Fault;
use dolium::storage::{DeleteBucket, Timestamp, UploadId, UploadScan};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::keyspace::{Rows, beside, eventually, fresh, on_trial, reached, run, shared};

const ASKING: i8 = 2;
const LIVE: i8 = 1;
const DELETING: i8 = 2;
const AN_HOUR: i64 = 3_600_000_000;

async fn setup() -> (Fixture, Rows, CassandraConfig) {
    let (storage, config, _) = shared().await;
    let rows = Rows::of(&config).await;
    (Fixture::new(storage).await, rows, config)
}

async fn shard_of(f: &Fixture, rows: &Rows) -> Uuid {
    let answer = rows.run("SELECT shard_id FROM shard_map WHERE bucket_id = ?", (f.bucket.id.0,)).await;
    answer.into_rows_result().expect("rows").first_row::<(Uuid,)>().expect("one shard").0
}

/// What a writer leaves that stops between its index row and its LWT.
async fn leave_asking(f: &Fixture, rows: &Rows, key: &str, at: i64) {
    let cql = "UPDATE listing USING TIMESTAMP ? SET state = ? WHERE bucket_id = ? AND shard_id = ? AND key = ?";
    rows.run(cql, (at, ASKING, f.bucket.id.0, shard_of(f, rows).await, key.as_bytes())).await;
}

/// What a deletion leaves that stopped an hour ago.
async fn leave_deleting(f: &Fixture, rows: &Rows) {
    let cql = "UPDATE bucket SET rev = ?, state = ?, since = ? WHERE name = ? IF EXISTS";
    let since = Timestamp::now().0 - AN_HOUR;
    rows.run(cql, (Uuid::new_v4(), DELETING, since, f.bucket.name.as_str())).await;
}

async fn states(f: &Fixture, rows: &Rows) -> Vec<i8> {
    let cql = "SELECT state FROM listing WHERE bucket_id = ? AND shard_id = ?";
    let answer = rows.run(cql, (f.bucket.id.0, shard_of(f, rows).await)).await;
    let found = answer.into_rows_result().expect("rows");
    found.rows::<(i8,)>().expect("states").map(|row| row.expect("a state").0).collect()
}

#[test]
fn a_row_that_was_left_asking_is_resolved_and_repaired() {
    run(async {
        let (f, rows, ..) = setup().await;
        let put = f.put("there", "x").await;
        eventually("the row is finished", || async { (states(&f, &rows).await == [1]).then_some(()) }).await;
        let old = Timestamp::now().0 - AN_HOUR;
        leave_asking(&f, &rows, "absent", old).await;
        // Overwritten by a writer whose clock is ahead, and who stopped: newer than the finished row.
        leave_asking(&f, &rows, "there", put.ts.0 + 2).await;
        assert_eq!(f.list(b"", b"", 10).await, ["there"]);
        eventually("the old row is gone", || async {
            assert_eq!(f.list(b"", b"", 10).await, ["there"]);
            (states(&f, &rows).await.len() == 1).then_some(())
        })
        .await;
    });
}

#[test]
fn a_repair_fences_a_writer_that_is_only_paused() {
    run(async {
        let (f, rows, ..) = setup().await;
        let paused = f.read("k").await;
        leave_asking(&f, &rows, "k", Timestamp::now().0 - AN_HOUR).await;
        assert!(f.list(b"", b"", 10).await.is_empty());
        eventually("the row is gone", || async { states(&f, &rows).await.is_empty().then_some(()) }).await;
        assert_ne!(f.read("k").await.head.rev, paused.head.rev, "the head was fenced before its row was removed");
        // The paused writer is refused, starts again, and its object is listed.
        let record = dolium::storage::conformance::fixture::inline("x", &f.tenant);
        f.change(paused, dolium::storage::Decision::Put(record)).await;
        assert_eq!(f.list(b"", b"", 10).await, ["k"]);
    });
}

#[test]
fn rows_left_asking_do_not_keep_an_empty_bucket() {
    run(async {
        let (f, rows, ..) = setup().await;
        for i in 0..150 {
            leave_asking(&f, &rows, &format!("{i}"), Timestamp::now().0).await;
        }
        assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
    });
}

/// A page of one upload must not read the rows that crashes left two by two.
#[test]
fn rows_of_uploads_that_are_gone_cost_a_listing_few_reads() {
    run(async {
        let (storage, config, trial) = shared().await;
        let (f, rows) = (Fixture::new(storage).await, Rows::of(&config).await);
        let shard = shard_of(&f, &rows).await;
        for _ in 0..150 {
            let cql = "INSERT INTO upload_by_bucket (bucket_id, shard_id, key, upload_id) VALUES (?, ?, ?, ?)";
            rows.run(cql, (f.bucket.id.0, shard, b"a".as_slice(), UploadId::fresh().bytes())).await;
        }
        let upload = f.open("b").await;
        trial.faults.forget();
        let scan = UploadScan { limit: 1, ..UploadScan::default() };
        let page = f.storage.metadata.list_uploads(&f.bucket, &scan).await.expect("lists");
        assert_eq!(page.entries.iter().map(|one| one.id).collect::<Vec<_>>(), [upload.id]);
        let reads = trial.faults.called().iter().filter(|statement| *statement == "uploads_from").count();
        assert!(reads <= 2, "{reads} reads");
    });
}

#[test]
fn a_deletion_that_was_left_behind_is_finished_or_taken_back() {
    run(async {
        let (f, rows, config) = setup().await;
        f.put("k", "x").await;
        leave_deleting(&f, &rows).await;
        // Another front end, which knows nothing of the bucket yet.
        let other = Fixture { storage: open(config).await.expect("opens"), ..f.clone() };
        assert_eq!(other.delete_bucket().await, DeleteBucket::NotEmpty);
        other.put("k2", "it takes writes again").await;
        assert_eq!(f.list(b"", b"", 10).await, ["k", "k2"]);
        f.delete("k").await;
        f.delete("k2").await;
        leave_deleting(&f, &rows).await;
        assert_eq!(other.delete_bucket().await, DeleteBucket::Deleted);
        assert_eq!(f.delete_bucket().await, DeleteBucket::Absent);
    });
}

/// A deletion that is held at a statement, in a keyspace where sweepers look after two seconds.
struct Held {
    f: Fixture,
    other: Fixture,
    rows: Rows,
    until: Arc<Notify>,
    deletion: JoinHandle<DeleteBucket>,
}

impl Held {
    async fn at(statement: &str) -> Self {
        let (storage, config, trial) = on_trial(|config| config.reclaim_grace = Duration::from_secs(2)).await;
        let (f, until) = (Fixture::new(storage).await, Arc::new(Notify::new()));
        trial.faults.add(statement, 0, Fault::Hold(Arc::clone(&until)));
        let deleted = f.clone();
        let deletion = tokio::spawn(async move { deleted.delete_bucket().await });
        reached(&trial).await;
        let other = Fixture { storage: beside(&config).await, ..f.clone() };
        Self { other, rows: Rows::of(&config).await, f, until, deletion }
    }

    /// The bucket's state, as its row says.
    async fn state(&self) -> Option<i8> {
        let answer = self.rows.run("SELECT state FROM bucket WHERE name = ?", (self.f.bucket.name.as_str(),)).await;
        let row = answer.into_rows_result().expect("rows").maybe_first_row::<(i8,)>().expect("a state");
        row.map(|(state,)| state)
    }

    /// The other front end's worker does what it does, until the bucket's row says so.
    async fn swept_to(&self, state: Option<i8>) {
        eventually("the deletion that was left behind is decided", || async {
            self.other.sweep().await;
            (self.state().await == state).then_some(())
        })
        .await;
    }

    async fn deleter_wakes(self) -> DeleteBucket {
        self.until.notify_one();
        self.deletion.await.expect("ends")
    }
}

#[test]
fn a_deletion_that_was_left_behind_is_finished_by_anothers_worker() {
    run(async {
        let held = Held::at("bucket_drop").await;
        let cql = "UPDATE bucket SET since = ? WHERE name = ? IF state = ?";
        held.rows.run(cql, (Timestamp::now().0 - AN_HOUR, held.f.bucket.name.as_str(), DELETING)).await;
        held.swept_to(None).await;
        let again = claim(&held.other.storage, held.f.bucket.name.as_str(), &held.f.tenant).await;
        let theirs = Fixture { bucket: again, ..held.other.clone() };
        theirs.put("k", "x").await;
        assert_eq!(held.deleter_wakes().await, DeleteBucket::Absent, "the name is another bucket's");
        assert_eq!(theirs.list(b"", b"", 10).await, ["k"]);
    });
}

#[test]
fn a_deletion_of_a_bucket_that_is_not_empty_is_taken_back_by_anothers_worker() {
    run(async {
        let held = Held::at("bucket_mark").await;
        held.f.put("k", "x").await;
        leave_deleting(&held.f, &held.rows).await;
        held.swept_to(Some(LIVE)).await;
        held.other.put("k2", "it takes writes again").await;
        let (f, answer) = (held.f.clone(), held.deleter_wakes().await);
        assert_eq!(answer, DeleteBucket::NotEmpty);
        assert_eq!(f.list(b"", b"", 10).await, ["k", "k2"]);
    });
}

#[test]
fn a_damaged_chunk_is_never_handed_out() {
    run(async {
        let (storage, config) = fresh(|_| {}).await;
        let (f, rows) = (Fixture::new(storage).await, Rows::of(&config).await);
        let body = dolium::storage::conformance::fixture::body_of(f.storage.chunks.chunk_bytes() + 9, 1);
        f.put("k", body.clone()).await;
        let answer = rows.run("SELECT inode, block_no, chunk_no FROM block", ()).await;
        let found = answer.into_rows_result().expect("rows");
        let (inode, block, _) = found.first_row::<(Uuid, i32, i32)>().expect("a chunk");
        // A sum that is wrong everywhere is damage, and is never handed out.
        let cql = "UPDATE block SET crc = ? WHERE inode = ? AND block_no = ? AND chunk_no = ?";
        rows.run(cql, (1, inode, block, 0)).await;
        let head = f.read("k").await.head.current.expect("it is there");
        let dolium::storage::Data::Stored(placement) = &head.data else { panic!("it is large") };
        let mut stream = f.storage.chunks.read(placement, 0..placement.length).await.expect("opens");
        let first = futures::StreamExt::next(&mut stream).await.expect("an answer");
        assert!(matches!(first, Err(dolium::storage::StorageError::Corrupt(_))), "{first:?}");
    });
}
