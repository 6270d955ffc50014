//! Ways around a policy or a list that were open once: what was judged was not what was done.

use crate::client::{Form, Reply};
use crate::ops::Ground;
use crate::ops::acls::{ALL_USERS, id};
use crate::ops::bucket::put_bucket_policy::put;
use crate::ops::md5_base64;
use crate::ops::object::put_object_tagging::document as tagging;

/// A policy with one statement for everybody, on the keys of the bucket.
fn statement(g: &Ground, effect: &str, action: &str, condition: &str) -> String {
    let bucket = &g.bucket;
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Principal":"*","Action":"{action}","Resource":"arn:aws:s3:::{bucket}/*","Condition":{condition}}}]}}"#
    )
}

fn put_version(g: &Ground, key: &str, body: &str) -> String {
    g.put(key, body).header("x-amz-version-id").expect("an id").to_owned()
}

fn bulk_delete(g: &Ground, key: &str, version: &str) -> Reply {
    let text = format!("<Delete><Object><Key>{key}</Key><VersionId>{version}</VersionId></Object></Delete>");
    let request = g.alice.request("POST", &format!("{}?delete", g.root()));
    request.header("content-md5", md5_base64(text.as_bytes())).body(text).send().assert_status(200)
}

#[test]
fn a_version_is_known_by_its_id_in_a_bulk_delete_too() {
    let g = Ground::new();
    g.versioning("Enabled");
    let (kept, free) = (put_version(&g, "k", "1"), put_version(&g, "k", "2"));
    let condition = format!(r#"{{"StringEquals":{{"s3:VersionId":"{kept}"}}}}"#);
    put(&g, statement(&g, "Deny", "s3:DeleteObjectVersion", &condition)).assert_status(204);
    assert_eq!(bulk_delete(&g, "k", &kept).elements("Code"), ["AccessDenied"]);
    g.alice.delete(&format!("{}?versionId={kept}", g.path("k"))).assert_error(403, "AccessDenied");
    assert!(bulk_delete(&g, "k", &free).elements("Code").is_empty());
}

#[test]
fn the_version_of_a_copys_source_is_not_the_one_in_its_target() {
    let g = Ground::new();
    g.versioning("Enabled");
    let (shown, hidden) = (put_version(&g, "k", "shown"), put_version(&g, "k", "hidden"));
    let condition = format!(r#"{{"StringEquals":{{"s3:VersionId":"{shown}"}}}}"#);
    put(&g, statement(&g, "Allow", "s3:GetObjectVersion", &condition)).assert_status(204);
    let own = Ground::new();
    let copy = |version: &str, parameters: &str| {
        let source = format!("/{}/k?versionId={version}", g.bucket);
        let target = format!("/{}/copy{parameters}", bobs(&own));
        own.bob.request("PUT", &target).header("x-amz-copy-source", source).send()
    };
    copy(&shown, "").assert_status(200);
    copy(&hidden, "").assert_error(403, "AccessDenied");
    copy(&hidden, &format!("?versionId={shown}")).assert_error(403, "AccessDenied");
}

/// A bucket of Bob's.
fn bobs(g: &Ground) -> String {
    let bucket = format!("{}-bobs", g.bucket);
    g.bob.put(&format!("/{bucket}"), "").assert_status(200);
    bucket
}

#[test]
fn grants_count_in_how_many_headers_they_ever_come() {
    let g = Ground::new();
    let bob = id(&g.bob);
    let condition = r#"{"StringLike":{"s3:x-amz-grant-read":"*AllUsers*"}}"#;
    put(&g, statement(&g, "Deny", "s3:PutObject", condition)).assert_status(204);
    let request = |second: &str| {
        let first = g.alice.request("PUT", &g.path("k")).header("x-amz-grant-read", format!("id={bob}"));
        first.header("x-amz-grant-read", second).body("x").send()
    };
    request(&format!("uri={ALL_USERS}")).assert_error(403, "AccessDenied");
    request(&format!("id={}", id(&g.alice))).assert_status(200);
}

#[test]
fn a_header_says_nothing_about_the_tags_in_a_document() {
    let g = Ground::new();
    g.put("k", "x");
    let condition = r#"{"StringEquals":{"s3:RequestObjectTag/env":"prod"}}"#;
    put(&g, statement(&g, "Allow", "s3:PutObjectTagging", condition)).assert_status(204);
    let target = format!("{}?tagging", g.path("k"));
    let send = |tags: &[(&str, &str)]| {
        g.bob.request("PUT", &target).header("x-amz-tagging", "env=prod").body(tagging(tags)).send()
    };
    send(&[("public", "yes")]).assert_error(403, "AccessDenied");
    send(&[]).assert_error(403, "AccessDenied");
    send(&[("env", "prod")]).assert_status(200);
}

#[test]
fn a_form_is_no_copy_whatever_its_fields_say() {
    let g = Ground::new();
    let condition = r#"{"StringLike":{"s3:x-amz-copy-source":"trusted/*"}}"#;
    put(&g, statement(&g, "Allow", "s3:PutObject", condition)).assert_status(204);
    let form = Form::new(&g.bob, &g.bucket).field("x-amz-copy-source", "trusted/a").file("f", "x");
    let reply = form.request().send();
    assert!([400, 403].contains(&reply.status), "{reply}");
    g.alice.get(&g.path("f")).assert_error(404, "NoSuchKey");
}

#[test]
fn whoever_may_write_by_a_list_removes_no_version() {
    let g = Ground::new();
    g.versioning("Enabled");
    g.alice
        .request("PUT", &format!("{}?acl", g.root()))
        .header("x-amz-acl", "public-read-write")
        .send()
        .assert_status(200);
    let version = put_version(&g, "k", "x");
    let target = format!("{}?versionId={version}", g.path("k"));
    for client in [&g.bob, &g.alice.anonymous()] {
        client.delete(&target).assert_error(403, "AccessDenied");
        client.delete(&g.path("k")).assert_status(204);
    }
    g.alice.delete(&target).assert_status(204);
}
