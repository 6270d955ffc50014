//! Black-box tests: the real binary, over its sockets.

mod harness;
mod tidy;
