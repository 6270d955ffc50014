//! Black-box tests: the real binary, over its sockets.

mod auth;
mod client;
mod faults;
mod harness;
mod lifecycle;
mod ops;
mod races;
mod startup;
mod tidy;
mod wire;
