//! PutBucketRequestPayment.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the payer is set | the_payer_is_kept_and_the_owner_is_never_charged |
//! | 400 MalformedXML | the document is none | a_wrong_document_is_refused |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the caller has no right to it | a_wrong_document_is_refused |
//! | 404 NoSuchBucket | there is no such bucket | a_wrong_document_is_refused |

use crate::ops::Ground;

/// Who pays, as a document.
pub fn payment(payer: &str) -> String {
    format!("<RequestPaymentConfiguration><Payer>{payer}</Payer></RequestPaymentConfiguration>")
}

#[test]
fn the_payer_is_kept_and_the_owner_is_never_charged() {
    let g = Ground::new();
    let target = format!("{}?requestPayment", g.root());
    for payer in ["Requester", "BucketOwner", "Requester"] {
        g.alice.put(&target, payment(payer)).assert_status(200);
        let reply = g.alice.get(&target).assert_status(200);
        assert_eq!(reply.element("Payer").as_deref(), Some(payer), "{reply}");
    }
    g.put("k", "x").assert_no_header("x-amz-request-charged");
    g.get("k").assert_body("x").assert_no_header("x-amz-request-charged");
    let agreed = g.alice.request("GET", &g.path("k")).header("x-amz-request-payer", "requester").send();
    agreed.assert_status(200).assert_no_header("x-amz-request-charged");
}

#[test]
fn a_wrong_document_is_refused() {
    let g = Ground::new();
    let target = format!("{}?requestPayment", g.root());
    for wrong in ["<Other/>", &payment(""), &payment("requester"), "<RequestPaymentConfiguration/>"] {
        g.alice.put(&target, wrong.to_owned()).assert_error(400, "MalformedXML");
    }
    g.bob.put(&target, payment("Requester")).assert_error(403, "AccessDenied");
    let missing = g.alice.put("/no-such-bucket-here?requestPayment", payment("Requester"));
    missing.assert_error(404, "NoSuchBucket");
    let reply = g.alice.get(&target).assert_status(200);
    assert_eq!(reply.element("Payer").as_deref(), Some("BucketOwner"), "{reply}");
}
