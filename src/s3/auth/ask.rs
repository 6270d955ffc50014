//! Requests to put to authentication, and a server that knows one key.

#[path = "../../../tests/blackbox/client/sign.rs"]
#[allow(dead_code, missing_docs, reason = "the black-box client's signer, written apart from the server's")]
pub mod sign;

use std::net::Ipv4Addr;

use async_trait::async_trait;
use futures::StreamExt;
use zeroize::Zeroizing;

use super::{Credential, CredentialSource, Identity, Lookup, identify, verified};
use crate::accounts::{AccountId, Principal};
use crate::fuzzing::run;
use crate::s3::error::S3Error;
use crate::s3::request::{Headers, Method, WireBody, WireError, WireHead};
use crate::s3::services::Rules;
use crate::s3::target::{Domains, Target};
use crate::storage::names::NameRules;
use crate::storage::{Ownership, StorageError, Tenant, TenantId, Timestamp};

pub const ACCESS: &str = "AKIAIOSFODNN7EXAMPLE";
pub const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// When most tests happen, 2026-01-01.
pub const NOW: &str = "20260101T000000Z";
pub const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

pub fn signer() -> sign::Signer {
    let (access, secret, region) = (ACCESS.to_owned(), SECRET.to_owned(), "us-east-1".to_owned());
    sign::Signer { access, secret, region, service: "s3" }
}

/// Knows one key.
pub struct OneKey {
    pub v2: Option<bool>,
    pub secret: &'static str,
}

#[async_trait]
impl CredentialSource for OneKey {
    async fn find(&self, access_key: &str, _token: Option<&str>) -> Result<Lookup, StorageError> {
        if access_key != ACCESS {
            return Ok(Lookup::Unknown);
        }
        Ok(Lookup::Known(Credential {
            access_key: ACCESS.to_owned(),
            secret_key: Zeroizing::new(self.secret.to_owned()),
            principal: Principal::root(
                Tenant { id: TenantId([7; 32]), name: "tenant".to_owned() },
                AccountId::of(TenantId([7; 32]), 0),
                ACCESS.to_owned(),
            )
            .into(),
            signature_v2: self.v2,
        }))
    }
}

/// A request, and the server it goes to.
#[derive(Clone)]
pub struct Ask {
    pub method: Method,
    pub target: String,
    pub headers: Headers,
    pub now: i64,
    pub rules: Rules,
    pub key_v2: Option<bool>,
    /// What the server believes the key's secret to be.
    pub secret: &'static str,
}

impl Ask {
    pub fn new(method: Method, target: &str, now: &str) -> Self {
        let rules = Rules {
            region: "us-east-1".into(),
            strict_region: false,
            signature_v2: true,
            v2_expires_seconds_max: None,
            bucket_names: NameRules::S3,
            location_aliases: Vec::new(),
            ownership: Ownership::ObjectWriter,
            block_public_access: false,
            body_bytes_max: u64::MAX,
        };
        let now = super::dates::parse_any(now).expect("a date");
        Self {
            method,
            target: target.to_owned(),
            headers: Headers::default(),
            now,
            rules,
            key_v2: None,
            secret: SECRET,
        }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value.to_owned());
        self
    }

    pub fn sent(&self) -> sign::Headers {
        self.headers.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
    }

    pub fn subject<'a>(&'a self, headers: &'a sign::Headers) -> sign::Subject<'a> {
        sign::Subject { method: self.method.as_str(), target: &self.target, headers, time: self.now }
    }

    /// Signs by V4 what is there, with `x-amz-date` and, unless it is there, an unsigned payload. Returns the seed.
    pub fn v4(self) -> (Self, String) {
        let ask = self.host();
        let ask = if ask.headers.has("x-amz-date") {
            ask
        } else {
            let iso = sign::iso(ask.now);
            ask.with("x-amz-date", &iso)
        };
        let ask =
            if ask.headers.has("x-amz-content-sha256") { ask } else { ask.with("x-amz-content-sha256", UNSIGNED) };
        let headers = ask.sent();
        let hash = ask.headers.get("x-amz-content-sha256").expect("was put there").to_owned();
        let (authorization, seed) = signer().v4_header(&ask.subject(&headers), &hash);
        (ask.with("Authorization", &authorization), seed)
    }

    pub fn signed_v4(self) -> Self {
        self.v4().0
    }

    pub fn signed_v2(self) -> Self {
        let ask = self.host();
        let ask = if ask.headers.has("x-amz-date") || ask.headers.has("date") {
            ask
        } else {
            let date = sign::http_date(ask.now);
            ask.with("Date", &date)
        };
        let date = if ask.headers.has("x-amz-date") { "" } else { ask.headers.get("date").unwrap_or("") };
        let signature = signer().v2(&ask.subject(&ask.sent()), None, date);
        ask.with("Authorization", &format!("AWS {ACCESS}:{signature}"))
    }

    pub fn presigned_v2(mut self, seconds: i64) -> Self {
        self.target = signer().v2_presigned(&self.subject(&self.sent()), None, self.now + seconds);
        self.host()
    }

    pub fn presigned_v4(self, seconds: i64) -> Self {
        let mut ask = self.host();
        ask.target = signer().v4_presigned(&ask.subject(&ask.sent()), seconds, UNSIGNED);
        ask
    }

    pub fn host(self) -> Self {
        if self.headers.has("host") { self } else { self.with("Host", "localhost:7480") }
    }

    fn wire(&self) -> WireHead {
        WireHead {
            method: Some(self.method),
            raw_target: self.target.clone(),
            headers: self.headers.clone(),
            client: Ipv4Addr::LOCALHOST.into(),
            secure: false,
            tls_version: None,
            received: Timestamp(self.now * 1_000_000),
            request_id: String::new(),
        }
    }

    /// What it is about.
    pub fn parsed(&self) -> Result<Target, S3Error> {
        let endpoints = ["localhost", "s3.amazonaws.com"].map(str::to_owned).to_vec();
        Target::parse(&self.wire(), &Domains { endpoints, refuse_unknown_host: false })
    }

    pub fn identify(&self) -> Result<Identity, S3Error> {
        let credentials = OneKey { v2: self.key_v2, secret: self.secret };
        run(identify(&self.wire(), &self.parsed()?, &credentials, &self.rules))
    }

    /// Sends a body in these pieces and reads what comes through.
    pub fn send_pieces<'a>(&self, pieces: impl Iterator<Item = &'a [u8]>) -> Result<(Vec<u8>, Headers), S3Error> {
        let identity = self.identify()?;
        let pieces: Vec<_> = pieces.map(|p| Ok::<_, WireError>(p.to_vec().into())).collect();
        read(identity, futures::stream::iter(pieces).boxed_local())
    }
}

pub fn read(identity: Identity, wire: WireBody) -> Result<(Vec<u8>, Headers), S3Error> {
    run(async {
        let mut body = verified(wire, identity.payload, &identity.headers);
        let mut all = Vec::new();
        while let Some(piece) = body.stream.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok((all, body.trailers.all()))
    })
}
