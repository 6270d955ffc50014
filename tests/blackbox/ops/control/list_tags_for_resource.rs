//! ListTagsForResource.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the tags, if any | no_tags_are_an_empty_list |
//! | 400 InvalidRequest | signed by V2 | access::no_operation_of_the_table_is_open_to_strangers |
//! | 403 AccessDenied | the caller has no right to it | only_the_owner_reads_them_and_only_of_what_is_there |
//! | 404 NoSuchBucket | there is no such bucket | only_the_owner_reads_them_and_only_of_what_is_there |

use super::{resource, tagged};
use crate::ops::Ground;

#[test]
fn no_tags_are_an_empty_list() {
    let g = Ground::new();
    let reply = g.alice.get(&resource(&g.bucket)).assert_status(200);
    assert_eq!(reply.element("Tags").as_deref(), Some(""), "{reply}");
}

#[test]
fn they_are_those_of_the_bucket_whoever_asks_how() {
    let g = tagged();
    let target = resource(&g.bucket);
    let plain = g.alice.get(&target.replace("%3A", ":")).assert_status(200);
    assert_eq!(
        (plain.elements("Key"), plain.elements("Value")),
        (vec!["a".into(), "b".into()], vec!["1".into(), "2".into()])
    );
    // The SDKs put the account's number in front of the host.
    let reply = g.alice.host("123456789012.localhost").get(&target).assert_status(200);
    assert_eq!(reply.elements("Key"), ["a", "b"]);
    assert_eq!(g.alice.get(&format!("{}?tagging", g.root())).assert_status(200).elements("Key"), ["a", "b"]);
}

#[test]
fn only_the_owner_reads_them_and_only_of_what_is_there() {
    let g = tagged();
    g.bob.get(&resource(&g.bucket)).assert_error(403, "AccessDenied");
    g.alice.get(&resource("no-such-bucket-here")).assert_error(404, "NoSuchBucket");
    // Any other path below is an object of a bucket that happens to have this name.
    g.alice.get("/v20180820/tags/x").assert_error(404, "NoSuchBucket");
}
