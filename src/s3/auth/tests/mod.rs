//! Authentication as a whole, fed with requests and asked who they are from.

mod published;

use std::net::Ipv4Addr;

use async_trait::async_trait;
use futures::StreamExt;
use zeroize::Zeroizing;

use super::{Credential, CredentialSource, Identity, identify, verified};
use crate::s3::error::S3Error;
use crate::s3::request::{Headers, Method, WireBody, WireError, WireHead};
use crate::s3::services::Rules;
use crate::s3::target::{Domains, Target};
use crate::storage::names::NameRules;
use crate::storage::{StorageError, Tenant, TenantId, Timestamp};

const ACCESS: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

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
