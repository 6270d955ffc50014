//! Operations on the caller's account.

pub mod list_buckets;
