//! Signs requests by V2 and V4. Written from AWS's description alone and sharing nothing with the server, so that both
//! would have to be wrong in the same way.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// Headers in the order they are sent.
pub type Headers = Vec<(String, Vec<u8>)>;

/// Who signs, for which region.
#[derive(Debug, Clone)]
pub struct Signer {
    pub access: String,
    pub secret: String,
    pub region: String,
    /// What V4 scopes say that they are for.
    pub service: &'static str,
}

/// What is signed. `target` is a path with its query, percent-encoded.
pub struct Subject<'a> {
    pub method: &'a str,
    pub target: &'a str,
    pub headers: &'a Headers,
    /// Seconds since 1970.
    pub time: i64,
}

/// Sub-resources that boto 2 signs, and those that came after it.
const V2_SUB_RESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "cors",
    "defaultObjectAcl",
    "delete",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// SHA-256, lower-case hexadecimal.
pub fn sha256(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

fn hmac256(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key will do");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Percent-encodes all but unreserved characters; a key's slashes stay when `slashes` says so.
pub fn encode(text: &str, slashes: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b'/' if slashes => out.push('/'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Each byte as a character of its own, as everything that is signed by V2 here.
fn decode_bytes(text: &str) -> String {
    percent_encoding::percent_decode_str(text).map(char::from).collect()
}

/// ISO 8601 basic.
pub fn iso(time: i64) -> String {
    let time = jiff::Timestamp::from_second(time).expect("a time of this era");
    jiff::tz::Offset::UTC.to_datetime(time).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// RFC 1123.
pub fn http_date(time: i64) -> String {
    let since = std::time::Duration::from_secs(u64::try_from(time).expect("after 1970"));
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + since)
}

fn split(target: &str) -> (&str, Vec<(&str, Option<&str>)>) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|p| !p.is_empty());
    (path, pairs.map(|p| p.split_once('=').map_or((p, None), |(n, v)| (n, Some(v)))).collect())
}

fn find<'a>(headers: &'a Headers, name: &str) -> Option<&'a [u8]> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_slice())
}

fn text(bytes: &[u8]) -> String {
    // Latin-1, so that every byte has a character and comes back as itself.
    bytes.iter().map(|b| char::from(*b)).collect()
}

fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect()
}

/// Names, sorted, with their joined values.
fn sorted(headers: &Headers, wanted: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        let (name, value) = (name.to_ascii_lowercase(), text(value).trim().to_owned());
        match all.iter_mut().find(|(n, _)| *n == name) {
            Some((_, there)) => *there = format!("{there},{value}"),
            None if wanted(&name) => all.push((name, value)),
            None => {}
        }
    }
    all.sort();
    all
}

impl Signer {
    /// The signature of V2. `bucket` is set for virtual-host requests; `date` is the fourth line.
    pub fn v2(&self, subject: &Subject<'_>, bucket: Option<&str>, date: &str) -> String {
        let line = |name| text(find(subject.headers, name).unwrap_or_default());
        let mut to_sign = format!("{}\n{}\n{}\n{date}\n", subject.method, line("content-md5"), line("content-type"));
        for (name, value) in sorted(subject.headers, |n| n.starts_with("x-amz-")) {
            to_sign.push_str(&format!("{name}:{value}\n"));
        }
        let (path, query) = split(subject.target);
        if let Some(bucket) = bucket {
            to_sign.push_str(&format!("/{bucket}"));
        }
        to_sign.push_str(path);
        let mut signed: Vec<String> = query
            .into_iter()
            .filter(|(name, _)| V2_SUB_RESOURCES.contains(name))
            .map(|(name, value)| value.map_or(name.to_owned(), |v| format!("{name}={}", decode_bytes(v))))
            .collect();
        signed.sort();
        if !signed.is_empty() {
            to_sign.push_str(&format!("?{}", signed.join("&")));
        }
        self.v2_of(&to_sign)
    }

    /// The V2 signature of a text. Characters stand for bytes up to U+00FF.
    pub fn v2_of(&self, to_sign: &str) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes()).expect("any key will do");
        mac.update(&bytes(to_sign));
        data_encoding::BASE64.encode(&mac.finalize().into_bytes())
    }

    /// A target with V2 parameters.
    pub fn v2_presigned(&self, subject: &Subject<'_>, bucket: Option<&str>, expires: i64) -> String {
        let signature = self.v2(subject, bucket, &expires.to_string());
        let sign = if subject.target.contains('?') { '&' } else { '?' };
        let (access, signature) = (encode(&self.access, false), encode(&signature, false));
        format!("{}{sign}AWSAccessKeyId={access}&Expires={expires}&Signature={signature}", subject.target)
    }

    /// `date/region/service/aws4_request`.
    pub fn scope(&self, time: i64) -> String {
        format!("{}/{}/{}/aws4_request", &iso(time)[..8], self.region, self.service)
    }

    /// The V4 signature of a string to sign.
    pub fn v4_of(&self, to_sign: &str, time: i64) -> String {
        let day = hmac256(format!("AWS4{}", self.secret).as_bytes(), &iso(time)[..8]);
        let key = hmac256(&hmac256(&hmac256(&day, &self.region), self.service), "aws4_request");
        hex(&hmac256(&key, to_sign))
    }

    /// The V4 signature of a request over these headers.
    pub fn v4(&self, subject: &Subject<'_>, signed: &[(String, String)], hash: &str) -> String {
        let (path, query) = split(subject.target);
        let code = |t: &str| encode(&decode(&t.replace('+', " ")), false);
        let mut pairs: Vec<(String, String)> =
            query.into_iter().map(|(n, v)| (code(n), code(v.unwrap_or("")))).collect();
        pairs.sort();
        let query: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let names: Vec<&str> = signed.iter().map(|(n, _)| n.as_str()).collect();
        let block: String = signed
            .iter()
            .map(|(n, v)| format!("{n}:{}\n", v.split_ascii_whitespace().collect::<Vec<_>>().join(" ")))
            .collect();
        let request = format!("{}\n{path}\n{}\n{block}\n{}\n{hash}", subject.method, query.join("&"), names.join(";"));
        let (date, scope) = (iso(subject.time), self.scope(subject.time));
        self.v4_of(&format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(&bytes(&request))), subject.time)
    }

    /// The `Authorization` header of V4 and the signature in it. Everything but a few headers is signed.
    pub fn v4_header(&self, subject: &Subject<'_>, hash: &str) -> (String, String) {
        let unsigned = ["authorization", "connection", "content-length", "expect", "transfer-encoding", "user-agent"];
        let signed = sorted(subject.headers, |n| !unsigned.contains(&n));
        let signature = self.v4(subject, &signed, hash);
        let names: Vec<&str> = signed.iter().map(|(n, _)| n.as_str()).collect();
        let (access, scope, names) = (&self.access, self.scope(subject.time), names.join(";"));
        let header =
            format!("AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}");
        (header, signature)
    }

    /// A target with V4 parameters; signs `host` and the `x-amz-*` headers that are sent beside it.
    pub fn v4_presigned(&self, subject: &Subject<'_>, expires: i64, hash: &str) -> String {
        let signed = sorted(subject.headers, |n| n == "host" || n.starts_with("x-amz-"));
        let names: Vec<&str> = signed.iter().map(|(n, _)| n.as_str()).collect();
        let sign = if subject.target.contains('?') { '&' } else { '?' };
        let credential = encode(&format!("{}/{}", self.access, self.scope(subject.time)), false);
        let target = format!(
            "{}{sign}X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}&X-Amz-Date={}\
             &X-Amz-Expires={expires}&X-Amz-SignedHeaders={}",
            subject.target,
            iso(subject.time),
            encode(&names.join(";"), false),
        );
        let signature = self.v4(&Subject { target: &target, ..*subject }, &signed, hash);
        format!("{target}&X-Amz-Signature={signature}")
    }

    /// An aws-chunked body. `seed` is the request's signature, or `None` for unsigned chunks; trailers, when there are
    /// any, are signed when the chunks are.
    pub fn chunks(
        &self,
        data: &[u8],
        chunk_bytes: usize,
        seed: Option<&str>,
        time: i64,
        trailers: Option<&[(String, String)]>,
    ) -> Vec<u8> {
        let mut body = Vec::new();
        let mut previous = seed.map(str::to_owned);
        let (date, scope) = (iso(time), self.scope(time));
        for chunk in data.chunks(chunk_bytes).chain([&[][..]]) {
            body.extend(format!("{:x}", chunk.len()).into_bytes());
            if let Some(signature) = &mut previous {
                let to_sign = format!(
                    "AWS4-HMAC-SHA256-PAYLOAD\n{date}\n{scope}\n{signature}\n{}\n{}",
                    sha256(b""),
                    sha256(chunk)
                );
                *signature = self.v4_of(&to_sign, time);
                body.extend(format!(";chunk-signature={signature}").into_bytes());
            }
            body.extend(b"\r\n");
            body.extend(chunk);
            if !chunk.is_empty() {
                body.extend(b"\r\n");
            }
        }
        if let Some(trailers) = trailers {
            let lines: String = trailers.iter().map(|(n, v)| format!("{n}:{v}\n")).collect();
            body.extend(lines.replace('\n', "\r\n").into_bytes());
            if let Some(signature) = previous {
                let hash = sha256(lines.as_bytes());
                let to_sign = format!("AWS4-HMAC-SHA256-TRAILER\n{date}\n{scope}\n{signature}\n{hash}");
                body.extend(format!("x-amz-trailer-signature:{}\r\n", self.v4_of(&to_sign, time)).into_bytes());
            }
        }
        body.extend(b"\r\n");
        body
    }
}
