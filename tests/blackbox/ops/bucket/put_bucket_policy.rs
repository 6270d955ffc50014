//! PutBucketPolicy.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 204 | the policy is replaced | what_a_policy_allows_is_allowed_and_what_it_denies_is_denied |
//! | 400 MalformedPolicy | what the language does not know | what_is_no_policy_of_this_bucket_is_refused |
//! | 400 MaxMessageLengthExceeded | longer than any | what_is_no_policy_of_this_bucket_is_refused |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 403 AccessDenied | no right to it, or public policies are blocked | access::no_operation_of_the_table_is_open_to_strangers, public_policies_can_be_blocked |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 405 MethodNotAllowed | allowed, but to another account | another_account_does_not_touch_it_whatever_it_may |

use crate::client::Reply;
use crate::ops::acls::id;
use crate::ops::bucket::put_public_access_block::block;
use crate::ops::control::account;
use crate::ops::{Ground, md5_base64};

/// A policy of one statement on a bucket and its objects.
pub fn policy(effect: &str, principal: &str, action: &str, bucket: &str) -> String {
    format!(
        "{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"{effect}\",\"Principal\":{principal},\"Action\":\"{action}\",\
         \"Resource\":[\"arn:aws:s3:::{bucket}\",\"arn:aws:s3:::{bucket}/*\"]}}]}}"
    )
}

/// Puts a policy on Alice's bucket.
pub fn put(g: &Ground, text: impl Into<Vec<u8>>) -> Reply {
    g.alice.put(&format!("{}?policy", g.root()), text)
}

#[test]
fn what_a_policy_allows_is_allowed_and_what_it_denies_is_denied() {
    let g = Ground::new();
    g.put("k", "x");
    let bob = format!("{{\"CanonicalUser\":\"{}\"}}", id(&g.bob));
    g.bob.get(&g.path("k")).assert_error(403, "AccessDenied");
    put(&g, policy("Allow", &bob, "s3:GetObject", &g.bucket)).assert_status(204).assert_body("");
    g.bob.get(&g.path("k")).assert_status(200).assert_body("x");
    g.alice.anonymous().get(&g.path("k")).assert_error(403, "AccessDenied");
    g.bob.put(&g.path("k"), "y").assert_error(403, "AccessDenied");
    put(&g, policy("Allow", "\"*\"", "s3:GetObject", &g.bucket)).assert_status(204);
    g.alice.anonymous().get(&g.path("k")).assert_status(200).assert_body("x");
    put(&g, policy("Deny", "\"*\"", "s3:GetObject", &g.bucket)).assert_status(204);
    g.alice.get(&g.path("k")).assert_error(403, "AccessDenied");
    g.put("k", "y");
}

#[test]
fn what_is_no_policy_of_this_bucket_is_refused() {
    let g = Ground::new();
    let target = format!("{}?policy", g.root());
    let good = policy("Allow", "\"*\"", "s3:GetObject", &g.bucket);
    for bad in [
        String::new(),
        "invalid json".to_owned(),
        "{}".to_owned(),
        good.replace("s3:GetObject", "s3:GetEverything"),
        good.replace("Allow", "Perhaps"),
        policy("Allow", "\"*\"", "s3:GetObject", "another-bucket"),
        good.replace("\"Action\"", "\"Condition\":{\"Null\":{\"s3:prefix\":\"false\"}},\"Action\""),
        good.replace("2012-10-17", "2012-10-18"),
        good.replace("\"Version\"", &format!("\"Id\":\"{}\",\"Version\"", "x".repeat(21_000))),
    ] {
        put(&g, bad).assert_error(400, "MalformedPolicy");
    }
    put(&g, " ".repeat(70_000)).assert_error(400, "MaxMessageLengthExceeded");
    let wrong = g.alice.request("PUT", &target).header("content-md5", md5_base64(b"x")).body(good.clone());
    wrong.send().assert_error(400, "BadDigest");
    g.alice.get(&target).assert_error(404, "NoSuchBucketPolicy");
    g.bob.put(&target, good).assert_error(403, "AccessDenied");
}

#[test]
fn a_resource_may_name_the_bucket_by_a_pattern() {
    let g = Ground::new();
    g.put("k", "x");
    let anything = policy("Allow", "\"*\"", "s3:ListBucket", "*");
    put(&g, anything.as_str()).assert_status(204);
    g.bob.get(&g.root()).assert_status(200);
    g.bob.get(&g.path("k")).assert_error(403, "AccessDenied");
    g.alice.get(&format!("{}?policy", g.root())).assert_status(200).assert_body(anything);
    let (known, _) = g.bucket.split_at(g.bucket.len() - 1);
    put(&g, policy("Allow", "\"*\"", "s3:GetObject", &format!("{known}?"))).assert_status(204);
    g.bob.get(&g.path("k")).assert_status(200);
    put(&g, policy("Allow", "\"*\"", "s3:GetObject", &format!("{known}-?"))).assert_error(400, "MalformedPolicy");
}

#[test]
fn public_policies_can_be_blocked() {
    let g = Ground::new();
    block(&g, "BlockPublicPolicy").assert_status(200);
    put(&g, policy("Allow", "\"*\"", "s3:GetObject", &g.bucket)).assert_error(403, "AccessDenied");
    let bob = format!("{{\"CanonicalUser\":\"{}\"}}", id(&g.bob));
    put(&g, policy("Allow", &bob, "s3:GetObject", &g.bucket)).assert_status(204);
}

#[test]
fn the_account_itself_keeps_the_key_to_its_policy() {
    let g = Ground::new();
    let target = format!("{}?policy", g.root());
    let text = policy("Deny", "\"*\"", "s3:*", &g.bucket);
    put(&g, text.as_str()).assert_status(204);
    g.alice.get(&g.root()).assert_error(403, "AccessDenied");
    g.alice.get(&target).assert_status(200).assert_body(text.as_str());
    put(&g, text.as_str()).assert_status(204);
    g.alice.delete(&target).assert_status(204);
    g.alice.get(&g.root()).assert_status(200);
}

#[test]
fn another_account_does_not_touch_it_whatever_it_may() {
    let g = Ground::new();
    let target = format!("{}?policy", g.root());
    let bob = format!("{{\"CanonicalUser\":\"{}\"}}", id(&g.bob));
    let text = policy("Allow", &bob, "s3:*", &g.bucket);
    put(&g, text.as_str()).assert_status(204);
    g.bob.get(&g.root()).assert_status(200);
    g.bob.get(&target).assert_error(405, "MethodNotAllowed");
    g.bob.put(&target, text.as_str()).assert_error(405, "MethodNotAllowed");
    g.bob.delete(&target).assert_error(405, "MethodNotAllowed");
}

#[test]
fn a_policy_knows_whose_the_bucket_is_and_where_the_request_went() {
    let g = Ground::new();
    g.put("k", "x");
    let (alice, bob) = (account(&g.alice), account(&g.bob));
    for (key, true_value, other) in [
        ("aws:ResourceAccount", alice.as_str(), bob.as_str()),
        ("s3:ResourceAccount", &alice, &bob),
        ("aws:RequestedRegion", "us-east-1", "eu-west-1"),
    ] {
        for (value, status) in [(true_value, 200), (other, 403)] {
            let condition = format!("\"Condition\":{{\"StringEquals\":{{\"{key}\":\"{value}\"}}}},\"Action\"");
            let text = policy("Allow", "\"*\"", "s3:GetObject", &g.bucket).replace("\"Action\"", &condition);
            put(&g, text).assert_status(204);
            for client in [&g.bob, &g.alice.anonymous()] {
                let reply = client.get(&g.path("k"));
                assert_eq!(reply.status, status, "{key} {value}: {reply}");
            }
        }
    }
}
