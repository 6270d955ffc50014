//! PutPublicAccessBlock.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the switches are set | each_switch_is_kept |
//! | 400 MalformedXML | the document is none | each_switch_is_kept |
//! | 400 BadDigest | the digest of the document differs | each_switch_is_kept |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the caller has no right to it | each_switch_is_kept |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::client::Reply;
use crate::ops::Ground;

/// Switches one switch of Alice's bucket on, and the others off.
pub fn block(g: &Ground, switch: &str) -> Reply {
    g.alice.put(&format!("{}?publicAccessBlock", g.root()), document(&[(switch, "true")]))
}

pub fn document(switches: &[(&str, &str)]) -> String {
    let switches: String = switches.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    format!("<PublicAccessBlockConfiguration>{switches}</PublicAccessBlockConfiguration>")
}

#[test]
fn each_switch_is_kept() {
    let g = Ground::new();
    let target = format!("{}?publicAccessBlock", g.root());
    for name in ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"] {
        block(&g, name).assert_status(200);
        let reply = g.alice.get(&target).assert_status(200);
        assert_eq!(reply.element(name).as_deref(), Some("true"), "{reply}");
        assert_eq!(reply.text().matches("false").count(), 3, "{reply}");
    }
    let kept = g.alice.get(&target).text();
    for bad in ["<Other/>", &document(&[("BlockPublicAcls", "yes")]), &document(&[("BlockAll", "true")])] {
        g.alice.put(&target, bad).assert_error(400, "MalformedXML");
    }
    let wrong = g.alice.request("PUT", &target).header("content-md5", crate::ops::md5_base64(b"x"));
    wrong.body(document(&[])).send().assert_error(400, "BadDigest");
    g.bob.put(&target, document(&[])).assert_error(403, "AccessDenied");
    assert_eq!(g.alice.get(&target).text(), kept);
}
