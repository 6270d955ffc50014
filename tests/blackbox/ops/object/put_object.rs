//! PutObject.
//!
//! | answer | when | test |
//! |---|---|---|
//! | 200 | it is stored | bytes_of_every_size_come_back |
//! | 400 AccessControlListNotSupported | a list in a bucket without them | an_object_gets_the_list_it_is_put_with |
//! | 400 BadDigest | the digest or checksum differs | a_digest_that_does_not_fit_stores_nothing |
//! | 400 InvalidDigest | `Content-MD5` is none | a_digest_that_does_not_fit_stores_nothing |
//! | 400 EntityTooLarge | larger than a PUT may be | a_body_larger_than_the_limit_is_refused_before_it_is_sent |
//! | 400 IncompleteBody | fewer bytes than announced | a_short_body_stores_nothing |
//! | 400 InvalidArgument | a list or lock header that is none | what_is_not_implemented_is_refused_and_never_half_done, a_lock_comes_with_the_object |
//! | 400 InvalidRedirectLocation | neither URL nor path | what_is_not_implemented_is_refused_and_never_half_done |
//! | 400 InvalidRequest | two checksums, an unknown one, one that was announced and does not come; a lock without a digest, or without locks | there_is_one_checksum_and_it_is_the_announced_one, a_lock_comes_with_the_object |
//! | 400 InvalidStorageClass | an unknown class | what_is_not_implemented_is_refused_and_never_half_done |
//! | 400 InvalidTag | tags that are none | get_object_tagging::a_put_and_an_upload_bring_tags_along |
//! | 400 KeyTooLongError | the key has more than 1,024 bytes | a_key_too_long_is_refused |
//! | 400 MetadataTooLarge | more than 2 KB of metadata | metadata_may_be_latin_1_and_has_a_limit |
//! | 400 UnresolvableGrantByEmailAddress | nobody has this address | what_is_not_implemented_is_refused_and_never_half_done |
//! | 400 XAmzContentSHA256Mismatch | the signed hash is of another body | refusals::bodies_that_are_not_what_was_signed |
//! | never 400 EncryptionTypeMismatch | encryption is 501 | what_is_not_implemented_is_refused_and_never_half_done |
//! | never 400 InvalidWriteOffset | appends are of directory buckets, and 501 | an_append_is_not_a_put |
//! | never 400 TooManyParts | the same | an_append_is_not_a_put |
//! | 403 AccessDenied | no right to it; another owner than expected; public lists are blocked | only_an_allowed_body_is_asked_for, there_has_to_be_a_bucket, an_object_gets_the_list_it_is_put_with |
//! | 404 NoSuchBucket | there is no such bucket | there_has_to_be_a_bucket |
//! | 404 NoSuchKey | nothing is there for `If-Match` | a_create_can_be_made_conditional |
//! | never 409 ConditionalRequestConflict | whoever lost is told 412, and who cannot know 503, which the SDKs repeat | races::one_of_200_conditional_creates_wins |
//! | 411 MissingContentLength | no length | a_body_has_a_length |
//! | 412 PreconditionFailed | `If-Match` or `If-None-Match` does not hold | a_create_can_be_made_conditional |
//! | 501 NotImplemented | `If-Match` and `If-None-Match` at once | two_conditions_at_once_are_not_implemented |
//! | 501 NotImplemented | encryption, archives, and what else is not here | what_is_not_implemented_is_refused_and_never_half_done |

use crate::client::Payload;
use crate::ops::acls::{ALL_USERS, assert_grants, id};
use crate::ops::bucket::put_bucket_ownership_controls::own;
use crate::ops::bucket::put_public_access_block::block;
use crate::ops::{Ground, bytes, fresh_bucket_name, locks, md5_base64, md5_hex};

#[test]
fn bytes_of_every_size_come_back() {
    let g = Ground::new();
    for size in [0, 1, 4095, 8191, 8192, 8193, 65_537, 262_145, 1 << 20, (1 << 20) + 1, 3_000_001] {
        let body = bytes(size);
        let key = format!("size-{size}");
        let reply = g.alice.put(&g.path(&key), body.clone()).assert_status(200).assert_body("");
        assert_eq!(reply.etag(), md5_hex(&body), "{size}");
        g.get(&key).assert_header("content-length", &size.to_string()).assert_body(body);
    }
}

#[test]
fn keys_of_every_kind_are_kept_apart() {
    let g = Ground::new();
    let longest = "ä".repeat(512);
    let mut keys = vec![
        "a",
        "a/",
        "a//",
        "/a",
        "//",
        ".",
        "..",
        "../../etc/passwd",
        "a/../b",
        "+",
        " ",
        "a b",
        "%",
        "%2F",
        "%20",
        "a?b",
        "a#b",
        "a&b=c",
        "ä",
        "日本",
        "\u{1}",
        "\r\n",
        "\u{ffff}",
        "\u{10ffff}",
        "<&>\"'",
        "\\",
        &longest,
    ];
    for key in &keys {
        g.put(key, *key);
    }
    for key in &keys {
        g.get(key).assert_body(key);
        g.alice.v2().get(&g.path(key)).assert_status(200).assert_body(key);
    }
    keys.sort_unstable();
    assert_eq!(g.keys(""), keys);
}

#[test]
fn a_key_too_long_is_refused() {
    let g = Ground::new();
    let reply = g.alice.put(&g.path(&"k".repeat(1025)), "x").assert_error(400, "KeyTooLongError");
    assert_eq!(reply.element("MaxSizeAllowed").as_deref(), Some("1024"));
    assert!(g.keys("").is_empty());
}

#[test]
fn headers_and_metadata_come_back_as_sent() {
    let g = Ground::new();
    let kept = [
        ("content-type", "text/plain; charset=utf-8"),
        ("cache-control", "max-age=5"),
        ("content-disposition", "attachment; filename=\"a b\""),
        ("content-encoding", "gzip"),
        ("content-language", "de, en"),
        ("expires", "Thu, 01 Dec 2033 16:00:00 GMT"),
        ("x-amz-meta-colour", "gr\u{fc}n"),
        ("x-amz-meta-empty", ""),
    ];
    let mut request = g.alice.request("PUT", &g.path("k")).header("x-amz-storage-class", "STANDARD").body("x");
    for (name, value) in kept {
        request = request.header(name, value);
    }
    request.send().assert_status(200);
    let reply = g.get("k");
    for (name, value) in kept {
        assert_eq!(reply.header(name).as_deref(), Some(value), "{name} in {reply}");
    }
    g.put("plain", "x");
    g.get("plain").assert_header("content-type", "binary/octet-stream").assert_no_header("content-encoding");
}

#[test]
fn metadata_may_be_latin_1_and_has_a_limit() {
    let g = Ground::new();
    g.alice.request("PUT", &g.path("k")).header("x-amz-meta-a", b"\xfc").body("x").send().assert_status(200);
    assert_eq!(g.get("k").header_bytes("x-amz-meta-a"), Some(&b"\xfc"[..]));
    let large = g.alice.request("PUT", &g.path("l")).header("x-amz-meta-a", "x".repeat(2048)).body("x").send();
    large.assert_error(400, "MetadataTooLarge");
}

#[test]
fn an_overwrite_replaces_everything() {
    let g = Ground::new();
    g.alice.request("PUT", &g.path("k")).header("x-amz-meta-a", "1").body("one").send().assert_status(200);
    g.put("k", "second");
    g.get("k").assert_body("second").assert_no_header("x-amz-meta-a");
    assert_eq!(g.keys(""), ["k"]);
}

#[test]
fn a_digest_that_does_not_fit_stores_nothing() {
    let g = Ground::new();
    let put = |name: &str, value: &str, body: &[u8]| {
        g.alice.request("PUT", &g.path("k")).header(name, value).body(body).send()
    };
    for body in [&b"small"[..], &bytes(300_000)] {
        put("content-md5", &md5_base64(b"other"), body).assert_error(400, "BadDigest");
        put("content-md5", "nonsense", body).assert_error(400, "InvalidDigest");
        put("x-amz-checksum-crc32", "AAAAAA==", body).assert_error(400, "BadDigest");
        put("x-amz-checksum-sha256", "nonsense", body).assert_status(400);
        g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
    }
    put("content-md5", &md5_base64(b"small"), b"small").assert_status(200);
    g.get("k").assert_body("small");
    put("content-md5", &md5_base64(b"other"), b"small").assert_error(400, "BadDigest");
    g.get("k").assert_body("small");
}

#[test]
fn a_checksum_is_kept_and_answered() {
    let g = Ground::new();
    // Of "123456789", as the catalogues and AWS's common runtime have them.
    for (name, value) in [
        ("CRC32", "cbf43926"),
        ("CRC32C", "e3069283"),
        ("CRC64NVME", "ae8b14860a799888"),
        ("SHA1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("SHA256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        (
            "SHA512",
            "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274ad27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
        ),
        ("MD5", "25f9e794323b453885f5181f1b624d0b"),
        ("XXHASH64", "8cb841db40e6ae83"),
        ("XXHASH3", "72dcb18b67a17dff"),
        ("XXHASH128", "33119477ede5dcd5e9716427681d5860"),
    ] {
        let header = format!("x-amz-checksum-{}", name.to_lowercase());
        let raw = data_encoding::HEXLOWER.decode(value.as_bytes()).expect("is hexadecimal");
        let (value, wrong) = (data_encoding::BASE64.encode(&raw), data_encoding::BASE64.encode(&vec![0; raw.len()]));
        let put = |value: &str| {
            let request = g.alice.request("PUT", &g.path("k")).header("x-amz-sdk-checksum-algorithm", name);
            request.header(&header, value).body("123456789").send()
        };
        let trailing = |value: &str| {
            let request = g.alice.request("PUT", &g.path("k")).payload(Payload::SignedChunksTrailer);
            request.trailer(&header, value).body("123456789").send()
        };
        put(&wrong).assert_error(400, "BadDigest");
        put(&value[1..]).assert_error(400, "BadDigest");
        trailing(&wrong).assert_error(400, "BadDigest");
        for reply in [put(&value), trailing(&value)] {
            reply.assert_status(200).assert_header(&header, &value).assert_header("x-amz-checksum-type", "FULL_OBJECT");
            let asked = g.alice.request("GET", &g.path("k")).header("x-amz-checksum-mode", "ENABLED").send();
            asked.assert_status(200).assert_header(&header, &value);
            g.get("k").assert_no_header(&header);
        }
        let listed = g.alice.get(&g.root()).assert_status(200);
        assert_eq!(listed.element("ChecksumAlgorithm").as_deref(), Some(name));
    }
}

#[test]
fn an_object_without_a_checksum_gets_crc64nvme() {
    let g = Ground::new();
    for body in [Vec::new(), b"123456789".to_vec(), bytes(300_000)] {
        let crc = data_encoding::BASE64.encode(&crc_fast::crc64_nvme(&body).to_be_bytes());
        let put = g.put("k", body).assert_header("x-amz-checksum-crc64nvme", &crc);
        put.assert_header("x-amz-checksum-type", "FULL_OBJECT");
        let head = g.alice.request("HEAD", &g.path("k")).header("x-amz-checksum-mode", "enabled").send();
        let head = head.assert_status(200).assert_header("x-amz-checksum-crc64nvme", &crc);
        head.assert_header("x-amz-checksum-type", "FULL_OBJECT");
    }
    let part =
        g.alice.request("GET", &g.path("k")).header("x-amz-checksum-mode", "ENABLED").header("range", "bytes=0-1");
    part.send().assert_status(206).assert_no_header("x-amz-checksum-crc64nvme");
    // All of it is what the checksum is of.
    let crc = data_encoding::BASE64.encode(&crc_fast::crc64_nvme(&bytes(300_000)).to_be_bytes());
    for range in ["bytes=0-", "bytes=0-299999", "bytes=-300000"] {
        let whole =
            g.alice.request("GET", &g.path("k")).header("x-amz-checksum-mode", "ENABLED").header("range", range);
        let whole = whole.send().assert_status(206).assert_header("content-range", "bytes 0-299999/300000");
        whole.assert_header("x-amz-checksum-crc64nvme", &crc).assert_header("x-amz-checksum-type", "FULL_OBJECT");
    }
    let listed = g.alice.get(&g.root()).assert_status(200);
    assert_eq!(
        (listed.element("ChecksumAlgorithm"), listed.element("ChecksumType")),
        (Some("CRC64NVME".into()), Some("FULL_OBJECT".into()))
    );
}

#[test]
fn there_is_one_checksum_and_it_is_the_announced_one() {
    let g = Ground::new();
    let crc32 = data_encoding::BASE64.encode(&crc_fast::crc32_iso_hdlc(b"x").to_be_bytes());
    for (headers, message) in [
        (
            &[("x-amz-checksum-crc32", crc32.as_str()), ("x-amz-checksum-sha1", "Eflrz0aRdnAbRLf1DcNPPRyPkdg=")][..],
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
        ),
        (&[("x-amz-checksum-md4", "AAAA")], "The algorithm type you specified in x-amz-checksum- header is invalid."),
        (
            &[("x-amz-sdk-checksum-algorithm", "CRC32")],
            "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
        ),
        (
            &[("x-amz-sdk-checksum-algorithm", "SHA1"), ("x-amz-checksum-crc32", crc32.as_str())],
            "Value for x-amz-sdk-checksum-algorithm header is invalid.",
        ),
    ] {
        let request =
            headers.iter().fold(g.alice.request("PUT", &g.path("k")), |r, (name, value)| r.header(name, value));
        let reply = request.body("x").send().assert_error(400, "InvalidRequest");
        assert_eq!(reply.element("Message").as_deref(), Some(message));
    }
    let none = g.alice.request("PUT", &g.path("k")).header("x-amz-checksum-crc32", "AAAA").body("x").send();
    none.assert_error(400, "BadDigest");
    let wrong = g.alice.request("PUT", &g.path("k")).header("x-amz-checksum-crc32", "AAAAAA==").body("x").send();
    let wrong = wrong.assert_error(400, "BadDigest");
    assert_eq!(
        wrong.element("Message").as_deref(),
        Some("The CRC32 you specified did not match the calculated checksum.")
    );
    let trailer = g.alice.request("PUT", &g.path("k")).payload(Payload::SignedChunksTrailer);
    let trailer = trailer.trailer("x-amz-checksum-crc32", "AAAA").body("x").send().assert_error(400, "InvalidRequest");
    assert_eq!(
        trailer.element("Message").as_deref(),
        Some("Value for x-amz-checksum-crc32 trailing header is invalid.")
    );
    assert!(g.keys("").is_empty());
    let right = g.alice.request("PUT", &g.path("k")).header("x-amz-sdk-checksum-algorithm", "CRC32");
    right.header("x-amz-checksum-crc32", &crc32).body("x").send().assert_status(200);
}

#[test]
fn a_class_and_a_redirect_are_kept() {
    let g = Ground::new();
    let put = g.alice.request("PUT", &g.path("k")).header("x-amz-storage-class", "STANDARD_IA");
    put.header("x-amz-website-redirect-location", "https://a/b").body("x").send().assert_status(200);
    let reply = g.get("k").assert_header("x-amz-storage-class", "STANDARD_IA");
    reply.assert_header("x-amz-website-redirect-location", "https://a/b");
    assert_eq!(g.alice.get(&g.root()).assert_status(200).element("StorageClass").as_deref(), Some("STANDARD_IA"));
    g.put("k", "y");
    g.get("k").assert_no_header("x-amz-storage-class").assert_no_header("x-amz-website-redirect-location");
}

#[test]
fn what_is_not_implemented_is_refused_and_never_half_done() {
    let g = Ground::new();
    for (name, value, status, code) in [
        ("x-amz-acl", "aws-exec-read", 501, "NotImplemented"),
        ("x-amz-acl", "open", 400, "InvalidArgument"),
        ("x-amz-grant-read", "id=\"x\"", 400, "InvalidArgument"),
        ("x-amz-grant-read", "emailAddress=\"nobody@example.invalid\"", 400, "UnresolvableGrantByEmailAddress"),
        ("x-amz-server-side-encryption", "AES256", 501, "NotImplemented"),
        ("x-amz-server-side-encryption-customer-algorithm", "AES256", 501, "NotImplemented"),
        ("x-amz-object-lock-event-hold", "ON", 501, "NotImplemented"),
        ("x-amz-website-redirect-location", "elsewhere", 400, "InvalidRedirectLocation"),
        ("x-amz-storage-class", "GLACIER", 501, "NotImplemented"),
        ("x-amz-storage-class", "FASTEST", 400, "InvalidStorageClass"),
    ] {
        g.alice.request("PUT", &g.path("k")).header(name, value).body("x").send().assert_error(status, code);
    }
    assert!(g.keys("").is_empty());
    g.alice.request("PUT", &g.path("k")).header("x-amz-acl", "private").body("x").send().assert_status(200);
}

/// AWS appends in directory buckets only.
#[test]
fn an_append_is_not_a_put() {
    let g = Ground::new();
    g.put("k", "kept");
    let append = g.alice.request("PUT", &g.path("k")).header("x-amz-write-offset-bytes", "4").body("x").send();
    append.assert_error(501, "NotImplemented");
    g.get("k").assert_body("kept");
}

#[test]
fn an_object_gets_the_list_it_is_put_with() {
    let g = Ground::new();
    let (alice, bob) = (id(&g.alice), id(&g.bob));
    let all = (alice.as_str(), "FULL_CONTROL");
    let put =
        |key: &str, name: &str, value: &str| g.alice.request("PUT", &g.path(key)).header(name, value).body("x").send();
    put("k", "x-amz-acl", "public-read").assert_status(200);
    let acl = |key: &str| g.alice.get(&format!("{}?acl", g.path(key))).assert_status(200);
    assert_grants(&acl("k"), &[(ALL_USERS, "READ"), all]);
    put("g", "x-amz-grant-read-acp", &format!("id={bob}")).assert_status(200);
    assert_grants(&acl("g"), &[(&bob, "READ_ACP")]);
    g.put("k", "y");
    assert_grants(&acl("k"), &[all]);
    block(&g, "BlockPublicAcls").assert_status(200);
    put("k", "x-amz-acl", "public-read").assert_error(403, "AccessDenied");
    own(&g, "BucketOwnerEnforced").assert_status(200);
    put("k", "x-amz-acl", "public-read").assert_error(400, "AccessControlListNotSupported");
    put("k", "x-amz-grant-read", &format!("id={bob}")).assert_error(400, "AccessControlListNotSupported");
    put("k", "x-amz-acl", "private").assert_error(400, "AccessControlListNotSupported");
    put("k", "x-amz-acl", "bucket-owner-read").assert_error(400, "AccessControlListNotSupported");
    put("k", "x-amz-acl", "bucket-owner-full-control").assert_status(200);
    put("k", "x-amz-grant-full-control", &format!("id={alice}")).assert_status(200);
    assert_grants(&acl("g"), &[all]);
    g.get("k").assert_body("x");
}

#[test]
fn a_body_has_a_length() {
    let g = Ground::new();
    let without = g.alice.request("PUT", &g.path("k")).body("");
    let without = without.tamper(|wire| wire.head = wire.head.replace("Content-Length: 0\r\n", ""));
    without.send().assert_error(411, "MissingContentLength");
    let chunked = g.alice.request("PUT", &g.path("k")).payload(Payload::SignedChunks).transfer_chunked();
    chunked.body(bytes(200_000)).send().assert_status(200);
    g.get("k").assert_body(bytes(200_000));
}

#[test]
fn a_short_body_stores_nothing() {
    let g = Ground::new();
    for length in [10, 300_000] {
        let wire = g.alice.request("PUT", &g.path("k")).payload(Payload::Unsigned).body(bytes(length)).wire();
        let mut connection = g.alice.connect();
        connection.send(&wire.head_bytes()).expect("sends");
        connection.send(&wire.body[..length / 2]).expect("sends");
        connection.finish();
        // An answer may not come any more; if one does, it is this.
        if let Ok(reply) = connection.read(false) {
            reply.assert_error(400, "IncompleteBody");
        }
        g.alice.get(&g.path("k")).assert_error(404, "NoSuchKey");
    }
}

#[test]
fn a_body_larger_than_the_limit_is_refused_before_it_is_sent() {
    let server = crate::harness::Server::with(&[("limits", "body_bytes_max = 100000")]);
    let g = Ground::on(&server);
    g.put("k", bytes(100_000));
    let large = g.alice.request("PUT", &g.path("large")).expect_continue().body(bytes(100_001)).send();
    assert!(!large.continued, "{large}");
    large.assert_error(400, "EntityTooLarge");
    assert_eq!(g.keys(""), ["k"]);
}

#[test]
fn only_an_allowed_body_is_asked_for() {
    let g = Ground::new();
    // boto 2 spells it with capitals.
    for spelling in ["100-continue", "100-Continue"] {
        let reply = g.alice.request("PUT", &g.path("k")).expect_as(spelling).body("x").send().assert_status(200);
        assert!(reply.continued, "{reply}");
    }
    for (other, code) in [(g.bob.clone(), "AccessDenied"), (g.bob.keys("AKNOBODY", "x"), "InvalidAccessKeyId")] {
        let reply = other.request("PUT", &g.path("k")).expect_continue().body("y").send();
        assert!(!reply.continued, "{reply}");
        reply.assert_error(403, code);
    }
    g.get("k").assert_body("x");
}

#[test]
fn two_conditions_at_once_are_not_implemented() {
    let g = Ground::new();
    let etag = g.put("k", "old").etag();
    let put = g.alice.request("PUT", &g.path("k")).header("if-match", &etag).header("if-none-match", "*").body("new");
    let reply = put.send().assert_error(501, "NotImplemented");
    assert_eq!(reply.element("Header").as_deref(), Some("If-Match,If-None-Match"));
    g.get("k").assert_body("old");
}

#[test]
fn a_create_can_be_made_conditional() {
    let g = Ground::new();
    let create = || g.alice.request("PUT", &g.path("k")).header("if-none-match", "*").body("x").send();
    create().assert_status(200);
    create().assert_error(412, "PreconditionFailed");
    let etag = g.get("k").etag();
    let update = |etag: &str| g.alice.request("PUT", &g.path("k")).header("if-match", etag).body("y").send();
    update("\"00000000000000000000000000000000\"").assert_error(412, "PreconditionFailed");
    update(&format!("\"{etag}\"")).assert_status(200);
    g.get("k").assert_body("y");
    let absent = g.alice.request("PUT", &g.path("none")).header("if-match", "\"x\"").body("y").send();
    absent.assert_error(404, "NoSuchKey");
}

#[test]
fn there_has_to_be_a_bucket() {
    let g = Ground::new();
    g.alice.put(&format!("/{}/k", fresh_bucket_name()), "x").assert_error(404, "NoSuchBucket");
    let wrong = g.alice.request("PUT", &g.path("k")).header("x-amz-expected-bucket-owner", "0".repeat(64)).body("x");
    wrong.send().assert_error(403, "AccessDenied");
    assert!(g.keys("").is_empty());
}

/// AWS: the values are judged first, then the bucket; a locked body has to come with a digest.
#[test]
fn a_lock_comes_with_the_object() {
    let g = locks::ground();
    let put = |pairs: &[(&str, &str)]| {
        let request = locks::digested(&g, "k", "x");
        pairs.iter().fold(request, |request, (name, value)| request.header(name, *value)).send()
    };
    let (mode, until) = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date");
    let hold = "x-amz-object-lock-legal-hold";
    for pairs in [
        vec![(mode, "GOVERNANCE")],
        vec![(until, locks::FAR)],
        vec![(mode, "governance"), (until, locks::FAR)],
        vec![(mode, ""), (until, locks::FAR)],
        vec![(mode, "GOVERNANCE"), (until, "06/06/2099")],
        vec![(mode, "GOVERNANCE"), (until, "2020-01-01T00:00:00Z")],
        vec![(hold, "on")],
    ] {
        put(&pairs).assert_error(400, "InvalidArgument");
    }
    for pairs in [vec![(mode, "GOVERNANCE"), (until, locks::FAR)], vec![(hold, "ON")], vec![(hold, "OFF")]] {
        let bare = g.alice.request("PUT", &g.path("k")).body("x");
        let bare = pairs.iter().fold(bare, |request, (name, value)| request.header(name, *value));
        let refused = bare.send().assert_error(400, "InvalidRequest");
        assert!(refused.element("Message").is_some_and(|m| m.contains("Content-MD5 OR x-amz-checksum-")), "{refused}");
        let elsewhere = Ground::new();
        let request = locks::digested(&elsewhere, "k", "x");
        let request = pairs.iter().fold(request, |request, (name, value)| request.header(name, *value));
        request.send().assert_error(400, "InvalidRequest");
    }
    assert!(g.keys("").is_empty());
    put(&[(mode, "GOVERNANCE"), (until, "2099-01-01T00:00:00Z"), (hold, "ON")]).assert_status(200);
    for reply in [g.get("k"), g.alice.head(&g.path("k"))] {
        reply.assert_header(mode, "GOVERNANCE").assert_header(until, locks::FAR).assert_header(hold, "ON");
    }
    // A checksum that comes after the body is one as well.
    let trailer = g.alice.request("PUT", &g.path("k")).payload(Payload::UnsignedChunksTrailer).header(hold, "ON");
    trailer.trailer("x-amz-checksum-crc32", "y/Q5Jg==").body("123456789").send().assert_status(200);
}
