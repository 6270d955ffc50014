//! A request as it came over the wire: own header and query types, because signatures need the order and the raw
//! bytes.

use std::net::IpAddr;

use bytes::Bytes;
use futures::stream::LocalBoxStream;

use crate::storage::Timestamp;

/// The HTTP methods that S3 uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Head,
    Put,
    Post,
    Delete,
    Options,
}

impl Method {
    /// From the request line; `None` for methods that S3 does not have.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "PUT" => Self::Put,
            "POST" => Self::Post,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            _ => return None,
        })
    }

    /// As in the request line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// Headers in wire order. Names are lower case, values are bytes as sent (without white space at either end).
#[derive(Debug, Clone, Default)]
pub struct Headers(Vec<(String, Bytes)>);

impl Headers {
    /// Appends one.
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<Bytes>) {
        let mut name = name.into();
        name.make_ascii_lowercase();
        self.0.push((name, value.into()));
    }

    /// The first value of a header, if it is text. `name` is lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.bytes(name)?).ok()
    }

    /// The first value of a header, as bytes.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Every value of a header.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Bytes> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, v)| v)
    }

    /// Whether the header is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.bytes(name).is_some()
    }

    /// All of them, in wire order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v))
    }
}

/// The query string in wire order.
#[derive(Debug, Clone, Default)]
pub struct Query(Vec<Parameter>);

/// One parameter of a query string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The name as sent.
    pub raw_name: String,
    /// The value as sent; `None` when there was no `=`.
    pub raw_value: Option<String>,
    /// The decoded name.
    pub name: String,
    /// The decoded value; empty when there was none.
    pub value: String,
}

impl Query {
    /// Parses what follows the `?`. `+` means a space (what every HTML form and boto 2 send). Bytes that are no UTF-8
    /// after decoding are an error.
    ///
    /// # Errors
    /// The raw name of the parameter that could not be decoded.
    pub fn parse(raw: &str) -> Result<Self, String> {
        let mut parameters = Vec::new();
        for part in raw.split('&').filter(|p| !p.is_empty()) {
            let (raw_name, raw_value) = match part.split_once('=') {
                Some((n, v)) => (n, Some(v)),
                None => (part, None),
            };
            let decode = |s: &str| decode_component(s).ok_or_else(|| raw_name.to_owned());
            parameters.push(Parameter {
                name: decode(raw_name)?,
                value: decode(raw_value.unwrap_or(""))?,
                raw_name: raw_name.to_owned(),
                raw_value: raw_value.map(str::to_owned),
            });
        }
        Ok(Self(parameters))
    }

    /// The first decoded value of a parameter; empty when it has none. `?x` and `?x=` are one (Cyberduck sends both).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|p| p.name == name).map(|p| p.value.as_str())
    }

    /// Whether the parameter is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// All of them, in wire order.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.0.iter()
    }
}

fn decode_component(raw: &str) -> Option<String> {
    let plus_decoded = raw.replace('+', " ");
    percent_encoding::percent_decode_str(&plus_decoded).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

/// Why a request's body ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The client went away or broke the framing.
    #[error("the client's body ended early: {0}")]
    Broken(String),
    /// The client sent nothing for too long.
    #[error("the client sent no data for too long")]
    Timeout,
}

/// The body's raw bytes as they arrive.
pub type WireBody = LocalBoxStream<'static, Result<Bytes, WireError>>;

/// A request without its body.
#[derive(Debug, Clone)]
pub struct WireHead {
    /// `None` when the method is none of S3's.
    pub method: Option<Method>,
    /// The request target as sent: `/path?query`, or `http://host/path?query` (s3cmd through `proxy_host`).
    pub raw_target: String,
    /// The headers.
    pub headers: Headers,
    /// The address of the client, after trusted proxies.
    pub client: IpAddr,
    /// Whether the client spoke TLS (to us, or to a trusted proxy).
    pub secure: bool,
    /// The version of TLS that the client spoke to us itself, as policies write it (`1.3`).
    pub tls_version: Option<&'static str>,
    /// When the head had arrived.
    pub received: Timestamp,
    /// 16 upper-case hexadecimal digits, unique per request.
    pub request_id: String,
}
