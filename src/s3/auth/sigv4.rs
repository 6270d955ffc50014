//! Signature Version 4 in the `Authorization` header, and what it shares with the presigned form.
//! Source: AWS, "Authenticating Requests (AWS Signature Version 4)".

use super::canonical::{self, Spaces, joined};
use super::keys::{hex, hmac_sha256, same, sha256_hex, signing_key};
use super::payload::{ChunkSigner, Payload, UNSIGNED_PAYLOAD, content_sha256};
use super::{Credential, Identity, Incoming, Service, SignatureKind, TOKEN, dates, refuse_token};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::Headers;
use crate::s3::services::Rules;

/// The one algorithm.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// `x-amz-*` headers that may go unsigned. The first two are in every string to sign anyway; the last one only tells
/// which client it is.
const MAY_BE_UNSIGNED: &[&str] = &["x-amz-content-sha256", "x-amz-date", "x-amz-user-agent"];
/// Of these, a presigned request may carry only what nobody acts on: its time and its hash come from the query.
const MAY_BE_UNSIGNED_PRESIGNED: &[&str] = &["x-amz-date", "x-amz-user-agent"];

/// `access-key/date/region/service/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whose key.
    pub access_key: String,
    /// `YYYYMMDD`.
    pub date: String,
    /// Any, unless the installation is strict.
    pub region: String,
    /// What it is for.
    pub service: String,
}

impl Scope {
    /// Reads a credential. Access keys may contain slashes, so it is read from its end.
    ///
    /// # Errors
    /// What is wrong with it, in AWS's words.
    pub fn parse(text: &str, wanted: Service) -> Result<Self, String> {
        let wanted = wanted.name();
        let parts: Vec<&str> = text.rsplitn(5, '/').collect();
        let &[terminator, service, region, date, access_key] = parts.as_slice() else {
            return Err(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
                    .to_owned(),
            );
        };
        if access_key.is_empty() {
            return Err("a non-empty Access Key (AKID) must be provided in the credential.".to_owned());
        }
        if terminator != "aws4_request" {
            return Err(format!("incorrect terminal {terminator:?}. This endpoint uses \"aws4_request\"."));
        }
        if service != wanted {
            return Err(format!("incorrect service {service:?}. This endpoint belongs to {wanted:?}."));
        }
        if date.len() != 8 || !date.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!(
                "incorrect date format {date:?}. This date in the credential must be in the format \"yyyyMMdd\"."
            ));
        }
        let owned = str::to_owned;
        Ok(Self { access_key: owned(access_key), date: owned(date), region: owned(region), service: owned(service) })
    }

    /// Without the access key, as strings to sign have it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }

    /// Refuses another day than the request's, and another region where that matters.
    ///
    /// # Errors
    /// `code`, with AWS's words, and the region to use.
    pub fn check(&self, timestamp: &str, rules: &Rules, code: S3ErrorCode) -> Result<(), S3Error> {
        if timestamp.get(..8) != Some(self.date.as_str()) {
            let why = format!("Invalid credential date {:?}. This date is not the same as X-Amz-Date.", self.date);
            return Err(code.because(why));
        }
        let region = &rules.region;
        // IAM and STS are everywhere; clients name the region they like for them.
        if rules.strict_region && self.service == Service::S3.name() && *self.region != **region {
            let why =
                format!("The authorization is malformed; the region '{}' is wrong; expecting '{region}'", self.region);
            return Err(code.because(why).field("Region", region.as_ref()));
        }
        Ok(())
    }
}

/// A V4 signature and what it says it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Key and scope.
    pub scope: Scope,
    /// Names of the signed headers, as sent, joined by semicolons.
    pub signed_headers: String,
    /// Hexadecimal.
    pub signature: String,
}

impl Claim {
    /// Reads what follows the algorithm in an `Authorization` header.
    ///
    /// # Errors
    /// `AuthorizationHeaderMalformed`.
    pub fn parse(text: &str, wanted: Service) -> Result<Self, S3Error> {
        let malformed = |why: String| {
            S3ErrorCode::AuthorizationHeaderMalformed.because(format!("The authorization header is malformed; {why}"))
        };
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for field in text.split(',') {
            let (name, value) = field.trim().split_once('=').unwrap_or((field.trim(), ""));
            let slot = match name {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => return Err(malformed(format!("the field {name:?} is not known."))),
            };
            if slot.replace(value.trim()).is_some() {
                return Err(malformed(format!("{name} is there twice.")));
            }
        }
        let need = |slot: Option<&str>, name: &str| {
            slot.filter(|v| !v.is_empty()).map(str::to_owned).ok_or_else(|| malformed(format!("missing {name}.")))
        };
        let scope = Scope::parse(&need(credential, "Credential")?, wanted).map_err(malformed)?;
        let signed_headers = need(signed_headers, "SignedHeaders")?;
        Ok(Self { scope, signed_headers, signature: need(signature, "Signature")? })
    }

    fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed.eq_ignore_ascii_case(name))
    }

    /// Refuses a request with headers that change its meaning and are not signed (Swift CVE-2026-71191).
    ///
    /// # Errors
    /// `AccessDenied`, naming them.
    pub fn check_coverage(
        &self,
        incoming: &Incoming<'_>,
        hoisted: &[(String, String)],
        query: bool,
    ) -> Result<(), S3Error> {
        let allowed = if query { MAY_BE_UNSIGNED_PRESIGNED } else { MAY_BE_UNSIGNED };
        let mut unsigned: Vec<&str> = incoming
            .wire
            .headers
            .iter()
            .map(|(name, _)| name)
            .filter(|name| name.starts_with("x-amz-") && !allowed.contains(name) && !self.signs(name))
            // The query string is signed, and the header has the same value.
            .filter(|name| !hoisted.iter().any(|(n, _)| n == name))
            .collect();
        if !self.signs("host") {
            unsigned.insert(0, "host");
        }
        if unsigned.is_empty() {
            return Ok(());
        }
        unsigned.dedup();
        Err(S3ErrorCode::AccessDenied
            .because("There were headers present in the request which were not signed")
            .field("HeadersNotSigned", unsigned.join(", ")))
    }
}

/// What a V4 signature is made over, beside the key.
pub struct Subject<'a> {
    /// The request.
    pub incoming: &'a Incoming<'a>,
    /// Headers, with query parameters that stand for headers.
    pub headers: &'a Headers,
    /// Its own parameter in the query, which is not signed.
    pub signature_parameter: Option<&'a str>,
    /// The hash line of the canonical request.
    pub payload_hash: &'a str,
    /// ISO 8601 basic.
    pub timestamp: &'a str,
}

impl Subject<'_> {
    /// Every reading of the request, the one by the book first.
    fn canonical_requests(&self, claim: &Claim) -> Vec<Vec<u8>> {
        let query = canonical::query(&self.incoming.target.query, self.signature_parameter);
        let mut all: Vec<Vec<u8>> = Vec::new();
        let blocks = [Spaces::Collapsed, Spaces::Kept].map(|spaces| self.header_block(claim, spaces));
        for headers in blocks.iter().flat_map(|block| canonical::charsets(block)) {
            for path in canonical::paths(&self.incoming.target.raw_path) {
                let start = format!("{}\n{path}\n{query}\n", self.incoming.method.as_str());
                let end = format!("\n{}\n{}", claim.signed_headers, self.payload_hash);
                let text = [start.as_bytes(), &*headers, end.as_bytes()].concat();
                if !all.contains(&text) {
                    all.push(text);
                }
            }
        }
        all
    }

    fn header_block(&self, claim: &Claim, spaces: Spaces) -> Vec<u8> {
        let mut block = Vec::new();
        for name in claim.signed_headers.split(';').map(str::to_ascii_lowercase) {
            let value = match name.as_str() {
                "host" => joined(std::iter::once(&canonical::host(self.incoming.wire)), spaces),
                _ => joined(self.headers.all(&name), spaces),
            };
            block.extend_from_slice(name.as_bytes());
            block.push(b':');
            block.extend_from_slice(&value);
            block.push(b'\n');
        }
        block
    }

    /// Compares the signature with each reading.
    ///
    /// # Errors
    /// `SignatureDoesNotMatch`, with what was signed here.
    pub fn verify(&self, claim: &Claim, credential: &Credential) -> Result<ChunkSigner, S3Error> {
        let Scope { date, region, service, .. } = &claim.scope;
        let key = signing_key(&credential.secret_key, date, region, service);
        let scope = claim.scope.text();
        let mut by_the_book = None;
        for request in self.canonical_requests(claim) {
            let text = format!("{ALGORITHM}\n{}\n{scope}\n{}", self.timestamp, sha256_hex(&request));
            if same(&hex(&hmac_sha256(&*key, text.as_bytes())), &claim.signature) {
                let (seed, timestamp) = (claim.signature.clone(), self.timestamp.to_owned());
                return Ok(ChunkSigner { key, seed, scope, timestamp });
            }
            by_the_book.get_or_insert((text, request));
        }
        let (text, request) = by_the_book.unwrap_or_default();
        Err(S3Error::from(S3ErrorCode::SignatureDoesNotMatch)
            .field("AWSAccessKeyId", claim.scope.access_key.clone())
            .field("StringToSign", text.clone())
            .field("SignatureProvided", claim.signature.clone())
            .field("StringToSignBytes", spaced_hex(text.as_bytes()))
            .field("CanonicalRequest", String::from_utf8_lossy(&request))
            .field("CanonicalRequestBytes", spaced_hex(&request)))
    }
}

/// Bytes as AWS shows them in errors: `41 57 53`.
pub fn spaced_hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    pairs.join(" ")
}

/// Identifies a request by its `Authorization` header. `text` follows the algorithm.
///
/// # Errors
/// AWS's, to the same request.
pub async fn identify(incoming: &Incoming<'_>, text: &str) -> Result<Identity, S3Error> {
    let headers = &incoming.wire.headers;
    let hash = || {
        content_sha256(headers)?.ok_or_else(|| {
            S3ErrorCode::InvalidRequest.because("Missing required header for this request: x-amz-content-sha256")
        })
    };
    let (credential, signer) = prove(incoming, text, hash).await?;
    let signed_at = dates::parse_iso_basic(&signer.timestamp);
    let payload = Payload::read(headers, Some(signer))?;
    Ok(Identity { signed_at, ..incoming.identity(credential, headers, payload, SignatureKind::V4Header) })
}

/// Finds the credential of an `Authorization` header and verifies its signature; `hash` is the hash line of the canonical
/// request.
///
/// # Errors
/// As [`identify`].
pub(super) async fn prove(
    incoming: &Incoming<'_>,
    text: &str,
    hash: impl FnOnce() -> Result<String, S3Error>,
) -> Result<(Credential, ChunkSigner), S3Error> {
    let claim = Claim::parse(text, incoming.service)?;
    let headers = &incoming.wire.headers;
    let (sent, seconds, timestamp) = match headers.get("x-amz-date") {
        Some(sent) => (sent, dates::parse_iso_basic(sent).ok_or_else(dates::no_date)?, sent.to_owned()),
        None => {
            let sent = headers.get("date").ok_or_else(dates::no_date)?;
            let seconds = dates::parse_any(sent).ok_or_else(dates::no_date)?;
            (sent, seconds, dates::iso_basic(seconds))
        }
    };
    // In this order a wrong clock and a wrong key are told as what they are.
    dates::check_skew(sent, seconds, incoming.wire.received)?;
    let credential = incoming.credential(&claim.scope.access_key, headers).await?;
    claim.scope.check(&timestamp, incoming.rules, S3ErrorCode::AuthorizationHeaderMalformed)?;
    let payload_hash = hash()?;
    claim.check_coverage(incoming, &[], false)?;
    let subject =
        Subject { incoming, headers, signature_parameter: None, payload_hash: &payload_hash, timestamp: &timestamp };
    let signer = subject.verify(&claim, &credential)?;
    refuse_token(&credential, headers.bytes(TOKEN).map(AsRef::as_ref))?;
    Ok((credential, signer))
}

/// The hash line of a presigned request: nothing is known about the body unless the signer says so.
///
/// # Errors
/// `InvalidArgument` for a value that is no hash and no payload mode.
pub fn presigned_hash(headers: &Headers) -> Result<String, S3Error> {
    Ok(content_sha256(headers)?.unwrap_or_else(|| UNSIGNED_PAYLOAD.to_owned()))
}
