//! The protocol and its semantics: from a request's bytes to an answer's. Names no store and no HTTP library.

pub mod access;
pub mod auth;
pub mod body;
pub mod error;
pub mod operation;
pub mod ops;
pub mod pipeline;
pub mod request;
pub mod response;
pub mod services;
pub mod target;
pub mod xml;
