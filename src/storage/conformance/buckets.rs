//! Bucket names are claimed, listed and given back.

use super::fixture::{Fixture, claim, fresh_name, fresh_tenant, inline, insist, wanted};
use crate::storage::{
    Bucket, BucketName, ChangeBucket, CreateBucket, CreateUpload, Decision, DeleteBucket, HeadChange, Storage, Tenant,
    TenantId,
};

/// A new bucket is found by its name, as it was made; another name is nothing.
pub async fn a_claimed_bucket_is_found(storage: Storage) {
    let f = Fixture::new(storage).await;
    assert_eq!(f.bucket.owner, f.tenant.id);
    assert_eq!(f.bucket.region, "us-east-1");
    let found = f.storage.metadata.bucket(&f.bucket.name).await.expect("looks up");
    assert_eq!(found.as_ref(), Some(&f.bucket));
    let nobody = BucketName::existing(&fresh_name()).expect("a name");
    assert_eq!(f.storage.metadata.bucket(&nobody).await.expect("looks up"), None);
}

/// A name that is taken stays with its holder, whoever asks.
pub async fn a_taken_name_is_refused_with_its_holder(storage: Storage) {
    let f = Fixture::new(storage).await;
    let other = fresh_tenant(&f.storage).await;
    for tenant in [&other, &f.tenant] {
        let answer = f.storage.metadata.create_bucket(wanted(f.bucket.name.as_str(), tenant)).await.expect("asks");
        let CreateBucket::AlreadyExists(holder) = answer else { panic!("{answer:?}") };
        assert_eq!(holder, f.bucket);
    }
}

/// An empty bucket can be deleted; a second deletion finds nothing; the name is free again.
pub async fn an_empty_bucket_goes_once(storage: Storage) {
    let f = Fixture::new(storage).await;
    f.put("k", "x").await;
    f.delete("k").await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
    assert_eq!(f.delete_bucket().await, DeleteBucket::Absent);
    assert_eq!(names_of(&f, f.tenant.id, "", 10).await, Vec::<String>::new());
    let again = claim(&f.storage, f.bucket.name.as_str(), &fresh_tenant(&f.storage).await).await;
    assert_ne!(again.id, f.bucket.id);
    // The old life's handle has no power over the new one.
    assert_eq!(f.delete_bucket().await, DeleteBucket::Absent);
    assert_eq!(f.storage.metadata.bucket(&again.name).await.expect("looks up"), Some(again));
}

/// A bucket with an object is not deleted and goes on serving it.
pub async fn a_bucket_with_an_object_stays(storage: Storage) {
    let f = Fixture::new(storage).await;
    f.put("k", "here").await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::NotEmpty);
    assert_eq!(f.get("k").await.as_deref(), Some(&b"here"[..]));
    f.put("k2", "still writable").await;
    assert_eq!(f.list(b"", b"", 10).await, ["k", "k2"]);
}

/// An open upload keeps its bucket; an aborted one does not.
pub async fn a_bucket_with_an_open_upload_stays(storage: Storage) {
    let f = Fixture::new(storage).await;
    let upload = f.open("k").await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::NotEmpty);
    f.storage.metadata.abort_upload(&f.bucket, &upload).await.expect("aborts");
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
}

/// Neither a head that was read before the deletion nor one read after it can be changed; no upload opens.
pub async fn nothing_is_written_into_a_deleted_bucket(storage: Storage) {
    let f = Fixture::new(storage).await;
    let before = f.read("k").await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
    let put = Decision::Put(inline("x", &f.tenant));
    let change = f.change(before.clone(), put.clone()).await;
    assert!(matches!(change, HeadChange::NoSuchBucket), "{change:?}");
    claim(&f.storage, f.bucket.name.as_str(), &f.tenant).await;
    let change = f.change(before, put).await;
    assert!(matches!(change, HeadChange::NoSuchBucket), "a new life of the name changes nothing: {change:?}");
    assert!(matches!(f.try_open("k").await, CreateUpload::NoSuchBucket));
}

/// A bucket that is made again begins empty, and the old life's rows stay out of it.
pub async fn a_recreated_bucket_sees_nothing_old(storage: Storage) {
    let f = Fixture::new(storage).await;
    f.put("k", "old").await;
    let upload = f.open("u").await;
    f.storage.metadata.abort_upload(&f.bucket, &upload).await.expect("aborts");
    f.delete("k").await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
    let bucket = claim(&f.storage, f.bucket.name.as_str(), &f.tenant).await;
    let again = Fixture { bucket, ..f.clone() };
    assert!(again.read("k").await.head.current.is_none());
    assert!(again.list(b"", b"", 10).await.is_empty());
    let found = again.storage.metadata.upload(&again.bucket, &upload.key, upload.id).await.expect("looks up");
    assert!(found.is_none());
    again.put("k", "new").await;
    assert_eq!(again.get("k").await.as_deref(), Some(&b"new"[..]));
}

/// Only the owner's buckets, by name, in pages that join.
pub async fn buckets_are_listed_by_owner_in_pages(storage: Storage) {
    let f = Fixture::new(storage).await;
    let owner = fresh_tenant(&f.storage).await;
    let mut names: Vec<String> = (0..7).map(|_| fresh_name()).collect();
    for name in &names {
        claim(&f.storage, name, &owner).await;
    }
    names.sort();
    for limit in [1, 2, 3, 7, 100] {
        assert_eq!(names_of(&f, owner.id, "", limit).await, names, "in pages of {limit}");
    }
    let first = f.storage.metadata.list_buckets(owner.id, "", None, 3).await.expect("lists");
    assert_eq!((first.entries.len(), first.more), (3, true));
    assert!(first.entries.iter().all(|bucket| bucket.owner == owner.id && bucket.region == "us-east-1"));
    assert!(names_of(&f, TenantId::fresh(), "", 10).await.is_empty());
}

/// Only names that start with the prefix, and the end comes where the prefix ends.
pub async fn buckets_are_listed_by_prefix(storage: Storage) {
    let f = Fixture::new(storage).await;
    let owner = fresh_tenant(&f.storage).await;
    let tail = fresh_name();
    let names: Vec<String> = ["aa", "ab", "ab.c", "ab-d", "ac"].iter().map(|head| format!("{head}{tail}")).collect();
    for name in &names {
        claim(&f.storage, name, &owner).await;
    }
    let mut expected = vec![names[1].clone(), names[2].clone(), names[3].clone()];
    expected.sort();
    assert_eq!(names_of(&f, owner.id, "ab", 2).await, expected);
    assert_eq!(names_of(&f, owner.id, &names[4], 2).await, [names[4].clone()]);
    assert!(names_of(&f, owner.id, "zz", 2).await.is_empty());
}

/// A bucket that is given away is the new owner's alone, with everything in it; and so when it is given back.
pub async fn a_bucket_given_away_is_its_new_owners(storage: Storage) {
    let f = Fixture::new(storage).await;
    let name = f.bucket.name.to_string();
    f.put("k", "kept").await;
    let other = fresh_tenant(&f.storage).await;
    let given = f.storage.metadata.change_owner(&f.bucket, other.id).await.expect("gives it away");
    let ChangeBucket::Changed(given) = given else { panic!("{given:?}") };
    assert_eq!(given, Bucket { owner: other.id, ..f.bucket.clone() });
    assert_eq!(f.storage.metadata.bucket(&given.name).await.expect("looks up").as_ref(), Some(&given));
    assert_eq!(names_of(&f, other.id, "", 10).await, [name.as_str()]);
    assert!(names_of(&f, f.tenant.id, "", 10).await.is_empty());
    assert_eq!(f.get("k").await.as_deref(), Some(&b"kept"[..]));
    let left = f.storage.metadata.change_owner(&f.bucket, other.id).await.expect("looks");
    assert!(matches!(&left, ChangeBucket::Left(now) if *now == given), "it was another's by then: {left:?}");
    let back = f.storage.metadata.change_owner(&given, f.tenant.id).await.expect("gives it back");
    assert!(matches!(&back, ChangeBucket::Changed(now) if *now == f.bucket), "{back:?}");
    assert_eq!(names_of(&f, f.tenant.id, "", 10).await, [name]);
    assert!(names_of(&f, other.id, "", 10).await.is_empty());
    f.delete("k").await;
    assert_eq!(f.delete_bucket().await, DeleteBucket::Deleted);
    let gone = f.storage.metadata.change_owner(&f.bucket, other.id).await.expect("answers");
    assert!(matches!(gone, ChangeBucket::NoSuchBucket), "{gone:?}");
}

/// Of those who give one bucket to different tenants at once, one succeeds, and its tenant alone has the bucket.
pub async fn one_of_many_takers_gets_a_bucket(storage: Storage) {
    let f = Fixture::new(storage).await;
    let takers: Vec<Tenant> = futures::future::join_all((0..8).map(|_| async { fresh_tenant(&f.storage).await })).await;
    let give = |to: TenantId| {
        let f = &f;
        async move { insist(|| f.storage.metadata.change_owner(&f.bucket, to)).await }
    };
    let answers = futures::future::join_all(takers.iter().map(|taker| give(taker.id))).await;
    // Many at once may make a store say that it does not know, but not of two that they won.
    let won = answers.iter().zip(&takers).filter(|(answer, _)| matches!(answer, Some(ChangeBucket::Changed(_))));
    let won: Vec<TenantId> = won.map(|(_, taker)| taker.id).collect();
    let now = f.storage.metadata.bucket(&f.bucket.name).await.expect("looks up").expect("it is there");
    let unknown = answers.iter().zip(&takers).any(|(answer, taker)| answer.is_none() && taker.id == now.owner);
    assert!(won == [now.owner] || (won.is_empty() && unknown), "{answers:?}");
    for taker in &takers {
        let has = !names_of(&f, taker.id, "", 10).await.is_empty();
        assert_eq!(has, now.owner == taker.id);
    }
    assert!(names_of(&f, f.tenant.id, "", 10).await.is_empty());
}

async fn names_of(f: &Fixture, owner: TenantId, prefix: &str, limit: usize) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    loop {
        let after = names.last().map(String::as_str);
        let page = f.storage.metadata.list_buckets(owner, prefix, after, limit).await.expect("lists buckets");
        assert!(page.entries.len() <= limit);
        assert!(!page.more || !page.entries.is_empty(), "a page that is not the last has an entry");
        names.extend(page.entries.iter().map(|bucket| bucket.name.as_str().to_owned()));
        if !page.more {
            return names;
        }
    }
}
