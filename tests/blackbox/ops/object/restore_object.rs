//! RestoreObject: nothing is archived here.
//!
//! | answer | when | test |
//! |---|---|---|
//! | never 202 | the object is archived: nothing can be | put_object::what_is_not_implemented_is_refused_and_never_half_done |
//! | 400 MalformedXML | the document is none | everywhere::a_document_that_is_none |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | never 403 ObjectAlreadyInActiveTierError | it was archived and is not now | what_is_not_archived_cannot_be_restored |
//! | 403 InvalidObjectState | the object is not archived | what_is_not_archived_cannot_be_restored |
//! | 403 AccessDenied | the caller has no right to it | access::no_operation_of_the_table_is_open_to_strangers |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object, or a delete marker is on top | everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |
//! | never 409 RestoreAlreadyInProgress | it is being restored | what_is_not_archived_cannot_be_restored |
//! | never 503 GlacierExpeditedRetrievalNotAvailable | the archive is busy | what_is_not_archived_cannot_be_restored |

use crate::ops::Ground;

#[test]
fn what_is_not_archived_cannot_be_restored() {
    let g = Ground::new();
    let class = g.alice.request("PUT", &g.path("k")).header("x-amz-storage-class", "STANDARD_IA").body("x");
    class.send().assert_status(200);
    let target = format!("{}?restore", g.path("k"));
    for body in ["", "<RestoreRequest><Days>1</Days></RestoreRequest>"] {
        let reply = g.alice.post(&target, body).assert_error(403, "InvalidObjectState");
        assert_eq!(reply.element("StorageClass").as_deref(), Some("STANDARD_IA"));
    }
    g.alice.post(&target, "<Other/>").assert_error(400, "MalformedXML");
    g.alice.post(&format!("{}?restore", g.path("none")), "").assert_error(404, "NoSuchKey");
    g.get("k").assert_body("x");
}
