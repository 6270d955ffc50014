//! Documents in and out. The only place that names quick-xml.

pub mod acceleration;
pub mod acl;
pub mod attributes;
pub mod buckets;
pub mod checksum;
pub mod control;
pub mod copy;
pub mod cors;
pub mod delete;
pub mod error;
pub mod form;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
pub mod lifecycle;
pub mod listing;
pub mod lock;
pub mod multipart;
pub mod ownership;
pub mod payment;
pub mod policy_status;
pub mod public_access;
pub mod reader;
pub mod tagging;
pub mod versioning;
pub mod versions;
pub mod writer;

pub use reader::Element;
pub use writer::Document;

/// The namespace of every S3 document.
pub const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
