//! ListObjectVersions.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | a page of versions | without_versioning_each_object_is_its_null_version |
//! | 400 InvalidArgument | a number, encoding or marker that is none | parameters_are_checked |
//! | 403 AccessDenied | the caller has no right to it | without_versioning_each_object_is_its_null_version |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::client::{Reply, encode_value};
use crate::ops::Ground;

fn list(g: &Ground, parameters: &str) -> Reply {
    g.alice.get(&format!("{}?versions&{parameters}", g.root())).assert_status(200)
}

/// Keys and versions of all pages.
fn all(g: &Ground, parameters: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut marker = String::new();
    loop {
        let page = list(g, &format!("{parameters}{marker}"));
        found.extend(page.elements("Key").into_iter().zip(page.elements("VersionId")));
        if page.element("IsTruncated").as_deref() == Some("false") {
            assert!(page.element("NextKeyMarker").is_none());
            return found;
        }
        let (key, version) = (page.element("NextKeyMarker"), page.element("NextVersionIdMarker"));
        marker = format!("&key-marker={}", encode_value(&key.expect("says where to go on")));
        if let Some(version) = version {
            marker += &format!("&version-id-marker={version}");
        }
    }
}

#[test]
fn without_versioning_each_object_is_its_null_version() {
    let g = Ground::new();
    for key in ["b", "a"] {
        g.put(key, "x");
    }
    let page = g.alice.get(&format!("{}?versions", g.root())).assert_status(200);
    assert_eq!(page.elements("Key"), ["a", "b"]);
    assert_eq!(page.elements("VersionId"), ["null", "null"]);
    assert_eq!(page.elements("IsLatest"), ["true", "true"]);
    g.bob.get(&format!("{}?versions", g.root())).assert_error(403, "AccessDenied");
}

#[test]
fn versions_come_newest_first_and_pages_join() {
    let g = Ground::new();
    g.put("a", "null");
    g.versioning("Enabled");
    for round in 0..3 {
        for key in ["a", "b", "c/1", "c/2"] {
            g.put(key, format!("{round}"));
        }
    }
    g.alice.delete(&g.path("b")).assert_status(204);
    let whole = all(&g, "");
    assert_eq!(whole.len(), 14, "{whole:?}");
    let keys: Vec<&str> = whole.iter().map(|(key, _)| key.as_str()).collect();
    assert!(keys.is_sorted());
    assert_eq!(whole[3], ("a".to_owned(), "null".to_owned()), "the oldest of its key comes last");
    for size in [1, 2, 3, 5, 13, 14] {
        assert_eq!(all(&g, &format!("max-keys={size}")), whole, "pages of {size}");
    }
    let latest: Vec<String> = list(&g, "").elements("IsLatest");
    let wanted = [true, false, false, false, true, false, false, false, true, false, false, true, false, false];
    assert_eq!(latest, wanted.map(|latest| latest.to_string()));
    let page = list(&g, "prefix=b");
    assert_eq!((page.elements("DeleteMarker").len(), page.elements("Version").len()), (1, 3), "{page}");
}

#[test]
fn prefixes_roll_up() {
    let g = Ground::new();
    g.versioning("Enabled");
    for key in ["a", "d/1", "d/1", "d/2", "e"] {
        g.put(key, "x");
    }
    let page = list(&g, "delimiter=/");
    assert_eq!(page.elements("Key"), ["a", "e"]);
    assert_eq!(page.elements("CommonPrefixes").len(), 1, "{page}");
    let first = list(&g, "delimiter=/&max-keys=2");
    assert_eq!(first.element("NextKeyMarker").as_deref(), Some("d/"), "{first}");
    assert!(first.element("NextVersionIdMarker").is_none(), "{first}");
    assert_eq!(list(&g, "delimiter=/&key-marker=d/").elements("Key"), ["e"]);
}

#[test]
fn parameters_are_checked() {
    let g = Ground::new();
    for bad in
        ["max-keys=-1", "max-keys=x", "encoding-type=x", "version-id-marker=null", "key-marker=a&version-id-marker=x"]
    {
        g.alice.get(&format!("{}?versions&{bad}", g.root())).assert_error(400, "InvalidArgument");
    }
    g.put("a b", "x");
    let page = list(&g, "max-keys=0");
    assert_eq!(page.element("IsTruncated").as_deref(), Some("false"));
    assert_eq!(list(&g, "encoding-type=url").elements("Key"), ["a%20b"]);
}
