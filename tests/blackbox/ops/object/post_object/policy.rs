//! What a policy allows and what it does not: every answer in both styles and with both signatures.

use serde_json::{Value, json};

use super::ways;
use crate::client::{Form, Reply, form_date, now};
use crate::ops::Ground;

/// Sends a form in every way and claims that nothing comes of it.
#[track_caller]
fn refused(describe: impl Fn(Form) -> Form, status: u16, code: &str) -> Reply {
    let g = Ground::new();
    let mut last = None;
    for client in ways(&g) {
        let reply = describe(Form::new(&client, &g.bucket)).send().assert_error(status, code);
        assert!(g.keys("").is_empty(), "{reply}");
        last = Some(reply);
    }
    last.expect("there is a way")
}

#[track_caller]
fn accepted(describe: impl Fn(Form) -> Form) {
    let g = Ground::new();
    for client in ways(&g) {
        describe(Form::new(&client, &g.bucket)).send().assert_status(204);
        g.get("k").assert_status(200);
        g.alice.delete(&g.path("k"));
    }
}

#[track_caller]
fn says(reply: &Reply, message: &str) {
    assert_eq!(reply.element("Message").as_deref(), Some(message), "{reply}");
}

fn failed(condition: &str) -> String {
    format!("Invalid according to Policy: Policy Condition failed: {condition}")
}

#[test]
fn conditions_that_hold() {
    for (condition, name, value) in [
        (json!({ "x-amz-meta-foo": "barclamp" }), "x-amz-meta-foo", "barclamp"),
        (json!(["eq", "$x-amz-meta-foo", "barclamp"]), "x-amz-meta-foo", "barclamp"),
        (json!(["starts-with", "$x-amz-meta-foo", "bar"]), "x-amz-meta-foo", "barclamp"),
        (json!(["starts-with", "$x-amz-meta-foo", ""]), "x-amz-meta-foo", "barclamp"),
        (json!(["starts-with", "$x-amz-meta-foo", ""]), "x-amz-meta-foo", ""),
        (json!(["starts-with", "$Content-Type", "image/"]), "Content-Type", "image/jpg,image/png"),
        (json!(["starts-with", "$x-amz-meta-foo", "\\$foo"]), "x-amz-meta-foo", "\\$foo.txt"),
    ] {
        accepted(|form| form.condition(condition.clone()).plain(name, value));
    }
    accepted(|form| form.plain("x-ignore-foo", "bar"));
    accepted(|form| form.field("bucket-owner", "unknown fields may be covered too"));
}

#[test]
fn the_documented_escape_of_the_dollar_sign() {
    let g = Ground::new();
    for client in [g.alice.v2(), g.alice.v4()] {
        let form = Form::bare(&client, &g.bucket).condition(json!(["starts-with", "$key", "\\$foo"]));
        form.plain("key", "\\$foo.txt").send().assert_status(204);
        g.get("\\$foo.txt").assert_body("content");
    }
    let end = form_date(now() + 600);
    let document =
        format!(r#"{{"expiration": "{end}", "conditions": [{{"bucket": "{}"}}, ["eq", "$key", "\$k"],]}}"#, g.bucket);
    Form::bare(&g.alice.v2(), &g.bucket).plain("key", "$k").policy(document).send().assert_status(204);
}

#[test]
fn conditions_that_fail() {
    for (condition, name, value, shown) in [
        (json!(["eq", "$x-amz-meta-foo", ""]), "x-amz-meta-foo", "barclamp", r#"["eq", "$x-amz-meta-foo", ""]"#),
        (json!({ "x-amz-meta-foo": "a" }), "x-amz-meta-foo", "A", r#"["eq", "$x-amz-meta-foo", "a"]"#),
        (
            json!(["starts-with", "$x-amz-meta-foo", "bar"]),
            "x-amz-meta-foo",
            "foobar",
            r#"["starts-with", "$x-amz-meta-foo", "bar"]"#,
        ),
        (json!(["eq", "x-amz-meta-foo", "bar"]), "x-amz-meta-foo", "bar", r#"["eq", "x-amz-meta-foo", "bar"]"#),
        (
            json!(["starts-with", "$Content-Type", "image/"]),
            "Content-Type",
            "image/jpg,text/plain",
            r#"["starts-with", "$Content-Type", "image/"]"#,
        ),
    ] {
        let reply = refused(|form| form.condition(condition.clone()).plain(name, value), 403, "AccessDenied");
        says(&reply, &failed(shown));
    }
    // A field that the policy names has to be there.
    let reply = refused(|form| form.condition(json!(["starts-with", "$x-amz-meta-foo", "bar"])), 403, "AccessDenied");
    says(&reply, &failed(r#"["starts-with", "$x-amz-meta-foo", "bar"]"#));
    let reply = refused(|form| form.condition(json!(["starts-with", "$x-amz-meta-foo", ""])), 403, "AccessDenied");
    says(&reply, &failed(r#"["starts-with", "$x-amz-meta-foo", ""]"#));
}

#[test]
fn fields_that_no_condition_is_about() {
    let reply = refused(|form| form.plain("x-amz-meta-foo", "bar"), 403, "AccessDenied");
    says(&reply, "Invalid according to Policy: Extra input fields: x-amz-meta-foo");
    refused(|form| form.plain("acl", "private"), 403, "AccessDenied");
    refused(|form| form.plain("success_action_redirect", "http://web.test/"), 403, "AccessDenied");
    refused(|form| form.plain("Content-MD5", "x"), 403, "AccessDenied");
    refused(|form| form.unconditional().condition(json!(["starts-with", "$key", ""])), 403, "AccessDenied");
}

#[test]
fn the_bucket_is_the_one_the_form_is_sent_to() {
    let g = Ground::new();
    let other = Ground::new();
    for (client, at) in ways(&g).into_iter().zip(ways(&other)) {
        let form = |client| Form::bare(client, &other.bucket).unconditional().condition(json!({ "bucket": g.bucket }));
        let form = form(&at).condition(json!(["starts-with", "$key", ""])).plain("key", "${filename}");
        form.send().assert_error(403, "AccessDenied");
        form.plain("bucket", &g.bucket).send().assert_error(403, "AccessDenied");
        // aws-sdk-js sends the bucket as a field.
        let sdk = Form::new(&client, &g.bucket);
        sdk.clone().field("bucket", &g.bucket).send().assert_status(204);
        sdk.plain("bucket", &other.bucket).send().assert_error(403, "AccessDenied");
    }
    assert!(other.keys("").is_empty());
}

#[test]
fn a_policy_ends() {
    let reply = refused(|form| form.expiration(form_date(now() - 6000)), 403, "AccessDenied");
    says(&reply, "Invalid according to Policy: Policy expired.");
    accepted(|form| form.expiration(form_date(now() + 60).replace('Z', ".000Z")));
}

#[test]
fn what_is_no_policy() {
    let end = || form_date(now() + 600);
    let conditions = json!([["starts-with", "$key", ""]]);
    for document in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        json!({ "conditions": conditions }).to_string(),
        json!({ "expiration": end() }).to_string(),
        json!({ "expiration": end(), "CONDITIONS": conditions }).to_string(),
        json!({ "EXPIRATION": end(), "conditions": conditions }).to_string(),
        json!({ "expiration": end().replace('T', " "), "conditions": conditions }).to_string(),
        json!({ "expiration": end().replace('Z', "+00:00"), "conditions": conditions }).to_string(),
        json!({ "expiration": end(), "conditions": [{}] }).to_string(),
        json!({ "expiration": end(), "conditions": {} }).to_string(),
        json!({ "expiration": end(), "conditions": conditions, "Statement": [] }).to_string(),
    ] {
        let reply = refused(|form| form.policy(document.clone()), 400, "InvalidPolicyDocument");
        assert!(reply.element("Message").is_some_and(|m| m.starts_with("Invalid Policy: ")), "{reply}");
    }
    for condition in [
        json!([]),
        json!("bucket"),
        json!({ "acl": "a", "key": "b" }),
        json!({ "acl": 1 }),
        json!(["eq", "$acl"]),
        json!(["near", "$acl", "x"]),
        json!(["content-length-range", 0]),
        json!(["content-length-range", -1, 0]),
        json!(["content-length-range", 0, 1.5]),
    ] {
        refused(|form| form.condition(condition.clone()), 400, "InvalidPolicyDocument");
    }
}

#[test]
fn sizes() {
    let range = |least: Value, most: Value| json!(["content-length-range", least, most]);
    let sized = |least: u64, most: u64, size: usize| {
        move |form: Form| form.condition(range(least.into(), most.into())).file("f", vec![b'x'; size])
    };
    accepted(sized(5, 10, 5));
    accepted(sized(5, 10, 10));
    accepted(sized(0, 0, 0));
    accepted(sized(4 << 20, 12 << 20, (4 << 20) + 200));
    accepted(|form| form.condition(range("5".into(), "10".into())).file("f", "seven.."));
    let large = refused(sized(5, 10, 12), 400, "EntityTooLarge");
    assert_eq!(large.element("MaxSizeAllowed").as_deref(), Some("10"));
    let small = refused(sized(5, 10, 1), 400, "EntityTooSmall");
    assert_eq!(small.element("MinSizeAllowed").as_deref(), Some("5"));
    assert_eq!(small.element("ProposedSize").as_deref(), Some("1"));
    refused(sized(0, 0, 3), 400, "EntityTooLarge");
    refused(sized(10, 5, 7), 400, "EntityTooLarge");
    refused(sized(512, 1000, 3), 400, "EntityTooSmall");
    // One that has been written in part already.
    refused(sized(0, 1 << 20, 3 << 20), 400, "EntityTooLarge");
    refused(sized(4 << 20, 12 << 20, 3 << 20), 400, "EntityTooSmall");
    let nonsense = refused(|form| form.condition(range("test".into(), "10".into())), 403, "AccessDenied");
    says(&nonsense, &failed(r#"["content-length-range", "test", "10"]"#));
}
