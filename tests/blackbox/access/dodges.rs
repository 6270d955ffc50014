//! Ways around a policy or a list that were open once: what was judged was not what was done.

use crate::client::{Form, Reply};
use crate::ops::Ground;
use crate::ops::acls::{ALL_USERS, id};
use crate::ops::bucket::put_bucket_ownership_controls::own;
use crate::ops::bucket::put_bucket_policy::put;
use crate::ops::locks::{self, FAR, hold, of, retention, version};
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

/// Bob copies an object of his own, with these tags, to Alice's bucket.
fn copy_tagged(g: &Ground, own: &str, tags: &str, headers: &[(&str, &str)]) -> Reply {
    let source = format!("/{own}/tagged-{}", tags.replace('=', "-"));
    g.bob.request("PUT", &source).header("x-amz-tagging", tags).body("x").send().assert_status(200);
    let copy = g.bob.request("PUT", &g.path("copy")).header("x-amz-copy-source", source);
    headers.iter().fold(copy, |copy, (name, value)| copy.header(name, *value)).send()
}

#[test]
fn tags_that_are_copied_are_put() {
    let g = Ground::new();
    let own = bobs(&g);
    put(&g, statement(&g, "Allow", "s3:PutObject", "{}")).assert_status(204);
    copy_tagged(&g, &own, "", &[]).assert_status(200);
    copy_tagged(&g, &own, "env=prod", &[]).assert_error(403, "AccessDenied");
    copy_tagged(&g, &own, "env=prod", &[("x-amz-tagging-directive", "COPY")]).assert_error(403, "AccessDenied");
    copy_tagged(&g, &own, "env=prod", &[("x-amz-tagging-directive", "REPLACE")]).assert_status(200);
    // What the header says is not put where tags are copied, and nobody has to be let put it.
    copy_tagged(&g, &own, "", &[("x-amz-tagging", "env=prod")]).assert_status(200);
    let everything = statement(&g, "Allow", "s3:*", "{}");
    let secret = r#"{"StringEquals":{"s3:RequestObjectTag/env":"secret"}}"#;
    let deny = statement(&g, "Deny", "s3:PutObjectTagging", secret);
    let (allow, deny) = (everything.trim_end_matches("]}"), deny.split_once('[').expect("is a list").1);
    put(&g, format!("{allow},{deny}")).assert_status(204);
    copy_tagged(&g, &own, "env=prod", &[]).assert_status(200);
    copy_tagged(&g, &own, "env=secret", &[]).assert_error(403, "AccessDenied");
    assert_eq!(g.alice.get(&format!("{}?tagging", g.path("copy"))).elements("Value"), ["prod"]);
}

#[test]
fn a_header_says_nothing_about_the_tags_of_a_copy() {
    let g = Ground::new();
    let own = bobs(&g);
    let condition = r#"{"StringEquals":{"s3:RequestObjectTag/env":"prod"}}"#;
    put(&g, statement(&g, "Allow", "s3:PutObject*", condition)).assert_status(204);
    let says = ("x-amz-tagging", "env=prod");
    for tags in ["", "env=dev", "env=prod"] {
        copy_tagged(&g, &own, tags, &[says]).assert_error(403, "AccessDenied");
    }
    copy_tagged(&g, &own, "env=dev", &[says, ("x-amz-tagging-directive", "REPLACE")]).assert_status(200);
    assert_eq!(g.alice.get(&format!("{}?tagging", g.path("copy"))).elements("Value"), ["prod"]);
}

#[test]
fn a_version_that_is_named_is_what_locks_and_restores_are_about() {
    let g = locks::ground();
    own(&g, "ObjectWriter").assert_status(200);
    put(&g, statement(&g, "Allow", "s3:*", "{}")).assert_status(204);
    let theirs = version(&g.bob.put(&g.path("k"), "theirs").assert_status(200));
    let ours = version(&g.put("k", "ours"));
    let nobody = g.alice.anonymous();
    let ask = |method: &str, sub_resource: &str, version: &str, body: &str| {
        nobody.request(method, &of(&g, "k", sub_resource, version)).body(body).send()
    };
    let retained = retention("GOVERNANCE", FAR);
    for (method, sub_resource, body, status) in [
        ("PUT", "legal-hold", hold("ON"), 200),
        ("GET", "legal-hold", String::new(), 200),
        ("PUT", "retention", retained, 200),
        ("GET", "retention", String::new(), 200),
    ] {
        // A policy of the bucket's does not reach what another account owns.
        ask(method, sub_resource, &theirs, &body).assert_error(403, "AccessDenied");
        ask(method, sub_resource, &ours, &body).assert_status(status);
    }
    ask("POST", "restore", &theirs, "").assert_error(403, "AccessDenied");
    ask("POST", "restore", &ours, "").assert_error(403, "InvalidObjectState");
}

#[test]
fn a_write_that_compares_an_etag_reads_it() {
    let g = Ground::new();
    let etag = g.put("k", "x").header("etag").expect("an ETag").to_owned();
    put(&g, statement(&g, "Allow", "s3:PutObject", "{}")).assert_status(204);
    let write = |name: &str, value: &str| g.bob.request("PUT", &g.path("k")).header(name, value).body("x").send();
    for guess in [etag.as_str(), "\"wrong\"", "\"wrong\", *"] {
        write("if-match", guess).assert_error(403, "AccessDenied");
        write("if-none-match", guess).assert_error(403, "AccessDenied");
    }
    write("if-none-match", "*").assert_error(412, "PreconditionFailed");
    put(&g, statement(&g, "Allow", "s3:*Object", "{}")).assert_status(204);
    write("if-none-match", &etag).assert_error(412, "PreconditionFailed");
    write("if-none-match", "\"wrong\"").assert_status(200);
}

#[test]
fn a_delete_that_compares_reads_what_it_compares() {
    let g = Ground::new();
    g.versioning("Enabled");
    let old = put_version(&g, "k", "old");
    let etag = g.put("k", "x").header("etag").expect("an ETag").to_owned();
    put(&g, statement(&g, "Allow", "s3:DeleteObject", "{}")).assert_status(204);
    let modified = "Thu, 01 Jan 1970 00:00:00 GMT";
    let conditions =
        [("x-amz-if-match-size", "7"), ("x-amz-if-match-last-modified-time", modified), ("if-match", "\"wrong\"")];
    let delete = |target: &str, (name, value): (&str, &str)| g.bob.request("DELETE", target).header(name, value).send();
    for condition in conditions {
        delete(&g.path("k"), condition).assert_error(403, "AccessDenied");
    }
    for element in ["<Size>7</Size>", &format!("<LastModifiedTime>{modified}</LastModifiedTime>"), "<ETag>wrong</ETag>"]
    {
        let text = format!("<Delete><Object><Key>k</Key>{element}</Object></Delete>");
        let request = g.bob.request("POST", &format!("{}?delete", g.root()));
        let reply = request.header("content-md5", md5_base64(text.as_bytes())).body(text).send().assert_status(200);
        assert_eq!(reply.elements("Code"), ["AccessDenied"], "{element}");
    }
    // The ETag is the current version's, whichever is named; size and time are those of the one that is.
    put(&g, statement(&g, "Allow", "s3:*ObjectVersion", "{}")).assert_status(204);
    let target = format!("{}?versionId={old}", g.path("k"));
    delete(&target, ("if-match", &etag)).assert_error(403, "AccessDenied");
    delete(&target, conditions[0]).assert_error(412, "PreconditionFailed");
    put(&g, statement(&g, "Allow", "s3:*Object", "{}")).assert_status(204);
    for condition in conditions {
        delete(&g.path("k"), condition).assert_error(412, "PreconditionFailed");
    }
}
