//! From method, host, path and query to an operation. Input: lines: the method, the request target, the host, an encoded
//! copy source; then headers.

use std::collections::HashSet;
use std::net::Ipv4Addr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Input;
use crate::s3::copy_source::CopySource;
use crate::s3::listing;
use crate::s3::operation::{self, Level};
use crate::s3::ops::object::version;
use crate::s3::request::{Headers, Method, Query, WireHead};
use crate::s3::target::{Domains, Style, Target};
use crate::storage::Timestamp;

pub(super) fn check(input: &[u8]) {
    let mut parts = Input(input);
    let method = Method::parse(&parts.text());
    let (raw_target, host, source) = (parts.text(), parts.text(), parts.text());
    let mut headers = parts.headers();
    headers.push("host", host);
    copies(&source);
    let wire = wire(method, raw_target, headers);
    let Ok(target) = Target::parse(&wire, &domains(true)) else { return };
    let same = Target::parse(&wire, &domains(false)).expect("a host that one of them takes");
    assert_eq!((&target.bucket, &target.key), (&same.bucket, &same.key));
    names(&target);
    row(&wire, &target);
    let _ =
        (listing::limit(&target, "max-keys"), listing::encoding(&target), listing::optional_attributes(&wire.headers));
    let _ = (version::named(&target), target.resource());
}

fn domains(refuse_unknown_host: bool) -> Domains {
    let endpoints = ["localhost", "s3.example.com", "example.com"].map(str::to_owned).to_vec();
    Domains { endpoints, refuse_unknown_host }
}

fn wire(method: Option<Method>, raw_target: String, headers: Headers) -> WireHead {
    WireHead {
        method,
        raw_target,
        headers,
        client: Ipv4Addr::LOCALHOST.into(),
        secure: false,
        tls_version: None,
        received: Timestamp(0),
        request_id: String::new(),
    }
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Names that are encoded and sent in the other style are the same names.
fn names(target: &Target) {
    let Some(bucket) = &target.bucket else {
        assert_eq!(target.key, None, "a key without a bucket");
        return;
    };
    let path = target.key.as_deref().map_or(String::new(), |key| format!("/{}", encode(key)));
    let mut headers = Headers::default();
    headers.push("host", "127.0.0.1:7480");
    let by_path = wire(None, format!("/{}{path}?{}", encode(bucket), target.raw_query), headers);
    let again = Target::parse(&by_path, &domains(true)).expect("an encoded path");
    assert_eq!((again.style, again.bucket.as_ref(), &again.key), (Style::Path, Some(bucket), &target.key));
    assert_eq!(again.query.iter().collect::<Vec<_>>(), target.query.iter().collect::<Vec<_>>());
}

/// The operation depends on what the query says, neither on how that is spelled nor on its order, nor on parameters that
/// nobody knows.
fn row(wire: &WireHead, target: &Target) {
    let find = |query: &Query| {
        let target = Target { query: query.clone(), ..target.clone() };
        operation::find(wire.method, &target, &wire.headers).map(|row| row.name).map_err(|error| error.code)
    };
    let found = find(&target.query);
    if let Ok(row) = operation::find(wire.method, target, &wire.headers) {
        assert_eq!(Some(row.method), wire.method);
        let level = match (&target.bucket, &target.key) {
            (None, _) if target.control => Level::Account,
            _ if target.control => Level::Control,
            (None, _) => Level::Service,
            (Some(_), None) => Level::Bucket,
            (Some(_), Some(_)) => Level::Object,
        };
        assert_eq!(row.level, level);
    }
    let mut pairs: Vec<String> =
        target.query.iter().map(|p| format!("{}={}", encode(&p.name), encode(&p.value))).collect();
    pairs.push("x-unknown=1".to_owned());
    let parse = |pairs: &[String]| Query::parse(&pairs.join("&")).expect("an encoded query");
    assert_eq!(find(&parse(&pairs)), found, "in another spelling");
    let names: HashSet<&str> = target.query.iter().map(|p| p.name.as_str()).collect();
    if names.len() == target.query.iter().count() {
        pairs.reverse();
        let reversed = find(&parse(&pairs));
        // Of several parameters that nobody has an operation for, the first one is named.
        assert_eq!(reversed, found, "in another order");
    }
}

fn copies(text: &str) {
    let with = |value: String| {
        let mut headers = Headers::default();
        headers.push("x-amz-copy-source", value);
        CopySource::parse(&headers)
    };
    let Ok(source) = with(text.to_owned()) else { return };
    let version = source.version_id.as_deref().map_or(String::new(), |id| format!("?versionId={id}"));
    let again = with(format!("/{}/{}{version}", encode(&source.bucket), encode(&source.key)));
    assert_eq!(again.expect("an encoded source"), source);
}
