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

use crate::ops::Ground;

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
}
