//! The reader.

use futures::StreamExt as _;
use proptest::prelude::*;

use crate::fuzzing::run;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::form::fuzzing::{self, BOUNDARY, Form};
use crate::s3::form::reader::BYTES_MAX;
use crate::s3::form::{file, read_fields};

fn cut<'a>(body: &'a [u8], splits: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = body;
    let mut pieces = Vec::new();
    for split in splits {
        let (piece, after) = rest.split_at((*split).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

fn read(body: &[u8], splits: &[usize]) -> Result<Form, S3Error> {
    fuzzing::read(&cut(body, splits))
}

/// Reads a form in one piece, byte by byte, and in halves; all have to agree.
fn read_each_way(body: &[u8]) -> Result<Form, S3ErrorCode> {
    let code = |result: Result<Form, S3Error>| result.map_err(|e| e.code);
    let whole = code(read(body, &[]));
    assert_eq!(code(read(body, &vec![1; body.len()])), whole, "byte by byte");
    for half in 0..body.len().min(400) {
        assert_eq!(code(read(body, &[half])), whole, "split at {half}");
    }
    whole
}

fn part(head: &str, content: &str) -> String {
    format!("--{BOUNDARY}\r\n{head}\r\n\r\n{content}\r\n")
}

fn field(name: &str, value: &str) -> String {
    part(&format!("Content-Disposition: form-data; name=\"{name}\""), value)
}

fn closed(parts: &[String]) -> Vec<u8> {
    format!("{}--{BOUNDARY}--\r\n", parts.concat()).into_bytes()
}

fn a_file(content: &str) -> String {
    part("Content-Disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\nContent-Type: a/b", content)
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn fields_and_a_file() {
    let body = closed(&[field("key", "k/${filename}"), field("acl", ""), a_file("text\r\n--x-boundar\r\n")]);
    let form = read_each_way(&body).expect("is well formed");
    assert_eq!(form.fields, owned(&[("key", "k/f.txt"), ("acl", "")]));
    assert_eq!(form.file, b"text\r\n--x-boundar\r\n");
}

#[test]
fn every_field_may_have_a_file_name_and_only_one_is_the_file() {
    let named = |name: &str| part(&format!("content-disposition:form-data;filename={name};name={name}"), name);
    let form = read_each_way(&closed(&[named("key"), named("FILE")])).expect("is well formed");
    assert_eq!(form.fields, owned(&[("key", "key")]));
    assert_eq!(form.file, b"FILE");
}

#[test]
fn what_is_around_the_parts_means_nothing() {
    let inner = closed(&[field("a", "1"), a_file("x"), field("submit", "go")]);
    let body = [&b"preamble\r\n"[..], &inner, b"epilogue"].concat();
    let form = read_each_way(&body).expect("is well formed");
    assert_eq!(form, Form { fields: owned(&[("a", "1")]), file: b"x".to_vec() });
    // Gateways may add white space, and the last line break may be missing.
    let padded = String::from_utf8(inner).expect("is text").replace("x-boundary\r\n", "x-boundary \t\r\n");
    assert_eq!(read_each_way(padded.trim_end().as_bytes()), Ok(form));
}

#[test]
fn heads_may_be_folded_and_have_other_headers() {
    let head =
        "X-Other: 1\r\n folded\r\nContent-Disposition: form-data;\r\n\tname=\"a\"\r\nContent-Transfer-Encoding: 8bit";
    let form = read_each_way(&closed(&[part(head, "1"), a_file("")])).expect("is well formed");
    assert_eq!(form, Form { fields: owned(&[("a", "1")]), file: Vec::new() });
}

#[test]
fn what_is_no_form_is_refused() {
    let whole = closed(&[field("a", "1"), a_file("x")]);
    for end in 0..whole.len() - 4 {
        assert_eq!(read(&whole[..end], &[]).map_err(|e| e.code), Err(S3ErrorCode::MalformedPOSTRequest), "{end}");
    }
    for bad in [
        closed(&[part("Content-Disposition: form-data", "1"), a_file("x")]),
        closed(&[part("Content-Disposition: file; name=\"a\"", "1"), a_file("x")]),
        closed(&[part("Content-Type: a/b", "1"), a_file("x")]),
        closed(&[part("no header", "1"), a_file("x")]),
        closed(&[part("Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b", "1")]),
        closed(&[format!("--{BOUNDARY}x\r\n"), a_file("x")]),
    ] {
        let shown = String::from_utf8_lossy(&bad).into_owned();
        assert_eq!(read_each_way(&bad), Err(S3ErrorCode::MalformedPOSTRequest), "{shown}");
    }
    let latin_1 = [&b"--x-boundary\r\nContent-Disposition: form-data; name=a\r\n\r\n\xe4\r\n"[..], &whole].concat();
    assert_eq!(read_each_way(&latin_1), Err(S3ErrorCode::MalformedPOSTRequest));
}

#[test]
fn there_is_exactly_one_file() {
    assert_eq!(read_each_way(&closed(&[field("a", "1")])), Err(S3ErrorCode::InvalidArgument));
    assert_eq!(read_each_way(&closed(&[])), Err(S3ErrorCode::InvalidArgument));
    let two = closed(&[a_file("x"), field("a", "1"), a_file("y")]);
    assert_eq!(read_each_way(&two), Err(S3ErrorCode::IncorrectNumberOfFilesInPostRequest));
}

#[test]
fn a_form_is_bounded_without_its_file() {
    let code = |body: &[u8]| read(body, &[]).map(|form| form.file.len()).map_err(|e| e.code);
    let around = closed(&[field("a", ""), a_file("")]).len();
    let fits = "x".repeat(BYTES_MAX - around);
    assert_eq!(code(&closed(&[field("a", &fits), a_file(&"f".repeat(100_000))])), Ok(100_000));
    let one_more = fits + "x";
    assert_eq!(code(&closed(&[field("a", &one_more), a_file("f")])), Err(S3ErrorCode::MaxPostPreDataLengthExceeded));
    // Wherever it is.
    let long = "x".repeat(BYTES_MAX);
    for body in [
        closed(&[part(&format!("X: {long}\r\nContent-Disposition: form-data; name=a"), ""), a_file("")]),
        closed(&[part(&format!("Content-Disposition: form-data; name={long}"), ""), a_file("")]),
        closed(&[a_file(""), field("a", &long)]),
        [long.as_bytes(), b"\r\n", &closed(&[a_file("")])].concat(),
        [&closed(&[a_file("")]), long.as_bytes()].concat(),
        vec![b'-'; 2 * BYTES_MAX],
    ] {
        assert_eq!(code(&body), Err(S3ErrorCode::MaxPostPreDataLengthExceeded));
    }
}

#[test]
fn sizes_are_inclusive() {
    let sized = |content: &str, sizes| {
        run(async {
            let body = closed(&[a_file(content)]);
            let mut reader = fuzzing::reader(&[&body]);
            read_fields(&mut reader).await.expect("is well formed");
            let pieces: Vec<_> = file(reader, sizes).collect().await;
            pieces.into_iter().collect::<Result<Vec<_>, _>>().map(|p| p.concat().len()).map_err(|e| e.code)
        })
    };
    assert_eq!(sized("12345", 5..=10), Ok(5));
    assert_eq!(sized("1234567890", 5..=10), Ok(10));
    assert_eq!(sized("1234", 5..=10), Err(S3ErrorCode::EntityTooSmall));
    assert_eq!(sized("12345678901", 5..=10), Err(S3ErrorCode::EntityTooLarge));
    assert_eq!(sized("", 0..=0), Ok(0));
    #[allow(clippy::reversed_empty_ranges, reason = "a policy may say so, and then nothing fits")]
    let nothing = 10..=5;
    assert_eq!(sized("1234567", nothing), Err(S3ErrorCode::EntityTooLarge));
}

/// Bytes in which boundaries, halves of them and line breaks are common.
fn tricky() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\n--".to_vec()),
        Just(b"--x-boundar".to_vec()),
        Just(b"\r\n--x-boundar".to_vec()),
        Just(b"x-boundary".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..40),
    ];
    proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_file_comes_through_whole_however_it_is_split(
        content in tricky(),
        values in proptest::collection::vec("[ -~äö\r\n]{0,20}", 0..4),
        splits in proptest::collection::vec(0_usize..30, 0..60),
    ) {
        let delimiter = b"\r\n--x-boundary";
        let guarded = [b"\r\n", content.as_slice()].concat();
        prop_assume!(!guarded.windows(delimiter.len()).any(|w| w == delimiter));
        prop_assume!(!values.iter().any(|v| v.contains("--x-boundary") || v.contains("${filename}")));
        let fields: Vec<(String, String)> = values.iter().enumerate().map(|(i, v)| (format!("f{i}"), v.clone())).collect();
        let mut body: Vec<u8> = fields.iter().map(|(n, v)| field(n, v)).collect::<String>().into_bytes();
        body.extend(a_file("").trim_end().as_bytes());
        body.extend(b"\r\n\r\n");
        body.extend(&content);
        body.extend(format!("\r\n--{BOUNDARY}--").into_bytes());
        let form = read(&body, &splits).expect("is well formed");
        prop_assert_eq!(form, Form { fields, file: content });
    }

    #[test]
    fn no_bytes_panic_and_splits_do_not_matter(
        body in tricky(),
        splits in proptest::collection::vec(0_usize..30, 0..30),
    ) {
        let body = [b"--x-boundary\r\nContent-Disposition: form-data; name=file\r\n\r\n", body.as_slice()].concat();
        let whole = read(&body, &[]).map_err(|e| e.code);
        prop_assert_eq!(read(&body, &splits).map_err(|e| e.code), whole);
    }
}
