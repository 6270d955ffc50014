//! ListMultipartUploads.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | a page of uploads | open_uploads_come_by_key_and_age |
//! | 400 InvalidArgument | a number, marker or encoding that is none | edges_and_errors |
//! | 403 AccessDenied | the caller has no right to it | edges_and_errors |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::client::{Reply, encode_value};
use crate::ops::Ground;
use crate::ops::multipart::Multipart;

#[test]
fn open_uploads_come_by_key_and_age() {
    let g = Ground::new();
    let target = format!("{}?uploads", g.root());
    assert!(g.alice.get(&target).assert_status(200).elements("Upload").is_empty());
    let opened: Vec<Multipart<'_>> = ["b", "a", "b", "c/1", "c/2"].iter().map(|key| Multipart::open(&g, key)).collect();
    let reply = g.alice.get(&target).assert_status(200);
    assert_eq!(reply.elements("Key"), ["a", "b", "b", "c/1", "c/2"]);
    let ids = reply.elements("UploadId");
    assert_eq!((&ids[0], &ids[3]), (&opened[1].id, &opened[3].id));
    assert_eq!(reply.element("Bucket"), Some(g.bucket.clone()));
    assert_eq!(reply.elements("Initiated").len(), 5);
    assert_eq!(reply.element("IsTruncated").as_deref(), Some("false"));
    let rolled = g.alice.get(&format!("{target}&delimiter=%2F")).assert_status(200);
    assert_eq!((rolled.elements("Key").len(), rolled.elements("Prefix")[1..].to_vec()), (3, vec!["c/".to_owned()]));
    assert_eq!(g.alice.get(&format!("{target}&prefix=c")).elements("Key"), ["c/1", "c/2"]);
    let last = Multipart { ground: &g, key: "a".to_owned(), id: opened[1].id.clone() };
    g.alice.delete(&last.target("")).assert_status(204);
    let done = opened[3].part(1, "x");
    opened[3].complete(&[done]).assert_status(200);
    assert_eq!(g.alice.get(&target).assert_status(200).elements("Key"), ["b", "b", "c/2"]);
}

#[test]
fn pages_join() {
    let g = Ground::new();
    for key in ["a", "b", "b", "b", "c", "d/1", "d/2"] {
        Multipart::open(&g, key);
    }
    for (delimiter, whole) in [("", 7), ("&delimiter=%2F", 6)] {
        for limit in 1..=3 {
            let mut seen = 0;
            let mut markers = String::new();
            for _ in 0..10 {
                let page = g.alice.get(&format!("{}?uploads&max-uploads={limit}{delimiter}{markers}", g.root()));
                let page = page.assert_status(200);
                let here = page.elements("Upload").len() + page.elements("CommonPrefixes").len();
                assert!(here <= limit, "{page}");
                seen += here;
                if page.element("IsTruncated").as_deref() == Some("false") {
                    break;
                }
                let key = page.element("NextKeyMarker").expect("a truncated page has a marker");
                let id = page.element("NextUploadIdMarker").unwrap_or_default();
                markers = format!("&key-marker={}&upload-id-marker={}", encode_value(&key), encode_value(&id));
            }
            assert_eq!(seen, whole, "{delimiter} in pages of {limit}");
        }
    }
}

#[test]
fn edges_and_errors() {
    let g = Ground::new();
    Multipart::open(&g, "a b");
    let target = format!("{}?uploads", g.root());
    let none = g.alice.get(&format!("{target}&max-uploads=0")).assert_status(200);
    assert_eq!((none.elements("Key").len(), none.element("IsTruncated").as_deref()), (0, Some("false")));
    assert_eq!(g.alice.get(&format!("{target}&max-uploads=5000")).element("MaxUploads").as_deref(), Some("1000"));
    // Alone, the marker of an id means nothing and is not repeated.
    let alone = g.alice.get(&format!("{target}&upload-id-marker=x")).assert_status(200);
    assert_eq!((alone.elements("Key"), alone.element("UploadIdMarker")), (vec!["a b".into()], Some(String::new())));
    // As AWS: what is the last of a page is named though it was the last page, unless it is a prefix.
    let next = |page: &Reply| (page.element("NextKeyMarker"), page.element("NextUploadIdMarker"));
    assert_eq!(next(&alone), (Some("a b".into()), alone.element("UploadId")));
    assert_eq!(next(&none), (Some(String::new()), Some(String::new())));
    let prefixes = g.alice.get(&format!("{target}&delimiter=%20")).assert_status(200);
    assert_eq!(prefixes.elements("CommonPrefixes").len(), 1, "{prefixes}");
    assert_eq!(next(&prefixes), (Some(String::new()), Some(String::new())));
    for bad in ["max-uploads=-1", "max-uploads=x", "encoding-type=x", "key-marker=a&upload-id-marker=x"] {
        g.alice.get(&format!("{target}&{bad}")).assert_error(400, "InvalidArgument");
    }
    assert_eq!(g.alice.get(&format!("{target}&encoding-type=url")).assert_status(200).elements("Key"), ["a%20b"]);
    g.bob.get(&target).assert_error(403, "AccessDenied");
}
