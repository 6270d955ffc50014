//! What holds when many ask at once.

use std::sync::Arc;

use super::fixture::{Fixture, at_once, fresh_name, fresh_tenant, inline, insist, key_of, wanted};
use crate::storage::{
    CreateBucket, Data, Decision, DeleteBucket, Fetch, HeadChange, ObjectAttrs, ObjectRecord, Storage, TenantId,
};

/// Racers of the big races.
const RACERS: usize = 200;

/// Of 200 tenants that claim one name, one gets it, and the others are told who.
pub async fn one_of_200_claims_wins_the_name(storage: Storage) {
    let name = fresh_name();
    let template = fresh_tenant(&storage).await;
    let answers = at_once(RACERS, |_| {
        let storage = storage.clone();
        let claim = wanted(&name, &crate::storage::Tenant { id: TenantId::fresh(), ..template.clone() });
        async move { insist(|| storage.metadata.create_bucket(claim.clone())).await }
    })
    .await;
    let held = storage.metadata.create_bucket(wanted(&name, &template)).await.expect("asks");
    let CreateBucket::AlreadyExists(held) = held else { panic!("{held:?}") };
    let mut won = 0;
    let mut unknown = 0;
    for answer in answers {
        match answer {
            Some(CreateBucket::Created(bucket)) => {
                won += 1;
                assert_eq!(bucket, held, "the winner holds it");
            }
            Some(CreateBucket::AlreadyExists(bucket)) => assert_eq!(bucket, held, "the losers know who holds it"),
            Some(CreateBucket::BeingDeleted) => panic!("nobody deletes it"),
            None => unknown += 1,
        }
    }
    assert!(won == 1 || (won == 0 && unknown > 0), "{won} winners, {unknown} who cannot know");
}

/// Of 200 creates of one key, each on the condition that it is absent, one applies.
pub async fn one_of_200_conditional_creates_wins_the_key(storage: Storage) {
    let f = Arc::new(Fixture::new(storage).await);
    let answers = at_once(RACERS, |i| {
        let f = Arc::clone(&f);
        async move {
            let record = inline(format!("racer {i}"), &f.tenant);
            insist(|| async {
                let read = f.storage.metadata.read_head(&f.bucket, &key_of("k"), Fetch::Attrs).await?;
                let mut decide = |head: &crate::storage::Head| match head.current {
                    None => Decision::Put(Arc::clone(&record)),
                    Some(_) => Decision::Leave,
                };
                f.storage.metadata.change_head(read, &mut decide).await
            })
            .await
        }
    })
    .await;
    let held = f.get("k").await.expect("somebody won");
    let unknown = answers.iter().filter(|answer| answer.is_none()).count();
    let mut winners = Vec::new();
    for (i, answer) in answers.iter().enumerate() {
        match answer {
            Some(HeadChange::Applied { .. }) => winners.push(i),
            Some(HeadChange::Left(head)) => assert!(head.current.is_some(), "racer {i} left an absent head"),
            Some(other) => panic!("racer {i}: {other:?}"),
            None => {}
        }
    }
    assert!(winners.len() == 1 || (winners.is_empty() && unknown > 0), "winners {winners:?}, unknown {unknown}");
    if let [winner] = winners[..] {
        assert_eq!(held, format!("racer {winner}"));
    }
}

/// Increments of one head by many writers: every one that was acknowledged counts.
pub async fn no_update_is_lost(storage: Storage) {
    const WRITERS: usize = 8;
    const EACH: usize = 8;
    let f = Arc::new(Fixture::new(storage).await);
    let applied: usize = at_once(WRITERS, |_| {
        let f = Arc::clone(&f);
        async move {
            let mut applied = 0;
            for _ in 0..EACH {
                applied += usize::from(increment(&f).await);
            }
            applied
        }
    })
    .await
    .into_iter()
    .sum();
    let counted = f.read("counter").await.head.current.expect("it was written").attrs.parts as usize;
    assert!((applied..=WRITERS * EACH).contains(&counted), "{counted} counted, {applied} acknowledged");
}

async fn increment(f: &Fixture) -> bool {
    let change = insist(|| async {
        let read = f.storage.metadata.read_head(&f.bucket, &key_of("counter"), Fetch::Attrs).await?;
        let mut decide = |head: &crate::storage::Head| {
            let parts = head.current.as_ref().map_or(0, |record| record.attrs.parts) + 1;
            let attrs = ObjectAttrs { parts, ..ObjectAttrs::default() };
            Decision::Put(Arc::new(ObjectRecord { attrs, data: Data::Inline(bytes::Bytes::new()) }))
        };
        f.storage.metadata.change_head(read, &mut decide).await
    })
    .await;
    match change {
        Some(HeadChange::Applied { previous, head }) => {
            let count = |head: &crate::storage::Head| head.current.as_ref().map_or(0, |record| record.attrs.parts);
            assert_eq!(count(&head), count(&previous) + 1, "the decision was made on what it replaced");
            true
        }
        Some(other) => panic!("{other:?}"),
        None => false,
    }
}

/// Of many deletions of one bucket one says so; nobody finds it half gone.
pub async fn racing_deletes_of_a_bucket_have_one_winner(storage: Storage) {
    let f = Arc::new(Fixture::new(storage).await);
    let answers = at_once(8, |_| {
        let f = Arc::clone(&f);
        async move { insist(|| f.storage.metadata.delete_bucket(&f.bucket)).await }
    })
    .await;
    assert!(!answers.contains(&Some(DeleteBucket::NotEmpty)), "{answers:?}");
    assert!(answers.iter().flatten().any(|answer| *answer == DeleteBucket::Deleted), "{answers:?}");
    assert_eq!(f.delete_bucket().await, DeleteBucket::Absent);
}

/// Either the bucket goes, and then nothing was acknowledged into it, or the object is there and so is the bucket.
pub async fn a_write_races_the_deletion_of_its_bucket(storage: Storage) {
    for round in 0..4 {
        let f = Arc::new(Fixture::new(storage.clone()).await);
        let writer = Arc::clone(&f);
        let write = tokio::spawn(async move {
            let record = inline("x", &writer.tenant);
            insist(|| async {
                let read = writer.storage.metadata.read_head(&writer.bucket, &key_of("k"), Fetch::Attrs).await?;
                writer.storage.metadata.change_head(read, &mut |_| Decision::Put(Arc::clone(&record))).await
            })
            .await
        });
        let deleted = insist(|| f.storage.metadata.delete_bucket(&f.bucket)).await;
        let written = write.await.expect("the writer did not panic");
        match (&written, deleted) {
            (Some(HeadChange::Applied { .. }), Some(DeleteBucket::Deleted)) => panic!("round {round}: both"),
            (Some(HeadChange::Applied { .. }), _) => assert!(f.get("k").await.is_some(), "round {round}: lost"),
            (Some(HeadChange::NoSuchBucket), _) | (None, _) => {}
            (other, _) => panic!("round {round}: {other:?}"),
        }
    }
}
