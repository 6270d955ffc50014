//! UploadPartCopy. AWS begins such an answer with 200 and may end it with an error document.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the part is copied | parts_come_from_objects_whole_or_in_ranges |
//! | 400 InvalidArgument | a range, source or number that is none | ranges_and_conditions_are_judged_first |
//! | 400 InvalidRequest | more than 5 GiB | upload_part_copy::a_part_has_at_most_five_gib |
//! | 403 AccessDenied | the caller has no right to it | a_foreign_source_is_denied |
//! | 404 NoSuchBucket | neither bucket may be missing | everywhere::a_bucket_that_is_not_there, ranges_and_conditions_are_judged_first |
//! | 404 NoSuchKey | there is no source | ranges_and_conditions_are_judged_first |
//! | 404 NoSuchVersion | there is no such version of the source | ranges_and_conditions_are_judged_first |
//! | 404 NoSuchUpload | there is no such upload, or it is closed | everywhere::an_upload_that_is_not_there |
//! | 412 PreconditionFailed | a condition on the source does not hold | ranges_and_conditions_are_judged_first |
//! | 416 InvalidRange | the range ends behind the end | ranges_and_conditions_are_judged_first |

use crate::client::{Reply, encode};
use crate::ops::multipart::{Multipart, PART_BYTES_MIN};
use crate::ops::{Ground, bytes, fresh_bucket_name, md5_hex};

fn copy(g: &Ground, upload: &Multipart<'_>, number: u32, source: &str, headers: &[(&str, &str)]) -> Reply {
    let source = format!("/{}/{}", g.bucket, encode(source));
    let request = g.alice.request("PUT", &upload.target(&format!("partNumber={number}&")));
    let request = request.header("x-amz-copy-source", source);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send()
}

#[test]
fn parts_come_from_objects_whole_or_in_ranges() {
    let g = Ground::new();
    let source = bytes(PART_BYTES_MIN + 1000);
    g.put("s", source.clone());
    g.put("tiny", "tiny");
    let upload = Multipart::open(&g, "k");
    let range = format!("bytes=0-{}", PART_BYTES_MIN - 1);
    let first = copy(&g, &upload, 1, "s", &[("x-amz-copy-source-range", &range)]).assert_status(200);
    let expected = md5_hex(&source[..PART_BYTES_MIN]);
    assert_eq!(first.element("ETag"), Some(format!("\"{expected}\"")), "{first}");
    assert!(first.text().contains("<CopyPartResult"), "{first}");
    let second = copy(&g, &upload, 2, "tiny", &[]).assert_status(200);
    assert_eq!(second.element("ETag"), Some(format!("\"{}\"", md5_hex(b"tiny"))));
    g.alice.delete(&g.path("s")).assert_status(204);
    upload.complete(&[(1, expected), (2, md5_hex(b"tiny"))]).assert_status(200);
    g.get("k").assert_body([&source[..PART_BYTES_MIN], b"tiny"].concat());
}

#[test]
fn a_multipart_object_can_be_a_source() {
    let g = Ground::new();
    let made = Multipart::open(&g, "s");
    let parts = [made.part(1, bytes(PART_BYTES_MIN)), made.part(2, "tail")];
    made.complete(&parts).assert_status(200);
    let upload = Multipart::open(&g, "k");
    let range = format!("bytes={}-{}", PART_BYTES_MIN - 2, PART_BYTES_MIN + 1);
    copy(&g, &upload, 1, "s", &[("x-amz-copy-source-range", &range)]).assert_status(200);
    let body = [&bytes(PART_BYTES_MIN)[PART_BYTES_MIN - 2..], b"ta"].concat();
    upload.complete(&[(1, md5_hex(&body))]).assert_status(200);
    g.get("k").assert_body(body);
}

#[test]
fn ranges_and_conditions_are_judged_first() {
    let g = Ground::new();
    let etag = g.put("s", "0123456789").etag();
    let upload = Multipart::open(&g, "k");
    for range in ["bytes=5-2", "bytes=3-", "bytes=-3", "0-1", "bytes=0", "bytes=x-y", "bytes=0-y", "bytes=0-2,3-5"] {
        let reply = copy(&g, &upload, 1, "s", &[("x-amz-copy-source-range", range)]);
        reply.assert_error(400, "InvalidArgument");
    }
    for range in ["bytes=0-10", "bytes=10-11"] {
        let beyond = copy(&g, &upload, 1, "s", &[("x-amz-copy-source-range", range)]).assert_error(416, "InvalidRange");
        let (asked, there) = (beyond.element("RangeRequested"), beyond.element("ActualObjectSize"));
        assert_eq!((asked.as_deref(), there.as_deref()), (Some(range), Some("10")));
    }
    // A date that has not come yet is no condition.
    let future = [("x-amz-copy-source-if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")];
    let other = Multipart::open(&g, "other");
    copy(&g, &other, 1, "s", &future).assert_status(200);
    for (name, value, condition) in [
        ("x-amz-copy-source-if-match", "\"0\"", "x-amz-copy-source-If-Match"),
        ("x-amz-copy-source-if-none-match", &etag, "x-amz-copy-source-If-None-Match"),
    ] {
        let reply = copy(&g, &upload, 1, "s", &[(name, value)]).assert_error(412, "PreconditionFailed");
        assert_eq!(reply.element("Condition").as_deref(), Some(condition));
    }
    copy(&g, &upload, 1, "none", &[]).assert_error(404, "NoSuchKey");
    let from = |source: String| {
        let request = g.alice.request("PUT", &upload.target("partNumber=1&"));
        request.header("x-amz-copy-source", source).send()
    };
    from(format!("{}?versionId={}", g.path("s"), "0".repeat(32))).assert_error(404, "NoSuchVersion");
    from(format!("/{}/k", fresh_bucket_name())).assert_error(404, "NoSuchBucket");
    copy(&g, &upload, 0, "s", &[]).assert_error(400, "InvalidArgument");
    copy(&g, &upload, 10_001, "s", &[]).assert_error(400, "InvalidArgument");
    assert!(g.alice.get(&upload.target("")).assert_status(200).elements("PartNumber").is_empty());
}

#[test]
fn a_foreign_source_is_denied() {
    let g = Ground::new();
    let bobs = fresh_bucket_name();
    g.bob.put(&format!("/{bobs}"), "").assert_status(200);
    g.bob.put(&format!("/{bobs}/secret"), "bob's").assert_status(200);
    let upload = Multipart::open(&g, "k");
    let request = g.alice.request("PUT", &upload.target("partNumber=1&"));
    request.header("x-amz-copy-source", format!("/{bobs}/secret")).send().assert_error(403, "AccessDenied");
    g.put("mine", "x");
    let request = g.bob.request("PUT", &upload.target("partNumber=1&"));
    request.header("x-amz-copy-source", format!("/{bobs}/secret")).send().assert_error(403, "AccessDenied");
    assert!(g.alice.get(&upload.target("")).assert_status(200).elements("PartNumber").is_empty());
}
