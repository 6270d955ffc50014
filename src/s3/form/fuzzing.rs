//! Forms and their policies.

use std::collections::HashSet;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use serde_json::{Value, json};

use super::fields::Fields;
use super::parameters::Parameters;
use super::policy::{Policy, Subject};
use super::reader::{BYTES_MAX, Reader};
use super::{file, read_fields};
use crate::fuzzing::{Dice, Input, run};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::tags;

/// What parts every form that is read here.
pub(super) const BOUNDARY: &str = "x-boundary";

/// A form's fields, and its file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub fields: Vec<(String, String)>,
    pub file: Vec<u8>,
}

/// A reader to which a form comes in these pieces.
pub(super) fn reader(pieces: &[&[u8]]) -> Reader {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
    Reader::new(stream::iter(pieces).boxed_local(), BOUNDARY)
}

/// Reads a form to its end.
pub(super) fn read(pieces: &[&[u8]]) -> Result<Form, S3Error> {
    run(async {
        let mut reader = reader(pieces);
        let fields = read_fields(&mut reader).await?;
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        let left = reader.left(length as u64);
        let mut content = Vec::new();
        let mut rest = file(reader, 0..=u64::MAX);
        while let Some(piece) = rest.next().await {
            content.extend_from_slice(&piece?);
        }
        assert!(content.len() as u64 <= left, "{} bytes came of a rest of {left}", content.len());
        let fields = fields.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        Ok(Form { fields, file: content })
    })
}

fn of(pairs: &[(String, String)]) -> Fields {
    let mut fields = Fields::default();
    pairs.iter().for_each(|(name, value)| fields.add(name.clone(), value.clone()));
    fields
}

/// Input: a form's body; and again, as fields up to an empty line and a file. It is the same however the network cuts it,
/// and a form that is written is read as it was meant.
pub(crate) fn form(input: &[u8]) {
    let mut dice = Dice::of(input);
    let code = |read: Result<Form, S3Error>| read.map_err(|error| error.code);
    let whole = code(read(&[input]));
    assert_eq!(code(read(&dice.pieces(input))), whole, "in pieces");
    if let Ok(form) = whole {
        as_headers(&of(&form.fields));
    }
    let mut parts = Input(input);
    let parameters = parts.text();
    if let Some(parsed) = Parameters::parse(&parameters) {
        assert_eq!(parsed.value, parsed.value.trim().to_ascii_lowercase());
    }
    let quotable = |name: &String| !name.contains(['"', '\\', '\r']) && !name.eq_ignore_ascii_case("file");
    let mut pairs = parts.pairs('=');
    pairs.retain(|(name, _)| quotable(name));
    written(&pairs, parts.0, &mut dice);
}

fn written(pairs: &[(String, String)], content: &[u8], dice: &mut Dice) {
    let part = |name: &str, more: &str| {
        format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n").into_bytes()
    };
    let mut body: Vec<u8> = Vec::new();
    for (name, value) in pairs {
        body.extend([part(name, ""), format!("{value}\r\n").into_bytes()].concat());
    }
    let delimiter = format!("\r\n--{BOUNDARY}");
    let framed = [b"\r\n", content].concat();
    if body.len() > BYTES_MAX - 1000 || memchr::memmem::find(&framed, delimiter.as_bytes()).is_some() {
        return;
    }
    body.extend([&part("file", "; filename=\"a.txt\""), content, delimiter.as_bytes(), b"--\r\n"].concat());
    let mut fields = of(pairs);
    fields.expand(Some("a.txt"));
    let read = read(&dice.pieces(&body)).expect("a form that is right");
    let fields: Vec<(String, String)> = fields.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    assert_eq!((read.fields, read.file.as_slice()), (fields, content));
}

/// Fields that can be headers are headers that HTTP could have carried.
fn as_headers(fields: &Fields) {
    let Ok(headers) = fields.headers() else { return };
    for (name, value) in headers.iter() {
        assert!(!value.iter().any(|b| b.is_ascii_control() && *b != b'\t'), "{name}: {value:?}");
    }
    let _ = tags::of_header(&headers);
}

/// Input: lines: a policy's document, a bucket, a time; and fields. What the document means does not depend on how it is
/// spelled; and a policy made for these very fields allows them and no others.
pub(crate) fn policy(input: &[u8]) {
    let mut parts = Input(input);
    let (document, bucket, now) = (parts.text(), parts.text(), parts.number());
    let mut pairs = parts.pairs('=');
    pairs.truncate(12);
    let fields = of(&pairs);
    let subject = |fields, bucket| Subject { fields, bucket, uncovered: &["x-amz-signature"], now: 0 };
    let parsed = Policy::parse(&encoded(&document));
    if let Ok(policy) = &parsed {
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let judged = policy.judge(&Subject { now, ..subject(&fields, &bucket) });
        let later = policy.judge(&Subject { now: i64::MAX, ..subject(&fields, &bucket) });
        assert_eq!(later.expect_err("has expired").code, S3ErrorCode::AccessDenied);
        assert!(judged.is_ok() || judged.is_err_and(|error| error.code == S3ErrorCode::AccessDenied));
    }
    if let Ok(value) = serde_json::from_str::<Value>(&document) {
        let plain = |parsed: Result<Policy, S3Error>| parsed.map_err(|error| (error.code, error.message));
        assert_eq!(plain(Policy::parse(&encoded(&value.to_string()))), plain(parsed), "in another spelling");
    }
    made_for(&fields, &bucket, subject);
}

/// With line breaks, which mean nothing.
fn encoded(document: &str) -> String {
    let encoded = data_encoding::BASE64.encode(document.as_bytes());
    encoded.chars().enumerate().flat_map(|(i, c)| (i % 76 == 75).then_some('\n').into_iter().chain([c])).collect()
}

fn made_for<'a>(fields: &'a Fields, bucket: &'a str, subject: impl Fn(&'a Fields, &'a str) -> Subject<'a>) {
    let named: Vec<(&str, &str)> = fields.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("bucket")).collect();
    let names: HashSet<String> = named.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    let said = fields.get("bucket").unwrap_or(bucket);
    let policy = |conditions: &[Value]| {
        let document = json!({"expiration": "2026-01-01T00:00:00Z", "conditions": conditions});
        Policy::parse(&encoded(&document.to_string())).expect("a policy that is right")
    };
    let mut conditions: Vec<Value> = named.iter().map(|(n, v)| json!(["eq", format!("${n}"), v])).collect();
    conditions.push(json!({"bucket": said}));
    conditions.push(json!(["content-length-range", 1, 5]));
    assert_eq!(policy(&conditions).judge(&subject(fields, said)).expect("every field is covered"), 1..=5);
    for (at, (name, value)) in named.iter().enumerate() {
        let free =
            |name: &str| name == "policy" || name.starts_with("x-ignore-") || name.starts_with("x-amz-checksum-");
        let lower = name.to_ascii_lowercase();
        let mut without = conditions.clone();
        without.remove(at);
        let allowed = policy(&without).judge(&subject(fields, said)).is_ok();
        assert_eq!(allowed, free(&lower) || lower == "x-amz-signature", "{name} without a condition");
        let mut other = conditions.clone();
        other[at] = json!(["eq", format!("${name}"), format!("{value}x")]);
        assert!(policy(&other).judge(&subject(fields, said)).is_err(), "{name} with another value");
    }
    assert_eq!(names.len(), named.len(), "fields of one name are one");
}
