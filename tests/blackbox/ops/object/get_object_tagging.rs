//! GetObjectTagging.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the tags, if any | without_tags_the_set_is_empty |
//! | 400 InvalidArgument | `versionId` is none | everywhere::a_key_or_a_version_that_is_not_there |
//! | 403 AccessDenied | the caller has no right to it | without_tags_the_set_is_empty |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object | without_tags_the_set_is_empty, everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version, or what is on top, is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |

use crate::client::{Client, Form, Reply};
use crate::ops::Ground;
use crate::ops::bucket::put_bucket_policy;
use crate::ops::object::put_object_tagging::document;

fn target(g: &Ground, key: &str) -> String {
    format!("{}?tagging", g.path(key))
}

#[test]
fn without_tags_the_set_is_empty() {
    let g = Ground::new();
    g.put("k", "x").assert_status(200);
    let reply = g.alice.get(&target(&g, "k")).assert_status(200);
    assert_eq!(reply.element("TagSet").as_deref(), Some(""), "{reply}");
    g.get("k").assert_no_header("x-amz-tagging-count");
    g.alice.get(&target(&g, "absent")).assert_error(404, "NoSuchKey");
    g.bob.get(&target(&g, "k")).assert_error(403, "AccessDenied");
}

#[test]
fn a_put_and_an_upload_bring_tags_along() {
    let g = Ground::new();
    let put = |header: &str| g.alice.request("PUT", &g.path("k")).header("x-amz-tagging", header).body("x").send();
    put("a=1&b%20c=%C3%BC&empty").assert_status(200);
    g.get("k").assert_header("x-amz-tagging-count", "3");
    g.alice.head(&g.path("k")).assert_header("x-amz-tagging-count", "3");
    let reply = g.alice.get(&target(&g, "k")).assert_status(200);
    assert_eq!(
        (reply.elements("Key"), reply.elements("Value")),
        (vec!["a".into(), "b c".into(), "empty".into()], vec!["1".into(), "ü".into(), String::new()],)
    );
    put(&(0..11).map(|i| format!("k{i}=v")).collect::<Vec<_>>().join("&")).assert_error(400, "InvalidTag");
    for bad in ["a=1&a=2", "a=1,b=2", "=", "a=%ff", "a=%zz"] {
        let reply = put(bad).assert_error(400, "InvalidArgument");
        let named = (reply.element("ArgumentName"), reply.element("ArgumentValue"));
        assert_eq!(named, (Some("x-amz-tagging".into()), Some(bad.into())), "{reply}");
    }
    g.get("k").assert_header("x-amz-tagging-count", "3");
    g.put("k", "again");
    g.get("k").assert_no_header("x-amz-tagging-count");
    let open = g.alice.request("POST", &format!("{}?uploads", g.path("m"))).header("x-amz-tagging", "m=1").send();
    let id = open.assert_status(200).element("UploadId").expect("has an id");
    let part = g.alice.put(&format!("{}?partNumber=1&uploadId={id}", g.path("m")), "part").assert_status(200).etag();
    let document = crate::ops::multipart::document(&[(1, part)]);
    g.alice.post(&format!("{}?uploadId={id}", g.path("m")), document).assert_status(200);
    assert_eq!(g.alice.get(&target(&g, "m")).elements("Key"), ["m"]);
}

/// Ceph's gateway takes the tags of a new object with the right to write it; on AWS only a policy gives them.
#[test]
fn whoever_may_write_by_a_list_brings_tags_along() {
    let g = Ground::new();
    let public = g.alice.request("PUT", &format!("{}?acl", g.root())).header("x-amz-acl", "public-read-write");
    public.send().assert_status(200);
    let nobody = g.alice.anonymous();
    let put = |client: &Client, tags: &str| {
        client.request("PUT", &g.path("k")).header("x-amz-tagging", tags).body("x").send()
    };
    let open = |client: &Client| {
        client.request("POST", &format!("{}?uploads", g.path("m"))).header("x-amz-tagging", "a=1").send()
    };
    let form = |client: &Client| -> Reply {
        let tags = "<Tagging><TagSet><Tag><Key>f</Key><Value>1</Value></Tag></TagSet></Tagging>";
        Form::new(client, &g.bucket).field("tagging", tags).send()
    };
    open(&g.bob).assert_status(200);
    // What nobody in particular has written is the bucket owner's.
    for (client, owner) in [(&g.bob, &g.bob), (&nobody, &g.alice)] {
        put(client, "a=1").assert_status(200);
        owner.head(&g.path("k")).assert_status(200).assert_header("x-amz-tagging-count", "1");
        form(client).assert_status(204);
        owner.head(&g.path("k")).assert_status(200).assert_header("x-amz-tagging-count", "1");
        // What is there is another thing.
        client.put(&target(&g, "k"), document(&[("a", "2")])).assert_error(403, "AccessDenied");
        client.delete(&target(&g, "k")).assert_error(403, "AccessDenied");
    }
    assert_eq!(g.alice.get(&target(&g, "k")).elements("Key"), ["f"]);
    put(&g.bob, "a=1").assert_status(200);
    let copy = || g.bob.request("PUT", &g.path("copy")).header("x-amz-copy-source", g.path("k")).send();
    copy().assert_status(200);
    g.bob.head(&g.path("copy")).assert_status(200).assert_header("x-amz-tagging-count", "1");
    let deny = put_bucket_policy::policy("Deny", "\"*\"", "s3:PutObjectTagging", &g.bucket);
    put_bucket_policy::put(&g, deny).assert_status(204);
    for client in [&g.bob, &nobody] {
        put(client, "a=1").assert_error(403, "AccessDenied");
        open(client).assert_error(403, "AccessDenied");
        form(client).assert_error(403, "AccessDenied");
        client.put(&g.path("k"), "x").assert_status(200);
    }
}

/// A right to read is none to bring tags along, nor is a list that does not count.
#[test]
fn only_a_list_that_lets_write_brings_tags_along() {
    let g = Ground::new();
    let bob = crate::ops::acls::id(&g.bob);
    let lets =
        put_bucket_policy::policy("Allow", &format!("{{\"CanonicalUser\":\"{bob}\"}}"), "s3:PutObject", &g.bucket);
    put_bucket_policy::put(&g, lets).assert_status(204);
    let put = || g.bob.request("PUT", &g.path("k")).header("x-amz-tagging", "a=1").body("x").send();
    for (acl, status) in [("private", 403), ("public-read", 403), ("public-read-write", 200)] {
        g.alice.request("PUT", &format!("{}?acl", g.root())).header("x-amz-acl", acl).send().assert_status(200);
        put().assert_status(status);
        g.bob.put(&g.path("k"), "x").assert_status(200);
    }
    crate::ops::bucket::put_public_access_block::block(&g, "IgnorePublicAcls").assert_status(200);
    put().assert_error(403, "AccessDenied");
}

#[test]
fn a_copy_keeps_or_replaces_them() {
    let g = Ground::new();
    g.alice.request("PUT", &g.path("a")).header("x-amz-tagging", "a=1").body("x").send().assert_status(200);
    let copy = |key: &str, headers: &[(&str, &str)]| {
        let mut request = g.alice.request("PUT", &g.path(key)).header("x-amz-copy-source", format!("/{}/a", g.bucket));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.send()
    };
    copy("kept", &[]).assert_status(200);
    assert_eq!(g.alice.get(&target(&g, "kept")).elements("Key"), ["a"]);
    copy("kept", &[("x-amz-tagging-directive", "COPY"), ("x-amz-tagging", "b=2")]).assert_status(200);
    assert_eq!(g.alice.get(&target(&g, "kept")).elements("Key"), ["a"]);
    copy("new", &[("x-amz-tagging-directive", "REPLACE"), ("x-amz-tagging", "b=2")]).assert_status(200);
    assert_eq!(g.alice.get(&target(&g, "new")).elements("Key"), ["b"]);
    copy("none", &[("x-amz-tagging-directive", "REPLACE")]).assert_status(200);
    assert!(g.alice.get(&target(&g, "none")).elements("Key").is_empty());
    copy("x", &[("x-amz-tagging-directive", "MERGE")]).assert_error(400, "InvalidArgument");
    // Without a directive the header says nothing, and the metadata's directive is the metadata's.
    copy("kept", &[("x-amz-tagging", "b=2"), ("x-amz-metadata-directive", "REPLACE")]).assert_status(200);
    assert_eq!(g.alice.get(&target(&g, "kept")).elements("Key"), ["a"]);
    // New tags alone are no change that lets an object be copied onto itself.
    let onto_itself = copy("a", &[("x-amz-tagging-directive", "REPLACE"), ("x-amz-tagging", "b=2")]);
    onto_itself.assert_error(400, "InvalidRequest");
    assert_eq!(g.alice.get(&target(&g, "a")).elements("Key"), ["a"]);
}
