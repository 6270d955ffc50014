//! PutBucketCors: what a configuration may say, and that it has to carry a digest.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the rules are replaced | rules_replace_the_ones_before_and_come_back_as_they_went |
//! | 400 MalformedXML | the document is none, or has more than 100 rules | a_refused_configuration_leaves_the_one_before |
//! | 400 InvalidRequest | a method, origin or header that cannot be; no digest | a_refused_configuration_leaves_the_one_before, the_document_has_to_carry_its_digest |
//! | 400 MaxMessageLengthExceeded | more than 64 KB | a_refused_configuration_leaves_the_one_before |
//! | 400 BadDigest | the digest of the document differs | the_document_has_to_carry_its_digest |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 403 AccessDenied | the caller has no right to it | access::no_operation_of_the_table_is_open_to_strangers |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |

use crate::client::Reply;
use crate::ops::{Ground, md5_base64};

/// A rule, with further elements.
pub fn rule(origins: &[&str], methods: &[&str], more: &str) -> String {
    let each = |name: &str, values: &[&str]| -> String {
        values.iter().map(|value| format!("<{name}>{value}</{name}>")).collect()
    };
    format!("<CORSRule>{}{}{more}</CORSRule>", each("AllowedOrigin", origins), each("AllowedMethod", methods))
}

/// Rules as a document.
pub fn document(rules: &str) -> String {
    format!("<CORSConfiguration>{rules}</CORSConfiguration>")
}

/// Replaces a bucket's rules.
pub fn put(g: &Ground, rules: &str) -> Reply {
    let document = document(rules);
    let request = g.alice.request("PUT", &format!("{}?cors", g.root()));
    request.header("content-md5", md5_base64(document.as_bytes())).body(document).send()
}

#[test]
fn rules_replace_the_ones_before_and_come_back_as_they_went() {
    let g = Ground::new();
    put(&g, &rule(&["https://old.example"], &["GET"], "")).assert_status(200).assert_body("");
    let more = "<ID>one</ID><AllowedHeader>X-Amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader>\
        <ExposeHeader>x-amz-version-id</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds>";
    let rules =
        rule(&["https://*.example", "http://test.example:80"], &["GET", "*"], more) + &rule(&["*"], &["PUT"], "");
    put(&g, &rules).assert_status(200);
    let told = g.alice.get(&format!("{}?cors", g.root())).assert_status(200);
    for (name, values) in [
        ("AllowedOrigin", &["https://*.example", "http://test.example:80", "*"][..]),
        ("AllowedMethod", &["GET", "*", "PUT"]),
        ("AllowedHeader", &["X-Amz-*"]),
        ("ExposeHeader", &["ETag", "x-amz-version-id"]),
        ("MaxAgeSeconds", &["3000"]),
        ("ID", &["one"]),
    ] {
        assert_eq!(told.elements(name), values, "{told}");
    }
    assert_eq!(told.elements("CORSRule").len(), 2);
}

#[test]
fn a_refused_configuration_leaves_the_one_before() {
    let g = Ground::new();
    put(&g, &rule(&["https://kept.example"], &["GET"], "")).assert_status(200);
    for (bad, code, says) in [
        (String::new(), "MalformedXML", ""),
        ("<CORSRule/>".to_owned(), "MalformedXML", ""),
        (rule(&[], &["GET"], ""), "MalformedXML", ""),
        (rule(&["a"], &["GET"], "").repeat(101), "MalformedXML", ""),
        (
            rule(&["a"], &["PATCH"], ""),
            "InvalidRequest",
            "Found unsupported HTTP method in CORS config. Unsupported method is PATCH",
        ),
        (rule(&["*a*"], &["GET"], ""), "InvalidRequest", "AllowedOrigin \"*a*\" can not have more than one wildcard."),
        (rule(&["a"], &["GET"], "<ExposeHeader>*</ExposeHeader>"), "InvalidRequest", "wildcard"),
        (
            rule(&["a"], &["GET"], "<ExposeHeader>a&#13;&#10;b: c</ExposeHeader>"),
            "InvalidRequest",
            "contains invalid character.",
        ),
        (
            rule(&["a"], &["GET"], "<AllowedHeader>x-(y)</AllowedHeader>"),
            "InvalidRequest",
            "AllowedHeader \"x-(y)\" contains invalid character.",
        ),
    ] {
        let reply = put(&g, &bad).assert_error(400, code);
        assert!(reply.element("Message").is_some_and(|message| message.contains(says)), "{reply}");
    }
    let padded = rule(&["a"], &["GET"], &format!("<ID>{}</ID>", " ".repeat(64 * 1024)));
    put(&g, &padded).assert_error(400, "MaxMessageLengthExceeded");
    let kept = g.alice.get(&format!("{}?cors", g.root())).assert_status(200);
    assert_eq!(kept.elements("AllowedOrigin"), ["https://kept.example"]);
}

#[test]
fn the_document_has_to_carry_its_digest() {
    let g = Ground::new();
    let document = document(&rule(&["*"], &["GET"], ""));
    let target = format!("{}?cors", g.root());
    let ask = || g.alice.request("PUT", &target).body(document.clone());
    ask().send().assert_error(400, "InvalidRequest");
    ask().header("content-md5", md5_base64(b"another")).send().assert_error(400, "BadDigest");
    ask().header("x-amz-checksum-crc32", "AAAAAA==").send().assert_error(400, "BadDigest");
    g.alice.get(&target).assert_error(404, "NoSuchCORSConfiguration");
    ask().header("content-md5", md5_base64(document.as_bytes())).send().assert_status(200);
}
