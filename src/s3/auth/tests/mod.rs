//! Authentication as a whole, fed with requests and asked who they are from.

mod bodies;
mod forms;
mod mutations;
mod presigned_urls;
mod published;
#[path = "../../../../tests/blackbox/client/sign.rs"]
#[allow(dead_code, missing_docs, reason = "the black-box client's signer, written apart from the server's")]
mod sign;
mod v2_rules;
mod v4_rules;

use std::net::Ipv4Addr;

use async_trait::async_trait;
use futures::StreamExt;
use zeroize::Zeroizing;

use super::{Caller, Credential, CredentialSource, Identity, identify, verified};
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::request::{Headers, Method, WireBody, WireError, WireHead};
use crate::s3::services::Rules;
use crate::s3::target::{Domains, Target};
use crate::storage::names::NameRules;
use crate::storage::{StorageError, Tenant, TenantId, Timestamp};

const ACCESS: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// When most tests happen, 2026-01-01.
const NOW: &str = "20260101T000000Z";
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

fn signer() -> sign::Signer {
    sign::Signer { access: ACCESS.to_owned(), secret: SECRET.to_owned(), region: "us-east-1".to_owned() }
}

/// Knows one key.
struct OneKey {
    v2: Option<bool>,
}

#[async_trait]
impl CredentialSource for OneKey {
    async fn find(&self, access_key: &str) -> Result<Option<Credential>, StorageError> {
        Ok((access_key == ACCESS).then(|| Credential {
            access_key: ACCESS.to_owned(),
            secret_key: Zeroizing::new(SECRET.to_owned()),
            tenant: Tenant { id: TenantId([7; 32]), name: "tenant".to_owned() },
            signature_v2: self.v2,
        }))
    }
}

/// A request, and the server it goes to.
struct Ask {
    method: Method,
    target: String,
    headers: Headers,
    now: i64,
    rules: Rules,
    key_v2: Option<bool>,
}

impl Ask {
    fn new(method: Method, target: &str, now: &str) -> Self {
        let rules = Rules {
            region: "us-east-1".to_owned(),
            strict_region: false,
            signature_v2: true,
            v2_expires_seconds_max: None,
            bucket_names: NameRules::S3,
            location_aliases: Vec::new(),
            body_bytes_max: u64::MAX,
        };
        let now = super::dates::parse_any(now).expect("a date");
        Self { method, target: target.to_owned(), headers: Headers::default(), now, rules, key_v2: None }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value.to_owned());
        self
    }

    fn sent(&self) -> sign::Headers {
        self.headers.iter().map(|(name, value)| (name.to_owned(), value.to_vec())).collect()
    }

    fn subject<'a>(&'a self, headers: &'a sign::Headers) -> sign::Subject<'a> {
        sign::Subject { method: self.method.as_str(), target: &self.target, headers, time: self.now }
    }

    /// Signs by V4 what is there, with `x-amz-date` and, unless it is there, an unsigned payload. Returns the seed.
    fn v4(self) -> (Self, String) {
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

    fn signed_v4(self) -> Self {
        self.v4().0
    }

    fn signed_v2(self) -> Self {
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

    fn presigned_v2(mut self, seconds: i64) -> Self {
        self.target = signer().v2_presigned(&self.subject(&self.sent()), None, self.now + seconds);
        self.host()
    }

    fn presigned_v4(self, seconds: i64) -> Self {
        let mut ask = self.host();
        ask.target = signer().v4_presigned(&ask.subject(&ask.sent()), seconds, UNSIGNED);
        ask
    }

    fn host(self) -> Self {
        if self.headers.has("host") { self } else { self.with("Host", "localhost:7480") }
    }

    /// The refusal.
    #[track_caller]
    fn refused(&self) -> S3Error {
        self.identify().err().expect("must be refused")
    }

    #[track_caller]
    fn refused_as(&self, code: S3ErrorCode) -> S3Error {
        let refusal = self.refused();
        assert_eq!(refusal.code, code, "{refusal:?}");
        refusal
    }

    /// The identity of the tenant.
    #[track_caller]
    fn accepted(&self) -> Identity {
        let identity = self.identify().unwrap_or_else(|refusal| panic!("refused: {refusal:?}"));
        assert!(matches!(&identity.caller, Caller::Tenant { access_key, .. } if access_key == ACCESS));
        identity
    }

    fn identify(&self) -> Result<Identity, S3Error> {
        let wire = WireHead {
            method: Some(self.method),
            raw_target: self.target.clone(),
            headers: self.headers.clone(),
            client: Ipv4Addr::LOCALHOST.into(),
            secure: false,
            received: Timestamp(self.now * 1_000_000),
            request_id: String::new(),
        };
        let endpoints = ["localhost", "s3.amazonaws.com"].map(str::to_owned).to_vec();
        let domains = Domains { endpoints, refuse_unknown_host: false };
        let target = Target::parse(&wire, &domains)?;
        run(identify(&wire, &target, &OneKey { v2: self.key_v2 }, &self.rules))
    }

    /// Sends the body in pieces of `piece` bytes and reads what comes through.
    fn send(&self, body: &[u8], piece: usize) -> Result<(Vec<u8>, Headers), S3Error> {
        let identity = self.identify()?;
        let pieces: Vec<_> = body.chunks(piece).map(|p| Ok::<_, WireError>(p.to_vec().into())).collect();
        read(identity, futures::stream::iter(pieces).boxed_local())
    }
}

fn read(identity: Identity, wire: WireBody) -> Result<(Vec<u8>, Headers), S3Error> {
    run(async {
        let mut body = verified(wire, identity.payload, &identity.headers);
        let mut all = Vec::new();
        while let Some(piece) = body.stream.next().await {
            all.extend_from_slice(&piece?);
        }
        Ok((all, body.trailers.all()))
    })
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime starts").block_on(work)
}
