//! A head is the truth about its key, and changes atomically.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;

use super::fixture::{Fixture, attrs_of, claim, fresh_name, inline, key_of};
use crate::storage::{
    Data, Decision, Fetch, Head, HeadChange, ObjectAttrs, ObjectRecord, Storage, StoredChecksum, StoredHeader,
};

/// A key that was never written has no revision and no version; deleting it is no error.
pub async fn an_absent_key_has_an_empty_head(storage: Storage) {
    let f = Fixture::new(storage).await;
    let read = f.read("nothing").await;
    assert!(read.head.rev.is_none());
    assert!(read.head.current.is_none());
    assert_eq!((read.key.as_str(), &read.bucket), ("nothing", &f.bucket));
    let change = f.change(read, Decision::Remove(crate::storage::VersionRef::Null)).await;
    assert!(matches!(change, HeadChange::Applied { .. }), "{change:?}");
    assert!(f.read("nothing").await.head.current.is_none());
    assert!(f.list(b"", b"", 10).await.is_empty());
}

/// What was acknowledged is what the next read sees; the answer names what it replaced.
pub async fn put_overwrite_and_delete_show_at_once(storage: Storage) {
    let f = Fixture::new(storage).await;
    let first = f.put("k", "one").await;
    assert_eq!(f.get("k").await.as_deref(), Some(&b"one"[..]));
    assert_eq!(f.read("k").await.head.rev, first.rev);
    let read = f.read("k").await;
    let change = f.change(read, Decision::Put(inline("two", &f.tenant))).await;
    let HeadChange::Applied { previous, head } = change else { panic!("{change:?}") };
    assert_eq!(previous.rev, first.rev);
    assert_eq!(previous.current.expect("there was one").attrs.size, 3);
    assert_ne!(head.rev, first.rev);
    assert_eq!(f.get("k").await.as_deref(), Some(&b"two"[..]));
    let HeadChange::Applied { previous, head: gone } = f.delete("k").await else { panic!("deletes") };
    assert_eq!(previous.rev, head.rev);
    assert!(gone.current.is_none());
    assert_eq!(f.get("k").await, None);
    f.put("k", "three").await;
    assert_eq!(f.get("k").await.as_deref(), Some(&b"three"[..]));
}

/// A decision made on a stale head is asked again on the newer one, and only that answer counts.
pub async fn an_overtaken_decision_is_asked_again(storage: Storage) {
    let f = Fixture::new(storage).await;
    let stale = f.read("k").await;
    let newer = f.put("k", "first").await;
    let mut seen = Vec::new();
    let record = inline("only if absent", &f.tenant);
    let change = f
        .storage
        .metadata
        .change_head(stale, &mut |head| {
            seen.push(head.rev);
            if head.current.is_none() { Decision::Put(Arc::clone(&record)) } else { Decision::Leave }
        })
        .await
        .expect("changes");
    let HeadChange::Left(head) = change else { panic!("{change:?}") };
    assert_eq!(head.rev, newer.rev);
    assert_eq!(seen.last(), Some(&newer.rev), "the last decision was made on the newest head");
    assert_eq!(f.get("k").await.as_deref(), Some(&b"first"[..]));

    let stale = f.read("k").await;
    f.delete("k").await;
    let change = f.change(stale, Decision::Put(inline("again", &f.tenant))).await;
    let HeadChange::Applied { previous, .. } = change else { panic!("{change:?}") };
    assert!(previous.current.is_none(), "it replaced the deletion, not what it had read");
}

/// Leaving a head answers it and changes neither revision nor bytes, there or absent.
pub async fn leaving_changes_nothing(storage: Storage) {
    let f = Fixture::new(storage).await;
    let change = f.change(f.read("k").await, Decision::Leave).await;
    assert!(matches!(&change, HeadChange::Left(head) if head.current.is_none()), "{change:?}");
    let put = f.put("k", "kept").await;
    let change = f.change(f.read("k").await, Decision::Leave).await;
    assert!(matches!(&change, HeadChange::Left(head) if head.rev == put.rev), "{change:?}");
    assert_eq!(f.read("k").await.head.rev, put.rev);
    assert_eq!(f.get("k").await.as_deref(), Some(&b"kept"[..]));
}

/// Revisions are never used twice; the time of a head's changes does not go back.
pub async fn each_change_has_a_revision_and_time_never_goes_back(storage: Storage) {
    let f = Fixture::new(storage).await;
    let mut revisions = HashSet::new();
    let mut last = f.read("k").await.head.ts;
    for round in 0..6 {
        let change = if round % 3 == 2 {
            f.delete("k").await
        } else {
            let read = f.read("k").await;
            f.change(read, Decision::Put(inline(format!("{round}"), &f.tenant))).await
        };
        let HeadChange::Applied { head, .. } = change else { panic!("{change:?}") };
        assert!(revisions.insert(head.rev.expect("a changed head has a revision")));
        assert!(head.ts >= last, "{:?} before {last:?}", head.ts);
        let read = f.read("k").await.head;
        assert_eq!(read.current.is_some(), head.current.is_some());
        // A store may keep nothing at all of a deleted head.
        assert!(read.ts == head.ts || read == Head::default(), "{read:?}");
        last = head.ts;
    }
}

/// Every attribute comes back as it was given, bytes that are no text among them.
pub async fn everything_about_an_object_is_kept(storage: Storage) {
    let f = Fixture::new(storage).await;
    let header = |name: &str, value: &'static [u8]| StoredHeader { name: name.to_owned(), value: value.into() };
    let body = Bytes::from_static(b"body");
    let attrs = ObjectAttrs {
        headers: vec![header("content-type", b"text/plain"), header("cache-control", b"no-store")],
        user_metadata: vec![header("colour", b"gr\xfcn"), header("empty", b"")],
        storage_class: "STANDARD".to_owned(),
        parts: 3,
        checksums: vec![StoredChecksum {
            algorithm: "CRC32".to_owned(),
            value: "AAAAAA==".to_owned(),
            composite: true,
        }],
        ..attrs_of(&body, &f.tenant)
    };
    let record = Arc::new(ObjectRecord { attrs: attrs.clone(), data: Data::Inline(body) });
    f.change(f.read("k").await, Decision::Put(Arc::clone(&record))).await;
    let found = f.read("k").await.head.current.expect("it is there");
    // Its place is the store's own.
    let attrs = ObjectAttrs { seq: found.attrs.seq, ..attrs };
    assert_eq!(*found, ObjectRecord { attrs: attrs.clone(), data: record.data.clone() });
    let small = f.storage.metadata.read_head(&f.bucket, &key_of("k"), Fetch::Attrs).await.expect("reads");
    assert_eq!(small.head.current.expect("it is there").attrs, attrs);
}

/// Without being asked for, inline bytes may be left out, but never be wrong.
pub async fn inline_bytes_come_when_asked_for(storage: Storage) {
    let f = Fixture::new(storage).await;
    f.put("k", "bytes").await;
    for (fetch, may_be_absent) in [(Fetch::WithInline, false), (Fetch::Attrs, true)] {
        let read = f.storage.metadata.read_head(&f.bucket, &key_of("k"), fetch).await.expect("reads");
        match &read.head.current.expect("it is there").data {
            Data::Inline(bytes) => assert_eq!(bytes.as_ref(), b"bytes"),
            Data::NotRead => assert!(may_be_absent, "{fetch:?} asks for the bytes"),
            Data::Stored(_) => panic!("bytes that were handed over inline became a blob"),
        }
    }
    // A change that starts from a head without its bytes must not lose those of a head that stays.
    let read = f.storage.metadata.read_head(&f.bucket, &key_of("k"), Fetch::Attrs).await.expect("reads");
    f.change(read, Decision::Leave).await;
    assert_eq!(f.get("k").await.as_deref(), Some(&b"bytes"[..]));
}

/// Keys that look alike are different keys, and the same key in another bucket is another object.
pub async fn keys_of_one_bucket_and_of_two_are_apart(storage: Storage) {
    let f = Fixture::new(storage).await;
    let other = Fixture { bucket: claim(&f.storage, &fresh_name(), &f.tenant).await, ..f.clone() };
    let alike = ["a", "A", "a/", "/a", "a//", "./a", "a ", "é", "e\u{301}"];
    for (i, key) in alike.iter().enumerate() {
        f.put(key, format!("{i}")).await;
    }
    other.put("a", "elsewhere").await;
    for (i, key) in alike.iter().enumerate() {
        assert_eq!(f.get(key).await.as_deref(), Some(format!("{i}").as_bytes()), "{key:?}");
    }
    assert_eq!(other.get("a").await.as_deref(), Some(&b"elsewhere"[..]));
    assert_eq!(other.list(b"", b"", 10).await, ["a"]);
}
