//! The protocol and its semantics: from a request's bytes to an answer's. Names no store and no HTTP library.

pub mod access;
pub mod auth;
pub mod body;
pub mod checksum;
pub mod content;
pub mod copy_source;
pub mod digest;
pub mod error;
pub mod etag;
pub mod form;
pub mod listing;
pub mod operation;
pub mod ops;
pub mod pipeline;
pub mod precondition;
pub mod range;
pub mod request;
pub mod response;
pub mod services;
pub mod slow_answer;
pub mod storage_class;
pub mod stored_headers;
pub mod target;
pub mod time;
pub mod token;
pub mod xml;
