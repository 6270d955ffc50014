//! Which bucket and which key a request means: virtual-host style, path style, absolute-URI requests.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Query, WireHead};

/// What a key may keep in a URL that AWS writes; `/` is not among it.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where S3 Control keeps the tags of resources, with a bucket's ARN behind it. SDKs put the account's number, 12 digits,
/// in front of the host.
const CONTROL_TAGS: &str = "/v20180820/tags/";

/// Where S3 Control keeps an account's own switches against public access.
const CONTROL_SWITCHES: &str = "/v20180820/configuration/publicAccessBlock";
/// The header by which requests to S3 Control name an account.
pub const ACCOUNT_HEADER: &str = "x-amz-account-id";

/// What `Host` values mean.
#[derive(Debug, Clone)]
pub struct Domains {
    /// Endpoint domains, lower case, without port. `bucket.<domain>` is virtual-host style; the longest match wins.
    pub endpoints: Vec<String>,
    /// Refuse hosts that are neither an endpoint, nor below one, nor an IP literal. Otherwise they are path-style: a
    /// LAN address must work on the first try.
    pub refuse_unknown_host: bool,
}

/// How the bucket was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `/bucket/key`.
    Path,
    /// `bucket.domain`.
    VirtualHost,
}

/// What a request is about. Names are decoded exactly once, here, and not judged yet.
#[derive(Debug, Clone)]
pub struct Target {
    /// How the bucket was named.
    pub style: Style,
    /// The bucket, if one is named.
    pub bucket: Option<String>,
    /// The decoded key, if one is named.
    pub key: Option<String>,
    /// The path as sent, percent-encoded, `/` at least; without scheme and host.
    pub raw_path: String,
    /// The query string as sent, without `?`.
    pub raw_query: String,
    /// The query string.
    pub query: Query,
    /// The request is one to S3 Control: about the bucket that an ARN names, or about an account.
    pub control: bool,
    /// `http://host:port`, as the client names this server.
    pub origin: String,
}

impl Target {
    /// Reads the target of a request.
    ///
    /// # Errors
    /// `InvalidURI` when path or query do not decode to UTF-8, `InvalidRequest` for a host that is refused.
    pub fn parse(wire: &WireHead, domains: &Domains) -> Result<Self, S3Error> {
        let (_, rest) = split_absolute(&wire.raw_target);
        let (raw_path, raw_query) = rest.split_once('?').unwrap_or((rest, ""));
        let raw_path = if raw_path.is_empty() { "/" } else { raw_path };
        if !raw_path.starts_with('/') {
            return Err(S3ErrorCode::InvalidURI.into());
        }
        let query = Query::parse(raw_query).map_err(|name| {
            S3ErrorCode::InvalidURI.because(format!("The query parameter {name:?} is not percent-encoded UTF-8."))
        })?;
        let host = authority(wire);
        let path = &raw_path[1..];
        let in_host = domains.bucket_of(host)?;
        let controlled = controlled(raw_path).filter(|_| in_host.as_deref().is_none_or(is_account));
        let of_account = raw_path == CONTROL_SWITCHES
            && wire.headers.has(ACCOUNT_HEADER)
            && domains.bucket_of(host)?.as_deref().is_none_or(is_account);
        let control = controlled.is_some() || of_account;
        let (style, bucket, raw_key) = match in_host {
            _ if control => (Style::Path, controlled, ""),
            Some(bucket) => (Style::VirtualHost, Some(bucket), path),
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (Style::Path, (!bucket.is_empty()).then(|| decode(bucket)).transpose()?, key)
            }
        };
        if bucket.is_none() && !raw_key.is_empty() {
            // `//key`: the bucket's name is empty.
            return Err(S3ErrorCode::InvalidBucketName.into());
        }
        let key = (!raw_key.is_empty()).then(|| decode(raw_key)).transpose()?;
        let origin = format!("{}://{}", if wire.secure { "https" } else { "http" }, authority(wire));
        Ok(Self {
            style,
            bucket,
            key,
            raw_path: raw_path.to_owned(),
            raw_query: raw_query.to_owned(),
            query,
            control,
            origin,
        })
    }

    /// The URL of an object in the target's bucket, as the client would ask for it.
    #[must_use]
    pub fn url(&self, key: &str) -> String {
        let key = utf8_percent_encode(key, UNRESERVED);
        match (self.style, &self.bucket) {
            (Style::Path, Some(bucket)) => format!("{}/{bucket}/{key}", self.origin),
            _ => format!("{}/{key}", self.origin),
        }
    }

    /// The `Resource` element of errors: the decoded path.
    #[must_use]
    pub fn resource(&self) -> String {
        match (&self.bucket, &self.key) {
            (Some(bucket), Some(key)) => format!("/{bucket}/{key}"),
            (Some(bucket), None) => format!("/{bucket}"),
            _ => "/".to_owned(),
        }
    }
}

/// Host and port as the client names them: RFC 9112, an absolute request target replaces `Host`.
#[must_use]
pub fn authority(wire: &WireHead) -> &str {
    let (authority, _) = split_absolute(&wire.raw_target);
    authority.or_else(|| wire.headers.get("host")).unwrap_or("")
}

/// Scheme and authority of an absolute-form target, and what follows them.
pub(super) fn split_absolute(raw: &str) -> (Option<&str>, &str) {
    let after = ["http://", "https://"].iter().find_map(|scheme| {
        let head = raw.get(..scheme.len())?;
        head.eq_ignore_ascii_case(scheme).then(|| &raw[scheme.len()..])
    });
    match after {
        Some(rest) => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            (Some(&rest[..end]), &rest[end..])
        }
        None => (None, raw),
    }
}

/// The bucket that a path of S3 Control is about.
fn controlled(raw_path: &str) -> Option<String> {
    let arn = decode(raw_path.strip_prefix(CONTROL_TAGS)?).ok()?;
    let (partition, bucket) = arn.strip_prefix("arn:")?.split_once(":s3:::")?;
    let named = !partition.is_empty() && !bucket.is_empty() && !bucket.contains('/');
    named.then(|| bucket.to_owned())
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|b| b.is_ascii_digit())
}

fn decode(raw: &str) -> Result<String, S3Error> {
    percent_encoding::percent_decode_str(raw)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| S3ErrorCode::InvalidURI.because("The path is not percent-encoded UTF-8."))
}

impl Domains {
    /// The bucket in a host name, if it is virtual-host style.
    fn bucket_of(&self, host: &str) -> Result<Option<String>, S3Error> {
        let host = without_port(host).to_ascii_lowercase();
        let host = host.strip_suffix('.').unwrap_or(&host);
        let best = self
            .endpoints
            .iter()
            .filter(|domain| host == domain.as_str() || below(host, domain).is_some())
            .max_by_key(|domain| domain.len());
        match best {
            Some(domain) => Ok(below(host, domain).map(str::to_owned)),
            None if self.refuse_unknown_host && !is_ip(host) => Err(S3ErrorCode::InvalidRequest
                .because("This server does not answer for the host name of the request. Use one of its endpoints.")),
            None => Ok(None),
        }
    }
}

fn below<'a>(host: &'a str, domain: &str) -> Option<&'a str> {
    host.strip_suffix(domain)?.strip_suffix('.').filter(|bucket| !bucket.is_empty())
}

fn without_port(host: &str) -> &str {
    if host.starts_with('[') {
        return host.split_inclusive(']').next().unwrap_or(host);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn is_ip(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<std::net::IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::request::{Headers, Method};
    use crate::storage::Timestamp;

    fn wire(target: &str, host: &str) -> WireHead {
        let mut headers = Headers::default();
        headers.push("Host", host.to_owned());
        WireHead {
            method: Some(Method::Get),
            raw_target: target.to_owned(),
            headers,
            client: std::net::Ipv4Addr::LOCALHOST.into(),
            secure: false,
            tls_version: None,
            received: Timestamp(0),
            request_id: String::new(),
        }
    }

    fn parse(target: &str, host: &str, refuse: bool) -> Result<Target, S3Error> {
        let wire = wire(target, host);
        let endpoints = vec!["localhost".to_owned(), "s3.example.com".to_owned(), "example.com".to_owned()];
        Target::parse(&wire, &Domains { endpoints, refuse_unknown_host: refuse })
    }

    fn names(target: &str, host: &str) -> (Style, Option<String>, Option<String>) {
        let t = parse(target, host, false).expect("parses");
        (t.style, t.bucket, t.key)
    }

    fn owned(style: Style, bucket: &str, key: &str) -> (Style, Option<String>, Option<String>) {
        let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
        (style, some(bucket), some(key))
    }

    #[test]
    fn path_style_and_virtual_host_style() {
        assert_eq!(names("/", "localhost:7480"), owned(Style::Path, "", ""));
        assert_eq!(names("/b", "localhost"), owned(Style::Path, "b", ""));
        assert_eq!(names("/b/", "localhost"), owned(Style::Path, "b", ""));
        assert_eq!(names("/b//a/../%2F+", "localhost"), owned(Style::Path, "b", "/a/..//+"));
        assert_eq!(names("/k?x=1", "B.localhost:80"), owned(Style::VirtualHost, "b", "k"));
        assert_eq!(names("//k", "my.dotted.s3.example.com"), owned(Style::VirtualHost, "my.dotted", "/k"));
        assert_eq!(names("/b/k", "s3.example.com"), owned(Style::Path, "b", "k"));
        assert_eq!(names("/b/k", "10.0.0.1:7480"), owned(Style::Path, "b", "k"));
        assert_eq!(names("/b/k", "[::1]:7480"), owned(Style::Path, "b", "k"));
        assert_eq!(names("/b/k", "nas.lan"), owned(Style::Path, "b", "k"));
    }

    #[test]
    fn s3_control_names_buckets_by_their_arn() {
        let control = |target, host| {
            let t = parse(target, host, false).expect("parses");
            t.control.then_some(t.bucket).flatten()
        };
        let arn = "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Ab.x";
        for host in ["localhost", "123456789012.localhost:80", "10.0.0.1"] {
            assert_eq!(control(arn, host).as_deref(), Some("b.x"), "{host}");
        }
        assert_eq!(control("/v20180820/tags/arn:aws:s3:::b?tagKeys=x", "localhost").as_deref(), Some("b"));
        for other in ["/v20180820/tags/arn:aws:s3:::", "/v20180820/tags/arn:aws:s3:::b/k", "/v20180820/tags/b"] {
            assert_eq!(control(other, "localhost"), None, "{other}");
        }
        assert_eq!(control(arn, "bucket.localhost"), None, "it is a key of this bucket");
    }

    #[test]
    fn s3_control_names_accounts_in_a_header() {
        let target = |host: &str, header: &'static str| {
            let mut headers = Headers::default();
            headers.push("Host", host.to_owned());
            headers.push(header, "123456789012");
            let wire = WireHead { headers, ..wire("/v20180820/configuration/publicAccessBlock?x", host) };
            let endpoints = vec!["localhost".to_owned()];
            let t = Target::parse(&wire, &Domains { endpoints, refuse_unknown_host: false }).expect("parses");
            (t.control, t.bucket)
        };
        for host in ["localhost", "123456789012.localhost:80", "10.0.0.1"] {
            assert_eq!(target(host, "x-amz-account-id"), (true, None), "{host}");
        }
        assert_eq!(target("localhost", "x-amz-other"), (false, Some("v20180820".to_owned())), "it is an object");
        assert_eq!(
            target("b.localhost", "x-amz-account-id"),
            (false, Some("b".to_owned())),
            "it is a key of this bucket"
        );
    }

    #[test]
    fn an_absolute_uri_brings_its_own_host() {
        assert_eq!(names("http://b.localhost/k?acl", "proxy"), owned(Style::VirtualHost, "b", "k"));
        assert_eq!(names("http://localhost:7480/b/k", "proxy"), owned(Style::Path, "b", "k"));
        assert_eq!(names("HTTP://localhost", "proxy"), owned(Style::Path, "", ""));
    }

    #[test]
    fn an_object_has_a_url() {
        let url = |target, host| parse(target, host, false).expect("parses").url("a/b ü+~");
        assert_eq!(url("/b", "localhost:80"), "http://localhost:80/b/a%2Fb%20%C3%BC%2B~");
        assert_eq!(url("/", "b.localhost"), "http://b.localhost/a%2Fb%20%C3%BC%2B~");
        assert_eq!(url("http://other/b", "proxy"), "http://other/b/a%2Fb%20%C3%BC%2B~");
    }

    #[test]
    fn an_unknown_host_can_be_refused() {
        assert!(parse("/", "nas.lan", true).is_err());
        assert!(parse("/", "evilexample.com", true).is_err());
        assert!(parse("/", "127.0.0.1:1", true).is_ok());
    }

    #[test]
    fn what_does_not_decode_is_an_error() {
        assert!(parse("/b/%ff", "localhost", false).is_err());
        assert!(parse("/b?x=%ff", "localhost", false).is_err());
        assert!(parse("//k", "localhost", false).is_err());
    }
}
