//! PutBucketOwnershipControls.

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
    g.alice.put(&target, "").assert_error(400, "MalformedXML");
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
