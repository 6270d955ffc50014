//! HeadObject. Conditions: see GetObject, whose test asks with both methods.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | all that GET answers but the body | it_answers_what_get_answers_without_the_body |
//! | 206 | a range, or a part | ranges_count_too |
//! | 304 | nothing new | get_object::conditions_are_judged_in_order |
//! | 400 | `versionId` is none; a part that is not there | everywhere::a_key_or_a_version_that_is_not_there, get_object::a_part_number_of_an_object_without_parts_is_1 |
//! | 403 | no right to read, or none to know that the key is not there | errors_have_no_body |
//! | 404 | no such bucket, object or version | errors_have_no_body, whoever_may_list_what_a_key_begins_with_is_told_that_it_is_not_there, everywhere::a_bucket_that_is_not_there, everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |
//! | 412 | a condition does not hold | get_object::conditions_are_judged_in_order |
//! | 416 | a range that is not there | ranges_count_too |

use crate::ops::bucket::put_bucket_policy::{policy, put};
use crate::ops::{Ground, bytes};

#[test]
fn it_answers_what_get_answers_without_the_body() {
    let g = Ground::new();
    for size in [0, 5, 300_000] {
        let request = g.alice.request("PUT", &g.path("k")).header("x-amz-meta-a", "1").body(bytes(size));
        request.send().assert_status(200);
        let get = g.get("k");
        let head = g.alice.head(&g.path("k")).assert_status(200).assert_body("");
        for name in ["etag", "last-modified", "content-type", "content-length", "x-amz-meta-a", "accept-ranges"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {size} bytes");
        }
    }
}

#[test]
fn ranges_count_too() {
    let g = Ground::new();
    g.put("k", "0123456789");
    let reply = g.alice.request("HEAD", &g.path("k")).header("range", "bytes=2-4").send().assert_status(206);
    reply.assert_header("content-length", "3").assert_header("content-range", "bytes 2-4/10").assert_body("");
    g.alice.request("HEAD", &g.path("k")).header("range", "bytes=10-").send().assert_status(416).assert_body("");
}

/// The right to list is asked for with the key as the prefix, as Ceph's gateway does.
#[test]
fn whoever_may_list_what_a_key_begins_with_is_told_that_it_is_not_there() {
    let g = Ground::new();
    let lets = policy("Allow", "\"*\"", "s3:ListBucket", &g.bucket);
    let condition = "\"Condition\":{\"StringLike\":{\"s3:prefix\":\"public/*\"}},\"Effect\"";
    put(&g, lets.replace(&format!(",\"arn:aws:s3:::{}/*\"", g.bucket), "").replace("\"Effect\"", condition))
        .assert_status(204);
    for client in [&g.bob, &g.alice.anonymous()] {
        client.head(&g.path("public/object")).assert_status(404);
        client.get(&g.path("public/object")).assert_error(404, "NoSuchKey");
        client.head(&g.path("private/object")).assert_status(403);
        client.head(&format!("{}?prefix=public/", g.path("private/object"))).assert_status(403);
    }
}

#[test]
fn errors_have_no_body() {
    let g = Ground::new();
    g.put("k", "x");
    let reply = g.alice.head(&g.path("none")).assert_status(404).assert_body("");
    assert!(reply.header("x-amz-request-id").is_some(), "{reply}");
    g.bob.head(&g.path("k")).assert_status(403).assert_body("");
    g.alice.anonymous().head(&g.path("k")).assert_status(403).assert_body("");
    // The connection goes on behind a HEAD: nothing of a body was left in it.
    let mut connection = g.alice.connect();
    for _ in 0..2 {
        connection.send(&g.alice.request("HEAD", &g.path("none")).wire().bytes()).expect("sends");
        assert_eq!(connection.read(true).expect("answers").status, 404);
    }
}
