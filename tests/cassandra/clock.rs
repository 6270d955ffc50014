//! A front end whose clock is more than five minutes from the nodes' refuses writes and goes on reading.

use std::fmt::Debug;

use bytes::Bytes;
use dolium::storage::boot_time::BootTime;
use dolium::storage::conformance::fixture::{Fixture, body_of, fresh_name, inline, key_of, wanted};
use dolium::storage::conformance::parts::{put_part, try_put_part};
use dolium::storage::conformance::uploads::{complete, complete_with};
use dolium::storage::{Decision, HeadRead, Home, Manifest, NewUpload, ObjectAttrs, Result, StorageError, Timestamp};

use super::keyspace::{run, shared};

fn refused<T: Debug>(what: &str, answer: Result<T>) {
    let Err(StorageError::Unavailable(reason)) = &answer else { panic!("{what}: {answer:?}") };
    assert!(reason.contains("clock is 3"), "{what}: {reason}");
}

#[test]
fn a_front_end_whose_clock_is_off_reads_and_does_not_write() {
    run(async {
        let (storage, _, trial) = shared().await;
        let f = Fixture::new(storage.clone()).await;
        let (metadata, chunks) = (&storage.metadata, &storage.chunks);
        f.put("k", "x").await;
        let upload = f.open("u").await;
        let part = put_part(&f, &upload, 1, body_of(9, 1)).await;
        let read = f.read("k").await;
        for seconds in [301, -301] {
            trial.set_clock_ahead(seconds);
            refused("create_bucket", metadata.create_bucket(wanted(&fresh_name(), &f.tenant)).await);
            refused("delete_bucket", metadata.delete_bucket(&f.bucket).await);
            refused("change_head", f.try_put("k", body_of(9, 2)).await);
            refused("create", chunks.create(Home::Object(&f.bucket, &read.key)).await.map(|_| ()));
            let manifest = chunks.write_manifest(Home::Manifest(&f.bucket, &upload), &Manifest::default()).await;
            refused("write_manifest", manifest);
            let new = NewUpload {
                key: key_of("u"),
                attrs: ObjectAttrs::default(),
                initiator: f.tenant.id,
                initiated: Timestamp::now(),
            };
            refused("create_upload", metadata.create_upload(&f.bucket, new).await);
            refused("put_part", metadata.put_part(&f.bucket, &upload, part.clone()).await);
            refused("put_part with its bytes", try_put_part(&f, &upload, 2, body_of(9, 1)).await);
            refused("complete_upload", complete(&f, &upload, &[], [1; 32]).await);
            refused("abort_upload", metadata.abort_upload(&f.bucket, &upload).await);
            refused("sweep", storage.reclaim.sweep().await);
            assert!(storage.health.ready().await.is_err_and(|reason| reason.contains("clock is 3")));
            assert_eq!(f.get("k").await.as_deref(), Some(&b"x"[..]));
            assert_eq!(f.list(b"", b"", 10).await, ["k"]);
        }
        for seconds in [295, -295] {
            trial.set_clock_ahead(seconds);
            storage.health.ready().await.expect("it is near enough");
            f.put("k", "x").await;
        }
        complete_with(&f, &upload, &[body_of(9, 1)]).await;
    });
}

/// A machine that was suspended amid a change for longer than fences and death sentences are remembered could publish a
/// blob that is gone.
#[test]
fn a_change_that_slept_for_days_is_refused() {
    run(async {
        let (storage, ..) = shared().await;
        let f = Fixture::new(storage).await;
        f.put("k", "old").await;
        // What is not known to be young may be days old.
        let read = HeadRead { read_at: BootTime::unknown(), ..f.read("k").await };
        let new = inline("new", &f.tenant);
        let answer = f.storage.metadata.change_head(read, &mut |_| Decision::Put(new.clone())).await;
        let Err(StorageError::Unavailable(reason)) = &answer else { panic!("{answer:?}") };
        assert!(reason.contains("for days"), "{reason}");
        assert_eq!(f.get("k").await, Some(Bytes::from_static(b"old")));
    });
}
