//! One file per operation, of the same path as in `src/s3/ops`, and what all of them have in common.

pub mod access;
pub mod acls;
mod addresses;
pub mod bucket;
pub mod control;
mod cors;
mod everywhere;
pub mod locks;
mod meanwhile;
pub mod multipart;
pub mod object;
mod odd_names;
mod owners;
mod preflight;
mod refusals;
mod requester_pays;
mod service;
mod strict;

use std::sync::atomic::{AtomicU64, Ordering};

use md5::{Digest, Md5};

use crate::admin::operator::Operator;
use crate::client::{Client, Reply, encode, now};
use crate::harness::{ALICE, BOB, Key, Server};

/// A bucket of Alice's that nobody else uses, on the shared server unless a test has its own.
#[derive(Clone)]
pub struct Ground {
    pub alice: Client,
    pub bob: Client,
    pub bucket: String,
}

impl Ground {
    /// On the shared server.
    pub fn new() -> Self {
        Self::on(Server::shared())
    }

    /// On this server.
    pub fn on(server: &Server) -> Self {
        Self::between(client(server, ALICE), client(server, BOB))
    }

    /// Of an Alice and a Bob whom no other test knows, on the shared server: for what holds in a whole account.
    pub fn apart() -> Self {
        let operator = Operator::of(Server::shared());
        Self::between(operator.tenant("alice").1, operator.tenant("bob").1)
    }

    fn between(alice: Client, bob: Client) -> Self {
        let ground = Self { alice, bob, bucket: fresh_bucket_name() };
        ground.alice.put(&ground.root(), "").assert_status(200);
        ground
    }

    /// The bucket as a target.
    pub fn root(&self) -> String {
        format!("/{}", self.bucket)
    }

    /// A key of it as a target.
    pub fn path(&self, key: &str) -> String {
        format!("/{}/{}", self.bucket, encode(key))
    }

    /// Sets the bucket's versioning.
    #[track_caller]
    pub fn versioning(&self, status: &str) {
        self.alice.put(&format!("{}?versioning", self.root()), versioning(status)).assert_status(200);
    }

    /// Stores an object.
    #[track_caller]
    pub fn put(&self, key: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.alice.put(&self.path(key), body).assert_status(200)
    }

    /// Reads an object.
    #[track_caller]
    pub fn get(&self, key: &str) -> Reply {
        self.alice.get(&self.path(key)).assert_status(200)
    }

    /// The keys that a listing with these parameters shows.
    #[track_caller]
    pub fn keys(&self, parameters: &str) -> Vec<String> {
        self.alice.get(&format!("{}?{parameters}", self.root())).assert_status(200).elements("Key")
    }
}

/// A bucket's versioning as a document.
pub fn versioning(status: &str) -> String {
    format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>")
}

/// A tenant on a server.
pub fn client(server: &Server, key: Key) -> Client {
    Client::new(server.s3, key.access, key.secret)
}

/// The answer to a request that is sent again while the server says that others change the same thing at this moment.
/// Only for what does no harm when it is done twice: it may have been done.
pub fn insist(send: impl Fn() -> Reply) -> Reply {
    (0..50).map(|_| send()).find(|reply| reply.status != 503).expect("an answer comes")
}

/// A name that no other test, process or run has.
pub fn fresh_bucket_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("t-{}-{}-{}", now(), std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Bytes in which each position is recognisable, so that a shift or a mixed-up piece shows.
pub fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 251) as u8 ^ (i / 65_536) as u8).collect()
}

/// MD5 in hexadecimal digits: an ETag.
pub fn md5_hex(body: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Md5::digest(body))
}

/// MD5 as `Content-MD5` wants it.
pub fn md5_base64(body: &[u8]) -> String {
    data_encoding::BASE64.encode(&Md5::digest(body))
}
