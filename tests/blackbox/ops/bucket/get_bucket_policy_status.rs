//! GetBucketPolicyStatus.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | whether it is public | it_says_whether_the_policy_is_public, a_public_list_counts_as_long_as_lists_do |
//! | 403 AccessDenied | the caller has no right to it | it_says_whether_the_policy_is_public |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | never 404 NoSuchBucketPolicy | it has none: it is not public by one | it_says_whether_the_policy_is_public |

use crate::ops::Ground;
use crate::ops::acls::id;
use crate::ops::bucket::put_bucket_ownership_controls::own;
use crate::ops::bucket::put_bucket_policy::{policy, put};
use crate::ops::bucket::put_public_access_block::block;

#[test]
fn it_says_whether_the_policy_is_public() {
    let g = Ground::new();
    let target = format!("{}?policyStatus", g.root());
    assert_eq!(g.alice.get(&target).assert_status(200).elements("IsPublic"), ["false"]);
    let bob = format!("{{\"CanonicalUser\":\"{}\"}}", id(&g.bob));
    for (principal, public) in [("\"*\"", "true"), ("{\"AWS\":\"*\"}", "true"), (bob.as_str(), "false")] {
        put(&g, policy("Allow", principal, "s3:ListBucket", &g.bucket)).assert_status(204);
        assert_eq!(g.alice.get(&target).assert_status(200).elements("IsPublic"), [public], "{principal}");
    }
    g.bob.get(&target).assert_error(403, "AccessDenied");
}

/// As Ceph's gateway says it.
#[test]
fn a_public_list_counts_as_long_as_lists_do() {
    let g = Ground::new();
    let is = |public: &str, what: &str| {
        let reply = g.alice.get(&format!("{}?policyStatus", g.root())).assert_status(200);
        assert_eq!(reply.elements("IsPublic"), [public], "{what}");
    };
    let list = |name: &str, value: &str| {
        let request = g.alice.request("PUT", &format!("{}?acl", g.root())).header(name, value);
        request.send().assert_status(200);
    };
    for (name, public) in [("public-read", "true"), ("private", "false"), ("authenticated-read", "true")] {
        list("x-amz-acl", name);
        is(public, name);
    }
    block(&g, "IgnorePublicAcls").assert_status(200);
    is("false", "public lists are ignored");
    g.alice.delete(&format!("{}?publicAccessBlock", g.root())).assert_status(204);
    is("true", "and are not");
    list("x-amz-grant-read", &format!("id={}", id(&g.bob)));
    is("false", "one other is not everybody");
    list("x-amz-acl", "private");
    own(&g, "BucketOwnerEnforced").assert_status(200);
    is("false", "lists do not count");
}
