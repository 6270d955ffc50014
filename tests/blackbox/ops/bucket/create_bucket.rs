//! CreateBucket.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the bucket is there; in us-east-1 also when it is one's own already | a_free_name_is_claimed_and_a_taken_one_is_not |
//! | 400 InvalidArgument | a list, owner or switch that is none | what_is_not_implemented_is_refused_and_makes_no_bucket, a_bucket_with_locks_has_versioning |
//! | 400 InvalidBucketAclWithObjectOwnership | a list where lists do not count | what_is_not_implemented_is_refused_and_makes_no_bucket |
//! | 400 InvalidBucketAclWithBlockPublicAccessError | a public list where these are blocked | get_bucket_ownership_controls::a_new_bucket_says_only_what_the_installation_says |
//! | 400 InvalidBucketName | the name follows no rule | names_follow_the_rules |
//! | 400 InvalidLocationConstraint | another region | a_location_is_the_region_or_an_error |
//! | 400 InvalidTag | tags that are none | a_location_is_the_region_or_an_error |
//! | 400 MalformedXML | the document is none | a_location_is_the_region_or_an_error |
//! | 400 BadDigest | the digest of the document differs | everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | never 400 TooManyBuckets | there is no quota | list_buckets::a_tenant_sees_its_own_buckets_in_order_and_in_pages |
//! | 403 AccessDenied | nobody signs, or no right to it | refusals::whoever_sends_no_credentials_may_know_that_a_bucket_is_not_there, users::whoever_tags_a_new_bucket_needs_the_right_to |
//! | 409 BucketAlreadyExists | it is somebody else's | a_free_name_is_claimed_and_a_taken_one_is_not |
//! | 409 BucketAlreadyOwnedByYou | it is one's own, elsewhere than in us-east-1, or with other headers or tags | outside_us_east_1_an_owned_bucket_is_a_conflict, a_bucket_begins_with_the_list_and_the_owner_that_are_asked_for, tags_are_not_dropped |
//! | 409 OperationAborted | a bucket of this name is being deleted | create_bucket::a_name_whose_bucket_is_being_deleted_is_free_later |
//! | 501 NotImplemented | `aws-exec-read` | what_is_not_implemented_is_refused_and_makes_no_bucket |

use std::sync::atomic::{AtomicBool, Ordering};

use crate::client::encode;
use crate::harness::{ALICE, BOB, Server};
use crate::ops::acls::{ALL_USERS, assert_grants, id};
use crate::ops::{Ground, client, fresh_bucket_name};

fn location(name: &str) -> String {
    format!("<CreateBucketConfiguration><LocationConstraint>{name}</LocationConstraint></CreateBucketConfiguration>")
}

/// A new bucket's tags, as a document.
pub fn tagged(tags: &[(&str, &str)]) -> String {
    let tags: String = tags.iter().map(|(k, v)| format!("<Tag><Key>{k}</Key><Value>{v}</Value></Tag>")).collect();
    format!("<CreateBucketConfiguration><Tags>{tags}</Tags></CreateBucketConfiguration>")
}

#[test]
fn a_free_name_is_claimed_and_a_taken_one_is_not() {
    let g = Ground::new();
    let name = fresh_bucket_name();
    let reply = g.alice.put(&format!("/{name}"), "").assert_status(200);
    reply.assert_header("location", &format!("/{name}")).assert_body("");
    // In us-east-1, AWS answers the owner as if the bucket were new.
    g.alice.put(&format!("/{name}"), "").assert_status(200);
    let taken = g.bob.put(&format!("/{name}"), "").assert_error(409, "BucketAlreadyExists");
    assert_eq!(taken.element("BucketName"), Some(name.clone()));
    g.alice.delete(&format!("/{name}")).assert_status(204);
    g.bob.put(&format!("/{name}"), "").assert_status(200);
}

#[test]
fn creating_again_keeps_what_is_in_the_bucket() {
    let g = Ground::new();
    g.put("k", "kept");
    g.alice.put(&g.root(), "").assert_status(200);
    g.get("k").assert_body("kept");
}

#[test]
fn names_follow_the_rules() {
    let g = Ground::new();
    let long = "a".repeat(64);
    for name in
        ["ab", &long, "Upper", "under_score", "-a-", "a..b", "192.168.5.4", "xn--abc", "abc-s3alias", "a b", "ä-ä"]
    {
        g.alice.put(&format!("/{}", encode(name)), "").assert_error(400, "InvalidBucketName");
    }
}

#[test]
fn legacy_names_can_be_allowed() {
    let server = Server::with(&[("buckets", "legacy_names = true")]);
    let alice = client(&server, ALICE);
    let name = format!("Legacy_{}", fresh_bucket_name());
    alice.put(&format!("/{name}"), "").assert_status(200);
    alice.put(&format!("/{name}/k"), "x").assert_status(200);
    alice.get(&format!("/{name}/k")).assert_status(200).assert_body("x");
    alice.put("/192.168.5.4", "").assert_error(400, "InvalidBucketName");
}

#[test]
fn a_location_is_the_region_or_an_error() {
    let g = Ground::new();
    for body in [String::new(), location("us-east-1"), location(""), "<CreateBucketConfiguration/>".to_owned()] {
        g.alice.put(&format!("/{}", fresh_bucket_name()), body).assert_status(200);
    }
    let name = format!("/{}", fresh_bucket_name());
    g.alice.put(&name, location("mars-north-1")).assert_error(400, "InvalidLocationConstraint");
    for bad in ["<CreateBucketConfiguration>", "<Other/>", "no xml", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"] {
        g.alice.put(&name, bad).assert_error(400, "MalformedXML");
    }
    let tag = "<Tag><Key>a</Key><Value>1</Value></Tag>".repeat(2);
    let twice = format!("<CreateBucketConfiguration><Tags>{tag}</Tags></CreateBucketConfiguration>");
    g.alice.put(&name, twice).assert_error(400, "InvalidTag");
    g.alice.head(&name).assert_status(404);
}

#[test]
fn what_is_not_implemented_is_refused_and_makes_no_bucket() {
    let g = Ground::new();
    let name = format!("/{}", fresh_bucket_name());
    for (header, value, status, code) in [
        ("x-amz-acl", "aws-exec-read", 501, "NotImplemented"),
        ("x-amz-acl", "open", 400, "InvalidArgument"),
        ("x-amz-grant-read", "id=\"x\"", 400, "InvalidArgument"),
        ("x-amz-object-ownership", "Nobody", 400, "InvalidArgument"),
    ] {
        g.alice.request("PUT", &name).header(header, value).send().assert_error(status, code);
    }
    let enforced = g.alice.request("PUT", &name).header("x-amz-object-ownership", "BucketOwnerEnforced");
    enforced.header("x-amz-acl", "public-read").send().assert_error(400, "InvalidBucketAclWithObjectOwnership");
    g.alice.head(&name).assert_status(404);
    g.alice.request("PUT", &name).header("x-amz-acl", "private").send().assert_status(200);
}

#[test]
fn a_bucket_begins_with_the_list_and_the_owner_that_are_asked_for() {
    let g = Ground::new();
    let (alice, bob) = (id(&g.alice), id(&g.bob));
    let new = |headers: &[(&str, &str)]| {
        let name = format!("/{}", fresh_bucket_name());
        let request = g.alice.request("PUT", &name);
        headers.iter().fold(request, |request, (n, v)| request.header(n, v)).send().assert_status(200);
        name
    };
    let public = new(&[("x-amz-acl", "public-read")]);
    let acl = |name: &str| g.alice.get(&format!("{name}?acl")).assert_status(200);
    assert_grants(&acl(&public), &[(ALL_USERS, "READ"), (&alice, "FULL_CONTROL")]);
    let granted = new(&[("x-amz-grant-write", &format!("id={bob}")), ("x-amz-grant-read", &format!("id={alice}"))]);
    assert_grants(&acl(&granted), &[(&alice, "READ"), (&bob, "WRITE")]);
    let enforced = new(&[("x-amz-object-ownership", "BucketOwnerEnforced"), ("x-amz-acl", "private")]);
    let controls = g.alice.get(&format!("{enforced}?ownershipControls")).assert_status(200);
    assert_eq!(controls.elements("ObjectOwnership"), ["BucketOwnerEnforced"]);
    // What is there already is not what these ask for.
    g.alice.put(&public, "").assert_error(409, "BucketAlreadyOwnedByYou");
    let other = g.alice.request("PUT", &enforced).header("x-amz-object-ownership", "ObjectWriter");
    other.send().assert_error(409, "BucketAlreadyOwnedByYou");
    g.alice.request("PUT", &public).header("x-amz-acl", "public-read").send().assert_status(200);
    assert_grants(&acl(&public), &[(ALL_USERS, "READ"), (&alice, "FULL_CONTROL")]);
}

#[test]
fn tags_are_not_dropped() {
    let g = Ground::new();
    let name = format!("/{}", fresh_bucket_name());
    let create = |tags: &[(&str, &str)]| g.alice.put(&name, tagged(tags));
    create(&[("a", "1"), ("b", "2")]).assert_status(200);
    // What is there has what is asked for, in whatever order.
    create(&[("b", "2"), ("a", "1")]).assert_status(200);
    create(&[]).assert_status(200);
    for other in [&[("a", "1")][..], &[("a", "1"), ("b", "3")], &[("a", "1"), ("b", "2"), ("c", "3")]] {
        create(other).assert_error(409, "BucketAlreadyOwnedByYou");
    }
    g.alice.put(&g.root(), tagged(&[("a", "1")])).assert_error(409, "BucketAlreadyOwnedByYou");
    assert_eq!(g.alice.get(&format!("{name}?tagging")).assert_status(200).elements("Value"), ["1", "2"]);
}

/// Alice and Bob claim one name 200 times at once, on one front end or, where the store takes it, on two.
#[test]
fn one_of_200_claims_wins() {
    let elsewhere = [("server", "region = \"eu-test-1\"")];
    let servers: Vec<Server> = match crate::harness::cassandra_nodes() {
        Some(_) => vec![Server::with(&elsewhere), Server::with(&elsewhere)],
        None => vec![Server::with(&elsewhere)],
    };
    let target = format!("/{}", fresh_bucket_name());
    let unknown = AtomicBool::new(false);
    let answers: Vec<(u16, Option<String>)> = std::thread::scope(|scope| {
        let claims: Vec<_> = (0..200)
            .map(|i| {
                let claimant = client(&servers[i % servers.len()], if i % 4 < 2 { ALICE } else { BOB });
                let (target, unknown) = (&target, &unknown);
                scope.spawn(move || {
                    loop {
                        let reply = claimant.put(target, "");
                        // Contention may make a store ask for another try, and not know whether it was done.
                        if reply.status != 503 {
                            return (reply.status, reply.code());
                        }
                        unknown.store(true, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        claims.into_iter().map(|claim| claim.join().expect("an answer comes")).collect()
    });
    let won = answers.iter().filter(|(status, _)| *status == 200).count();
    assert!(won == 1 || (won == 0 && unknown.load(Ordering::SeqCst)), "{answers:?}");
    for (status, code) in answers.iter().filter(|(status, _)| *status != 200) {
        let known = matches!(code.as_deref(), Some("BucketAlreadyExists" | "BucketAlreadyOwnedByYou"));
        assert!(*status == 409 && known, "{status} {code:?}");
    }
}

#[test]
fn outside_us_east_1_an_owned_bucket_is_a_conflict() {
    let server = Server::with(&[("server", "region = \"eu-test-1\"")]);
    let alice = client(&server, ALICE);
    let name = fresh_bucket_name();
    alice.put(&format!("/{name}"), location("eu-test-1")).assert_status(200);
    alice.put(&format!("/{name}"), "").assert_error(409, "BucketAlreadyOwnedByYou");
    alice.head(&format!("/{name}")).assert_status(200).assert_header("x-amz-bucket-region", "eu-test-1");
    let reply = alice.get(&format!("/{name}?location")).assert_status(200);
    assert_eq!(reply.element("LocationConstraint").as_deref(), Some("eu-test-1"));
}

#[test]
fn a_bucket_with_locks_has_versioning() {
    let g = Ground::new();
    let create = |name: &str, value: &str| {
        g.alice.request("PUT", &format!("/{name}")).header("x-amz-bucket-object-lock-enabled", value).send()
    };
    let name = fresh_bucket_name();
    create(&name, "perhaps").assert_error(400, "InvalidArgument");
    create(&name, "True").assert_status(200);
    let versioning = g.alice.get(&format!("/{name}?versioning")).assert_status(200);
    assert_eq!(versioning.elements("Status"), ["Enabled"]);
    g.alice.get(&format!("/{name}?object-lock")).assert_status(200);
    create(&name, "true").assert_status(200);
    create(&name, "false").assert_status(200);
    // Nobody may believe in locks that are not there.
    create(&g.bucket, "true").assert_error(409, "BucketAlreadyOwnedByYou");
    create(&g.bucket, "False").assert_status(200);
}
