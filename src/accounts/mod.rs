//! Tenants and who may act for them. Knows the storage traits and the policy language; no HTTP.

pub mod principal;

pub use principal::{AccountId, Identity, Principal, Session};
