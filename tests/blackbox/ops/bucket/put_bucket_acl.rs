//! PutBucketAcl.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the list is replaced | canned_lists_are_enacted_and_taken_back |
//! | 400 InvalidArgument | an unknown canned list or grantee | canned_lists_are_enacted_and_taken_back, what_is_no_list_of_this_bucket_is_refused |
//! | 400 AccessControlListNotSupported | lists do not count here | where_lists_do_not_count_the_bucket_owners_full_control_is_taken |
//! | 400 InvalidRequest | a canned list and grants | grants_come_by_headers_and_the_owner_gets_only_what_is_said |
//! | 400 MalformedACLError | the document is none, or has too many grants | what_is_no_list_of_this_bucket_is_refused |
//! | 400 MissingSecurityHeader | neither document nor header | what_is_no_list_of_this_bucket_is_refused |
//! | 400 UnexpectedContent | document and header | what_is_no_list_of_this_bucket_is_refused |
//! | 400 UnresolvableGrantByEmailAddress | nobody has this address | what_is_no_list_of_this_bucket_is_refused |
//! | 400 BadDigest | the digest of the document differs | what_is_no_list_of_this_bucket_is_refused |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | no right to it, another owner, or public lists are blocked | what_is_no_list_of_this_bucket_is_refused, public_lists_can_be_blocked, access::no_operation_of_the_table_is_open_to_strangers |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 501 NotImplemented | `aws-exec-read` | canned_lists_are_enacted_and_taken_back |

use crate::client::Client;
use crate::ops::Ground;
use crate::ops::acls::{ALL_USERS, AUTHENTICATED, LOG_DELIVERY, assert_grants, document, id};
use crate::ops::bucket::put_bucket_ownership_controls::own;

fn acl(g: &Ground) -> String {
    format!("{}?acl", g.root())
}

/// Sets a list by one header.
fn by_header(client: &Client, target: &str, name: &str, value: &str) -> crate::client::Reply {
    client.request("PUT", target).header(name, value).send()
}

#[test]
fn canned_lists_are_enacted_and_taken_back() {
    let g = Ground::new();
    let (acl, owner) = (acl(&g), id(&g.alice));
    let all = (owner.as_str(), "FULL_CONTROL");
    for (name, grants) in [
        ("public-read", vec![(ALL_USERS, "READ"), all]),
        ("public-read-write", vec![(ALL_USERS, "READ"), (ALL_USERS, "WRITE"), all]),
        ("authenticated-read", vec![(AUTHENTICATED, "READ"), all]),
        ("log-delivery-write", vec![(LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP"), all]),
        ("bucket-owner-full-control", vec![all]),
        ("private", vec![all]),
    ] {
        by_header(&g.alice, &acl, "x-amz-acl", name).assert_status(200);
        assert_grants(&g.alice.get(&acl).assert_status(200), &grants);
    }
    by_header(&g.alice, &acl, "x-amz-acl", "aws-exec-read").assert_error(501, "NotImplemented");
    by_header(&g.alice, &acl, "x-amz-acl", "open").assert_error(400, "InvalidArgument");
}

#[test]
fn grants_come_by_headers_and_the_owner_gets_only_what_is_said() {
    let g = Ground::new();
    let (acl, bob) = (acl(&g), id(&g.bob));
    let mut request = g.alice.request("PUT", &acl);
    for name in ["full-control", "write-acp", "read-acp", "write", "read"] {
        request = request.header(&format!("x-amz-grant-{name}"), format!("id=\"{bob}\""));
    }
    request.send().assert_status(200);
    let reply = g.alice.get(&acl).assert_status(200);
    let rights = ["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"];
    assert_grants(&reply, &rights.map(|right| (bob.as_str(), right)));
    assert_eq!(reply.elements("DisplayName")[..2], ["alice", "bob"], "{reply}");
    let both = format!("uri=\"{ALL_USERS}\", id={bob}");
    by_header(&g.alice, &acl, "x-amz-grant-read", &both).assert_status(200);
    assert_grants(&g.alice.get(&acl), &[(ALL_USERS, "READ"), (&bob, "READ")]);
    for (value, code) in [
        ("id=_foo", "InvalidArgument"),
        ("bob", "InvalidArgument"),
        ("uri=http://acs.amazonaws.com/groups/global/Nobody", "InvalidArgument"),
        ("emailAddress=nobody@example.invalid", "UnresolvableGrantByEmailAddress"),
    ] {
        by_header(&g.alice, &acl, "x-amz-grant-read", value).assert_error(400, code);
    }
    let both =
        g.alice.request("PUT", &acl).header("x-amz-acl", "private").header("x-amz-grant-read", format!("id={bob}"));
    both.send().assert_error(400, "InvalidRequest");
    assert_grants(&g.alice.get(&acl), &[(ALL_USERS, "READ"), (&bob, "READ")]);
}

#[test]
fn documents_are_kept_as_they_are() {
    let g = Ground::new();
    let (acl, alice, bob) = (acl(&g), id(&g.alice), id(&g.bob));
    let text = document(&alice, &[(&alice, "FULL_CONTROL"), (&bob, "WRITE"), (ALL_USERS, "READ"), (&bob, "READ_ACP")]);
    g.alice.put(&acl, text).assert_status(200);
    let reply = g.alice.get(&acl).assert_status(200);
    assert_grants(&reply, &[(ALL_USERS, "READ"), (&alice, "FULL_CONTROL"), (&bob, "WRITE"), (&bob, "READ_ACP")]);
    g.alice.put(&acl, reply.text()).assert_status(200);
    assert_eq!(g.alice.get(&acl).text(), reply.text(), "what was answered can be sent back");
    g.alice.put(&acl, document(&alice, &[])).assert_status(200);
    assert_grants(&g.alice.get(&acl).assert_status(200), &[]);
    g.alice.put(&acl, document(&alice, &[(&alice, "FULL_CONTROL")])).assert_status(200);
    assert_grants(&g.alice.get(&acl), &[(&alice, "FULL_CONTROL")]);
}

#[test]
fn what_is_no_list_of_this_bucket_is_refused() {
    let g = Ground::new();
    let (acl, alice, bob) = (acl(&g), id(&g.alice), id(&g.bob));
    let stranger = "f".repeat(64);
    for (text, status, code) in [
        ("<AccessControlPolicy>".to_owned(), 400, "MalformedACLError"),
        ("<Other/>".to_owned(), 400, "MalformedACLError"),
        (document(&alice, &[(&bob, "READ")]).replace("READ", "EVERYTHING"), 400, "MalformedACLError"),
        (document(&alice, &vec![(bob.as_str(), "READ"); 101]), 400, "MalformedACLError"),
        (document(&alice, &[("_foo", "READ")]), 400, "InvalidArgument"),
        (document(&alice, &[(&stranger, "READ")]), 400, "InvalidArgument"),
        (document(&alice, &[("nobody@example.invalid", "READ")]), 400, "UnresolvableGrantByEmailAddress"),
        (document(&bob, &[(&bob, "FULL_CONTROL")]), 403, "AccessDenied"),
        (String::new(), 400, "MissingSecurityHeader"),
    ] {
        g.alice.put(&acl, text).assert_error(status, code);
    }
    let both = g.alice.request("PUT", &acl).header("x-amz-acl", "private").body(document(&alice, &[]));
    both.send().assert_error(400, "UnexpectedContent");
    let wrong =
        g.alice.request("PUT", &acl).header("content-md5", crate::ops::md5_base64(b"x")).body(document(&alice, &[]));
    wrong.send().assert_error(400, "BadDigest");
    assert_grants(&g.alice.get(&acl), &[(&alice, "FULL_CONTROL")]);
}

#[test]
fn where_lists_do_not_count_the_bucket_owners_full_control_is_taken() {
    let g = Ground::new();
    let (acl, alice) = (acl(&g), id(&g.alice));
    own(&g, "BucketOwnerEnforced").assert_status(200);
    for name in ["public-read", "private"] {
        by_header(&g.alice, &acl, "x-amz-acl", name).assert_error(400, "AccessControlListNotSupported");
    }
    g.alice.put(&acl, document(&alice, &[])).assert_error(400, "AccessControlListNotSupported");
    by_header(&g.alice, &acl, "x-amz-acl", "bucket-owner-full-control").assert_status(200);
    g.alice.put(&acl, document(&alice, &[(&alice, "FULL_CONTROL")])).assert_status(200);
    assert_grants(&g.alice.get(&acl), &[(&alice, "FULL_CONTROL")]);
}

#[test]
fn public_lists_can_be_blocked() {
    let g = Ground::new();
    let (acl, bob) = (acl(&g), id(&g.bob));
    super::put_public_access_block::block(&g, "BlockPublicAcls").assert_status(200);
    for name in ["public-read", "public-read-write", "authenticated-read"] {
        by_header(&g.alice, &acl, "x-amz-acl", name).assert_error(403, "AccessDenied");
    }
    by_header(&g.alice, &acl, "x-amz-grant-read", &format!("uri={ALL_USERS}")).assert_error(403, "AccessDenied");
    by_header(&g.alice, &acl, "x-amz-grant-read", &format!("id={bob}")).assert_status(200);
}
