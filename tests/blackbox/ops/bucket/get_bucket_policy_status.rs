//! GetBucketPolicyStatus.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | whether it is public | it_says_whether_the_policy_is_public |
//! | 403 AccessDenied | the caller has no right to it | it_says_whether_the_policy_is_public |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchBucketPolicy | it has none | it_says_whether_the_policy_is_public |

use crate::ops::Ground;
use crate::ops::acls::id;
use crate::ops::bucket::put_bucket_policy::{policy, put};

#[test]
fn it_says_whether_the_policy_is_public() {
    let g = Ground::new();
    let target = format!("{}?policyStatus", g.root());
    g.alice.get(&target).assert_error(404, "NoSuchBucketPolicy");
    let bob = format!("{{\"CanonicalUser\":\"{}\"}}", id(&g.bob));
    for (principal, public) in [("\"*\"", "true"), ("{\"AWS\":\"*\"}", "true"), (bob.as_str(), "false")] {
        put(&g, policy("Allow", principal, "s3:ListBucket", &g.bucket)).assert_status(204);
        assert_eq!(g.alice.get(&target).assert_status(200).elements("IsPublic"), [public], "{principal}");
    }
    g.bob.get(&target).assert_error(403, "AccessDenied");
}
