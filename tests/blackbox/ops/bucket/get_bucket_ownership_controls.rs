//! GetBucketOwnershipControls.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | who owns objects | a_new_bucket_says_only_what_the_installation_says |
//! | 403 AccessDenied | the caller has no right to it | a_new_bucket_says_only_what_the_installation_says |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 OwnershipControlsNotFoundError | it has none | a_new_bucket_says_only_what_the_installation_says |

use crate::harness::Server;
use crate::ops::Ground;

#[test]
fn a_new_bucket_says_only_what_the_installation_says() {
    let g = Ground::new();
    let target = format!("{}?ownershipControls", g.root());
    g.alice.get(&target).assert_error(404, "OwnershipControlsNotFoundError");
    g.bob.get(&target).assert_error(403, "AccessDenied");
    let server = Server::with(&[("buckets", "ownership = \"BucketOwnerEnforced\"\nblock_public_access = true\n")]);
    let strict = Ground::on(&server);
    let reply = strict.alice.get(&format!("{}?ownershipControls", strict.root())).assert_status(200);
    assert_eq!(reply.elements("ObjectOwnership"), ["BucketOwnerEnforced"]);
    let block = strict.alice.get(&format!("{}?publicAccessBlock", strict.root())).assert_status(200);
    assert_eq!(block.text().matches("true").count(), 4, "{block}");
    let new =
        |name: &str, value: &str| strict.alice.request("PUT", &format!("{}-2", strict.root())).header(name, value);
    new("x-amz-acl", "public-read").send().assert_error(400, "InvalidBucketAclWithObjectOwnership");
    let public = new("x-amz-acl", "public-read").header("x-amz-object-ownership", "ObjectWriter");
    public.send().assert_error(400, "InvalidBucketAclWithBlockPublicAccessError");
    new("x-amz-object-ownership", "ObjectWriter").send().assert_status(200);
    let other = strict.alice.get(&format!("{}-2?ownershipControls", strict.root())).assert_status(200);
    assert_eq!(other.elements("ObjectOwnership"), ["ObjectWriter"]);
}
