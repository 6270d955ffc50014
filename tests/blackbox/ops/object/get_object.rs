//! GetObject.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | the whole object | an_object_comes_with_its_headers |
//! | 206 | a range, or a part | ranges_are_exact_inline_and_in_chunks, a_part_number_of_an_object_without_parts_is_1 |
//! | 304 | `If-None-Match` or `If-Modified-Since` finds nothing new | conditions_are_judged_in_order |
//! | 400 InvalidArgument | a part number or version that is none, a header that would split the answer | a_part_number_of_an_object_without_parts_is_1, the_only_version_is_null, a_signed_request_can_choose_headers_of_the_answer |
//! | 400 InvalidPart | the object has fewer parts | a_part_number_of_an_object_without_parts_is_1 |
//! | 400 InvalidRequest | a range and a part at once; anonymous `response-*` | a_part_number_of_an_object_without_parts_is_1, elsewhere::whoever_does_not_sign_chooses_no_headers_of_the_answer |
//! | 403 AccessDenied | no right to read, or none to know that the key is not there | access::a_foreign_bucket_hides_which_keys_it_has |
//! | never 403 InvalidObjectState | the object is archived: nothing can be | put_object::what_is_not_implemented_is_refused_and_never_half_done |
//! | 404 NoSuchBucket | there is no such bucket | everywhere::a_bucket_that_is_not_there |
//! | 404 NoSuchKey | there is no such object, or a delete marker is on top | a_missing_key_is_named, everywhere::a_key_or_a_version_that_is_not_there |
//! | 404 NoSuchVersion | there is no such version | everywhere::a_key_or_a_version_that_is_not_there |
//! | 405 MethodNotAllowed | the version is a delete marker | everywhere::a_key_or_a_version_that_is_not_there |
//! | 412 PreconditionFailed | `If-Match` or `If-Unmodified-Since` does not hold | conditions_are_judged_in_order |
//! | 416 InvalidRange | the range begins behind the end | ranges_are_exact_inline_and_in_chunks |

use crate::client::{Reply, encode_value};
use crate::ops::{Ground, bytes};

#[test]
fn an_object_comes_with_its_headers() {
    let g = Ground::new();
    let etag = g.put("k", "hello").etag();
    let reply =
        g.alice.get(&g.path("k")).assert_status(200).assert_body("hello").assert_header("accept-ranges", "bytes");
    let reply = reply.assert_header("content-length", "5").assert_header("etag", &format!("\"{etag}\""));
    let modified = reply.header("last-modified").expect("an object has a time");
    assert!(modified.ends_with(" GMT") && modified.len() == 29, "{modified}");
    assert!(reply.header("x-amz-request-id").is_some() && reply.header("x-amz-id-2").is_some(), "{reply}");
    assert!(reply.header("date").is_some(), "{reply}");
}

#[test]
fn a_missing_key_is_named() {
    let g = Ground::new();
    let reply = g.alice.get(&g.path("no/such & key")).assert_error(404, "NoSuchKey");
    assert_eq!(reply.element("Key").as_deref(), Some("no/such & key"));
    assert_eq!(reply.element("Resource"), Some(format!("/{}/no/such & key", g.bucket)));
    assert_eq!(reply.element("RequestId"), reply.header("x-amz-request-id"));
}

#[test]
fn ranges_are_exact_inline_and_in_chunks() {
    let g = Ground::new();
    for size in [10, 3_000_000] {
        let body = bytes(size);
        g.put("k", body.clone());
        let last = size - 1;
        for (header, from, to) in [
            ("bytes=0-0".to_owned(), 0, 1),
            ("bytes=0-4".to_owned(), 0, 5),
            (format!("bytes={last}-{last}"), last, size),
            ("bytes=3-".to_owned(), 3, size),
            ("bytes=-3".to_owned(), size - 3, size),
            (format!("bytes=-{}", size + 10), 0, size),
            (format!("bytes=5-{}", size + 10), 5, size),
            (format!("bytes={}-{}", size / 3, size / 3 * 2), size / 3, size / 3 * 2 + 1),
        ] {
            let reply = g.alice.request("GET", &g.path("k")).header("range", &header).send().assert_status(206);
            let reply = reply.assert_header("content-range", &format!("bytes {from}-{}/{size}", to - 1));
            reply.assert_header("content-length", &(to - from).to_string()).assert_body(&body[from..to]);
        }
        for (header, _) in [("bytes=4-2", 0), ("bytes=0-1,3-4", 0), ("bytes=x-y", 0), ("lines=1-2", 0), ("bytes=-", 0)]
        {
            let reply = g.alice.request("GET", &g.path("k")).header("range", header).send().assert_status(200);
            reply.assert_no_header("content-range").assert_body(&body);
        }
        for header in [format!("bytes={size}-"), format!("bytes={}-{}", size, size + 5), "bytes=-0".to_owned()] {
            let reply = g.alice.request("GET", &g.path("k")).header("range", &header).send();
            let reply =
                reply.assert_error(416, "InvalidRange").assert_header("content-range", &format!("bytes */{size}"));
            assert_eq!(reply.element("ActualObjectSize"), Some(size.to_string()));
        }
    }
    g.put("empty", "");
    g.alice.request("GET", &g.path("empty")).header("range", "bytes=0-0").send().assert_error(416, "InvalidRange");
}

/// Every combination that RFC 9110 orders, on GET and, with the same statuses, on HEAD.
#[test]
fn conditions_are_judged_in_order() {
    let g = Ground::new();
    g.alice.request("PUT", &g.path("k")).header("cache-control", "no-cache").body("x").send().assert_status(200);
    let reply = g.get("k");
    let (bare, modified) = (reply.etag(), reply.header("last-modified").expect("a time"));
    let etag = format!("\"{bare}\"");
    let (other, past, future) = ("\"0\"", "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT");
    let cases: &[(&[(&str, &str)], u16)] = &[
        (&[("if-match", &etag)], 200),
        (&[("if-match", &bare)], 200),
        (&[("if-match", "*")], 200),
        (&[("if-match", other)], 412),
        (&[("if-none-match", &etag)], 304),
        (&[("if-none-match", "*")], 304),
        (&[("if-none-match", other)], 200),
        (&[("if-modified-since", past)], 200),
        (&[("if-modified-since", &modified)], 304),
        (&[("if-modified-since", "nonsense")], 200),
        (&[("if-unmodified-since", past)], 412),
        (&[("if-unmodified-since", &modified)], 200),
        (&[("if-unmodified-since", future)], 200),
        (&[("if-match", &etag), ("if-unmodified-since", past)], 200),
        (&[("if-none-match", other), ("if-modified-since", &modified)], 200),
        (&[("if-none-match", &etag), ("if-modified-since", past)], 304),
        (&[("if-match", other), ("if-none-match", &etag)], 412),
    ];
    for (headers, status) in cases {
        for method in ["GET", "HEAD"] {
            let request = headers.iter().fold(g.alice.request(method, &g.path("k")), |r, (n, v)| r.header(n, v));
            let reply = request.send();
            assert_eq!(reply.status, *status, "{method} with {headers:?}: {reply}");
            if *status == 304 {
                let reply =
                    reply.assert_body("").assert_header("etag", &etag).assert_header("cache-control", "no-cache");
                assert!(reply.header("last-modified").is_some(), "{reply}");
            } else if *status == 412 && method == "GET" {
                reply.assert_error(412, "PreconditionFailed");
            }
        }
    }
}

#[test]
fn a_signed_request_can_choose_headers_of_the_answer() {
    let g = Ground::new();
    g.alice.request("PUT", &g.path("k")).header("content-type", "text/plain").body("x").send().assert_status(200);
    let overrides = [
        ("content-type", "image/x y"),
        ("content-language", "fr"),
        ("expires", "Thu, 01 Dec 1994 16:00:00 GMT"),
        ("cache-control", "no-cache"),
        ("content-disposition", "attachment; filename=\"ü.txt\""),
        ("content-encoding", "gzip"),
    ];
    let query: Vec<String> = overrides.iter().map(|(n, v)| format!("response-{n}={}", encode_value(v))).collect();
    let target = format!("{}?{}", g.path("k"), query.join("&"));
    for client in [g.alice.v4(), g.alice.v2(), g.alice.v4_presigned(), g.alice.v2_presigned()] {
        let reply = client.get(&target).assert_status(200).assert_body("x");
        for (name, value) in overrides {
            assert_eq!(reply.header(name).as_deref(), Some(value), "{name} in {reply}");
        }
    }
    for split in ["a%0D%0Ab", "a%0Ab", "a%00"] {
        let reply: Reply = g.alice.get(&format!("{}?response-content-type={split}", g.path("k")));
        reply.assert_error(400, "InvalidArgument");
    }
    g.alice.anonymous().get(&target).assert_error(403, "AccessDenied");
}

#[test]
fn a_part_number_of_an_object_without_parts_is_1() {
    let g = Ground::new();
    g.put("k", "x");
    g.alice.get(&format!("{}?partNumber=1", g.path("k"))).assert_status(206).assert_body("x");
    g.alice.get(&format!("{}?partNumber=1", g.path("k"))).assert_no_header("x-amz-mp-parts-count");
    let beyond = g.alice.get(&format!("{}?partNumber=2", g.path("k"))).assert_error(400, "InvalidPart");
    let (asked, there) = (beyond.element("PartNumberRequested"), beyond.element("ActualPartCount"));
    assert_eq!((asked.as_deref(), there.as_deref()), (Some("2"), Some("1")));
    g.alice.head(&format!("{}?partNumber=2", g.path("k"))).assert_status(400).assert_body("");
    for bad in ["0", "10001", "-1", "x", ""] {
        g.alice.get(&format!("{}?partNumber={bad}", g.path("k"))).assert_error(400, "InvalidArgument");
    }
    let both = g.alice.request("GET", &format!("{}?partNumber=1", g.path("k"))).header("range", "bytes=0-0").send();
    both.assert_error(400, "InvalidRequest");
}

#[test]
fn the_only_version_is_null() {
    let g = Ground::new();
    g.put("k", "x");
    g.alice.get(&format!("{}?versionId=null", g.path("k"))).assert_status(200).assert_body("x");
    g.alice.get(&format!("{}?versionId=abc", g.path("k"))).assert_error(400, "InvalidArgument");
}

#[test]
fn virtual_host_and_absolute_requests_reach_the_same_object() {
    let g = Ground::new();
    g.put("a b/ü", "x");
    let target = format!("/{}", crate::client::encode("a b/ü"));
    for client in [g.alice.v2(), g.alice.v4()] {
        client.bucket_host(&g.bucket, "localhost").get(&target).assert_status(200).assert_body("x");
        // s3cmd through proxy_host.
        let absolute = client.request("GET", &g.path("a b/ü")).absolute("http://localhost").send();
        absolute.assert_status(200).assert_body("x");
    }
}

#[test]
fn a_reader_of_an_overwritten_object_gets_one_version_whole() {
    let g = Ground::new();
    let (one, two) = (vec![b'1'; 2_000_000], vec![b'2'; 2_000_000]);
    g.put("k", one.clone());
    std::thread::scope(|scope| {
        let writer =
            scope.spawn(|| (0..6).for_each(|i| drop(g.put("k", if i % 2 == 0 { two.clone() } else { one.clone() }))));
        let mut reads = 0;
        while !writer.is_finished() || reads < 4 {
            let body = g.get("k").body;
            assert!(body == one || body == two, "a mixture of two versions, {} bytes", body.len());
            reads += 1;
        }
    });
}

#[test]
fn if_range_gives_all_of_what_has_changed() {
    let g = Ground::new();
    let put = g.put("k", "0123456789");
    let etag = put.header("etag").expect("an ETag");
    let get = |validator: &str| {
        g.alice.request("GET", &g.path("k")).header("range", "bytes=2-4").header("if-range", validator).send()
    };
    get(&etag).assert_status(206).assert_body("234");
    let date = g.get("k").header("last-modified").expect("a date");
    get(&date).assert_status(206).assert_body("234");
    for stale in ["\"0\"", "Thu, 01 Jan 2015 00:00:00 GMT", "nonsense"] {
        get(stale).assert_status(200).assert_body("0123456789");
    }
}

#[test]
fn what_is_not_modified_says_which_version_it_is() {
    let g = Ground::new();
    g.versioning("Enabled");
    let put = g.put("k", "x");
    let (etag, version) = (put.header("etag").expect("an ETag"), put.header("x-amz-version-id").expect("a version"));
    let reply = g.alice.request("GET", &g.path("k")).header("if-none-match", &etag).send().assert_status(304);
    reply.assert_header("x-amz-version-id", &version);
}
