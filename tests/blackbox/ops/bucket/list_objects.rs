//! ListObjects: the first version, continued by a marker.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | a page of objects | an_entry_says_everything_clients_want |
//! | 400 InvalidArgument | a number or encoding that is none | max_keys_has_its_edges, url_encoding_comes_on_request_and_covers_all_names |
//! | 403 AccessDenied | the caller has no right to it | absent_and_foreign_buckets_are_errors_and_never_empty |
//! | 404 NoSuchBucket | there is no such bucket | absent_and_foreign_buckets_are_errors_and_never_empty |

use crate::client::encode_value;
use crate::ops::{Ground, fresh_bucket_name, md5_hex};

fn ground(keys: &[&str]) -> Ground {
    let g = Ground::new();
    for key in keys {
        g.put(key, *key);
    }
    g
}

#[test]
fn an_entry_says_everything_clients_want() {
    let g = ground(&["dir/file"]);
    let reply = g.alice.get(&g.root()).assert_status(200).assert_header("content-type", "application/xml");
    assert!(reply.text().contains("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"));
    assert_eq!(reply.element("Name"), Some(g.bucket.clone()));
    assert_eq!(reply.elements("ETag"), [format!("\"{}\"", md5_hex(b"dir/file"))]);
    assert_eq!(reply.elements("Size"), ["8"]);
    assert_eq!(reply.elements("StorageClass"), ["STANDARD"]);
    assert_eq!(reply.elements("DisplayName"), ["alice"]);
    assert_eq!(reply.elements("IsTruncated"), ["false"]);
    assert_eq!(reply.elements("MaxKeys"), ["1000"]);
    assert_eq!((reply.element("Prefix").as_deref(), reply.element("Marker").as_deref()), (Some(""), Some("")));
    let modified = reply.element("LastModified").expect("an entry has a time");
    assert!(modified.len() == 24 && modified.ends_with('Z'), "{modified}");
}

#[test]
fn keys_come_by_bytes_below_a_prefix_and_after_a_marker() {
    let g = ground(&["b", "a", "a/1", "a/2", "aa", "Z", "ä", "\u{1}"]);
    assert_eq!(g.keys(""), ["\u{1}", "Z", "a", "a/1", "a/2", "aa", "b", "ä"]);
    assert_eq!(g.keys("prefix=a"), ["a", "a/1", "a/2", "aa"]);
    assert_eq!(g.keys("prefix=a%2F"), ["a/1", "a/2"]);
    assert_eq!(g.keys("prefix=aa"), ["aa"], "a prefix that is a key");
    assert!(g.keys("prefix=zz").is_empty());
    assert_eq!(g.keys("marker=a%2F2"), ["aa", "b", "ä"]);
    assert_eq!(g.keys("marker=a%2F"), ["a/1", "a/2", "aa", "b", "ä"]);
    assert_eq!(g.keys("prefix=a%2F&marker=a%2F1"), ["a/2"]);
    assert!(g.keys("marker=%F4%8F%BF%BF").is_empty());
}

#[test]
fn a_delimiter_rolls_up() {
    let g = ground(&["a", "b/1", "b/2", "b//x", "c", "c/", "d--e", "f/g/h"]);
    let reply = g.alice.get(&format!("{}?delimiter=%2F", g.root())).assert_status(200);
    assert_eq!(reply.elements("Key"), ["a", "c", "d--e"]);
    // The first Prefix is the one asked for.
    assert_eq!(reply.elements("Prefix")[1..], ["b/", "c/", "f/"]);
    assert_eq!(reply.element("Delimiter").as_deref(), Some("/"));
    let inner = g.alice.get(&format!("{}?delimiter=%2F&prefix=b%2F", g.root())).assert_status(200);
    assert_eq!(inner.elements("Key"), ["b/1", "b/2"]);
    assert_eq!(inner.elements("Prefix")[1..], ["b//"]);
    let dashes = g.alice.get(&format!("{}?delimiter=--", g.root())).assert_status(200);
    assert_eq!(dashes.elements("Prefix")[1..], ["d--"]);
}

#[test]
fn a_rolled_up_prefix_ends_with_its_last_key() {
    let g = ground(&["a/1", "b"]);
    g.alice.delete(&g.path("a/1")).assert_status(204);
    let reply = g.alice.get(&format!("{}?delimiter=%2F", g.root())).assert_status(200);
    assert!(reply.elements("CommonPrefixes").is_empty(), "{reply}");
    assert_eq!(reply.elements("Key"), ["b"]);
}

#[test]
fn pages_join_with_and_without_delimiter() {
    let g = ground(&["a", "b/1", "b/2", "c", "c/1", "d/", "e"]);
    for (delimiter, whole) in [("", 7), ("&delimiter=%2F", 6)] {
        for limit in 1..=3 {
            let mut seen = Vec::new();
            let mut marker = String::new();
            loop {
                let target = format!("{}?max-keys={limit}{delimiter}&marker={}", g.root(), encode_value(&marker));
                let page = g.alice.get(&target).assert_status(200);
                let mut names = page.elements("Key");
                names.extend(page.elements("Prefix").into_iter().skip(1));
                names.sort();
                assert!(names.len() <= limit, "{page}");
                let next = page.element("NextMarker");
                let truncated = page.element("IsTruncated").as_deref() == Some("true");
                assert_eq!(next.is_some(), truncated && !delimiter.is_empty(), "NextMarker is for delimiters: {page}");
                seen.extend(names.clone());
                if !truncated {
                    break;
                }
                marker = next.or(names.pop()).expect("a truncated page has an entry");
            }
            assert_eq!(seen.len(), whole, "{delimiter} in pages of {limit}: {seen:?}");
            assert!(seen.windows(2).all(|two| two[0] < two[1]), "{seen:?}");
        }
    }
}

#[test]
fn max_keys_has_its_edges() {
    let g = ground(&["a", "b"]);
    let none = g.alice.get(&format!("{}?max-keys=0", g.root())).assert_status(200);
    assert_eq!((none.elements("Key").len(), none.element("IsTruncated").as_deref()), (0, Some("false")), "{none}");
    let exact = g.alice.get(&format!("{}?max-keys=2", g.root())).assert_status(200);
    assert_eq!((exact.elements("Key").len(), exact.element("IsTruncated").as_deref()), (2, Some("false")));
    let many = g.alice.get(&format!("{}?max-keys=5000", g.root())).assert_status(200);
    assert_eq!(many.element("MaxKeys").as_deref(), Some("1000"));
    for bad in ["-1", "x", "1.5", "99999999999"] {
        g.alice.get(&format!("{}?max-keys={bad}", g.root())).assert_error(400, "InvalidArgument");
    }
}

#[test]
fn url_encoding_comes_on_request_and_covers_all_names() {
    let g = ground(&["a b/+%ä", "x\u{1}y"]);
    let plain = g.alice.get(&g.root()).assert_status(200);
    assert_eq!(plain.elements("Key"), ["a b/+%ä", "x\u{1}y"]);
    assert!(plain.elements("EncodingType").is_empty());
    let target = format!("{}?encoding-type=url&prefix=a%20b&delimiter=%2B&marker=a%20", g.root());
    let coded = g.alice.get(&target).assert_status(200);
    assert_eq!(coded.element("EncodingType").as_deref(), Some("url"));
    assert_eq!(coded.elements("Prefix"), ["a b", "a%20b/%2B"]);
    assert_eq!(
        (coded.element("Delimiter").as_deref(), coded.element("Marker").as_deref()),
        (Some("%2B"), Some("a%20"))
    );
    let keys = g.alice.get(&format!("{}?encoding-type=url", g.root())).assert_status(200).elements("Key");
    assert_eq!(keys, ["a%20b/%2B%25%C3%A4", "x%01y"]);
    g.alice.get(&format!("{}?encoding-type=base64", g.root())).assert_error(400, "InvalidArgument");
}

#[test]
fn every_acknowledged_change_shows_at_once() {
    let g = Ground::new();
    for round in 0..5 {
        let key = format!("k{round}");
        g.put(&key, "x");
        assert!(g.keys("").contains(&key));
        g.alice.delete(&g.path(&key)).assert_status(204);
        assert!(g.keys("").is_empty());
    }
}

#[test]
fn absent_and_foreign_buckets_are_errors_and_never_empty() {
    let g = ground(&["a"]);
    let absent = fresh_bucket_name();
    let reply = g.alice.get(&format!("/{absent}")).assert_error(404, "NoSuchBucket");
    assert_eq!(reply.element("BucketName"), Some(absent));
    g.bob.get(&g.root()).assert_error(403, "AccessDenied");
    g.alice.anonymous().get(&g.root()).assert_error(403, "AccessDenied");
}
