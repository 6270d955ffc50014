//! GetBucketRequestPayment.

use crate::ops::Ground;

#[test]
fn the_owner_pays_until_told_otherwise() {
    let g = Ground::new();
    let target = format!("{}?requestPayment", g.root());
    let reply = g.alice.get(&target).assert_status(200);
    assert_eq!(reply.element("Payer").as_deref(), Some("BucketOwner"), "{reply}");
    g.bob.get(&target).assert_error(403, "AccessDenied");
    g.alice.get("/no-such-bucket-here?requestPayment").assert_error(404, "NoSuchBucket");
}
