//! PutObjectAcl.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the list is replaced | lists_are_replaced_and_nothing_else_changes |
//! | 400 InvalidArgument | an unknown canned list or grantee | lists_are_replaced_and_nothing_else_changes, put_bucket_acl::what_is_no_list_of_this_bucket_is_refused |
//! | 400 AccessControlListNotSupported | the bucket takes none | the_bucket_can_forbid_lists |
//! | 400 MalformedACLError | the document is none | everywhere::a_document_that_is_none |
//! | 400 MissingSecurityHeader | neither document nor header | put_bucket_acl::what_is_no_list_of_this_bucket_is_refused |
//! | 400 UnexpectedContent | document and header | put_bucket_acl::what_is_no_list_of_this_bucket_is_refused |
//! | 400 UnresolvableGrantByEmailAddress | nobody has this address | put_bucket_acl::what_is_no_list_of_this_bucket_is_refused |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | 403 AccessDenied | no right to it, another owner, or public lists are blocked | lists_are_replaced_and_nothing_else_changes, the_bucket_can_forbid_lists |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object, or a delete marker is on top | everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |
//! | 409 OperationAborted | another has changed the object since the right to it was judged | access::tests::what_came_meanwhile_is_not_what_was_judged |

use crate::ops::Ground;
use crate::ops::acls::{ALL_USERS, assert_grants, document, id};
use crate::ops::bucket::put_bucket_ownership_controls::own;
use crate::ops::bucket::put_bucket_policy::{policy, put as put_policy};
use crate::ops::bucket::put_public_access_block::block;

#[test]
fn lists_are_replaced_and_nothing_else_changes() {
    let g = Ground::new();
    let before = g.alice.request("PUT", &g.path("k")).header("x-amz-meta-a", "b").body("x").send().assert_status(200);
    let modified = g.get("k").header("last-modified");
    let (acl, alice, bob) = (format!("{}?acl", g.path("k")), id(&g.alice), id(&g.bob));
    g.alice.request("PUT", &acl).header("x-amz-acl", "public-read").send().assert_status(200);
    assert_grants(&g.alice.get(&acl), &[(ALL_USERS, "READ"), (&alice, "FULL_CONTROL")]);
    let text = document(&alice, &[(&alice, "READ"), (&bob, "FULL_CONTROL")]);
    g.alice.put(&acl, text).assert_status(200);
    assert_grants(&g.alice.get(&acl), &[(&alice, "READ"), (&bob, "FULL_CONTROL")]);
    let after = g.get("k").assert_body("x").assert_header("x-amz-meta-a", "b");
    assert_eq!((after.etag(), after.header("last-modified")), (before.etag(), modified));
    g.alice.request("PUT", &acl).header("x-amz-acl", "private").send().assert_status(200);
    assert_grants(&g.alice.get(&acl), &[(&alice, "FULL_CONTROL")]);
    g.alice.put(&acl, document(&bob, &[])).assert_error(403, "AccessDenied");
    g.alice.request("PUT", &acl).header("x-amz-acl", "log-delivery-write").send().assert_error(400, "InvalidArgument");
    g.alice
        .request("PUT", &format!("{}?acl", g.path("none")))
        .header("x-amz-acl", "private")
        .send()
        .assert_error(404, "NoSuchKey");
}

#[test]
fn each_version_has_its_own() {
    let g = Ground::new();
    g.versioning("Enabled");
    let version = |reply: crate::client::Reply| reply.header("x-amz-version-id").expect("a version");
    let (old, new) = (version(g.put("k", "1")), version(g.put("k", "2")));
    let of = |version: &str| format!("{}?acl&versionId={version}", g.path("k"));
    let put = g.alice.request("PUT", &of(&old)).header("x-amz-acl", "public-read").send().assert_status(200);
    put.assert_header("x-amz-version-id", &old);
    let alice = id(&g.alice);
    let private = [(alice.as_str(), "FULL_CONTROL")];
    assert_grants(&g.alice.get(&of(&old)), &[(ALL_USERS, "READ"), private[0]]);
    assert_grants(&g.alice.get(&of(&new)), &private);
    assert_grants(&g.alice.get(&format!("{}?acl", g.path("k"))), &private);
}

#[test]
fn the_bucket_can_forbid_lists() {
    let g = Ground::new();
    g.put("k", "x");
    let acl = format!("{}?acl", g.path("k"));
    let put = |name: &str| g.alice.request("PUT", &acl).header("x-amz-acl", name).send();
    block(&g, "BlockPublicAcls").assert_status(200);
    put("public-read").assert_error(403, "AccessDenied");
    put("private").assert_status(200);
    own(&g, "BucketOwnerEnforced").assert_status(200);
    put("public-read").assert_error(400, "AccessControlListNotSupported");
    put("private").assert_error(400, "AccessControlListNotSupported");
    put("bucket-owner-full-control").assert_status(200);
}

/// What another account writes is its own, so that the bucket's policy need not let it say who reads it.
#[test]
fn who_may_write_an_object_may_say_who_reads_it() {
    let g = Ground::new();
    let (alice, bob) = (id(&g.alice), id(&g.bob));
    let put =
        |key: &str, name: &str, value: &str| g.bob.request("PUT", &g.path(key)).header(name, value).body("x").send();
    let of = |key: &str| format!("{}?acl", g.path(key));
    let lets = policy("Allow", &format!("{{\"CanonicalUser\":\"{bob}\"}}"), "s3:PutObject", &g.bucket);
    put_policy(&g, lets).assert_status(204);
    put("full", "x-amz-grant-full-control", &format!("id={alice}")).assert_status(200);
    assert_grants(&g.alice.get(&of("full")), &[(&alice, "FULL_CONTROL")]);
    put("public", "x-amz-acl", "public-read").assert_status(200);
    g.alice.anonymous().get(&g.path("public")).assert_status(200);
    g.alice
        .anonymous()
        .request("PUT", &g.path("k"))
        .header("x-amz-acl", "private")
        .send()
        .assert_error(403, "AccessDenied");
    for ownership in ["BucketOwnerPreferred", "BucketOwnerEnforced"] {
        own(&g, ownership).assert_status(200);
        put(ownership, "x-amz-acl", "bucket-owner-full-control").assert_status(200);
        g.get(ownership).assert_body("x");
    }
    own(&g, "ObjectWriter").assert_status(200);
    let denies = policy("Deny", "\"*\"", "s3:PutObjectAcl", &g.bucket).replace("\"Statement\":[", &format!(
        "\"Statement\":[{{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::{}/*\"}},",
        g.bucket
    ));
    put_policy(&g, denies).assert_status(204);
    put("denied", "x-amz-acl", "private").assert_error(403, "AccessDenied");
    g.bob.put(&g.path("plain"), "x").assert_status(200);
}
