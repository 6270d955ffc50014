//! Operations on the account.

mod list_buckets;
