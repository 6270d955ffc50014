//! Completions that stopped on their way: found out, whatever happened to the object since.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dolium::storage::cassandra::{CassandraConfig, Trial};
use dolium::storage::conformance::fixture::{Fixture, body_of};
use dolium::storage::conformance::parts::put_part;
use dolium::storage::conformance::uploads::{complete, complete_with};
use dolium::storage::faulty::Fault;
use dolium::storage::{AbortUpload, CompleteUpload, Result, Timestamp, Upload};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::keyspace::{Rows, beside, eventually, on_trial, reached, run};

type Completion = JoinHandle<Result<CompleteUpload>>;

const COMPLETING: i8 = 2;
const COMPLETED: i8 = 3;
const AN_HOUR: i64 = 3_600_000_000;

/// Where a completion stops: at its head's LWT, or when the object is there and only the upload does not say so.
const BEFORE_THE_HEAD: (&str, usize) = ("head_set", 0);
const AFTER_THE_HEAD: (&str, usize) = ("upload_mark", 1);

struct Stage {
    f: Fixture,
    rows: Rows,
    trial: Arc<Trial>,
    config: CassandraConfig,
}

async fn quick() -> Stage {
    let (storage, config, trial) = on_trial(|config| config.reclaim_grace = Duration::from_secs(2)).await;
    Stage { f: Fixture::new(storage).await, rows: Rows::of(&config).await, trial, config }
}

impl Stage {
    /// Two parts, of which the first fills a chunk.
    fn bodies(&self) -> [Bytes; 2] {
        [body_of(self.f.storage.chunks.chunk_bytes(), 1), body_of(5, 2)]
    }

    /// A completion that is held at this statement, and looks as if it had been for an hour.
    async fn held(&self, key: &str, (statement, skip): (&str, usize)) -> (Upload, Arc<Notify>, Completion) {
        let (upload, until) = (self.f.open(key).await, Arc::new(Notify::new()));
        self.trial.faults.add(statement, skip, Fault::Hold(Arc::clone(&until)));
        let (f, bodies, id) = (self.f.clone(), self.bodies(), upload.clone());
        let completion = tokio::spawn(async move {
            let mut parts = Vec::new();
            for (number, body) in (1..).zip(bodies) {
                parts.push(put_part(&f, &id, number, body).await);
            }
            complete(&f, &id, &parts, [7; 32]).await
        });
        reached(&self.trial).await;
        let cql = "UPDATE upload SET changed = ? WHERE upload_id = ? IF state = ?";
        self.rows.run(cql, (Timestamp::now().0 - AN_HOUR, upload.id.0, COMPLETING)).await;
        (upload, until, completion)
    }

    /// [`Self::held`], of a front end that then dies.
    async fn stopped(&self, key: &str, at: (&str, usize)) -> Upload {
        let (upload, _, completion) = self.held(key, at).await;
        completion.abort();
        assert!(completion.await.is_err_and(|ended| ended.is_cancelled()));
        upload
    }

    async fn abort(&self, upload: &Upload) -> AbortUpload {
        self.f.storage.metadata.abort_upload(&self.f.bucket, upload).await.expect("answers")
    }

    async fn state(&self, upload: &Upload) -> i8 {
        let answer = self.rows.run("SELECT state FROM upload WHERE upload_id = ?", (upload.id.0,)).await;
        answer.into_rows_result().expect("rows").first_row::<(i8,)>().expect("the upload").0
    }

    /// Sweeps until the blobs have exactly this many chunks, after something was left for the sweeper behind them.
    async fn swept_to(&self, chunks: u64) {
        self.f.put("marker", body_of(self.f.storage.chunks.chunk_bytes(), 3)).await;
        self.f.delete("marker").await;
        eventually(&format!("{chunks} chunks are left"), || async {
            self.f.sweep().await;
            (self.rows.count("block").await == chunks).then_some(())
        })
        .await;
    }

    async fn is_whole(&self, key: &str) -> bool {
        self.f.get(key).await == Some(self.bodies().concat().into())
    }
}

#[test]
fn a_completion_that_stopped_before_it_published_can_be_aborted() {
    run(async {
        let s = quick().await;
        let upload = s.stopped("k", BEFORE_THE_HEAD).await;
        assert_eq!(s.abort(&upload).await, AbortUpload::Aborted);
        assert_eq!(s.f.get("k").await, None);
        assert!(s.f.list(b"", b"", 10).await.is_empty());
        s.swept_to(0).await;
    });
}

#[test]
fn a_completion_that_stopped_before_it_published_can_be_repeated() {
    run(async {
        let s = quick().await;
        let upload = s.stopped("k", BEFORE_THE_HEAD).await;
        let answer = complete_with(&s.f, &upload, &s.bodies()).await;
        assert!(matches!(answer, CompleteUpload::Completed { .. }), "{answer:?}");
        // The parts that were written again, and the second manifest.
        s.swept_to(3).await;
        assert!(s.is_whole("k").await);
    });
}

#[test]
fn a_completion_that_was_only_paused_publishes_nothing_after_an_abort() {
    run(async {
        let s = quick().await;
        let (upload, paused, completion) = s.held("k", BEFORE_THE_HEAD).await;
        let other = beside(&s.config).await;
        let answer = other.metadata.abort_upload(&s.f.bucket, &upload).await.expect("answers");
        assert_eq!(answer, AbortUpload::Aborted);
        paused.notify_one();
        let answer = completion.await.expect("ends");
        assert!(answer.is_err(), "{answer:?}");
        assert_eq!(s.f.get("k").await, None);
    });
}

#[test]
fn a_completion_that_was_only_paused_finds_itself_completed() {
    run(async {
        let s = quick().await;
        let (upload, paused, completion) = s.held("k", AFTER_THE_HEAD).await;
        let other = beside(&s.config).await;
        let answer = other.metadata.abort_upload(&s.f.bucket, &upload).await.expect("answers");
        assert_eq!(answer, AbortUpload::NoSuchUpload);
        paused.notify_one();
        let answer = completion.await.expect("ends");
        assert!(matches!(answer, Ok(CompleteUpload::Completed { .. })), "{answer:?}");
        assert!(s.is_whole("k").await);
    });
}

#[test]
fn a_completion_that_stopped_after_it_published_answers_the_same_again() {
    run(async {
        let s = quick().await;
        let upload = s.stopped("k", AFTER_THE_HEAD).await;
        let answer = complete_with(&s.f, &upload, &s.bodies()).await;
        assert!(matches!(answer, CompleteUpload::Already(_)), "{answer:?}");
        assert_eq!(s.state(&upload).await, COMPLETED);
        s.swept_to(3).await;
        assert!(s.is_whole("k").await);
    });
}

#[test]
fn a_copy_keeps_the_parts_when_a_stopped_completion_is_recovered() {
    run(async {
        for replace in [false, true] {
            let s = quick().await;
            let upload = s.stopped("source", AFTER_THE_HEAD).await;
            s.f.copy("source", "copy").await;
            if replace {
                s.f.put("source", "newer").await;
            } else {
                s.f.delete("source").await;
            }
            assert_eq!(s.abort(&upload).await, AbortUpload::NoSuchUpload, "the copy shows that it was completed");
            assert_eq!(s.state(&upload).await, COMPLETED);
            // Two parts and the manifest stay as long as the copy does.
            s.swept_to(3).await;
            assert!(s.is_whole("copy").await);
            s.f.delete("copy").await;
            s.swept_to(0).await;
            eventually("no reference is left", || async {
                let answer = s.rows.run("SELECT COUNT(key) FROM inode", ()).await;
                let (left,) = answer.into_rows_result().expect("a row").first_row::<(i64,)>().expect("a number");
                (left == 0).then_some(())
            })
            .await;
        }
    });
}

#[test]
fn the_sweeper_recovers_a_stopped_completion() {
    run(async {
        let s = quick().await;
        let upload = s.stopped("k", AFTER_THE_HEAD).await;
        eventually("it is completed", || async {
            s.f.sweep().await;
            (s.state(&upload).await == COMPLETED).then_some(())
        })
        .await;
        assert!(s.is_whole("k").await);
    });
}

#[test]
fn an_upload_whose_object_is_gone_everywhere_opens_again_with_its_parts() {
    run(async {
        let s = quick().await;
        let upload = s.stopped("k", AFTER_THE_HEAD).await;
        s.f.delete("k").await;
        let answer = complete_with(&s.f, &upload, &s.bodies()).await;
        assert!(matches!(answer, CompleteUpload::Completed { .. }), "{answer:?}");
        // The parts, written twice, and the second manifest; then only what that one lists.
        s.swept_to(3).await;
        assert!(s.is_whole("k").await);
        s.f.delete("k").await;
        s.swept_to(0).await;
    });
}
