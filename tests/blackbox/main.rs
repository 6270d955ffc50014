//! Black-box tests: the real binary, over its sockets.

mod client;
mod harness;
mod tidy;
