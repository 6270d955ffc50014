//! Black-box tests: the real binary, over its sockets.

mod access;
mod admin;
mod auth;
mod client;
mod expiry;
mod faults;
mod harness;
mod heads;
mod iam;
mod lifecycle;
mod limits;
mod model;
mod ops;
mod pipelining;
mod races;
mod sleepers;
mod startup;
mod tidy;
mod wire;
