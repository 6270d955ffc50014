//! Listings come in the order of the keys' bytes, and never disagree with what was acknowledged.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::fixture::{Fixture, at_once, body_of, insist};
use crate::storage::{HeadChange, PAGE_ENTRIES_MAX, Scan, Storage};

/// Keys whose order is that of bytes and of nothing else: no locale, no UTF-16, no path.
const ORDERED: &[&str] = &[
    "\u{1}",
    " ",
    "!",
    "+",
    "-",
    ".",
    "..",
    "/",
    "//",
    "/a",
    "0",
    "A",
    "B",
    "a",
    "a/",
    "a/b",
    "a0",
    "ab",
    "é",
    "\u{fffd}",
    "\u{10ffff}",
];

/// Written in any order, listed in the order of bytes.
pub async fn keys_come_in_the_order_of_their_bytes(storage: Storage) {
    let f = Fixture::new(storage).await;
    for key in ORDERED.iter().rev() {
        f.put(key, "").await;
    }
    assert_eq!(f.list(b"", b"", 1_000).await, ORDERED);
}

/// A prefix is bytes, may end in the middle of a character, and takes the key that equals it.
pub async fn a_prefix_takes_what_starts_with_it(storage: Storage) {
    let f = Fixture::new(storage).await;
    for key in ORDERED {
        f.put(key, "").await;
    }
    for prefix in [&b"a"[..], b"a/", b"/", b"//", b"zz", b".", b"\xc3", b"\xf4", b"\xff"] {
        let expected: Vec<&str> = ORDERED.iter().copied().filter(|key| key.as_bytes().starts_with(prefix)).collect();
        for limit in [1, 3, 100] {
            assert_eq!(f.list(prefix, b"", limit).await, expected, "{prefix:?} in pages of {limit}");
        }
    }
}

/// Pages of any size, joined, are the whole.
pub async fn pages_join_without_gap_or_repetition(storage: Storage) {
    let f = Fixture::new(storage).await;
    let keys: Vec<String> = (0..57).map(|i| format!("k/{i:03}")).collect();
    for key in &keys {
        f.put(key, "x").await;
    }
    // Deleted keys leave no hole in a page that would end the listing.
    for key in keys.iter().skip(5).take(20) {
        f.delete(key).await;
    }
    let expected: Vec<&String> = keys[..5].iter().chain(&keys[25..]).collect();
    for limit in [1, 2, 7, 37, 38, PAGE_ENTRIES_MAX] {
        assert_eq!(f.list(b"", b"", limit).await, expected.iter().map(|k| k.as_str()).collect::<Vec<_>>(), "{limit}");
    }
    let page = f.storage.metadata.list_objects(&f.bucket, &Scan { limit: 1, ..Scan::default() }).await.expect("lists");
    assert_eq!((page.entries.len(), page.more), (1, true));
}

/// `from` is inclusive, need not be a key, and may lie outside the prefix on either side.
pub async fn a_scan_begins_where_it_is_told(storage: Storage) {
    let f = Fixture::new(storage).await;
    for key in ["a", "b", "b/1", "b/2", "c"] {
        f.put(key, "").await;
    }
    let cases: &[(&[u8], &[u8], &[&str])] = &[
        (b"", b"b", &["b", "b/1", "b/2", "c"]),
        (b"", b"b\0", &["b/1", "b/2", "c"]),
        (b"", b"bb", &["c"]),
        (b"", b"\xff\xff", &[]),
        (b"b/", b"a", &["b/1", "b/2"]),
        (b"b/", b"b/2", &["b/2"]),
        (b"b/", b"b/2\0", &[]),
        (b"b/", b"c", &[]),
    ];
    for (prefix, from, expected) in cases {
        assert_eq!(f.list(prefix, from, 2).await, *expected, "prefix {prefix:?} from {from:?}");
    }
}

/// The longest key, control characters, non-characters, white space at the ends, what a path would eat.
pub async fn strange_keys_survive(storage: Storage) {
    let f = Fixture::new(storage).await;
    let longest = "ä".repeat(512);
    let mut keys: Vec<&str> = vec![
        "\u{0}",
        "\u{0}\u{0}",
        "\u{1}\u{2}",
        " lead",
        "trail ",
        "\r",
        "\n",
        "a\rb",
        "..",
        "../..",
        "/",
        "///",
        "%2F",
        "+",
        "a%b",
        "\u{7f}",
        "\u{80}",
        "\u{ffff}",
        "\u{10ffff}",
        "\"'<>&\\",
        &longest,
    ];
    for key in &keys {
        f.put(key, key.to_string()).await;
    }
    keys.sort_unstable();
    assert_eq!(f.list(b"", b"", 4).await, keys);
    for key in &keys {
        assert_eq!(f.get(key).await.as_deref(), Some(key.as_bytes()), "{key:?}");
    }
    for key in &keys {
        assert!(matches!(f.delete(key).await, HeadChange::Applied { .. }), "{key:?}");
    }
    assert!(f.list(b"", b"", 4).await.is_empty());
}

/// Size, ETag, time and owner are in the listing, and follow an overwrite.
pub async fn a_listed_object_says_what_it_is(storage: Storage) {
    let f = Fixture::new(storage).await;
    for length in [3, f.storage.chunks.inline_bytes_max() + 1, 0] {
        f.put("k", body_of(length, length as u64)).await;
        let head = f.read("k").await.head.current.expect("it is there");
        let scan = Scan { limit: 10, ..Scan::default() };
        let page = f.storage.metadata.list_objects(&f.bucket, &scan).await.expect("lists");
        let [entry] = &page.entries[..] else { panic!("one entry, not {}", page.entries.len()) };
        assert_eq!(entry.attrs.size, length as u64);
        assert_eq!(entry.attrs.etag, head.attrs.etag);
        assert_eq!(entry.attrs.modified_micros, head.attrs.modified_micros);
        assert_eq!(entry.attrs.owner, head.attrs.owner);
    }
}

/// What the writers of the next promise have been told.
#[derive(Default)]
struct Told {
    /// Acknowledged, and nobody has begun to delete it.
    there: BTreeSet<String>,
    /// Its deletion was acknowledged; it is never written again.
    gone: BTreeSet<String>,
}

/// Listers among writers: a key acknowledged before a listing began is in it unless its deletion had begun by the end
/// of it, and a key whose deletion was acknowledged before it began is not.
pub async fn writes_show_and_deletes_vanish_while_listing(storage: Storage) {
    let f = Arc::new(Fixture::new(storage).await);
    let told = Arc::new(Mutex::new(Told::default()));
    let done = Arc::new(AtomicBool::new(false));
    let lister = {
        let (f, told, done) = (Arc::clone(&f), Arc::clone(&told), Arc::clone(&done));
        tokio::spawn(async move {
            let mut rounds = 0;
            loop {
                let last = done.load(Ordering::SeqCst);
                judge_one_listing(&f, &told, [3, 1_000][rounds % 2]).await;
                rounds += 1;
                if last {
                    return;
                }
            }
        })
    };
    at_once(4, |writer| {
        let (f, told) = (Arc::clone(&f), Arc::clone(&told));
        async move { write_and_delete(&f, &told, writer).await }
    })
    .await;
    done.store(true, Ordering::SeqCst);
    lister.await.expect("the lister saw nothing wrong");
    let expected: Vec<String> = told.lock().there.iter().cloned().collect();
    assert_eq!(f.list(b"", b"", 1_000).await, expected);
}

async fn write_and_delete(f: &Fixture, told: &Mutex<Told>, writer: usize) {
    for i in 0..25 {
        let key = format!("{:02}-{writer}", i * 7 % 25);
        // A write that may or may not have happened is no acknowledgement; leave its key to nobody's judgement.
        if insist(|| f.try_put(&key, "x".into())).await.is_none() {
            f.put(&key, "x").await;
        }
        told.lock().there.insert(key.clone());
        if i % 3 == 0 {
            told.lock().there.remove(&key);
            let change = f.delete(&key).await;
            assert!(matches!(change, HeadChange::Applied { .. }), "{change:?}");
            told.lock().gone.insert(key);
        }
    }
}

async fn judge_one_listing(f: &Fixture, told: &Mutex<Told>, limit: usize) {
    let (there, gone) = {
        let told = told.lock();
        (told.there.clone(), told.gone.clone())
    };
    let listed: BTreeSet<String> = f.list(b"", b"", limit).await.into_iter().collect();
    let still: BTreeSet<String> = told.lock().there.clone();
    let missed: Vec<&String> = there.intersection(&still).filter(|key| !listed.contains(*key)).collect();
    let ghosts: Vec<&String> = gone.intersection(&listed).collect();
    assert!(missed.is_empty(), "acknowledged and not listed: {missed:?}");
    assert!(ghosts.is_empty(), "deleted and still listed: {ghosts:?}");
}
