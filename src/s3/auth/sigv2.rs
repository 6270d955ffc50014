//! Signature Version 2 in the `Authorization` header, and what it shares with the presigned form.
//! Source: AWS, "Signing and authenticating REST requests". Clients read it differently, hence [`READINGS`].

use super::canonical::{Spaces, joined};
use super::keys::{hmac_sha1_base64, same};
use super::payload::Payload;
use super::sigv4::spaced_hex;
use super::{Credential, Identity, Incoming, SignatureKind, TOKEN, dates, refuse_token};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Headers, Parameter};
use crate::s3::services::Rules;
use crate::s3::target::Style;

/// Query parameters that are signed: the union of what clients sign.
const SUB_RESOURCES: &[&str] = &[
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "retention",
    "select",
    "select-type",
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

/// How the path of a bucket is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slash {
    AsSent,
    Added,
    Removed,
}

/// How values of sub-resources are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Values {
    /// Decoded; a bare name stays bare and `name=` stays so.
    Decoded,
    /// Decoded; `name=` becomes bare.
    EmptyIsBare,
    /// Percent-encoded as sent; a bare name becomes `name=`.
    EncodedWithSign,
    /// Percent-encoded as sent.
    Encoded,
}

/// One client's reading of the rules.
struct Reading {
    /// Who forced it.
    #[allow(dead_code, reason = "says why the row is there")]
    client: &'static str,
    slash: Slash,
    values: Values,
    /// Sub-resources that it does not sign. Such readings count only in the `Authorization` header: a presigned URL
    /// changes hands, and whoever gets it must not be able to turn it into another request.
    unsigned: &'static [&'static str],
    /// It signs `x-amz-*` headers that are empty.
    empty_headers: bool,
}

const BOTOCORE_UNSIGNED: &[&str] = &[
    "encryption",
    "intelligent-tiering",
    "legal-hold",
    "ownershipControls",
    "policyStatus",
    "publicAccessBlock",
    "retention",
];
const S3CMD_UNSIGNED: &[&str] = &[
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "accelerate",
    "encryption",
    "ownershipControls",
    "publicAccessBlock",
    "replication",
];
const RCLONE_UNSIGNED: &[&str] = &["cors", "lifecycle", "tagging", "website"];

/// Every accepted reading, the one by the book first.
const READINGS: &[Reading] = &[
    Reading { client: "AWS, boto 2", ..BOOK },
    Reading { client: "botocore, path style, at a bucket", slash: Slash::Added, ..BOOK },
    Reading { client: "botocore, newer sub-resources", unsigned: BOTOCORE_UNSIGNED, ..BOOK },
    Reading {
        client: "botocore, newer sub-resources of a bucket",
        slash: Slash::Added,
        unsigned: BOTOCORE_UNSIGNED,
        ..BOOK
    },
    Reading { client: "Nextcloud", empty_headers: false, ..BOOK },
    Reading { client: "Nextcloud, at a bucket", slash: Slash::Removed, empty_headers: false, ..BOOK },
    Reading { client: "rclone", values: Values::EmptyIsBare, ..BOOK },
    Reading { client: "rclone, earlier", values: Values::EmptyIsBare, unsigned: RCLONE_UNSIGNED, ..BOOK },
    Reading { client: "s3cmd", values: Values::Encoded, unsigned: S3CMD_UNSIGNED, ..BOOK },
    Reading {
        client: "s3cmd, names without a value",
        values: Values::EncodedWithSign,
        unsigned: S3CMD_UNSIGNED,
        ..BOOK
    },
];

const BOOK: Reading =
    Reading { client: "", slash: Slash::AsSent, values: Values::Decoded, unsigned: &[], empty_headers: true };

/// What a V2 signature is made over, beside the key.
pub struct Subject<'a> {
    /// The request.
    pub incoming: &'a Incoming<'a>,
    /// Headers, with query parameters that stand for headers.
    pub headers: &'a Headers,
    /// The fourth line.
    pub date: &'a str,
    /// Whether it came in the query.
    pub presigned: bool,
}

impl Subject<'_> {
    /// Every reading of the request, the one by the book first.
    fn strings_to_sign(&self) -> Vec<Vec<u8>> {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for reading in READINGS.iter().filter(|r| r.unsigned.is_empty() || !self.presigned) {
            let Some(resource) = self.resource(reading) else { continue };
            for spaces in [Spaces::Collapsed, Spaces::Kept] {
                let mut text = format!("{}\n", self.incoming.method.as_str()).into_bytes();
                for name in ["content-md5", "content-type"] {
                    text.extend(self.headers.bytes(name).map(|v| v.to_vec()).unwrap_or_default());
                    text.push(b'\n');
                }
                text.extend_from_slice(self.date.as_bytes());
                text.push(b'\n');
                text.extend(self.amz_headers(spaces, reading.empty_headers));
                text.extend_from_slice(resource.as_bytes());
                if !all.contains(&text) {
                    all.push(text);
                }
            }
        }
        all
    }

    fn amz_headers(&self, spaces: Spaces, with_empty: bool) -> Vec<u8> {
        let mut names: Vec<&str> = self.headers.iter().map(|(n, _)| n).filter(|n| n.starts_with("x-amz-")).collect();
        names.sort_unstable();
        names.dedup();
        let mut block = Vec::new();
        for name in names {
            let value = joined(self.headers.all(name), spaces);
            if with_empty || !value.is_empty() {
                block.extend_from_slice(name.as_bytes());
                block.push(b':');
                block.extend_from_slice(&value);
                block.push(b'\n');
            }
        }
        block
    }

    /// The resource, or `None` where a reading has nothing of its own to say.
    fn resource(&self, reading: &Reading) -> Option<String> {
        let target = self.incoming.target;
        let mut resource = match (target.style, &target.bucket) {
            (Style::VirtualHost, Some(bucket)) => format!("/{bucket}{}", target.raw_path),
            _ => target.raw_path.clone(),
        };
        let at_bucket = target.bucket.is_some() && target.key.is_none();
        match reading.slash {
            Slash::AsSent => {}
            Slash::Added if at_bucket && !resource.ends_with('/') => resource.push('/'),
            Slash::Removed if at_bucket && resource.ends_with('/') => {
                resource.pop();
            }
            _ => return None,
        }
        let mut signed: Vec<&Parameter> = target
            .query
            .iter()
            .filter(|p| SUB_RESOURCES.contains(&p.name.as_str()) && !reading.unsigned.contains(&p.name.as_str()))
            .collect();
        signed.sort_by(|a, b| (&a.name, &a.value).cmp(&(&b.name, &b.value)));
        for (i, parameter) in signed.into_iter().enumerate() {
            resource.push(if i == 0 { '?' } else { '&' });
            resource.push_str(&parameter.name);
            if let Some(value) = value_of(parameter, reading.values) {
                resource.push('=');
                resource.push_str(value);
            }
        }
        Some(resource)
    }

    /// Compares the signature with each reading.
    ///
    /// # Errors
    /// `SignatureDoesNotMatch`, with what was signed here.
    pub fn verify(&self, credential: &Credential, signature: &str) -> Result<(), S3Error> {
        let readings = self.strings_to_sign();
        let key = credential.secret_key.as_bytes();
        if readings.iter().any(|text| same(&hmac_sha1_base64(key, text), signature)) {
            return Ok(());
        }
        let by_the_book = readings.into_iter().next().unwrap_or_default();
        Err(S3Error::from(S3ErrorCode::SignatureDoesNotMatch)
            .field("AWSAccessKeyId", credential.access_key.clone())
            .field("StringToSign", String::from_utf8_lossy(&by_the_book))
            .field("SignatureProvided", signature)
            .field("StringToSignBytes", spaced_hex(&by_the_book)))
    }
}

fn value_of(parameter: &Parameter, values: Values) -> Option<&str> {
    let raw = parameter.raw_value.as_deref();
    match values {
        Values::Decoded => raw.map(|_| parameter.value.as_str()),
        Values::EmptyIsBare => Some(parameter.value.as_str()).filter(|v| !v.is_empty()),
        Values::Encoded => raw,
        Values::EncodedWithSign => Some(raw.unwrap_or("")),
    }
}

/// Refuses V2 where the key, or else the installation, does not take it.
///
/// # Errors
/// `InvalidRequest`, as regions of AWS that know V4 only.
pub fn check_allowed(rules: &Rules, credential: &Credential) -> Result<(), S3Error> {
    if credential.signature_v2.unwrap_or(rules.signature_v2) {
        return Ok(());
    }
    Err(S3ErrorCode::InvalidRequest
        .because("The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."))
}

/// Identifies a request by its `Authorization` header. `text` is `access-key:signature`.
///
/// # Errors
/// AWS's, to the same request.
pub async fn identify(incoming: &Incoming<'_>, text: &str) -> Result<Identity, S3Error> {
    let parts = text.trim().rsplit_once(':').filter(|(key, signature)| !key.is_empty() && !signature.is_empty());
    let (access_key, signature) = parts.ok_or_else(|| {
        S3ErrorCode::InvalidArgument.because("AWS authorization header is invalid. Expected AwsAccessKeyId:signature")
    })?;
    let headers = &incoming.wire.headers;
    let amz_date = headers.get("x-amz-date");
    let sent = amz_date.or_else(|| headers.get("date")).ok_or_else(dates::no_date)?;
    let seconds = dates::parse_any(sent).ok_or_else(dates::no_date)?;
    dates::check_skew(sent, seconds, incoming.wire.received)?;
    let credential = incoming.credential(access_key, headers).await?;
    check_allowed(incoming.rules, &credential)?;
    let date = if amz_date.is_some() { "" } else { sent };
    Subject { incoming, headers, date, presigned: false }.verify(&credential, signature)?;
    refuse_token(&credential, headers.bytes(TOKEN).map(AsRef::as_ref))?;
    let payload = Payload::read(headers, None)?;
    Ok(incoming.identity(credential, headers, payload, SignatureKind::V2Header))
}
