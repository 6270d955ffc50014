//! Authentication, from outside: who gets in, who does not, and that what is refused leaves no trace.

mod bodies;
mod presigned;
mod signatures;

use crate::client::{Client, How};
use crate::harness::{ALICE, BOB, Server};

/// Every way to sign.
pub const SIGNED: [How; 4] = [How::V2Header, How::V2Query, How::V4Header, How::V4Query];

fn alice() -> Client {
    Client::new(Server::shared().s3, ALICE.access, ALICE.secret)
}

fn bob() -> Client {
    alice().keys(BOB.access, BOB.secret)
}

/// A bucket of Alice's with this name.
fn bucket(name: &str) -> Client {
    let alice = alice();
    alice.put(&format!("/{name}"), b"").assert_status(200);
    alice
}
