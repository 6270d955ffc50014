//! Conditional writes whose outcome is lost: settled by a look, answered rightly, never done twice.

use std::sync::Arc;

use dolium::storage::cassandra::{CassandraConfig, Trial};
use dolium::storage::conformance::fixture::{Fixture, body_of, claim, fresh_name, inline};
use dolium::storage::conformance::parts::put_part;
use dolium::storage::conformance::uploads::{complete, complete_with};
use dolium::storage::faulty::Fault;
use dolium::storage::{
    AbortUpload, BucketSettings, ChangeBucket, CompleteUpload, Data, Decision, DeleteBucket, Head, HeadChange,
    StorageError, UploadScan,
};
use tokio::sync::Notify;

use super::keyspace::{beside, losses, lost, reached, run, shared};

async fn setup() -> (Fixture, CassandraConfig, Arc<Trial>) {
    let (storage, config, trial) = shared().await;
    (Fixture::new(storage).await, config, trial)
}

#[test]
fn a_claim_of_a_name_whose_outcome_is_lost_is_the_callers() {
    run(async {
        let (f, config, trial) = setup().await;
        let other = beside(&config).await;
        for fault in losses() {
            trial.faults.add("bucket_claim", 0, fault);
            let bucket = claim(&f.storage, &fresh_name(), &f.tenant).await;
            assert_eq!(trial.faults.left(), 0);
            assert_eq!(other.metadata.bucket(&bucket.name).await.expect("reads").as_ref(), Some(&bucket));
            let page = other.metadata.list_buckets(f.tenant.id, bucket.name.as_str(), None, 10).await.expect("lists");
            assert_eq!(page.entries, [bucket.clone()]);
            let there = Fixture { storage: other.clone(), bucket, ..f.clone() };
            there.put("k", "x").await;
            assert_eq!(there.list(b"", b"", 10).await, ["k"]);
        }
    });
}

#[test]
fn a_tenant_whose_claim_is_lost_is_one() {
    run(async {
        let (f, config, trial) = setup().await;
        let other = beside(&config).await;
        for fault in losses() {
            let name = fresh_name();
            trial.faults.add("tenant_claim", 0, fault);
            let tenant = f.storage.metadata.ensure_tenant(&name).await.expect("claims");
            assert_eq!(other.metadata.ensure_tenant(&name).await.expect("reads"), tenant);
        }
    });
}

#[test]
fn a_conditional_create_whose_outcome_is_lost_is_no_conflict_with_itself() {
    run(async {
        let (f, _, trial) = setup().await;
        for (i, fault) in losses().into_iter().enumerate() {
            let key = format!("{i}");
            let read = f.read(&key).await;
            trial.faults.add("head_set", 0, fault);
            let record = inline("x", &f.tenant);
            let create = &mut |head: &Head| match &head.current {
                None => Decision::Put(Arc::clone(&record)),
                Some(_) => Decision::Leave,
            };
            let change = f.storage.metadata.change_head(read, create).await.expect("creates");
            let HeadChange::Applied { previous, head } = change else { panic!("{change:?}") };
            assert_eq!((previous.rev, trial.faults.left()), (None, 0));
            assert_eq!(f.read(&key).await.head.rev, head.rev, "it was done once");
            assert_eq!(f.list(key.as_bytes(), b"", 10).await, [key]);
        }
    });
}

#[test]
fn a_put_that_may_have_been_overwritten_is_not_known_and_not_done_again() {
    run(async {
        let (f, config, trial) = setup().await;
        let theirs = Fixture { storage: beside(&config).await, ..f.clone() };
        for fault in losses() {
            let (read, looking) = (f.read("k").await, Arc::new(Notify::new()));
            trial.faults.add("head_set", 0, fault);
            trial.faults.add("head_serial", 0, Fault::Hold(Arc::clone(&looking)));
            let (record, storage) = (inline("mine", &f.tenant), f.storage.clone());
            let put = tokio::spawn(async move {
                let mut asked = 0;
                let decide = &mut |_: &Head| {
                    asked += 1;
                    Decision::Put(Arc::clone(&record))
                };
                let answer = storage.metadata.change_head(read, decide).await;
                (answer, asked)
            });
            reached(&trial).await;
            theirs.put("k", "theirs").await;
            looking.notify_one();
            let (answer, asked) = put.await.expect("ends");
            assert!(matches!(answer, Err(StorageError::OutcomeUnknown(_))), "{answer:?}");
            assert_eq!(asked, 1);
            assert_eq!(f.get("k").await.as_deref(), Some(&b"theirs"[..]));
        }
    });
}

#[test]
fn a_completion_survives_the_loss_of_any_outcome() {
    run(async {
        let (f, _, trial) = setup().await;
        let bodies = [body_of(70_000, 1), body_of(5, 2)];
        for (statement, skip) in
            [("upload_open", 0), ("part_set", 1), ("upload_mark", 0), ("head_set", 0), ("upload_mark", 1)]
        {
            for fault in losses() {
                f.delete("k").await;
                trial.faults.add(statement, skip, fault.clone());
                let upload = f.open("k").await;
                let answer = complete_with(&f, &upload, &bodies).await;
                assert_eq!(trial.faults.left(), 0, "{statement} {fault:?}");
                let CompleteUpload::Completed { head, .. } = answer else {
                    panic!("{statement} {fault:?}: {answer:?}")
                };
                assert_eq!(f.read("k").await.head.rev, head.rev);
                assert!(f.get("k").await == Some(bodies.concat().into()));
                let again = complete_with(&f, &upload, &bodies).await;
                assert!(matches!(again, CompleteUpload::Already(_)), "{statement} {fault:?}: {again:?}");
            }
        }
        let open = f.storage.metadata.list_uploads(&f.bucket, &UploadScan { limit: 9, ..UploadScan::default() }).await;
        assert!(open.expect("lists").entries.is_empty());
    });
}

#[test]
fn an_abort_survives_the_loss_of_its_outcome() {
    run(async {
        let (f, _, trial) = setup().await;
        for fault in losses() {
            let upload = f.open("k").await;
            trial.faults.add("upload_mark", 0, fault);
            let answer = f.storage.metadata.abort_upload(&f.bucket, &upload).await.expect("aborts");
            assert_eq!((answer, trial.faults.left()), (AbortUpload::Aborted, 0));
        }
    });
}

/// The head was certainly not changed, so the upload is open for the next try, and nobody waits.
#[test]
fn a_completion_that_could_not_begin_to_publish_leaves_the_upload_open() {
    run(async {
        let (f, _, trial) = setup().await;
        let upload = f.open("k").await;
        let parts = [put_part(&f, &upload, 1, body_of(70_000, 1)).await];
        for _ in 0..5 {
            trial.faults.add("head_set", 0, Fault::Refuse(StorageError::Unavailable("as planned".to_owned())));
        }
        let answer = complete(&f, &upload, &parts, [1; 32]).await;
        assert!(matches!(answer, Err(StorageError::Unavailable(_))), "{answer:?}");
        assert_eq!(trial.faults.left(), 0);
        let answer = complete(&f, &upload, &parts, [1; 32]).await.expect("completes");
        assert!(matches!(answer, CompleteUpload::Completed { .. }), "{answer:?}");
    });
}

#[test]
fn a_copy_survives_the_loss_of_its_references_outcome() {
    run(async {
        let (f, _, trial) = setup().await;
        let body = body_of(f.storage.chunks.chunk_bytes(), 1);
        f.put("source", body.clone()).await;
        for (i, fault) in losses().into_iter().enumerate() {
            trial.faults.add("inode_refer", 0, fault);
            let key = format!("copy-{i}");
            f.copy("source", &key).await;
            assert_eq!(trial.faults.left(), 0);
            assert!(f.get(&key).await == Some(body.clone()));
        }
    });
}

/// What became of a gift is seen by whose the bucket is, whoever changed its row after it.
#[test]
fn a_gift_of_a_bucket_whose_outcome_is_lost_is_settled_by_whose_it_is() {
    run(async {
        let (f, config, trial) = setup().await;
        let other = beside(&config).await;
        let mine = other.metadata.ensure_tenant(&fresh_name()).await.expect("claims").id;
        let theirs = other.metadata.ensure_tenant(&fresh_name()).await.expect("claims").id;
        for (lost_on_its_way, fault) in [(false, losses()[0].clone()), (true, losses()[1].clone())] {
            let bucket = claim(&f.storage, &fresh_name(), &f.tenant).await;
            let looking = Arc::new(Notify::new());
            trial.faults.add("bucket_give", 0, fault);
            trial.faults.add("bucket_serial", 1, Fault::Hold(Arc::clone(&looking)));
            let (storage, given) = (f.storage.clone(), bucket.clone());
            let give = tokio::spawn(async move { storage.metadata.change_owner(&given, mine).await });
            reached(&trial).await;
            let answer = other.metadata.change_owner(&bucket, theirs).await.expect("answers");
            assert_eq!(matches!(answer, ChangeBucket::Changed(_)), lost_on_its_way, "{answer:?}");
            let region = &mut |settings: &BucketSettings| Some(settings.clone());
            let touched = other.metadata.change_bucket(&bucket, region).await.expect("changes");
            assert!(matches!(touched, ChangeBucket::Changed(_)), "{touched:?}");
            looking.notify_one();
            match give.await.expect("ends").expect("is settled") {
                ChangeBucket::Changed(now) => assert_eq!((now.owner, lost_on_its_way), (mine, false)),
                ChangeBucket::Left(now) => assert_eq!((now.owner, lost_on_its_way), (theirs, true)),
                ChangeBucket::NoSuchBucket => panic!("it is there"),
            }
        }
    });
}

#[test]
fn a_deletion_of_a_bucket_survives_the_loss_of_any_outcome() {
    run(async {
        let (f, config, trial) = setup().await;
        let other = beside(&config).await;
        for statement in ["bucket_mark", "bucket_drop"] {
            for fault in losses() {
                let bucket = claim(&f.storage, &fresh_name(), &f.tenant).await;
                trial.faults.add(statement, 0, fault);
                let answer = f.storage.metadata.delete_bucket(&bucket).await.expect("deletes");
                assert_eq!((answer, trial.faults.left()), (DeleteBucket::Deleted, 0));
                assert_eq!(other.metadata.bucket(&bucket.name).await.expect("reads"), None);
            }
        }
    });
}

/// A replica that does not answer may have the chunk: every read would write it again while a node is down.
#[test]
fn a_replica_that_does_not_answer_gets_nothing_written() {
    run(async {
        let (f, _, trial) = setup().await;
        let body = body_of(f.storage.chunks.chunk_bytes(), 1);
        let head = f.put("k", body.clone()).await;
        let record = head.current.expect("it is there");
        let Data::Stored(placement) = &record.data else { panic!("it is large") };
        trial.faults.forget();
        trial.faults.add("block_read_one", 0, Fault::Refuse(lost()));
        assert!(f.range(placement, 0..placement.length).await == body);
        // The put's listing row may still be settling.
        let blocks: Vec<_> = trial.faults.called().into_iter().filter(|name| name.starts_with("block_")).collect();
        assert_eq!(blocks, ["block_read_one", "block_read"]);
    });
}
