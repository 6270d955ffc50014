//! The examples of AWS's documentation, signature for signature.

use super::{ACCESS, Ask};
use crate::s3::auth::{Caller, SignatureKind};
use crate::s3::error::S3ErrorCode;
use crate::s3::request::Method::{self, Delete, Get, Put};

const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn v4(method: Method, target: &str, signed: &str, signature: &str) -> Ask {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={ACCESS}/20130524/us-east-1/s3/aws4_request,SignedHeaders={signed},\
         Signature={signature}"
    );
    Ask::new(method, target, "20130524T000000Z")
        .with("x-amz-date", "20130524T000000Z")
        .with("Authorization", &authorization)
}

#[track_caller]
fn accepted(ask: &Ask, how: SignatureKind) {
    let identity = ask.identify().expect("a good signature");
    assert_eq!(identity.how, how);
    assert!(matches!(identity.caller, Caller::Principal(who) if who.access_key == ACCESS));
    let mut late = Ask { now: ask.now + 14 * 60, ..Ask::new(ask.method, &ask.target, "20130524T000000Z") };
    for (name, value) in ask.headers.iter() {
        late.headers.push(name, value.clone());
    }
    assert!(late.identify().is_ok(), "fourteen minutes later");
    late.headers.push("x-amz-meta-added", "afterwards");
    assert!(late.identify().is_err(), "a header was added");
}

#[test]
fn v4_get_with_a_range() {
    let signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    let ask = v4(Get, "/test.txt", "host;range;x-amz-content-sha256;x-amz-date", signature)
        .with("Host", "examplebucket.s3.amazonaws.com")
        .with("Range", "bytes=0-9")
        .with("x-amz-content-sha256", NOTHING);
    accepted(&ask, SignatureKind::V4Header);
}

#[test]
fn v4_put() {
    let signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
    let signed = "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class";
    let ask = v4(Put, "/test%24file.text", signed, signature)
        .with("Host", "examplebucket.s3.amazonaws.com")
        .with("Date", "Fri, 24 May 2013 00:00:00 GMT")
        .with("Content-Length", "21")
        .with("x-amz-storage-class", "REDUCED_REDUNDANCY")
        .with("x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
    accepted(&ask, SignatureKind::V4Header);
    assert_eq!(ask.send(b"Welcome to Amazon S3.", 5).expect("the signed body").0, b"Welcome to Amazon S3.");
    let refusal = ask.send(b"Welcome to Amazon S4.", 5).expect_err("another body");
    assert_eq!(refusal.code, S3ErrorCode::XAmzContentSHA256Mismatch);
    let refusal = ask.send(b"Welcome to Amazon S3", 5).expect_err("a short body");
    assert_eq!(refusal.code, S3ErrorCode::IncompleteBody);
}

#[test]
fn v4_sub_resource_and_listing() {
    let signed = "host;x-amz-content-sha256;x-amz-date";
    for (target, signature) in [
        ("/?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("/?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ] {
        let ask = v4(Get, target, signed, signature)
            .with("Host", "examplebucket.s3.amazonaws.com")
            .with("x-amz-content-sha256", NOTHING);
        accepted(&ask, SignatureKind::V4Header);
    }
}

#[test]
fn v4_presigned() {
    let target = "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
                  &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
                  &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
                  &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    let mut ask = Ask::new(Get, target, "20130524T000000Z").with("Host", "examplebucket.s3.amazonaws.com");
    accepted(&ask, SignatureKind::V4Query);
    ask.now += 86_400;
    assert!(ask.identify().is_ok());
    ask.now += 1;
    let refusal = ask.identify().err().expect("expired");
    assert_eq!((refusal.code, refusal.message.as_ref()), (S3ErrorCode::AccessDenied, "Request has expired"));
}

fn streaming(signed: &str, mode: &str, seed: &str) -> Ask {
    v4(Put, "/examplebucket/chunkObject.txt", signed, seed)
        .with("Host", "s3.amazonaws.com")
        .with("x-amz-storage-class", "REDUCED_REDUNDANCY")
        .with("x-amz-content-sha256", mode)
        .with("Content-Encoding", "aws-chunked")
        .with("x-amz-decoded-content-length", "66560")
}

#[test]
fn v4_chunks() {
    let signed = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;\
                  x-amz-storage-class";
    let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    let ask = streaming(signed, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", seed).with("Content-Length", "66824");
    accepted(&ask, SignatureKind::V4Header);
    assert!(!ask.identify().expect("a good signature").headers.has("content-encoding"));
    let body = [
        "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n",
        &"a".repeat(65_536),
        "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n",
        &"a".repeat(1024),
        "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n",
    ]
    .concat();
    for piece in [1, 7, 4096, 65_536, 100_000] {
        let (data, _) = ask.send(body.as_bytes(), piece).expect("every chunk is signed");
        assert!(data.len() == 66_560 && data.iter().all(|b| *b == b'a'));
    }
    let tampered = body.replacen("aaa", "aba", 1);
    assert_eq!(ask.send(tampered.as_bytes(), 4096).expect_err("tampered").code, S3ErrorCode::SignatureDoesNotMatch);
    let short = &body.as_bytes()[..66_000];
    assert_eq!(ask.send(short, 4096).expect_err("cut short").code, S3ErrorCode::IncompleteBody);
}

#[test]
fn v4_chunks_with_a_trailer() {
    let signed = "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;\
                  x-amz-storage-class;x-amz-trailer";
    let seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    let ask = streaming(signed, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", seed)
        .with("x-amz-trailer", "x-amz-checksum-crc32c")
        .with("Transfer-Encoding", "chunked");
    accepted(&ask, SignatureKind::V4Header);
    let body = [
        "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n",
        &"a".repeat(65_536),
        "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n",
        &"a".repeat(1024),
        "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n",
        "x-amz-checksum-crc32c:sOO8/Q==\r\n",
        "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
    ]
    .concat();
    let (data, trailers) = ask.send(body.as_bytes(), 10_000).expect("chunks and trailer are signed");
    assert_eq!(data.len(), 66_560);
    assert_eq!(trailers.get("x-amz-checksum-crc32c"), Some("sOO8/Q=="));
    let tampered = body.replace("sOO8", "sOO9");
    assert_eq!(ask.send(tampered.as_bytes(), 4096).expect_err("tampered").code, S3ErrorCode::SignatureDoesNotMatch);
}

fn v2(method: Method, target: &str, host: &str, date: &str, signature: &str) -> Ask {
    Ask::new(method, target, date)
        .with("Host", host)
        .with("Date", date)
        .with("Authorization", &format!("AWS {ACCESS}:{signature}"))
}

#[test]
fn v2_get_put_list_and_sub_resource() {
    let host = "johnsmith.s3.amazonaws.com";
    let get = |target, date, signature| v2(Get, target, host, date, signature);
    let kind = SignatureKind::V2Header;
    let date = "Tue, 27 Mar 2007 19:36:42 +0000";
    accepted(&get("/photos/puppy.jpg", date, "bWq2s1WEIj+Ydj0vQ697zp+IXMU="), kind);
    let date = "Tue, 27 Mar 2007 19:42:41 +0000";
    accepted(&get("/?prefix=photos&max-keys=50&marker=puppy", date, "htDYFYduRNen8P9ZfE/s9SuKy0U="), kind);
    let date = "Tue, 27 Mar 2007 19:44:46 +0000";
    accepted(&get("/?acl", date, "c2WLPFtWHVgbEmeEG93a4cG37dM="), kind);
    let date = "Tue, 27 Mar 2007 21:15:45 +0000";
    let put = v2(Put, "/photos/puppy.jpg", host, date, "MyyxeRY7whkBe+bq8fHCL/2kKUg=");
    accepted(&put.with("Content-Type", "image/jpeg").with("Content-Length", "94328"), kind);
}

#[test]
fn v2_service_and_unicode_keys() {
    let kind = SignatureKind::V2Header;
    let date = "Wed, 28 Mar 2007 01:29:59 +0000";
    accepted(&v2(Get, "/", "s3.amazonaws.com", date, "qGdzdERIC03wnaRNKh6OqZehG9s="), kind);
    let date = "Wed, 28 Mar 2007 01:49:49 +0000";
    let target = "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re";
    accepted(&v2(Get, target, "s3.amazonaws.com", date, "DNEZGsoieTZ92F3bUfSPQcbGmlM="), kind);
}

#[test]
fn v2_delete() {
    let date = "Tue, 27 Mar 2007 21:20:26 +0000";
    let ask = v2(Delete, "/johnsmith/photos/puppy.jpg", "s3.amazonaws.com", date, "lx3byBScXR6KzyMaifNkardMwNk=");
    accepted(&ask, SignatureKind::V2Header);
}

#[test]
fn v2_upload_with_repeated_metadata() {
    let date = "Tue, 27 Mar 2007 21:06:08 +0000";
    let ask =
        v2(Put, "/static.johnsmith.net/db-backup.dat.gz", "s3.amazonaws.com", date, "ilyl83RwaSoYIEdixDQcA4OnAnc=")
            .with("x-amz-acl", "public-read")
            .with("content-type", "application/x-download")
            .with("Content-MD5", "4gJE4saaMU4BqNR0kLY+lw==")
            .with("X-Amz-Meta-ReviewedBy", "joe@johnsmith.net")
            .with("X-Amz-Meta-ReviewedBy", "jane@johnsmith.net")
            .with("X-Amz-Meta-FileChecksum", "0x02661779")
            .with("X-Amz-Meta-ChecksumAlgorithm", "crc32");
    accepted(&ask, SignatureKind::V2Header);
}

#[test]
fn v2_presigned() {
    let target = "/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE\
                  &Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
    let mut ask = Ask::new(Get, target, "Wed, 28 Mar 2007 01:00:00 GMT").with("Host", "johnsmith.s3.amazonaws.com");
    accepted(&ask, SignatureKind::V2Query);
    ask.now = 1_175_139_621;
    let refusal = ask.identify().err().expect("expired");
    assert_eq!((refusal.code, refusal.message.as_ref()), (S3ErrorCode::AccessDenied, "Request has expired"));
}
