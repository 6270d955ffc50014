//! Dolium: an S3-compatible object store on Apache Cassandra, or in one folder.
//!
//! A request flows: [`http`] → [`s3::target`] → [`s3::auth`] → [`s3::access`] → [`s3::ops`] → [`storage`].
//!
//! Invariants, each enforced by `tests/blackbox/tidy.rs`:
//!
//! 1. Only `http/` and `app.rs` name actix.
//! 2. Only `s3/xml/` names quick-xml.
//! 3. Only `storage/cassandra/` names scylla and holds CQL.
//! 4. `s3/` names no store: only the traits of `storage`.
//! 5. `storage/` names nothing of `s3/` or `http/`.
//! 6. Only `s3/access/` mints a `Permit`; every operation's `run` needs one.
//! 7. Every operation is one row of `s3/operation.rs` and has a test file of the same path, which begins with a table of
//!    the answers that AWS documents and of the tests that show them.
//! 8. Functions have at most 70 lines, files at most 600.
//! 9. Nothing is left for later: no unfinished code, no ignored test.
//! 10. Signatures are compared by `s3/auth/keys.rs` only, which takes the same time whatever it finds.

pub mod accounts;
pub mod admin;
pub mod app;
pub mod cli;
pub mod config;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
pub mod iam;
pub mod policy;
pub mod s3;
pub mod storage;
pub mod workers;
