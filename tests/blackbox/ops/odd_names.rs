//! Keys that XML cannot carry, or that its readers like to change: every listing gives them back, with and without
//! `encoding-type=url`, in pages of any size, and a document can name them.

use percent_encoding::percent_decode_str;

use crate::client::{Reply, encode_value};
use crate::ops::multipart::Multipart;
use crate::ops::{Ground, md5_base64};

/// In the order of their bytes.
const KEYS: &[&str] = &[
    "\u{1}", "\t", "\n", "\u{b}x", "\r", "\r\n", " ", " a ", "&#1;", "]]>", "a\u{0}b", "e\u{301}", "\u{7f}", "\u{85}",
    "\u{feff}", "\u{fffe}", "\u{ffff}",
];

fn stored(g: &Ground) -> Vec<String> {
    for key in KEYS {
        g.put(key, "x");
    }
    let mut keys: Vec<String> = KEYS.iter().map(|key| (*key).to_owned()).collect();
    keys.sort();
    keys
}

/// Nothing is in the document that XML 1.0 does not allow, or that its readers turn into something else.
#[track_caller]
fn carries(reply: &Reply) {
    let text = std::str::from_utf8(&reply.body).expect("is UTF-8");
    let wrong = |c: char| c < ' ' && !matches!(c, '\t' | '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
    assert_eq!(text.chars().find(|c| wrong(*c)), None, "{reply}");
}

fn decoded(names: Vec<String>) -> Vec<String> {
    let decode = |name: String| percent_decode_str(&name).decode_utf8().expect("is UTF-8").into_owned();
    names.into_iter().map(decode).collect()
}

#[test]
fn every_listing_gives_them_back() {
    let g = Ground::new();
    let keys = stored(&g);
    for key in KEYS {
        Multipart::open(&g, key);
    }
    for listing in ["", "list-type=2", "versions", "uploads"] {
        let whole = g.alice.get(&format!("{}?{listing}", g.root())).assert_status(200);
        carries(&whole);
        assert_eq!(whole.elements("Key"), keys, "{listing}");
        let coded = g.alice.get(&format!("{}?{listing}&encoding-type=url", g.root())).assert_status(200);
        assert_eq!(decoded(coded.elements("Key")), keys, "{listing}, encoded");
        for key in &keys {
            let name = encode_value(key);
            let page = g.alice.get(&format!("{}?{listing}&prefix={name}&delimiter={name}", g.root()));
            let page = page.assert_status(200);
            carries(&page);
            assert_eq!(page.element("Delimiter").as_ref(), Some(key), "{listing}: {page}");
            assert_eq!(page.element("Prefix").as_ref(), Some(key), "{listing}: {page}");
        }
    }
}

#[test]
fn pages_join_at_them() {
    let g = Ground::new();
    let keys = stored(&g);
    for (listing, marker, next) in [
        // Without a delimiter the last key is the place.
        ("", "marker", "NextMarker"),
        ("list-type=2", "continuation-token", "NextContinuationToken"),
        ("versions", "key-marker", "NextKeyMarker"),
    ] {
        let (mut seen, mut from) = (Vec::new(), String::new());
        loop {
            let page = g.alice.get(&format!("{}?{listing}&max-keys=2{from}", g.root())).assert_status(200);
            seen.extend(page.elements("Key"));
            if page.element("IsTruncated").as_deref() == Some("false") {
                break;
            }
            let place = page.element(next).or_else(|| seen.last().cloned()).expect("says where to go on");
            from = format!("&{marker}={}", encode_value(&place));
        }
        assert_eq!(seen, keys, "{listing}");
    }
    let page = g.alice.get(&format!("{}?list-type=2&start-after={}", g.root(), encode_value(&keys[9])));
    assert_eq!(page.assert_status(200).elements("Key"), keys[10..]);
}

#[test]
fn a_document_names_them_by_their_numbers() {
    let g = Ground::new();
    let keys = stored(&g);
    // No reference can stand for it, in any version of XML.
    let (unspeakable, named): (Vec<String>, Vec<String>) = keys.into_iter().partition(|key| key.contains('\0'));
    let escaped = |key: &String| -> String { key.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect() };
    let objects: String = named.iter().map(|key| format!("<Object><Key>{}</Key></Object>", escaped(key))).collect();
    let document = format!("<Delete>{objects}</Delete>");
    let request = g.alice.request("POST", &format!("{}?delete", g.root()));
    let reply = request.header("content-md5", md5_base64(document.as_bytes())).body(document).send().assert_status(200);
    carries(&reply);
    assert_eq!(reply.elements("Key"), named);
    assert!(reply.elements("Error").is_empty(), "{reply}");
    assert_eq!(g.keys(""), unspeakable);
}
