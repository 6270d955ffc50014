//! PostObject: what forms store, and what they are answered.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | asked for by `success_action_status` | the_answer_is_the_one_asked_for |
//! | 201 | the same, with a document | the_answer_is_the_one_asked_for |
//! | 204 | nothing is asked for | a_form_stores_its_file |
//! | 303 | asked for by `success_action_redirect` | a_browser_is_sent_where_the_form_says |
//! | 400 BadDigest | the digest or checksum differs | digests_are_checked_before_anything_is_visible |
//! | 400 InvalidDigest | `Content-MD5` is none | digests_are_checked_before_anything_is_visible |
//! | 400 InvalidRequest | a checksum that was announced and does not come; a lock without a digest | digests_are_checked_before_anything_is_visible, a_form_may_lock_its_file |
//! | 400 EntityTooLarge | larger than the policy or the server allows | policy::sizes, a_file_has_the_limit_of_any_other_body |
//! | 400 EntityTooSmall | smaller than the policy allows | policy::sizes |
//! | 400 IncompleteBody | fewer bytes than announced | refused::a_body_that_is_cut_stores_nothing |
//! | 400 IncorrectNumberOfFilesInPostRequest | two files | refused::exactly_one_file_and_a_key |
//! | 400 InvalidArgument | a field is missing, or comes after the file | what_comes_after_the_file_means_nothing, refused::a_signature_has_all_its_fields, refused::exactly_one_file_and_a_key |
//! | never 400 UserKeyMustBeSpecified | no key: what AWS answers is `InvalidArgument` | refused::exactly_one_file_and_a_key |
//! | 400 InvalidPolicyDocument | the policy is none | policy::what_is_no_policy |
//! | 400 InvalidStorageClass | an unknown class | refused::what_is_not_implemented_is_refused_and_never_half_done |
//! | 400 InvalidToken | a token that nobody has been given | refused::wrong_signatures_and_unknown_keys |
//! | 400 KeyTooLongError | the key has more than 1,024 bytes | refused::exactly_one_file_and_a_key |
//! | 400 MalformedPOSTRequest | no form is in the body | refused::what_is_no_form |
//! | 400 MalformedXML | tags that are none | refused::what_is_not_implemented_is_refused_and_never_half_done |
//! | 400 MaxPostPreDataLengthExceeded | more than 20 KB before the file | refused::a_form_is_small_beside_its_file |
//! | 403 AccessDenied | a condition does not hold, or no right to it | policy::fields_that_no_condition_is_about, policy::a_policy_ends, refused::only_who_may_write_the_bucket |
//! | 403 InvalidAccessKeyId | nobody has this key | refused::wrong_signatures_and_unknown_keys |
//! | 403 SignatureDoesNotMatch | the policy is signed wrong | refused::wrong_signatures_and_unknown_keys |
//! | 404 NoSuchBucket | there is no such bucket | refused::only_who_may_write_the_bucket |
//! | 405 | sent to a key | refused::a_form_is_sent_to_its_bucket |
//! | 411 MissingContentLength | no length | refused::what_is_no_form |
//! | 412 PreconditionFailed | another enclosure than multipart/form-data | refused::what_is_no_form |
//! | 501 NotImplemented | encryption | refused::what_is_not_implemented_is_refused_and_never_half_done |

mod policy;
mod refused;

use serde_json::json;

use crate::client::{Client, Form};
use crate::harness::Server;
use crate::ops::acls::{ALL_USERS, assert_grants, id};
use crate::ops::{Ground, bytes, locks, md5_base64, md5_hex};

/// Alice in both styles and with both signatures.
pub fn ways(g: &Ground) -> Vec<Client> {
    let host = g.alice.bucket_host(&g.bucket, "localhost");
    vec![g.alice.v4(), g.alice.v2(), host.v4(), host.v2()]
}

#[test]
fn a_form_stores_its_file() {
    let g = Ground::new();
    for client in ways(&g) {
        g.alice.delete(&g.path("k"));
        let reply = Form::new(&client, &g.bucket).send().assert_status(204).assert_body("");
        assert_eq!(reply.etag(), md5_hex(b"content"));
        let got = g.get("k").assert_body("content");
        // The file's own type is what the browser thinks; the object's is what the form says.
        got.assert_header("content-type", "binary/octet-stream");
    }
}

#[test]
fn files_of_every_size_come_back() {
    let g = Ground::new();
    for size in [0, 1, 8191, 8193, 65_537, 262_145, 1 << 20, 3_000_001] {
        let body = bytes(size);
        let reply = Form::new(&g.alice, &g.bucket).file("f", body.clone()).send().assert_status(204);
        assert_eq!(reply.etag(), md5_hex(&body), "{size}");
        g.get("k").assert_header("content-length", &size.to_string()).assert_body(body);
    }
}

#[test]
fn a_body_may_come_in_any_pieces_and_without_a_length() {
    let g = Ground::new();
    let form = Form::new(&g.alice, &g.bucket).file("f", bytes(20_000));
    form.request().transfer_chunked().send().assert_status(204);
    g.get("k").assert_body(bytes(20_000));
    let wire = Form::new(&g.alice, &g.bucket).file("f", "a\r\n--\r\n").request().wire();
    let mut connection = g.alice.connect();
    connection.send(&wire.head_bytes()).expect("sends");
    for piece in wire.body.chunks(7) {
        connection.send(piece).expect("sends");
    }
    connection.read(false).expect("answers").assert_status(204);
    g.get("k").assert_body("a\r\n--\r\n");
}

#[test]
fn the_answer_is_the_one_asked_for() {
    let g = Ground::new();
    for client in ways(&g) {
        let ask = |status: &str| {
            let form = Form::bare(&client, &g.bucket).field("key", "a b/ü").field("success_action_status", status);
            form.send()
        };
        for (asked, status) in [("200", 200), ("204", 204), ("404", 204), ("", 204)] {
            let reply = ask(asked).assert_status(status).assert_body("");
            assert!(reply.header("location").is_some_and(|l| l.ends_with("/a%20b%2F%C3%BC")), "{reply}");
        }
        let reply = ask("201").assert_status(201).assert_header("content-type", "application/xml");
        let etag = format!("\"{}\"", md5_hex(b"content"));
        assert_eq!(reply.element("Bucket"), Some(g.bucket.clone()));
        assert_eq!(reply.element("Key").as_deref(), Some("a b/ü"));
        assert_eq!(reply.element("ETag"), Some(etag.clone()));
        assert_eq!(reply.element("Location"), reply.header("location"));
        assert!(reply.text().contains("<PostResponse><Location>http://"), "{reply}");
        reply.assert_header("etag", &etag);
    }
    let of = |client: &Client| Form::new(client, &g.bucket).send().header("location").expect("is there");
    assert_eq!(of(&g.alice.host("s3.test:80")), format!("http://s3.test:80/{}/k", g.bucket));
    let host = g.alice.bucket_host(&g.bucket, "localhost");
    assert!(of(&host).starts_with(&format!("http://{}.localhost:", g.bucket)), "{}", of(&host));
}

#[test]
fn a_browser_is_sent_where_the_form_says() {
    let g = Ground::new();
    let told = format!("bucket={}&key=a%2Fb+c&etag=%22{}%22", g.bucket, md5_hex(b"content"));
    for client in ways(&g) {
        for field in ["success_action_redirect", "redirect"] {
            for (url, location) in [
                ("http://web.test/done", format!("http://web.test/done?{told}")),
                ("https://web.test/done?id=5#top", format!("https://web.test/done?id=5&{told}#top")),
            ] {
                let form = Form::bare(&client, &g.bucket).field("key", "a/b c").field(field, url);
                let reply = form.field("success_action_status", "201").send().assert_status(303);
                reply.assert_body("").assert_header("location", &location);
            }
        }
    }
    for nonsense in ["/relative", "javascript:alert(1)", "http://web.test/\r\nSet-Cookie: a=b", ""] {
        let form = Form::new(&g.alice, &g.bucket).field("success_action_redirect", nonsense);
        let reply = form.send().assert_status(204).assert_no_header("set-cookie");
        assert!(reply.header("location").is_some_and(|l| l.ends_with("/k")), "{reply}");
    }
    // A failure is shown, not redirected.
    let failed = Form::new(&g.alice, &g.bucket).field("success_action_redirect", "http://web.test/").plain("x", "y");
    failed.send().assert_error(403, "AccessDenied").assert_no_header("location");
}

#[test]
fn the_key_may_come_from_the_file_name() {
    let g = Ground::new();
    for client in ways(&g) {
        for (name, key) in [
            ("foo.txt", "u/foo.txt"),
            ("C:\\Documents\\foo.txt", "u/foo.txt"),
            ("../../foo.txt", "u/foo.txt"),
            ("grün+ %41.txt", "u/grün+ %41.txt"),
            ("", "u/"),
        ] {
            let form = Form::bare(&client, &g.bucket).plain("key", "u/${filename}").file(name, name);
            let form = form.condition(json!(["starts-with", "$key", "u/"])).field("success_action_status", "201");
            let reply = form.send().assert_status(201);
            assert_eq!(reply.element("Key").as_deref(), Some(key));
            g.get(key).assert_body(name);
        }
    }
    // Conditions see the name filled in, in every field.
    let form = Form::new(&g.alice, &g.bucket).plain("x-amz-meta-name", "was ${filename}");
    let form = form.condition(json!({ "x-amz-meta-name": "was f.txt" })).file("f.txt", "x");
    form.send().assert_status(204);
    g.get("k").assert_header("x-amz-meta-name", "was f.txt");
    // A file without a name leaves the variable as it is.
    let form = Form::bare(&g.alice, &g.bucket).field("key", "n-${filename}").nameless("x");
    form.send().assert_status(204);
    g.get("n-${filename}").assert_body("x");
}

#[test]
fn keys_of_every_kind_stay_in_their_bucket() {
    let g = Ground::new();
    let longest = "ä".repeat(512);
    let mut keys = vec!["/", "//a", ".", "..", "../other/k", "a/../b", "%2F", "+", " ", "a,b", "<&>", "\r\n", &longest];
    for key in &keys {
        Form::bare(&g.alice, &g.bucket).field("key", key).file("f", *key).send().assert_status(204);
    }
    for key in &keys {
        g.get(key).assert_body(key);
    }
    keys.sort_unstable();
    assert_eq!(g.keys(""), keys);
}

#[test]
fn fields_are_kept_like_headers() {
    let g = Ground::new();
    let kept = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Cache-Control", "max-age=5"),
        ("Content-Disposition", "attachment; filename=\"a b\""),
        ("Content-Encoding", "gzip"),
        ("Expires", "Thu, 01 Dec 2033 16:00:00 GMT"),
        ("x-amz-meta-colour", "grün"),
        ("X-AMZ-Meta-TEST-2", "two"),
        ("x-amz-meta-empty", ""),
    ];
    for client in ways(&g) {
        g.alice.delete(&g.path("k"));
        let mut form = Form::new(&client, &g.bucket).field("acl", "private").field("x-amz-storage-class", "STANDARD");
        for (name, value) in kept {
            form = form.field(name, value);
        }
        form.send().assert_status(204);
        let reply = g.get("k");
        for (name, value) in kept {
            assert_eq!(reply.header(name).as_deref(), Some(value), "{name} in {reply}");
        }
    }
    // What no header can carry is kept as S3 keeps it, or refused.
    Form::new(&g.alice, &g.bucket).field("x-amz-meta-a", "1\r\n2").send().assert_status(204);
    g.get("k").assert_header("x-amz-meta-a", "=?UTF-8?B?MQ0KMg==?=");
    let split = Form::new(&g.alice, &g.bucket).field("Content-Type", "a/b\r\nSet-Cookie: x");
    split.send().assert_error(400, "InvalidArgument");
    let large = Form::new(&g.alice, &g.bucket).field("x-amz-meta-a", &"x".repeat(2048));
    large.send().assert_error(400, "MetadataTooLarge");
    // Two fields of one name are one.
    let twice = Form::new(&g.alice, &g.bucket).plain("x-amz-meta-t", "Ninja").plain("x-amz-meta-t", "Stallman");
    twice.condition(json!({ "x-amz-meta-t": "Ninja,Stallman" })).send().assert_status(204);
    g.get("k").assert_header("x-amz-meta-t", "Ninja,Stallman");
}

#[test]
fn names_of_fields_ignore_case_and_headers_of_the_request_do_not_count() {
    let g = Ground::new();
    for client in ways(&g) {
        let form =
            Form::bare(&client, &g.bucket).plain("kEy", "k").plain("aCl", "private").plain("CONTENT-type", "a/b");
        let form = form.condition(json!(["StArTs-WiTh", "$KeY", "k"])).condition(json!({ "AcL": "private" }));
        form.condition(json!(["eq", "$CoNtEnT-TyPe", "a/b"])).send().assert_status(204);
        g.get("k").assert_header("content-type", "a/b");
    }
    // No policy covers the headers.
    let request =
        Form::new(&g.alice, &g.bucket).request().header("x-amz-meta-a", "1").header("cache-control", "no-store");
    request.send().assert_status(204);
    g.get("k").assert_no_header("x-amz-meta-a").assert_no_header("cache-control");
    let owner = |owner: &str| {
        let request = Form::new(&g.alice, &g.bucket).request().header("x-amz-expected-bucket-owner", owner);
        request.send()
    };
    owner(&"0".repeat(64)).assert_error(403, "AccessDenied");
}

#[test]
fn digests_are_checked_before_anything_is_visible() {
    let g = Ground::new();
    // The SHA-256 of two MiB of x.
    let (content, sha256) = ("x".repeat(2 << 20), "aTL9MeXa9HObn6eP93eygxsJlcwdCwCTysgGAZAgE7w=");
    for client in ways(&g) {
        g.alice.delete(&g.path("k"));
        let form = || Form::new(&client, &g.bucket).file("f", content.clone());
        for (name, value, code) in [
            ("x-amz-checksum-sha256", "sailorjerry", "BadDigest"),
            ("x-amz-checksum-sha256", "AAL9MeXa9HObn6eP93eygxsJlcwdCwCTysgGAZAgE7w=", "BadDigest"),
            ("x-amz-checksum-algorithm", "SHA256", "InvalidRequest"),
            ("x-amz-checksum-md5", &md5_base64(b"other"), "BadDigest"),
            ("x-amz-checksum-xxhash3", "AAAAAAAAAAA=", "BadDigest"),
            ("Content-MD5", "nonsense", "InvalidDigest"),
            ("Content-MD5", &md5_base64(b"other"), "BadDigest"),
        ] {
            form().field(name, value).send().assert_error(400, code);
        }
        g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
        form().field("Content-MD5", &md5_base64(content.as_bytes())).send().assert_status(204);
        // No condition needs to cover a checksum.
        let reply = form().plain("x-amz-checksum-sha256", sha256).send().assert_status(204);
        reply.assert_header("x-amz-checksum-sha256", sha256);
        let md5 = md5_base64(content.as_bytes());
        let reply = form().plain("x-amz-checksum-md5", &md5).send().assert_status(204);
        reply.assert_header("x-amz-checksum-md5", &md5);
        let named = form().field("x-amz-checksum-algorithm", "SHA256").plain("x-amz-checksum-sha256", sha256);
        named.send().assert_status(204);
        let asked = g.alice.request("HEAD", &g.path("k")).header("x-amz-checksum-mode", "ENABLED").send();
        asked.assert_status(200).assert_header("x-amz-checksum-sha256", sha256);
    }
}

#[test]
fn what_comes_after_the_file_means_nothing() {
    let g = Ground::new();
    for client in ways(&g) {
        let form = Form::new(&client, &g.bucket).after("submit", "Upload").after("key", "other");
        form.send().assert_status(204);
        assert_eq!(g.keys(""), ["k"]);
        let late = Form::bare(&client, &g.bucket).after("key", "other").send().assert_error(400, "InvalidArgument");
        assert_eq!(late.element("ArgumentName").as_deref(), Some("key"));
        assert_eq!(
            late.element("Message").as_deref(),
            Some(
                "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
            )
        );
    }
}

#[test]
fn only_a_form_is_asked_for() {
    let g = Ground::new();
    let reply = Form::new(&g.alice, &g.bucket).request().expect_continue().send().assert_status(204);
    assert!(reply.continued, "{reply}");
    let other = g.alice.anonymous().request("POST", &g.root()).header("content-type", "text/html").body("x");
    let reply = other.expect_continue().send();
    assert!(!reply.continued, "{reply}");
    reply.assert_error(412, "PreconditionFailed");
}

#[test]
fn a_file_has_the_limit_of_any_other_body() {
    let server = Server::with(&[("limits", "body_bytes_max = 100000")]);
    let g = Ground::on(&server);
    Form::new(&g.alice, &g.bucket).file("f", bytes(100_000)).send().assert_status(204);
    let large = Form::bare(&g.alice, &g.bucket).field("key", "large");
    large.clone().file("f", bytes(100_001)).send().assert_error(400, "EntityTooLarge");
    let huge = large.file("f", bytes(200_000)).request().expect_continue().send();
    assert!(!huge.continued, "{huge}");
    huge.assert_error(400, "EntityTooLarge");
    assert_eq!(g.keys(""), ["k"]);
}

#[test]
fn a_form_may_lock_its_file() {
    let g = locks::ground();
    let form = Form::new(&g.alice, &g.bucket).field("x-amz-object-lock-legal-hold", "ON").file("f", "x");
    form.send().assert_error(400, "InvalidRequest");
    let stored = form.field("Content-MD5", &md5_base64(b"x")).send().assert_status(204);
    locks::remove(&g, "k", &locks::version(&stored), true).assert_error(403, "AccessDenied");
}

#[test]
fn a_form_may_give_its_file_a_list() {
    let g = Ground::new();
    let (alice, bob) = (id(&g.alice), id(&g.bob));
    let acl = || g.alice.get(&format!("{}?acl", g.path("k"))).assert_status(200);
    for client in ways(&g) {
        let form = Form::new(&client, &g.bucket).file("f", "x");
        form.field("acl", "public-read").send().assert_status(204);
        assert_grants(&acl(), &[(ALL_USERS, "READ"), (&alice, "FULL_CONTROL")]);
        let form = Form::new(&client, &g.bucket).file("f", "x");
        form.field("x-amz-grant-read", &format!("id={bob}")).send().assert_status(204);
        assert_grants(&acl(), &[(&bob, "READ")]);
    }
}
