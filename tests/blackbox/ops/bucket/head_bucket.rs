//! HeadBucket.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | it is there | a_bucket_says_where_it_is |
//! | never 301 | it is in another region: an installation has one | create_bucket::a_location_is_the_region_or_an_error |
//! | 400 | the request cannot be read | what_cannot_be_read_has_a_status_and_no_body |
//! | 403 | no right to it, or another owner than expected | absent_and_foreign_buckets_have_a_status_and_no_body, the_expected_owner_has_to_be_the_owner |
//! | 404 | there is no such bucket | absent_and_foreign_buckets_have_a_status_and_no_body |

use crate::ops::{Ground, fresh_bucket_name};

#[test]
fn a_bucket_says_where_it_is() {
    let g = Ground::new();
    let reply = g.alice.head(&g.root()).assert_status(200).assert_header("x-amz-bucket-region", "us-east-1");
    assert!(reply.header("x-amz-request-id").is_some() && reply.header("x-amz-id-2").is_some(), "{reply}");
    g.alice.head(&format!("{}/", g.root())).assert_status(200);
}

#[test]
fn absent_and_foreign_buckets_have_a_status_and_no_body() {
    let g = Ground::new();
    g.alice.head(&format!("/{}", fresh_bucket_name())).assert_status(404).assert_body("");
    g.bob.head(&g.root()).assert_status(403).assert_body("");
    g.alice.anonymous().head(&g.root()).assert_status(403).assert_body("");
}

#[test]
fn the_expected_owner_has_to_be_the_owner() {
    let g = Ground::new();
    let id = g.alice.get("/").element("ID").expect("an owner has an id");
    let expecting = |id: &str| g.alice.request("HEAD", &g.root()).header("x-amz-expected-bucket-owner", id).send();
    expecting(&id).assert_status(200);
    expecting(&"0".repeat(64)).assert_status(403);
    expecting("111122223333").assert_status(403);
}

#[test]
fn virtual_host_style_names_the_same_bucket() {
    let g = Ground::new();
    g.alice.bucket_host(&g.bucket, "localhost").head("/").assert_status(200);
    g.alice.bucket_host(&fresh_bucket_name(), "localhost").head("/").assert_status(404);
}

#[test]
fn what_cannot_be_read_has_a_status_and_no_body() {
    let g = Ground::new();
    g.alice.head(&format!("{}?x=%ff", g.root())).assert_status(400).assert_body("");
}
