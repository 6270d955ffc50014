//! GetBucketRequestPayment.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | who pays | the_owner_pays_until_told_otherwise |
//! | 403 AccessDenied | the caller has no right to it | the_owner_pays_until_told_otherwise |
//! | 404 NoSuchBucket | there is no such bucket | the_owner_pays_until_told_otherwise |

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
