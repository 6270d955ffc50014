//! A raw S3 client: its own HTTP and its own signatures, able to send what no library would.
//!
//! ```ignore
//! let alice = Client::new(server.s3, "access", "secret");      // V4 header, path style
//! alice.put("/bucket", b"").assert_status(200);
//! alice.put("/bucket/key", b"data").assert_status(200);
//! alice.get("/bucket/key").assert_status(200).assert_body(b"data");
//! alice.get("/bucket/none").assert_error(404, "NoSuchKey");
//! alice.get("/bucket?list-type=2").elements("Key");            // every <Key>, unescaped
//! ```
//!
//! Targets are sent as they are: use [`encode`] for keys that need it. Everything else is a choice of its own:
//!
//! * who signs and how: `alice.v2()`, `.v2_presigned()`, `.v4()`, `.v4_presigned()`, `.anonymous()`, `.keys(a, s)`,
//!   `.region("US")`; virtual-host style: `alice.bucket_host("bucket", "localhost")`;
//! * a request in detail: `alice.request("PUT", "/b/k").header("x-amz-acl", "private").body(b"…").send()`, with
//!   `.payload(Payload::SignedChunks)`, `.trailer("x-amz-checksum-crc32", "…")`, `.transfer_chunked()`, `.at(time)`,
//!   `.expires(seconds)`, `.expect_continue()`, `.absolute("http://localhost")`;
//! * URLs for others: `alice.v4_presigned().request("PUT", "/b/k").in_query("x-amz-acl", "private").presigned()`, sent by
//!   `alice.anonymous()`;
//! * HTML forms: [`Form`];
//! * what a signature does not know of: `.late_header(name, value)`, `.tamper(|wire| …)`, with the head's text and the
//!   body's bytes in hand;
//! * bytes by hand: `alice.connect()` gives a [`Connection`]; `request.wire()` gives the bytes to send, so that a test
//!   can split them, stop in the middle or send two at once. `send` repeats a request when an idle connection turns out
//!   to be closed; tests that kill servers count on `connect` instead.

#![allow(dead_code, reason = "what one test does not need, the next one does")]

mod form;
mod reply;
pub mod sign;
mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

pub use form::{Form, iso as form_date};
pub use reply::Reply;
use sign::{Headers, Signer, Subject};
pub use wire::Connection;

/// Percent-encodes a key (slashes stay) for a target.
pub fn encode(key: &str) -> String {
    sign::encode(key, true)
}

/// Percent-encodes a query value.
pub fn encode_value(value: &str) -> String {
    sign::encode(value, false)
}

/// Seconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("before the end of time")
}

/// How a client signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    V2Header,
    V2Query,
    V4Header,
    V4Query,
    Anonymous,
}

/// What a V4 request says about its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// Its SHA-256 (in the header forms).
    Exact,
    /// `UNSIGNED-PAYLOAD`.
    Unsigned,
    /// This value, whatever the body is.
    Claimed(String),
    /// aws-chunked, signed.
    SignedChunks,
    /// aws-chunked with trailers, signed.
    SignedChunksTrailer,
    /// aws-chunked with trailers, not signed.
    UnsignedChunksTrailer,
}

/// Somebody who sends requests to a server. Clones share idle connections.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    host: String,
    /// Virtual-host style: the bucket in `host`.
    bucket: Option<String>,
    signer: Signer,
    how: How,
    /// Of temporary credentials: goes into a header, and into a field of forms.
    token: Option<String>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

/// The header, or field, of the token of temporary credentials.
pub const TOKEN: &str = "x-amz-security-token";

impl Client {
    /// Signs by V4 for us-east-1, path style.
    pub fn new(address: SocketAddr, access: &str, secret: &str) -> Self {
        let (access, secret, region) = (access.to_owned(), secret.to_owned(), "us-east-1".to_owned());
        let signer = Signer { access, secret, region, service: "s3" };
        let (host, how, idle) = (address.to_string(), How::V4Header, Arc::default());
        Self { address, host, bucket: None, signer, how, token: None, idle }
    }

    /// The same with another way to sign.
    pub fn how(&self, how: How) -> Self {
        Self { how, ..self.clone() }
    }

    pub fn v2(&self) -> Self {
        self.how(How::V2Header)
    }

    pub fn v2_presigned(&self) -> Self {
        self.how(How::V2Query)
    }

    pub fn v4(&self) -> Self {
        self.how(How::V4Header)
    }

    pub fn v4_presigned(&self) -> Self {
        self.how(How::V4Query)
    }

    pub fn anonymous(&self) -> Self {
        self.how(How::Anonymous)
    }

    /// The same with another key pair.
    pub fn keys(&self, access: &str, secret: &str) -> Self {
        let signer = Signer { access: access.to_owned(), secret: secret.to_owned(), ..self.signer.clone() };
        Self { signer, ..self.clone() }
    }

    /// The same with temporary credentials, signing headers or forms.
    pub fn session(&self, access: &str, secret: &str, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.keys(access, secret) }
    }

    /// The same with another region in its V4 scope.
    pub fn region(&self, region: &str) -> Self {
        Self { signer: Signer { region: region.to_owned(), ..self.signer.clone() }, ..self.clone() }
    }

    /// The same for another service in its V4 scope.
    pub fn service(&self, service: &'static str) -> Self {
        Self { signer: Signer { service, ..self.signer.clone() }, ..self.clone() }
    }

    /// The same, saying another `Host`, path style.
    pub fn host(&self, host: &str) -> Self {
        Self { host: host.to_owned(), bucket: None, ..self.clone() }
    }

    /// The same in virtual-host style: `Host: bucket.domain:port`.
    pub fn bucket_host(&self, bucket: &str, domain: &str) -> Self {
        let host = format!("{bucket}.{domain}:{}", self.address.port());
        Self { host, bucket: Some(bucket.to_owned()), ..self.clone() }
    }

    /// Who signs, for tests that make signatures by hand.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// A connection for bytes by hand.
    pub fn connect(&self) -> Connection {
        Connection::open(self.address)
    }

    /// The same, for tests whose server may be dead.
    pub fn try_connect(&self) -> std::io::Result<Connection> {
        Connection::try_open(self.address)
    }

    /// A request to be described further.
    pub fn request(&self, method: &str, target: &str) -> Request {
        let signed = self.token.iter().filter(|_| self.how != How::Anonymous);
        Request {
            client: self.clone(),
            method: method.to_owned(),
            target: target.to_owned(),
            headers: signed.map(|token| (TOKEN.to_owned(), token.clone().into_bytes())).collect(),
            in_query: Vec::new(),
            late: Vec::new(),
            body: None,
            payload: None,
            chunk_bytes: 64 * 1024,
            trailers: Vec::new(),
            transfer_chunked: false,
            time: now(),
            expires: 600,
            expect: None,
            absolute: None,
            tamper: None,
        }
    }

    pub fn get(&self, target: &str) -> Reply {
        self.request("GET", target).send()
    }

    pub fn head(&self, target: &str) -> Reply {
        self.request("HEAD", target).send()
    }

    pub fn delete(&self, target: &str) -> Reply {
        self.request("DELETE", target).send()
    }

    pub fn put(&self, target: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.request("PUT", target).body(body).send()
    }

    pub fn post(&self, target: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.request("POST", target).body(body).send()
    }

    /// A URL's target that anybody may use for a while.
    pub fn presign(&self, method: &str, target: &str) -> String {
        self.request(method, target).presigned()
    }
}

type Tamper = Box<dyn FnOnce(&mut Wire)>;

/// The bytes of a request.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Request line and headers with their empty line. Characters stand for bytes up to U+00FF.
    pub head: String,
    /// As sent: chunks, trailers and all.
    pub body: Vec<u8>,
}

impl Wire {
    /// The head as bytes.
    pub fn head_bytes(&self) -> Vec<u8> {
        self.head.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect()
    }

    /// All of it.
    pub fn bytes(&self) -> Vec<u8> {
        [self.head_bytes(), self.body.clone()].concat()
    }
}

/// A request on its way.
pub struct Request {
    client: Client,
    method: String,
    target: String,
    headers: Headers,
    in_query: Vec<(String, String)>,
    late: Headers,
    body: Option<Vec<u8>>,
    payload: Option<Payload>,
    chunk_bytes: usize,
    trailers: Vec<(String, String)>,
    transfer_chunked: bool,
    time: i64,
    expires: i64,
    expect: Option<String>,
    absolute: Option<String>,
    tamper: Option<Tamper>,
}

impl Request {
    /// A header, signed where the signature signs headers. A `Date`, `x-amz-date` or `Host` replaces ours.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Without a header that was given above.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    /// A header that a presigned URL carries as a query parameter, as botocore and aws-sdk-js move them there.
    pub fn in_query(mut self, name: &str, value: &str) -> Self {
        self.in_query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A header that is added after signing.
    pub fn late_header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.late.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Further parameters, as they stand in a target.
    pub fn more_query(mut self, parameters: &str) -> Self {
        if !parameters.is_empty() {
            self.target.push(if self.target.contains('?') { '&' } else { '?' });
            self.target.push_str(parameters);
        }
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// How the body is announced. Exact in headers, unsigned in presigned requests, unless said here.
    pub fn payload(mut self, payload: Payload) -> Self {
        self.payload = Some(payload);
        self
    }

    /// Bytes in each aws-chunked chunk.
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes;
        self
    }

    /// A trailer of an aws-chunked body; declared in `x-amz-trailer`.
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `Transfer-Encoding: chunked` instead of a `Content-Length`.
    pub fn transfer_chunked(mut self) -> Self {
        self.transfer_chunked = true;
        self
    }

    /// Signed at this time, seconds since 1970.
    pub fn at(mut self, time: i64) -> Self {
        self.time = time;
        self
    }

    /// How long a presigned request is good for, seconds.
    pub fn expires(mut self, seconds: i64) -> Self {
        self.expires = seconds;
        self
    }

    /// Sends the body only after `100 Continue`.
    pub fn expect_continue(self) -> Self {
        self.expect_as("100-continue")
    }

    /// The same, spelled as here.
    pub fn expect_as(mut self, text: &str) -> Self {
        self.expect = Some(text.to_owned());
        self
    }

    /// Sends an absolute-URI request line: `http://host` comes before the target.
    pub fn absolute(mut self, origin: &str) -> Self {
        self.absolute = Some(origin.to_owned());
        self
    }

    /// Changes the bytes after signing.
    pub fn tamper(mut self, change: impl FnOnce(&mut Wire) + 'static) -> Self {
        self.tamper = Some(Box::new(change));
        self
    }

    fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    fn add(&mut self, name: &str, value: &str) {
        if !self.has(name) {
            self.headers.push((name.to_owned(), value.as_bytes().to_vec()));
        }
    }

    fn host(&self) -> String {
        let authority = self.absolute.as_deref().and_then(|origin| origin.split_once("://")).map(|(_, a)| a.to_owned());
        authority.unwrap_or_else(|| self.client.host.clone())
    }

    /// The headers about the body; the hash line of V4.
    fn announce(&mut self) -> String {
        let query = self.client.how == How::V4Query;
        let default = if query { Payload::Unsigned } else { Payload::Exact };
        let payload = self.payload.clone().unwrap_or(default.clone());
        let hash = match &payload {
            Payload::Exact => sign::sha256(self.body.as_deref().unwrap_or_default()),
            Payload::Unsigned => "UNSIGNED-PAYLOAD".to_owned(),
            Payload::Claimed(hash) => hash.clone(),
            Payload::SignedChunks => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned(),
            Payload::SignedChunksTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER".to_owned(),
            Payload::UnsignedChunksTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER".to_owned(),
        };
        if self.client.how == How::V4Header || self.payload.is_some() {
            self.add("x-amz-content-sha256", &hash);
        }
        if hash.starts_with("STREAMING-") {
            let length = self.body.as_ref().map_or(0, Vec::len).to_string();
            self.add("x-amz-decoded-content-length", &length);
            self.add("content-encoding", "aws-chunked");
            let names: Vec<String> = self.trailers.iter().map(|(n, _)| n.clone()).collect();
            if !names.is_empty() {
                self.add("x-amz-trailer", &names.join(","));
            }
        }
        hash
    }

    /// Signs; the signature of V4 begins the chain of chunk signatures.
    fn sign(&mut self, hash: &str) -> Option<String> {
        self.headers.insert(0, ("Host".to_owned(), self.host().into_bytes()));
        match self.client.how {
            How::V2Header if !self.has("x-amz-date") => self.add("Date", &sign::http_date(self.time)),
            How::V4Header => self.add("x-amz-date", &sign::iso(self.time)),
            _ => {}
        }
        let date = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case("date"));
        let date = date.map(|(_, v)| String::from_utf8_lossy(v).into_owned()).unwrap_or_default();
        let date = if self.has("x-amz-date") { String::new() } else { date };
        let subject = Subject { method: &self.method, target: &self.target, headers: &self.headers, time: self.time };
        let (signer, bucket) = (&self.client.signer, self.client.bucket.as_deref());
        match self.client.how {
            How::Anonymous => None,
            How::V2Header => {
                let value = format!("AWS {}:{}", signer.access, signer.v2(&subject, bucket, &date));
                self.add("Authorization", &value);
                None
            }
            How::V2Query => {
                let mut headers = self.headers.clone();
                headers.extend(self.in_query.iter().map(|(n, v)| (n.clone(), v.clone().into_bytes())));
                let subject = Subject { headers: &headers, ..subject };
                let target = signer.v2_presigned(&subject, bucket, self.time + self.expires);
                self.target = with_parameters(&target, &self.in_query);
                None
            }
            How::V4Header => {
                let (value, seed) = signer.v4_header(&subject, hash);
                self.add("Authorization", &value);
                Some(seed)
            }
            How::V4Query => {
                let target = with_parameters(&self.target, &self.in_query);
                self.target = signer.v4_presigned(&Subject { target: &target, ..subject }, self.expires, hash);
                self.target.rsplit_once('=').map(|(_, seed)| seed.to_owned())
            }
        }
    }

    /// The target with its signature, of a presigning client.
    pub fn presigned(mut self) -> String {
        let hash = self.announce();
        self.sign(&hash);
        self.target
    }

    /// The bytes to send.
    pub fn wire(mut self) -> Wire {
        let hash = self.announce();
        let seed = self.sign(&hash);
        let data = self.body.take();
        let signer = &self.client.signer;
        let body = match (hash.as_str(), data) {
            (mode, Some(data)) if mode.starts_with("STREAMING-") => {
                let trailers = mode.ends_with("-TRAILER").then_some(self.trailers.as_slice());
                let seed = seed.as_deref().filter(|_| mode.contains("AWS4"));
                Some(signer.chunks(&data, self.chunk_bytes, seed, self.time, trailers))
            }
            (_, data) => data,
        };
        let mut body_bytes = body.clone().unwrap_or_default();
        if self.transfer_chunked {
            self.add("Transfer-Encoding", "chunked");
            let framed =
                body_bytes.chunks(10_000).map(|p| [format!("{:x}\r\n", p.len()).as_bytes(), p, b"\r\n"].concat());
            body_bytes = framed.chain([b"0\r\n\r\n".to_vec()]).collect::<Vec<_>>().concat();
        } else if body.is_some() || matches!(self.method.as_str(), "PUT" | "POST") {
            let length = body_bytes.len().to_string();
            self.add("Content-Length", &length);
        }
        if let Some(expect) = self.expect.clone() {
            self.add("Expect", &expect);
        }
        let mut head = format!("{} {}{} HTTP/1.1\r\n", self.method, self.absolute.unwrap_or_default(), self.target);
        for (name, value) in self.headers.iter().chain(&self.late) {
            head.push_str(&format!("{name}: "));
            head.extend(value.iter().map(|b| char::from(*b)));
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        let mut wire = Wire { head, body: body_bytes };
        if let Some(tamper) = self.tamper.take() {
            tamper(&mut wire);
        }
        wire
    }

    /// Sends it on an idle connection or a new one, and reads the answer.
    #[track_caller]
    pub fn send(self) -> Reply {
        let (client, to_head, waits) = (self.client.clone(), self.method == "HEAD", self.expect.is_some());
        let wire = self.wire();
        let idle = client.idle.lock().expect("nobody panics with it").pop();
        if let Some(mut connection) = idle {
            // The server may have closed it meanwhile: then nothing of this request was acted on.
            if let Ok(reply) = exchange(&mut connection, &wire, to_head, waits) {
                return client.keep(connection, reply);
            }
        }
        let mut connection = client.connect();
        let reply = exchange(&mut connection, &wire, to_head, waits).expect("an answer comes");
        client.keep(connection, reply)
    }
}

fn with_parameters(target: &str, parameters: &[(String, String)]) -> String {
    let mut target = target.to_owned();
    for (name, value) in parameters {
        target.push(if target.contains('?') { '&' } else { '?' });
        target.push_str(&format!("{name}={}", encode_value(value)));
    }
    target
}

impl Client {
    fn keep(&self, connection: Connection, reply: Reply) -> Reply {
        if !reply.closed {
            self.idle.lock().expect("nobody panics with it").push(connection);
        }
        reply
    }
}

fn exchange(connection: &mut Connection, wire: &Wire, to_head: bool, waits: bool) -> std::io::Result<Reply> {
    if !waits {
        // The answer may come before all of the body is sent, and says why.
        let sent = connection.send(&wire.bytes());
        return connection.read(to_head).map_err(|failure| sent.err().unwrap_or(failure));
    }
    connection.send(&wire.head_bytes())?;
    let first = connection.read_one(to_head)?;
    if first.status != 100 {
        return Ok(Reply { closed: true, ..first });
    }
    connection.send(&wire.body)?;
    let reply = connection.read(to_head)?;
    Ok(Reply { continued: true, ..reply })
}
