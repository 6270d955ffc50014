//! Forms that are refused whatever their policy says: senders, enclosure, size, and what this server does not do.

use serde_json::json;

use super::ways;
use crate::client::{Form, Reply};
use crate::ops::{Ground, bytes, fresh_bucket_name};

#[track_caller]
fn argument(reply: &Reply, name: &str) {
    assert_eq!(reply.element("ArgumentName").as_deref(), Some(name), "{reply}");
    assert!(reply.element("ArgumentValue").is_some(), "{reply}");
}

#[test]
fn wrong_signatures_and_unknown_keys() {
    let g = Ground::new();
    for client in ways(&g) {
        let wrong = Form::new(&client.keys(crate::harness::ALICE.access, "wrong"), &g.bucket);
        let reply = wrong.send().assert_error(403, "SignatureDoesNotMatch");
        let sent = wrong.signed().into_iter().find(|(name, _)| name == "policy").map(|(_, policy)| policy);
        assert_eq!(reply.element("StringToSign"), sent);
        Form::new(&client.keys("AKNOBODY00000000000", "wrong"), &g.bucket)
            .send()
            .assert_error(403, "InvalidAccessKeyId");
        // A policy that was changed after signing is not even looked at.
        let request = Form::new(&client, &g.bucket).request().tamper(|wire| {
            let at = wire.body.windows(13).position(|w| w == b"name=\"policy\"").expect("has a policy");
            wire.body[at + 20] ^= 1;
        });
        request.send().assert_error(403, "SignatureDoesNotMatch");
        let token = Form::new(&client, &g.bucket).field("x-amz-security-token", "t").send();
        token.assert_error(400, "InvalidToken");
    }
    assert!(g.keys("").is_empty());
}

#[test]
fn a_signature_has_all_its_fields() {
    let g = Ground::new();
    let v4 = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "Policy"];
    for name in v4 {
        let reply = Form::new(&g.alice.v4(), &g.bucket).without(name).send().assert_error(400, "InvalidArgument");
        argument(&reply, name);
    }
    for name in ["AWSAccessKeyId", "Signature", "Policy"] {
        let reply = Form::new(&g.alice.v2(), &g.bucket).without(name).send().assert_error(400, "InvalidArgument");
        argument(&reply, name);
    }
    let both = Form::new(&g.alice.v4(), &g.bucket).field("AWSAccessKeyId", "x").field("signature", "y");
    both.send().assert_error(400, "InvalidArgument");
    assert!(g.keys("").is_empty());
}

#[test]
fn only_who_may_write_the_bucket() {
    let g = Ground::new();
    for client in [g.bob.v4(), g.bob.v2(), g.bob.bucket_host(&g.bucket, "localhost")] {
        Form::new(&client, &g.bucket).send().assert_error(403, "AccessDenied");
    }
    let anonymous = Form::new(&g.alice.anonymous(), &g.bucket);
    anonymous.send().assert_error(403, "AccessDenied");
    // A policy that nobody signed means nothing.
    anonymous.plain("policy", "e30=").send().assert_error(403, "AccessDenied");
    Form::new(&g.alice.v4(), &fresh_bucket_name()).send().assert_error(404, "NoSuchBucket");
    // A signature elsewhere than in the fields has no policy.
    let form = Form::bare(&g.alice.anonymous(), &g.bucket).plain("key", "k");
    for client in [g.alice.v4(), g.alice.v2(), g.alice.v4_presigned(), g.alice.v2_presigned()] {
        let request = client.request("POST", &g.root()).body(form.body());
        let request = request.header("Content-Type", form.content_type());
        request.send().assert_error(400, "InvalidArgument");
    }
    assert!(g.keys("").is_empty());
}

#[test]
fn what_is_no_form() {
    let g = Ground::new();
    for client in ways(&g) {
        let form = Form::new(&client, &g.bucket);
        let typed = |content_type: &str| {
            let request = form.request().tamper({
                let (from, to) = (form.content_type(), content_type.to_owned());
                move |wire| wire.head = wire.head.replace(&from, &to)
            });
            request.send()
        };
        for other in ["text/html", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x", ""] {
            let reply = typed(other).assert_error(412, "PreconditionFailed");
            let condition = "Bucket POST must be of the enclosure-type multipart/form-data";
            assert_eq!(reply.element("Condition").as_deref(), Some(condition));
        }
        for other in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"] {
            typed(other).assert_error(400, "MalformedPOSTRequest");
        }
        let quoted = form.content_type().replace("boundary=", "Boundary=\"") + "\"; charset=utf-8";
        typed(&quoted).assert_status(204);
        g.alice.delete(&g.path("k"));
    }
    let without = Form::new(&g.alice, &g.bucket).request().tamper(|wire| {
        let length = wire.body.len();
        wire.head = wire.head.replace(&format!("Content-Length: {length}\r\n"), "");
        wire.body.clear();
    });
    without.send().assert_error(411, "MissingContentLength");
    assert!(g.keys("").is_empty());
}

#[test]
fn exactly_one_file_and_a_key() {
    let g = Ground::new();
    for client in ways(&g) {
        let form = || Form::new(&client, &g.bucket);
        let none = form().without_file().send().assert_error(400, "InvalidArgument");
        argument(&none, "file");
        assert_eq!(none.element("Message").as_deref(), Some("POST requires exactly one file upload per request."));
        let two = form().after("file", "another");
        two.send().assert_error(400, "IncorrectNumberOfFilesInPostRequest");
        two.file("f", bytes(300_000)).send().assert_error(400, "IncorrectNumberOfFilesInPostRequest");
        argument(&Form::bare(&client, &g.bucket).send().assert_error(400, "InvalidArgument"), "key");
        let empty = Form::bare(&client, &g.bucket).field("key", "").send().assert_error(400, "InvalidArgument");
        argument(&empty, "key");
        let long = Form::bare(&client, &g.bucket).field("key", &"k".repeat(1025)).send();
        long.assert_error(400, "KeyTooLongError");
    }
    assert!(g.keys("").is_empty());
}

#[test]
fn a_form_is_small_beside_its_file() {
    let g = Ground::new();
    for client in ways(&g) {
        let padded = |bytes: usize| Form::new(&client, &g.bucket).plain("x-ignore-padding", &"x".repeat(bytes));
        padded(15_000).file("f", bytes(100_000)).send().assert_status(204);
        g.alice.delete(&g.path("k"));
        let reply = padded(20_480).send().assert_error(400, "MaxPostPreDataLengthExceeded");
        assert_eq!(reply.element("MaxPostPreDataLengthBytes").as_deref(), Some("20480"));
        // A file by another name is a field, and too large for one.
        let misnamed = Form::new(&client, &g.bucket).without_file().plain("upload", &"x".repeat(300_000));
        misnamed.send().assert_error(400, "MaxPostPreDataLengthExceeded");
    }
    assert!(g.keys("").is_empty());
}

#[test]
fn a_body_that_is_cut_stores_nothing() {
    let g = Ground::new();
    for length in [10, 300_000] {
        let wire = Form::new(&g.alice, &g.bucket).file("f", bytes(length)).request().wire();
        for cut in [wire.body.len() / 2, wire.body.len() - 10, wire.body.len() - 4] {
            let mut connection = g.alice.connect();
            connection.send(&wire.head_bytes()).expect("sends");
            connection.send(&wire.body[..cut]).expect("sends");
            connection.finish();
            if let Ok(reply) = connection.read(false) {
                reply.assert_error(400, "IncompleteBody");
            }
            g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
        }
        // A body of the right length without its last boundary.
        let unended = Form::new(&g.alice, &g.bucket).file("f", bytes(length)).request().tamper(|wire| {
            let end = wire.body.len();
            wire.body[end - 10..].fill(b'x');
        });
        unended.send().assert_error(400, "MalformedPOSTRequest");
        g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
    }
}

#[test]
fn what_is_not_implemented_is_refused_and_never_half_done() {
    let g = Ground::new();
    for client in ways(&g) {
        for (name, value, status, code) in [
            ("x-amz-server-side-encryption", "AES256", 501, "NotImplemented"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "x", 501, "NotImplemented"),
            ("x-amz-server-side-encryption-customer-algorithm", "AES256", 501, "NotImplemented"),
            ("acl", "open", 400, "InvalidArgument"),
            ("x-amz-storage-class", "FASTEST", 400, "InvalidStorageClass"),
            ("tagging", "no tags", 400, "MalformedXML"),
        ] {
            Form::new(&client, &g.bucket).field(name, value).send().assert_error(status, code);
        }
    }
    let form = Form::new(&g.alice, &g.bucket).plain("tagging", "<Tagging><TagSet></TagSet></Tagging>");
    assert!(g.keys("").is_empty());
    form.condition(json!(["starts-with", "$tagging", ""])).send().assert_status(204);
}

#[test]
fn a_form_is_sent_to_its_bucket() {
    let g = Ground::new();
    let form = Form::new(&g.alice, &g.bucket);
    let at = |target: &str| {
        let request = g.alice.anonymous().request("POST", target).body(form.body());
        request.header("Content-Type", form.content_type()).send()
    };
    assert!(at(&g.path("k")).status == 405, "a key");
    at(&format!("{}?restore", g.root())).assert_error(501, "NotImplemented");
    at(&format!("/{}/", g.bucket)).assert_status(204);
}
