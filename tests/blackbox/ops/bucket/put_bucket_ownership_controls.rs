//! PutBucketOwnershipControls.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | it is set | the_owner_of_objects_can_be_said |
//! | 400 InvalidBucketAclWithObjectOwnership | the bucket's list lets others in | lists_do_not_stop_counting_while_the_bucket_has_one |
//! | 400 MalformedXML | the document is none | the_owner_of_objects_can_be_said |
//! | 400 BadDigest | the digest of the document differs | the_owner_of_objects_can_be_said |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the caller has no right to it | the_owner_of_objects_can_be_said |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::client::Reply;
use crate::ops::Ground;

pub fn document(name: &str) -> String {
    format!("<OwnershipControls><Rule><ObjectOwnership>{name}</ObjectOwnership></Rule></OwnershipControls>")
}

/// Sets who owns the objects of Alice's bucket.
pub fn own(g: &Ground, name: &str) -> Reply {
    g.alice.put(&format!("{}?ownershipControls", g.root()), document(name))
}

#[test]
fn the_owner_of_objects_can_be_said() {
    let g = Ground::new();
    let target = format!("{}?ownershipControls", g.root());
    for name in ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] {
        own(&g, name).assert_status(200);
        assert_eq!(g.alice.get(&target).assert_status(200).elements("ObjectOwnership"), [name]);
    }
    own(&g, "Nobody").assert_error(400, "MalformedXML");
    g.alice.put(&target, "").assert_error(400, "MissingRequestBodyError");
    let wrong = g.alice.request("PUT", &target).header("content-md5", crate::ops::md5_base64(b"x"));
    wrong.body(document("BucketOwnerEnforced")).send().assert_error(400, "BadDigest");
    assert_eq!(g.alice.get(&target).elements("ObjectOwnership"), ["ObjectWriter"]);
    g.bob.put(&target, document("BucketOwnerEnforced")).assert_error(403, "AccessDenied");
}

#[test]
fn lists_do_not_stop_counting_while_the_bucket_has_one() {
    let g = Ground::new();
    let acl = format!("{}?acl", g.root());
    g.alice.request("PUT", &acl).header("x-amz-acl", "public-read").send().assert_status(200);
    own(&g, "BucketOwnerEnforced").assert_error(400, "InvalidBucketAclWithObjectOwnership");
    own(&g, "BucketOwnerPreferred").assert_status(200);
    g.alice.request("PUT", &acl).header("x-amz-acl", "private").send().assert_status(200);
    own(&g, "BucketOwnerEnforced").assert_status(200);
}
