//! Space that nothing refers to is given back: every row of it, and nothing else's.

use std::time::Duration;

use dolium::storage::conformance::fixture::{Fixture, body_of};
use dolium::storage::conformance::parts::put_part;
use dolium::storage::conformance::uploads::complete_with;
use dolium::storage::{AbortUpload, Home, ObjectKey, Timestamp};
use uuid::Uuid;

use super::keyspace::{Rows, eventually, fresh, run};

/// A store that judges after a second, in a keyspace of its own.
async fn quick() -> (Fixture, Rows) {
    let (storage, config) = fresh(|config| config.reclaim_grace = Duration::from_secs(2)).await;
    (Fixture::new(storage).await, Rows::of(&config).await)
}

/// Sweeps until the blobs have exactly this many chunks, and then until nothing is left to look at for a while.
async fn swept_to(f: &Fixture, rows: &Rows, chunks: u64) {
    eventually(&format!("{chunks} chunks are left"), || async {
        f.storage.reclaim.sweep().await.expect("sweeps");
        (rows.count("block").await == chunks).then_some(())
    })
    .await;
}

#[test]
fn overwritten_and_deleted_objects_give_their_space_back() {
    run(async {
        let (f, rows) = quick().await;
        let chunk = f.storage.chunks.chunk_bytes();
        let kept = body_of(chunk * 2, 9);
        for round in 0..3 {
            f.put("overwritten", body_of(chunk * 20, round)).await;
            f.put("deleted", body_of(chunk + 1, round)).await;
        }
        f.delete("deleted").await;
        f.put("overwritten", kept.clone()).await;
        swept_to(&f, &rows, 2).await;
        assert!(f.get("overwritten").await == Some(kept));
    });
}

#[test]
fn a_blob_that_was_never_published_is_found() {
    run(async {
        let (f, rows) = quick().await;
        let chunk = f.storage.chunks.chunk_bytes();
        let key = ObjectKey::parse("never").expect("a key");
        let mut writer = f.storage.chunks.create(Home::Object(&f.bucket, &key)).await.expect("begins");
        for i in 0..20 {
            writer.write(body_of(chunk, i)).await.expect("writes");
        }
        let written = writer.finish().await.expect("writes");
        assert_eq!(written.length, chunk as u64 * 20);
        assert_eq!(rows.count("block").await, 20);
        swept_to(&f, &rows, 0).await;
    });
}

#[test]
fn the_last_copy_takes_the_bytes_along() {
    run(async {
        let (f, rows) = quick().await;
        let chunk = f.storage.chunks.chunk_bytes();
        let body = body_of(chunk * 3, 1);
        f.put("a", body.clone()).await;
        f.copy("a", "b").await;
        f.copy("b", "c").await;
        f.delete("a").await;
        f.put("marker", body_of(chunk, 2)).await;
        f.delete("marker").await;
        swept_to(&f, &rows, 3).await;
        f.delete("b").await;
        assert!(f.get("c").await == Some(body));
        f.put("marker", body_of(chunk, 2)).await;
        f.delete("marker").await;
        swept_to(&f, &rows, 3).await;
        f.delete("c").await;
        swept_to(&f, &rows, 0).await;
    });
}

#[test]
fn parts_belong_to_their_upload_and_then_to_the_object() {
    run(async {
        let (f, rows) = quick().await;
        let chunk = f.storage.chunks.chunk_bytes();
        let aborted = f.open("aborted").await;
        put_part(&f, &aborted, 1, body_of(chunk * 2, 1)).await;
        let upload = f.open("k").await;
        put_part(&f, &upload, 7, body_of(chunk * 4, 2)).await;
        put_part(&f, &upload, 1, body_of(chunk * 3, 3)).await;
        let bodies = [body_of(chunk * 2, 4), body_of(5, 5)];
        complete_with(&f, &upload, &bodies).await;
        let answer = f.storage.metadata.abort_upload(&f.bucket, &aborted).await.expect("aborts");
        assert_eq!(answer, AbortUpload::Aborted);
        // Left: two chunks and a short one of the parts that were taken, and the manifest.
        swept_to(&f, &rows, 4).await;
        assert!(f.get("k").await == Some(bodies.concat().into()));
        f.copy("k", "copy").await;
        f.delete("k").await;
        f.put("marker", body_of(chunk, 2)).await;
        f.delete("marker").await;
        swept_to(&f, &rows, 4).await;
        assert!(f.get("copy").await == Some(bodies.concat().into()));
        f.delete("copy").await;
        swept_to(&f, &rows, 0).await;
    });
}

/// A clock that was far ahead leaves the sweep at hours to come; all that is logged until then must not be skipped.
#[test]
fn a_sweep_that_a_wrong_clock_sent_ahead_begins_anew() {
    run(async {
        let (f, rows) = quick().await;
        for slot in 0..4 {
            let cql = "INSERT INTO lease (name, window, after, until) VALUES (?, ?, ?, 0) IF NOT EXISTS";
            rows.run(cql, (format!("reclaim-{slot}"), i64::MAX / 2, Uuid::nil())).await;
        }
        f.put("k", body_of(f.storage.chunks.chunk_bytes(), 1)).await;
        f.delete("k").await;
        swept_to(&f, &rows, 0).await;
    });
}

#[test]
fn a_closed_upload_is_forgotten_whatever_its_coordinators_clock_said() {
    run(async {
        let (f, rows) = quick().await;
        let upload = f.open("k").await;
        put_part(&f, &upload, 1, body_of(9, 1)).await;
        // A part that was registered through a coordinator whose clock was an hour ahead.
        let cql = "UPDATE upload USING TIMESTAMP ? SET part = ? WHERE upload_id = ? AND part_no = 2";
        rows.run(cql, (Timestamp::now().0 + 3_600_000_000, Vec::<u8>::new(), upload.id.0)).await;
        let answer = f.storage.metadata.abort_upload(&f.bucket, &upload).await.expect("aborts");
        assert_eq!(answer, AbortUpload::Aborted);
        eventually("no row of the upload is left", || async {
            f.sweep().await;
            (rows.count("upload").await == 0).then_some(())
        })
        .await;
    });
}

/// A front end that died keeps its slot for a minute. Entries of parts wait there, while those of their uploads, in
/// other slots, come to their end: without the upload nobody could tell whose the parts were.
#[test]
fn a_slot_that_lags_behind_loses_no_part_of_a_closed_upload() {
    run(async {
        let (f, rows) = quick().await;
        let cql = "INSERT INTO lease (name, owner, until) VALUES ('reclaim-0', ?, ?) IF NOT EXISTS";
        rows.run(cql, (Uuid::new_v4(), Timestamp::now().0 + 3_600_000_000)).await;
        for _ in 0..24 {
            let upload = f.open("k").await;
            put_part(&f, &upload, 1, body_of(9, 1)).await;
            let answer = f.storage.metadata.abort_upload(&f.bucket, &upload).await.expect("aborts");
            assert_eq!(answer, AbortUpload::Aborted);
        }
        // Until the other slots are twice as far as the uploads are remembered: four grace periods.
        let end = (Timestamp::now().0 + 16_000_000) / 500_000;
        eventually("the other slots have judged everything", || async {
            f.sweep().await;
            for slot in 1..4 {
                let cql = "SELECT window FROM lease WHERE name = ?";
                let answer = rows.run(cql, (format!("reclaim-{slot}"),)).await.into_rows_result().expect("rows");
                let window = answer.maybe_first_row::<(Option<i64>,)>().expect("a row").and_then(|(window,)| window);
                if window.is_none_or(|window| window < end) {
                    return None;
                }
            }
            Some(())
        })
        .await;
        rows.run("UPDATE lease SET until = 0 WHERE name = 'reclaim-0' IF EXISTS", ()).await;
        swept_to(&f, &rows, 0).await;
    });
}
