//! PutPublicAccessBlock of S3 Control.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the switches are set | the_switches_of_an_account_hold_in_all_its_buckets |
//! | 400 MalformedXML | the document is none | only_ones_own_account_and_a_whole_document_are_taken |
//! | 400 BadDigest | the digest of the document differs | only_ones_own_account_and_a_whole_document_are_taken |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 400 InvalidRequest | signed by V2 | access::no_operation_of_the_table_is_open_to_strangers |
//! | 403 AccessDenied | the caller has no right to it | only_ones_own_account_and_a_whole_document_are_taken |

use crate::ops::acls::ALL_USERS;
use crate::ops::bucket::put_public_access_block::document;
use crate::ops::control::switches;
use crate::ops::{Ground, fresh_bucket_name, md5_base64};

#[test]
fn the_switches_of_an_account_hold_in_all_its_buckets() {
    let g = Ground::apart();
    let acl = format!("{}?acl", g.root());
    let public = || g.alice.request("PUT", &acl).header("x-amz-acl", "public-read");
    public().send().assert_status(200);
    g.alice.anonymous().get(&g.root()).assert_status(200);
    let put = |switch: &str| switches("PUT", &g.alice, &g.alice).body(document(&[(switch, "true")])).send();
    put("IgnorePublicAcls").assert_status(200);
    g.alice.anonymous().get(&g.root()).assert_error(403, "AccessDenied");
    g.alice.get(&g.root()).assert_status(200);
    put("BlockPublicAcls").assert_status(200);
    g.alice.anonymous().get(&g.root()).assert_status(200);
    public().send().assert_error(403, "AccessDenied");
    let grant = g.alice.request("PUT", &g.path("k")).header("x-amz-grant-read", format!("uri={ALL_USERS}"));
    grant.body("x").send().assert_error(403, "AccessDenied");
    let new = g.alice.request("PUT", &format!("/{}", fresh_bucket_name())).header("x-amz-acl", "public-read").send();
    assert!([400, 403].contains(&new.status), "{new}");
    // Bob's account has its own.
    let bobs = format!("/{}", fresh_bucket_name());
    g.bob.request("PUT", &bobs).header("x-amz-acl", "public-read").send().assert_status(200);
}

#[test]
fn only_ones_own_account_and_a_whole_document_are_taken() {
    let g = Ground::apart();
    let put = |body: &str| switches("PUT", &g.alice, &g.alice).body(body);
    for bad in ["<Other/>", &document(&[("BlockPublicAcls", "perhaps")])] {
        put(bad).send().assert_error(400, "MalformedXML");
    }
    let text = document(&[("BlockPublicAcls", "true")]);
    put(&text).header("content-md5", md5_base64(b"x")).send().assert_error(400, "BadDigest");
    switches("PUT", &g.bob, &g.alice).body(text.as_str()).send().assert_error(403, "AccessDenied");
    switches("PUT", &g.alice.anonymous(), &g.alice).body(text.as_str()).send().assert_error(403, "AccessDenied");
    switches("GET", &g.alice, &g.alice).send().assert_error(404, "NoSuchPublicAccessBlockConfiguration");
}
