//! Bodies, good and broken.

use bytes::Bytes;
use futures::StreamExt;

use super::{Ask, NOW, UNSIGNED, read, sign, signer};
use crate::s3::auth::fuzzing::{MODES, SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER};
use crate::s3::error::S3ErrorCode::{
    self, IncompleteBody, InvalidRequest, RequestTimeout, SignatureDoesNotMatch, XAmzContentSHA256Mismatch,
};
use crate::s3::request::Method::Put;
use crate::s3::request::WireError;

/// Announced by `Transfer-Encoding` instead of a number.
const CHUNKED: usize = usize::MAX;

fn trailers() -> Vec<(String, String)> {
    vec![("x-amz-checksum-crc32".to_owned(), "AAAAAA==".to_owned())]
}

fn put(hash: &str, length: usize) -> Ask {
    let ask = Ask::new(Put, "/b/k", NOW).with("x-amz-content-sha256", hash);
    match length {
        CHUNKED => ask.with("Transfer-Encoding", "chunked"),
        _ => ask.with("Content-Length", &length.to_string()),
    }
}

/// An aws-chunked upload of `data`, and its body.
fn upload(mode: &str, data: &[u8], chunk_bytes: usize) -> (Ask, Vec<u8>) {
    let mut ask = put(mode, CHUNKED)
        .with("x-amz-decoded-content-length", &data.len().to_string())
        .with("Content-Encoding", "aws-chunked,gzip");
    if mode.ends_with("TRAILER") {
        ask = ask.with("x-amz-trailer", "x-amz-checksum-crc32");
    }
    let (ask, seed) = ask.v4();
    let trailers = mode.ends_with("TRAILER").then(trailers);
    let seed = (mode != UNSIGNED_TRAILER).then_some(seed.as_str());
    let body = signer().chunks(data, chunk_bytes, seed, ask.now, trailers.as_deref());
    (ask, body)
}

fn data(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|i| u8::try_from(i % 251).expect("small")).collect()
}

#[track_caller]
fn fails(ask: &Ask, body: &[u8], code: S3ErrorCode) {
    for piece in [1, 1000, body.len().max(1)] {
        let refusal = ask.send(body, piece).expect_err("must fail");
        assert_eq!(refusal.code, code, "{refusal:?}");
    }
}

fn replaced(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = body.windows(from.len()).position(|w| w == from.as_bytes()).expect("is there");
    [&body[..at], to.as_bytes(), &body[at + from.len()..]].concat()
}

#[test]
fn every_mode_and_cut() {
    for mode in MODES {
        for (bytes, chunk_bytes, piece) in
            [(0, 9, 3), (1, 9, 1), (9, 9, 5), (10, 9, 1000), (200_000, 8192, 777), (300_000, 131_072, 100_000)]
        {
            let (ask, body) = upload(mode, &data(bytes), chunk_bytes);
            let (got, trailers) = ask.send(&body, piece).expect("a good body");
            assert!(got == data(bytes));
            assert_eq!(trailers.get("x-amz-checksum-crc32").is_some(), mode.ends_with("TRAILER"));
            assert_eq!(ask.accepted().headers.get("content-encoding"), Some("gzip"));
        }
    }
}

#[test]
fn a_changed_byte_is_seen() {
    for mode in [SIGNED, SIGNED_TRAILER] {
        let (ask, body) = upload(mode, &data(100), 40);
        for (at, _) in body.iter().enumerate() {
            let mut changed = body.clone();
            changed[at] ^= 1;
            assert!(ask.send(&changed, 64).is_err(), "byte {at} of {mode}");
        }
    }
}

#[test]
fn every_cut_is_seen() {
    for mode in MODES {
        let (ask, body) = upload(mode, &data(100), 40);
        for end in 0..body.len() {
            assert!(ask.send(&body[..end], 64).is_err(), "{end} bytes of {mode}");
        }
        fails(&ask, &body[..50], IncompleteBody);
        fails(&ask, &[&body[..], b"x"].concat(), InvalidRequest);
    }
}

#[test]
fn chunks_stay_in_their_order_and_request() {
    let (ask, body) = upload(SIGNED, &data(80), 40);
    let chunk = body.len() - (b"0;chunk-signature=\r\n\r\n".len() + 64);
    let (first, second) = body[..chunk].split_at(chunk / 2);
    let swapped = [second, first, &body[chunk..]].concat();
    fails(&ask, &swapped, SignatureDoesNotMatch);
    let (other, _) = upload(SIGNED, &data(80), 40);
    let other = other.with("x-unsigned", "x");
    assert!(other.send(&body, 9).is_ok());
    let mut later = Ask::new(Put, "/b/k", "20260101T000001Z").with("x-amz-content-sha256", SIGNED);
    later = later.with("x-amz-decoded-content-length", "80").with("Transfer-Encoding", "chunked").signed_v4();
    fails(&later, &body, SignatureDoesNotMatch);
}

#[test]
fn signed_modes_need_their_signatures() {
    let (ask, _) = upload(SIGNED, b"abc", 3);
    fails(&ask, b"3\r\nabc\r\n0\r\n\r\n", InvalidRequest);
    let (ask, body) = upload(SIGNED_TRAILER, b"abc", 3);
    let at = body.windows(7).position(|w| w == b"x-amz-t").expect("a trailer signature");
    fails(&ask, &[&body[..at], b"\r\n"].concat(), InvalidRequest);
    fails(&ask, &replaced(&body, "AAAAAA==", "AAAAAQ=="), SignatureDoesNotMatch);
}

#[test]
fn trailers_are_what_was_declared() {
    let (ask, body) = upload(UNSIGNED_TRAILER, b"abc", 3);
    assert!(ask.send(&body, 3).is_ok());
    fails(&ask, &replaced(&body, "crc32:", "sha1:"), InvalidRequest);
    fails(&ask, b"3\r\nabc\r\n0\r\n\r\n", InvalidRequest);
    let line = "x-amz-checksum-crc32:AAAAAA==\r\n";
    fails(&ask, &replaced(&body, line, &line.repeat(2)), InvalidRequest);
    fails(&ask, &replaced(&body, line, &format!("{line}x-amz-acl:public-read\r\n")), InvalidRequest);
    fails(&ask, &replaced(&body, ":AAAAAA==", ""), InvalidRequest);
    let (ask, body) = upload(SIGNED, b"abc", 3);
    let with_trailer = [&body[..body.len() - 2], line.as_bytes(), b"\r\n"].concat();
    fails(&ask, &with_trailer, InvalidRequest);
}

#[test]
fn minio_go_ends_trailers_in_its_own_way() {
    for mode in [SIGNED_TRAILER, UNSIGNED_TRAILER] {
        let (ask, body) = upload(mode, b"abc", 3);
        let (_, trailers) = ask.send(&replaced(&body, "AAAAAA==\r\n", "AAAAAA==\n\r\n"), 9).expect("a good body");
        assert_eq!(trailers.get("x-amz-checksum-crc32"), Some("AAAAAA=="));
    }
}

#[test]
fn the_decoded_length_must_match() {
    for (claimed, code) in [("2", InvalidRequest), ("4", IncompleteBody), ("0", InvalidRequest)] {
        let ask = put(UNSIGNED_TRAILER, CHUNKED).with("x-amz-decoded-content-length", claimed).signed_v4();
        fails(&ask, b"3\r\nabc\r\n0\r\n\r\n", code);
    }
}

#[test]
fn broken_framing_is_refused() {
    let ask = put(UNSIGNED_TRAILER, CHUNKED).with("x-amz-decoded-content-length", "3").signed_v4();
    for good in [
        "3\r\nabc\r\n0\r\n\r\n",
        "03\r\nabc\r\n000\r\n\r\n",
        "3;x=y\r\nabc\r\n0;z\r\n\r\n",
        "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n",
    ] {
        assert_eq!(ask.send(good.as_bytes(), 2).expect("good framing").0, b"abc");
    }
    let long = format!("3;{}\r\nabc\r\n0\r\n\r\n", "x".repeat(5000));
    let many = format!("3\r\nabc\r\n0\r\n{}\r\n", "a:b\r\n".repeat(40));
    for bad in [
        "+3\r\nabc\r\n0\r\n\r\n",
        "-3\r\nabc\r\n0\r\n\r\n",
        "0x3\r\nabc\r\n0\r\n\r\n",
        "\r\nabc\r\n0\r\n\r\n",
        "3\nabc\n0\n\n",
        "3\r\nabcd\r\n0\r\n\r\n",
        "3\r\nabc0\r\n\r\n",
        "ffffffffffffffff\r\nabc",
        "10000000000000003\r\nabc\r\n0\r\n\r\n",
        "3\r\r\nabc\r\n0\r\n\r\n",
        &long,
        &many,
    ] {
        fails(&ask, bad.as_bytes(), InvalidRequest);
    }
}

#[test]
fn an_exact_hash_is_of_all_of_it() {
    let body = data(300_000);
    let hash = sign::sha256(&body);
    let long = put(&hash, CHUNKED).signed_v4();
    for piece in [1000, 65_536, 300_000] {
        assert!(long.send(&body, piece).expect("the signed body").0 == body);
    }
    assert!(put(&hash.to_uppercase(), body.len()).signed_v4().send(&body, 9999).is_ok());
    fails(&long, &body[1..], XAmzContentSHA256Mismatch);
    fails(&put(&hash, 0).signed_v4(), b"", XAmzContentSHA256Mismatch);
    let refusal = long.send(b"", 1).expect_err("another body");
    let fields: Vec<&str> = refusal.fields.iter().map(|(name, _)| *name).collect();
    assert_eq!(fields, ["ClientComputedContentSHA256", "S3ComputedContentSHA256"]);
}

#[test]
fn the_content_length_must_match() {
    for ask in [put(UNSIGNED, 3).signed_v4(), put(UNSIGNED, 3).signed_v2(), put(UNSIGNED, 3).host()] {
        assert_eq!(ask.send(b"abc", 2).expect("three bytes").0, b"abc");
        fails(&ask, b"ab", IncompleteBody);
        fails(&ask, b"abcd", IncompleteBody);
        fails(&ask, b"", IncompleteBody);
    }
    assert_eq!(put(UNSIGNED, CHUNKED).signed_v4().send(b"abc", 2).expect("any length").0, b"abc");
    let neither = Ask::new(Put, "/b/k", NOW).signed_v4();
    assert!(neither.send(b"", 1).expect("no body").0.is_empty());
}

#[test]
fn announced_lengths() {
    let length = |ask: &Ask| {
        let identity = ask.accepted();
        super::run(async {
            super::verified(futures::stream::empty().boxed_local(), identity.payload, &identity.headers).length
        })
    };
    assert_eq!(length(&put(UNSIGNED, 7).signed_v4()), Some(7));
    assert_eq!(length(&put(UNSIGNED, CHUNKED).signed_v4()), None);
    assert_eq!(length(&upload(SIGNED, &data(100), 40).0), Some(100));
}

#[test]
fn what_the_wire_did_is_told() {
    for (failure, code) in [(WireError::Timeout, RequestTimeout), (WireError::Broken(String::new()), IncompleteBody)] {
        for ask in [put(UNSIGNED, 9).signed_v4(), upload(SIGNED, &data(9), 9).0] {
            let pieces = [Ok(Bytes::from_static(b"9")), Err(failure.clone())];
            let refusal = read(ask.accepted(), futures::stream::iter(pieces).boxed_local()).expect_err("must fail");
            assert_eq!(refusal.code, code);
        }
    }
}
