//! PutBucketAccelerateConfiguration.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | it is suspended, as it was | get_bucket_accelerate_configuration::nothing_is_said_until_it_was_suspended |
//! | 400 MalformedXML | the document is none | what_is_not_done_is_refused_and_changes_nothing |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the caller has no right to it | what_is_not_done_is_refused_and_changes_nothing |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 501 NotImplemented | transfers are to be accelerated | what_is_not_done_is_refused_and_changes_nothing |

use crate::ops::Ground;

/// A status as a document.
pub fn document(status: &str) -> String {
    format!("<AccelerateConfiguration><Status>{status}</Status></AccelerateConfiguration>")
}

#[test]
fn what_is_not_done_is_refused_and_changes_nothing() {
    let g = Ground::new();
    let target = format!("{}?accelerate", g.root());
    g.alice.put(&target, document("Enabled")).assert_error(501, "NotImplemented");
    for wrong in [document(""), document("suspended"), "<AccelerateConfiguration/>".to_owned()] {
        g.alice.put(&target, wrong).assert_error(400, "MalformedXML");
    }
    g.bob.put(&target, document("Suspended")).assert_error(403, "AccessDenied");
    assert!(g.alice.get(&target).assert_status(200).elements("Status").is_empty());
}
