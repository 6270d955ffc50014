//! Background work finds its buckets, and its own notes.

use std::time::Duration;

use bytes::Bytes;

use super::fixture::{Fixture, claim, fresh_name};
use crate::storage::{Bucket, BucketName, BucketSettings, ChangeBucket, Storage};

async fn set_rules(storage: &Storage, bucket: &Bucket, rules: &'static [u8]) {
    let mut decide =
        |now: &BucketSettings| Some(BucketSettings { lifecycle: Bytes::from_static(rules), ..now.clone() });
    let changed = storage.metadata.change_bucket(bucket, &mut decide).await.expect("changes the settings");
    assert!(matches!(changed, ChangeBucket::Changed(_)), "{changed:?}");
}

/// The buckets with rules among `of`, read in pages of `limit`.
async fn found(storage: &Storage, of: &[Bucket], limit: usize) -> Vec<Bucket> {
    let mut all = Vec::new();
    for slot in 0..storage.work.slots().await.expect("says how many") {
        let mut after: Option<BucketName> = None;
        loop {
            let page = storage.work.buckets_with_lifecycle(slot, after.as_ref(), limit).await.expect("lists");
            assert!(page.entries.len() <= limit);
            assert!(!page.more || !page.entries.is_empty(), "a page that is not the last has an entry");
            let names: Vec<&str> = page.entries.iter().map(|bucket| bucket.name.as_str()).collect();
            assert!(names.is_sorted() && after.as_ref().is_none_or(|after| names.iter().all(|n| *n > after.as_str())));
            after = page.entries.last().map(|bucket| bucket.name.clone());
            all.extend(page.entries.into_iter().filter(|bucket| of.iter().any(|one| one.id == bucket.id)));
            if !page.more {
                break;
            }
        }
    }
    all.sort_by_key(|bucket| bucket.name.to_string());
    all
}

/// Each bucket with rules is found once, as it is configured, and no other.
pub async fn buckets_with_rules_are_found(storage: Storage) {
    let f = Fixture::new(storage).await;
    let mut names: Vec<String> = (0..7).map(|_| fresh_name()).collect();
    names.sort();
    let mut buckets = Vec::new();
    for name in &names {
        buckets.push(claim(&f.storage, name, &f.tenant).await);
    }
    assert!(found(&f.storage, &buckets, 100).await.is_empty());
    for bucket in &buckets[1..6] {
        set_rules(&f.storage, bucket, b"rules").await;
    }
    for limit in [1, 2, 1000] {
        let found = found(&f.storage, &buckets, limit).await;
        let shown: Vec<&str> = found.iter().map(|bucket| bucket.name.as_str()).collect();
        assert_eq!(shown, names[1..6], "in pages of {limit}");
        assert!(found.iter().all(|bucket| bucket.settings.lifecycle == b"rules"[..]));
    }
    set_rules(&f.storage, &buckets[1], b"").await;
    f.storage.metadata.delete_bucket(&buckets[2]).await.expect("deletes");
    let shown: Vec<String> = found(&f.storage, &buckets, 10).await.iter().map(|b| b.name.to_string()).collect();
    assert_eq!(shown, names[3..6]);
    set_rules(&f.storage, &buckets[1], b"again").await;
    let again = claim(&f.storage, &names[2], &f.tenant).await;
    assert_eq!(found(&f.storage, &buckets, 10).await.len(), 4, "a new life of a name has no rules");
    set_rules(&f.storage, &again, b"rules").await;
    assert_eq!(found(&f.storage, &[again], 1).await.len(), 1);
}

/// What was written down is read by whoever goes on.
pub async fn work_goes_on_where_it_was_left(storage: Storage) {
    let name = fresh_name();
    let seen = storage.work.work(&name).await.expect("reads");
    assert!(seen.note.is_empty() && !seen.taken);
    assert!(storage.work.take_work(&name, &seen, Duration::from_secs(60)).await.expect("takes"));
    storage.work.leave_work(&name, Bytes::from_static(b"half")).await.expect("leaves");
    let seen = storage.work.work(&name).await.expect("reads");
    assert_eq!((seen.note.as_ref(), seen.taken), (&b"half"[..], false));
    assert!(storage.work.take_work(&name, &seen, Duration::from_secs(60)).await.expect("takes"));
}
