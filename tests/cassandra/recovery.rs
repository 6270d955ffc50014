//! Completions that stopped after they had published: found out, whatever happened to the object since.

use std::time::Duration;

use bytes::Bytes;
use dolium::storage::conformance::fixture::{Fixture, body_of};
use dolium::storage::conformance::uploads::complete_with;
use dolium::storage::{AbortUpload, CompleteUpload, Timestamp, Upload};
use uuid::Uuid;

use super::keyspace::{Rows, eventually, fresh, run};

const COMPLETING: i8 = 2;
const COMPLETED: i8 = 3;
const AN_HOUR: i64 = 3_600_000_000;

async fn quick() -> (Fixture, Rows) {
    let (storage, config) = fresh(|config| config.reclaim_grace = Duration::from_secs(2)).await;
    (Fixture::new(storage).await, Rows::of(&config).await)
}

/// What a completion leaves that stops after its head's LWT, seen an hour later.
async fn stop_before_completed(rows: &Rows, upload: &Upload) {
    let cql = "UPDATE upload SET rev = ?, state = ?, changed = ? WHERE upload_id = ? IF state = ?";
    let changed = Timestamp::now().0 - AN_HOUR;
    rows.run(cql, (Uuid::new_v4(), COMPLETING, changed, upload.id.0, COMPLETED)).await;
}

async fn state(rows: &Rows, upload: &Upload) -> i8 {
    let answer = rows.run("SELECT state FROM upload WHERE upload_id = ?", (upload.id.0,)).await;
    answer.into_rows_result().expect("rows").first_row::<(i8,)>().expect("the upload").0
}

async fn published(f: &Fixture, key: &str, bodies: &[Bytes]) -> Upload {
    let upload = f.open(key).await;
    let answer = complete_with(f, &upload, bodies).await;
    assert!(matches!(answer, CompleteUpload::Completed { .. }), "{answer:?}");
    upload
}

async fn swept_to(f: &Fixture, rows: &Rows, chunks: u64) {
    eventually(&format!("{chunks} chunks are left"), || async {
        f.sweep().await;
        (rows.count("block").await == chunks).then_some(())
    })
    .await;
}

#[test]
fn a_copy_keeps_the_parts_when_a_stopped_completion_is_recovered() {
    run(async {
        let (f, rows) = quick().await;
        let bodies = [body_of(f.storage.chunks.chunk_bytes(), 1), body_of(5, 2)];
        let upload = published(&f, "source", &bodies).await;
        f.copy("source", "copy").await;
        f.delete("source").await;
        stop_before_completed(&rows, &upload).await;
        let answer = f.storage.metadata.abort_upload(&f.bucket, &upload).await.expect("aborts");
        assert_eq!(answer, AbortUpload::NoSuchUpload, "the copy shows that it was completed");
        assert_eq!(state(&rows, &upload).await, COMPLETED);
        // Two parts and the manifest stay as long as the copy does.
        f.put("marker", body_of(f.storage.chunks.chunk_bytes(), 3)).await;
        f.delete("marker").await;
        swept_to(&f, &rows, 3).await;
        assert!(f.get("copy").await == Some(bodies.concat().into()));
        f.delete("copy").await;
        swept_to(&f, &rows, 0).await;
        eventually("no reference is left", || async {
            let answer = rows.run("SELECT COUNT(key) FROM inode", ()).await;
            let (left,) = answer.into_rows_result().expect("a row").first_row::<(i64,)>().expect("a number");
            (left == 0).then_some(())
        })
        .await;
    });
}

#[test]
fn the_sweeper_recovers_a_stopped_completion() {
    run(async {
        let (f, rows) = quick().await;
        let bodies = [body_of(f.storage.chunks.chunk_bytes(), 1), body_of(5, 2)];
        let upload = published(&f, "k", &bodies).await;
        stop_before_completed(&rows, &upload).await;
        eventually("it is completed", || async {
            f.sweep().await;
            (state(&rows, &upload).await == COMPLETED).then_some(())
        })
        .await;
        assert!(f.get("k").await == Some(bodies.concat().into()));
    });
}

#[test]
fn an_upload_whose_object_is_gone_everywhere_opens_again_with_its_parts() {
    run(async {
        let (f, rows) = quick().await;
        let bodies = [body_of(f.storage.chunks.chunk_bytes(), 1), body_of(5, 2)];
        let upload = published(&f, "k", &bodies).await;
        f.delete("k").await;
        stop_before_completed(&rows, &upload).await;
        let answer = complete_with(&f, &upload, &bodies).await;
        assert!(matches!(answer, CompleteUpload::Completed { .. }), "{answer:?}");
        f.put("marker", body_of(f.storage.chunks.chunk_bytes(), 3)).await;
        f.delete("marker").await;
        // The parts, written twice, and the second manifest; then only what that one lists.
        swept_to(&f, &rows, 3).await;
        assert!(f.get("k").await == Some(bodies.concat().into()));
        f.delete("k").await;
        swept_to(&f, &rows, 0).await;
    });
}
