//! GetBucketPolicy.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the policy, byte for byte | a_policy_comes_back_as_it_was_sent |
//! | 403 AccessDenied | the caller has no right to it | a_policy_comes_back_as_it_was_sent |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchBucketPolicy | it has none | a_policy_comes_back_as_it_was_sent |
//! | 405 MethodNotAllowed | allowed, but to another account | put_bucket_policy::another_account_does_not_touch_it_whatever_it_may |

use crate::ops::Ground;
use crate::ops::bucket::put_bucket_policy::{policy, put};

#[test]
fn a_policy_comes_back_as_it_was_sent() {
    let g = Ground::new();
    let target = format!("{}?policy", g.root());
    g.alice.get(&target).assert_error(404, "NoSuchBucketPolicy");
    let text = policy("Allow", "\"*\"", "s3:GetObject", &g.bucket).replace("\"Effect\"", " \n \"Effect\" ");
    put(&g, text.as_str()).assert_status(204);
    let reply = g.alice.get(&target).assert_status(200).assert_header("content-type", "application/json");
    reply.assert_body(text.as_str());
    g.bob.get(&target).assert_error(403, "AccessDenied");
}
