//! ListObjectsV2: continued by an opaque token.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | a page of objects | an_answer_counts_and_names_owners_on_request |
//! | 400 InvalidArgument | a number, encoding or token that is none, or the token of another bucket | edges_and_errors |
//! | 403 AccessDenied | the caller has no right to it | edges_and_errors |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::client::{Reply, encode_value};
use crate::ops::Ground;

fn ground(keys: &[&str]) -> Ground {
    let g = Ground::new();
    for key in keys {
        g.put(key, *key);
    }
    g
}

#[track_caller]
fn list(g: &Ground, parameters: &str) -> Reply {
    g.alice.get(&format!("{}?list-type=2{parameters}", g.root())).assert_status(200)
}

#[test]
fn an_answer_counts_and_names_owners_on_request() {
    let g = ground(&["a", "b/c"]);
    let reply = g.alice.get(&format!("{}?list-type=2", g.root())).assert_status(200);
    assert_eq!(reply.elements("Key"), ["a", "b/c"]);
    assert_eq!(reply.element("KeyCount").as_deref(), Some("2"));
    assert!(reply.elements("Owner").is_empty() && reply.elements("Marker").is_empty(), "{reply}");
    assert_eq!(list(&g, "&fetch-owner=true").elements("DisplayName"), ["alice", "alice"]);
    let rolled = list(&g, "&delimiter=%2F");
    assert_eq!((rolled.element("KeyCount").as_deref(), rolled.elements("Prefix").len()), (Some("2"), 2));
}

#[test]
fn tokens_continue_to_the_end() {
    let g = ground(&["a", "b/1", "b/2", "c c", "d+", "e\u{1}", "ü/1", "ü/2"]);
    for (delimiter, whole) in [("", 8), ("&delimiter=%2F", 6)] {
        for limit in 1..=3 {
            let mut seen = Vec::new();
            let mut token: Option<String> = None;
            loop {
                let with = token.as_ref().map_or(String::new(), |t| format!("&continuation-token={}", encode_value(t)));
                let page = list(&g, &format!("&max-keys={limit}{delimiter}{with}"));
                assert_eq!(page.element("ContinuationToken"), token, "{page}");
                let mut names = page.elements("Key");
                names.extend(page.elements("Prefix").into_iter().skip(1));
                names.sort();
                seen.extend(names);
                token = page.element("NextContinuationToken");
                assert_eq!(token.is_some(), page.element("IsTruncated").as_deref() == Some("true"), "{page}");
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), whole, "{delimiter} in pages of {limit}: {seen:?}");
            assert!(seen.windows(2).all(|two| two[0] < two[1]), "{seen:?}");
        }
    }
}

#[test]
fn start_after_is_a_key_and_a_token_overrides_it() {
    let g = ground(&["a", "b", "c", "d"]);
    let page = list(&g, "&start-after=a&max-keys=1");
    assert_eq!((page.elements("Key"), page.element("StartAfter")), (vec!["b".to_owned()], Some("a".to_owned())));
    let token = encode_value(&page.element("NextContinuationToken").expect("there is more"));
    assert_eq!(list(&g, &format!("&start-after=a&continuation-token={token}")).elements("Key"), ["c", "d"]);
    assert!(list(&g, "&start-after=zz").elements("Key").is_empty());
}

#[test]
fn a_token_that_was_changed_anywhere_is_none() {
    let g = ground(&["a", "b"]);
    let token = list(&g, "&max-keys=1").element("NextContinuationToken").expect("there is more");
    let mut changed: Vec<String> =
        vec![format!("{token}A"), token[1..].to_owned(), token[..token.len() - 1].to_owned()];
    for at in 0..token.len() {
        let other = if token[at..].starts_with('A') { "B" } else { "A" };
        changed.push(format!("{}{other}{}", &token[..at], &token[at + 1..]));
    }
    for token in changed {
        let target = format!("{}?list-type=2&continuation-token={}", g.root(), encode_value(&token));
        g.alice.get(&target).assert_error(400, "InvalidArgument");
    }
}

#[test]
fn edges_and_errors() {
    let g = ground(&["a", "b"]);
    let none = list(&g, "&max-keys=0");
    assert_eq!(
        (none.element("KeyCount").as_deref(), none.element("IsTruncated").as_deref()),
        (Some("0"), Some("false"))
    );
    let empty = list(&g, "&continuation-token=");
    assert_eq!((empty.elements("Key").len(), empty.element("ContinuationToken").as_deref()), (2, Some("")));
    let token = list(&g, "&max-keys=1").element("NextContinuationToken").expect("there is more");
    let other = ground(&["a", "b"]);
    let elsewhere = format!("{}?list-type=2&continuation-token={}", other.root(), encode_value(&token));
    other.alice.get(&elsewhere).assert_error(400, "InvalidArgument");
    let unordered = "delimiter=%2F&allow-unordered=true";
    assert_eq!(list(&g, "&allow-unordered=true").elements("Key").len(), 2);
    let optional = g.alice.request("GET", &format!("{}?list-type=2", g.root()));
    let optional = optional.header("x-amz-optional-object-attributes", "RestoreStatus").send().assert_status(200);
    assert_eq!(optional.element("RestoreStatus"), None);
    let unknown = g.alice.request("GET", &format!("{}?list-type=2", g.root()));
    let unknown = unknown.header("x-amz-optional-object-attributes", "Colour").send();
    unknown.assert_error(400, "InvalidArgument");
    for bad in ["max-keys=-1", "max-keys=x", "continuation-token=%21%21", unordered, "encoding-type=x"] {
        g.alice.get(&format!("{}?list-type=2&{bad}", g.root())).assert_error(400, "InvalidArgument");
    }
    let coded = list(&g, "&encoding-type=url&prefix=%20&start-after=%2B&delimiter=%25");
    assert_eq!(coded.element("Prefix").as_deref(), Some("%20"));
    assert_eq!(
        (coded.element("StartAfter").as_deref(), coded.element("Delimiter").as_deref()),
        (Some("%2B"), Some("%25"))
    );
    g.bob.get(&format!("{}?list-type=2", g.root())).assert_error(403, "AccessDenied");
}

#[test]
fn more_than_a_thousand_keys_take_two_pages() {
    let g = Ground::new();
    std::thread::scope(|scope| {
        for worker in 0..8 {
            let g = &g;
            scope.spawn(move || (worker..1003).step_by(8).for_each(|i| drop(g.put(&format!("k{i:05}"), ""))));
        }
    });
    let first = list(&g, "");
    assert_eq!(first.elements("Key").len(), 1000);
    let token = encode_value(&first.element("NextContinuationToken").expect("there is more"));
    let second = list(&g, &format!("&continuation-token={token}"));
    assert_eq!(second.elements("Key"), ["k01000", "k01001", "k01002"]);
}
