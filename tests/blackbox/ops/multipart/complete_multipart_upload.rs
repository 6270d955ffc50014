//! CompleteMultipartUpload.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the object is there | parts_become_one_object |
//! | 400 EntityTooSmall | a part but the last has less than 5 MiB | parts_have_to_be_there_in_order_and_large_enough |
//! | 400 InvalidPart | a part is not there, or another one | parts_have_to_be_there_in_order_and_large_enough |
//! | 400 InvalidPartOrder | not in ascending order | parts_have_to_be_there_in_order_and_large_enough |
//! | 400 InvalidArgument | a part number or checksum that is none | a_number_out_of_bounds_is_told_apart_from_wrong_xml, checksums::a_completion_names_the_checksums_it_expects |
//! | 400 InvalidRequest | another size, type or checksum than declared | checksums::a_completion_names_the_checksums_it_expects |
//! | 400 MalformedXML | the document is none, or names no part | the_document_has_to_be_right |
//! | 400 BadDigest | the checksum of the whole differs, or the digest of the document | checksums::a_completion_names_the_checksums_it_expects, everywhere::a_document_whose_digest_differs |
//! | 400 InvalidDigest | the digest of the document is none | everywhere::a_document_whose_digest_differs |
//! | 400 MaxMessageLengthExceeded | the document is larger than any | everywhere::a_document_larger_than_any |
//! | 403 AccessDenied | the caller has no right to it | nobody_else_completes_it |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | nothing is there for `If-Match` | it_can_be_made_conditional |
//! | 404 NoSuchUpload | there is no such upload, it was aborted, or completed with other parts | nobody_else_completes_it, completing_again_answers_the_same, everywhere::an_upload_that_is_not_there |
//! | never 409 ConditionalRequestConflict | a write at the same time: one of them is judged on the other | faults::a_conditional_completion_is_not_refused_because_of_its_own_object |
//! | 412 PreconditionFailed | `If-Match` or `If-None-Match` does not hold | it_can_be_made_conditional |

use crate::ops::multipart::{Multipart, PART_BYTES_MIN, document, etag_of};
use crate::ops::{Ground, bytes, insist, locks, md5_base64};

#[test]
fn parts_become_one_object() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "a & b");
    let bodies = [bytes(PART_BYTES_MIN), bytes(PART_BYTES_MIN + 7), bytes(5)];
    let parts: Vec<_> = bodies.iter().zip([1, 5, 9000]).map(|(body, n)| upload.part(n, body.clone())).collect();
    upload.part(2, "left out");
    let reply = upload.complete(&parts).assert_status(200);
    assert!(reply.text().contains("<CompleteMultipartUploadResult xmlns="), "{reply}");
    assert_eq!((reply.element("Bucket"), reply.element("Key").as_deref()), (Some(g.bucket.clone()), Some("a & b")));
    assert_eq!(reply.element("ETag"), Some(format!("\"{}\"", etag_of(&parts))));
    assert!(reply.element("Location").is_some());
    let whole = bodies.concat();
    g.get("a & b").assert_header("etag", &format!("\"{}\"", etag_of(&parts))).assert_body(&whole);
    let listed = g.alice.get(&g.root()).assert_status(200);
    assert_eq!(
        (listed.elements("Key"), listed.elements("Size")),
        (vec!["a & b".to_owned()], vec![whole.len().to_string()])
    );

    let border = PART_BYTES_MIN;
    for (from, to) in [(border - 1, border), (border - 3, border + 3), (0, 0), (whole.len() - 6, whole.len() - 1)] {
        let range = format!("bytes={from}-{to}");
        let reply = g.alice.request("GET", &g.path("a & b")).header("range", range).send().assert_status(206);
        reply.assert_body(&whole[from..=to]);
    }
    let beyond = g.alice.get(&format!("{}?partNumber=4", g.path("a & b"))).assert_error(400, "InvalidPart");
    assert_eq!(beyond.element("ActualPartCount").as_deref(), Some("3"));
    let second = g.alice.get(&format!("{}?partNumber=2", g.path("a & b"))).assert_status(206);
    second.assert_header("x-amz-mp-parts-count", "3").assert_body(&bodies[1]);
}

#[test]
fn completing_again_answers_the_same() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let part = upload.part(1, "x");
    let first = upload.complete(std::slice::from_ref(&part)).assert_status(200);
    let again = upload.complete(&[part]).assert_status(200);
    assert_eq!(again.element("ETag"), first.element("ETag"));
    upload.complete(&[(1, "0".repeat(32))]).assert_error(404, "NoSuchUpload");
    g.get("k").assert_body("x");
}

#[test]
fn a_number_out_of_bounds_is_told_apart_from_wrong_xml() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let part = |number: &str| {
        let document = format!(
            "<CompleteMultipartUpload><Part><PartNumber>{number}</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>"
        );
        g.alice.post(&upload.target(""), document)
    };
    for number in ["-4", "0", "10001", "99999999999"] {
        part(number).assert_error(400, "InvalidArgument");
    }
    part("one").assert_error(400, "MalformedXML");
}

#[test]
fn of_a_part_that_is_named_twice_the_last_naming_counts() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let old = upload.part(1, "sent first");
    let new = upload.part(1, "sent again");
    upload.complete(&[new.clone(), old.clone()]).assert_error(400, "InvalidPart");
    upload.complete(&[old, new]).assert_status(200);
    g.get("k").assert_body("sent again");
}

#[test]
fn the_answer_says_where_the_object_is() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "a/b c");
    let part = upload.part(1, "x");
    let location = upload.complete(&[part]).assert_status(200).element("Location").expect("a Location");
    assert!(location.starts_with("http://") && location.ends_with(&format!("/{}/a%2Fb%20c", g.bucket)), "{location}");
}

#[test]
fn parts_have_to_be_there_in_order_and_large_enough() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let (small, other) = (upload.part(1, "small"), upload.part(2, "other"));
    let reply = upload.complete(&[small.clone(), other.clone()]).assert_error(400, "EntityTooSmall");
    assert_eq!(reply.element("PartNumber").as_deref(), Some("1"));
    upload.complete(&[other.clone(), small.clone()]).assert_error(400, "InvalidPartOrder");
    upload.complete(&[small.clone(), other.clone(), small.clone()]).assert_error(400, "InvalidPartOrder");
    upload.complete(&[small.clone(), (3, other.1.clone())]).assert_error(400, "InvalidPart");
    upload.complete(&[(1, other.1.clone())]).assert_error(400, "InvalidPart");
    g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
    // The upload is as it was.
    assert_eq!(g.alice.get(&upload.target("")).assert_status(200).elements("PartNumber"), ["1", "2"]);
    upload.complete(&[other]).assert_status(200);
    g.get("k").assert_body("other");
}

#[test]
fn the_document_has_to_be_right() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let part = upload.part(1, "x");
    for bad in ["", "x", "<CompleteMultipartUpload/>", "<CompleteMultipartUpload>", "<Other/>"] {
        g.alice.post(&upload.target(""), bad).assert_error(400, "MalformedXML");
    }
    // ETags come with quotes, without, and escaped.
    let plain = document(std::slice::from_ref(&part))
        .replace('"', "")
        .replace("xmlns=http://s3.amazonaws.com/doc/2006-03-01/", "");
    g.alice.post(&upload.target(""), plain).assert_status(200);
    let escaped = document(&[part]).replace("<ETag>\"", "<ETag>&quot;").replace("\"</ETag>", "&quot;</ETag>");
    g.alice.post(&upload.target(""), escaped).assert_status(200);
}

#[test]
fn it_can_be_made_conditional() {
    let g = Ground::new();
    g.put("k", "kept");
    let upload = Multipart::open(&g, "k");
    let part = upload.part(1, "new");
    let guarded = g.alice.request("POST", &upload.target("")).header("if-none-match", "*");
    guarded.body(document(std::slice::from_ref(&part))).send().assert_error(412, "PreconditionFailed");
    let matching = |key: &str, etag: &str| {
        let upload = Multipart::open(&g, key);
        let parts = document(&[upload.part(1, "other")]);
        g.alice.request("POST", &upload.target("")).header("if-match", etag).body(parts).send()
    };
    matching("k", "\"0\"").assert_error(412, "PreconditionFailed");
    matching("none", "\"0\"").assert_error(404, "NoSuchKey");
    g.get("k").assert_body("kept");
    upload.complete(&[part]).assert_status(200);
    let etag = g.get("k").assert_body("new").etag();
    matching("k", &etag).assert_status(200);
    g.get("k").assert_body("other");
}

#[test]
fn nobody_else_completes_it() {
    let g = Ground::new();
    let upload = Multipart::open(&g, "k");
    let part = upload.part(1, "x");
    g.bob.post(&upload.target(""), document(std::slice::from_ref(&part))).assert_error(403, "AccessDenied");
    g.alice.anonymous().post(&upload.target(""), document(&[part])).assert_error(403, "AccessDenied");
    g.alice
        .post(&format!("{}?uploadId=nope", g.path("k")), document(&[(1, "0".repeat(32))]))
        .assert_error(404, "NoSuchUpload");
    g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
}

/// Completion and abort at once: one of them, and what it said is so.
#[test]
fn one_of_complete_and_abort_wins() {
    let g = Ground::new();
    for round in 0..6 {
        let key = format!("k{round}");
        let upload = Multipart::open(&g, &key);
        let part = upload.part(1, "x");
        let (completed, aborted) = std::thread::scope(|scope| {
            let abort = scope.spawn(|| insist(|| g.alice.delete(&upload.target(""))));
            let completed = insist(|| upload.complete(std::slice::from_ref(&part)));
            (completed, abort.join().expect("the abort was answered"))
        });
        let there = g.alice.get(&g.path(&key));
        match (completed.status, aborted.status) {
            (200, 404) => drop(there.assert_status(200).assert_body("x")),
            // An abort that was made and not heard of finds nothing to abort.
            (404, 204 | 404) => drop(there.assert_error(404, "NoSuchKey")),
            _ => panic!("round {round}: completion {completed}\nabort {aborted}"),
        }
    }
}

#[test]
fn a_lock_comes_with_the_upload_or_from_the_bucket() {
    let g = locks::ground();
    let complete = |key: &str, open: crate::client::Reply| {
        let upload = open.element("UploadId").expect("an upload has an id");
        let target = format!("{}?partNumber=1&uploadId={upload}", g.path(key));
        g.alice.put(&target, "part").assert_error(400, "InvalidRequest");
        let part = g.alice.request("PUT", &target).header("content-md5", md5_base64(b"part")).body("part").send();
        let parts = document(&[(1, part.assert_status(200).etag())]);
        let done = g.alice.post(&format!("{}?uploadId={upload}", g.path(key)), parts).assert_status(200);
        locks::remove(&g, key, &locks::version(&done), true)
    };
    let open = |key: &str| g.alice.request("POST", &format!("{}?uploads", g.path(key))).body("");
    open("x").header("x-amz-object-lock-mode", "GOVERNANCE").send().assert_error(400, "InvalidArgument");
    let held = open("held").header("x-amz-object-lock-legal-hold", "ON").send().assert_status(200);
    complete("held", held).assert_error(403, "AccessDenied");
    locks::configure(&g, "<Mode>COMPLIANCE</Mode><Days>1</Days>").assert_status(200);
    let ruled = open("ruled").send().assert_status(200);
    complete("ruled", ruled).assert_error(403, "AccessDenied");
}
