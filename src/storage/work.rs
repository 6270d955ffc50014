//! What goes on in the background over all buckets: which of them have work, whose turn it is, how far it is.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Bucket, BucketName, Page, Result};

/// Where front ends agree on who does what. Turns only spare double work: whatever is done under one has to be harmless
/// when two do it.
#[async_trait]
pub trait WorkStore: Send + Sync {
    /// Into how many slots buckets are divided; each is worked on by itself.
    async fn slots(&self) -> Result<u32>;

    /// The buckets of a slot that have lifecycle rules, in order of their names, those after `after`. Each bucket whose
    /// rules were acknowledged before the call is among those of its slot.
    async fn buckets_with_lifecycle(&self, slot: u32, after: Option<&BucketName>, limit: usize)
    -> Result<Page<Bucket>>;

    /// How far a piece of work is.
    async fn work(&self, name: &str) -> Result<Work>;

    /// Takes a piece of work that was seen so, for this long; false when somebody else has it.
    async fn take_work(&self, name: &str, seen: &Work, lease: Duration) -> Result<bool>;

    /// Writes down how far a piece of work is, and lets go of it. Nothing happens where somebody else has it by now.
    async fn leave_work(&self, name: &str, note: Bytes) -> Result<()>;
}

/// A piece of work, as it was read.
#[derive(Debug, Clone, Default)]
pub struct Work {
    /// What whoever did it last wrote down; empty at first.
    pub note: Bytes,
    /// It is another's turn.
    pub taken: bool,
    /// When the last turn ends or has ended, microseconds since 1970.
    pub(in crate::storage) until: Option<i64>,
}
