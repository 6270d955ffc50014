//! What every request needs beside itself: the stores, the keys, the rules of this installation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::accounts::Accounts;
use crate::s3::access::Policies;
use crate::s3::auth::CredentialSource;
use crate::s3::cors;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::limits::Limits;
use crate::s3::target::Domains;
use crate::storage::names::NameRules;
use crate::storage::{Ownership, Storage};

/// Shared by all requests of a process.
pub struct Services {
    /// The stores.
    pub storage: Storage,
    /// The keys.
    pub credentials: Arc<dyn CredentialSource>,
    /// Tenants, users and roles.
    pub accounts: Arc<Accounts>,
    /// The policies of buckets that are in use.
    pub policies: Policies,
    /// What `Host` values mean.
    pub domains: Domains,
    /// The rules of this installation.
    pub rules: Rules,
    /// The CORS rules of buckets that have none of their own.
    pub cors: cors::Rules,
    /// How much one sender may ask for.
    pub limits: Limits,
    /// Memory for chunks in flight.
    pub memory: ChunkMemory,
    /// Names this front end in `x-amz-id-2` and `HostId`.
    pub host_id: String,
}

/// The rules of an installation, from its configuration.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The region that `?location` answers and that new buckets get.
    pub region: Arc<str>,
    /// Refuse a V4 scope of another region.
    pub strict_region: bool,
    /// Whether V2 signatures are taken at all (a key may say otherwise for itself).
    pub signature_v2: bool,
    /// How far in the future a V2 presigned URL may expire, seconds; `None` is unbounded.
    pub v2_expires_seconds_max: Option<u64>,
    /// The rules for new bucket names.
    pub bucket_names: NameRules,
    /// Location constraints that mean `region`.
    pub location_aliases: Vec<String>,
    /// Who owns the objects of new buckets that do not say so themselves.
    pub ownership: Ownership,
    /// New buckets begin with all switches against public access on.
    pub block_public_access: bool,
    /// Largest body of one request, bytes.
    pub body_bytes_max: u64,
}

/// Requests for at most this many bytes have a part of the budget to themselves, so that they never queue behind large
/// bodies.
const SMALL_BYTES_MAX: usize = 64 * 1024;
/// That part: one of this many.
const SMALL_PART: u32 = 8;
/// How long a request waits for memory before it is told to slow down.
const MEMORY_WAIT: Duration = Duration::from_secs(20);

/// A budget of bytes for chunks in flight, shared by all requests of a process.
#[derive(Clone)]
pub struct ChunkMemory(Arc<Budget>);

struct Budget {
    large: Pool,
    small: Pool,
    waiting: AtomicUsize,
}

struct Pool {
    permits: Arc<Semaphore>,
    total_kib: u32,
}

/// A share of the budget; dropping it gives it back.
pub struct MemoryShare(#[allow(dead_code, reason = "held for its drop")] OwnedSemaphorePermit);

impl ChunkMemory {
    /// A budget of `bytes`.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let total_kib = u32::try_from((bytes / 1024).max(2)).unwrap_or(u32::MAX).min(1 << 28);
        let small_kib = (total_kib / SMALL_PART).max(1);
        let (large, small) = (Pool::new(total_kib - small_kib), Pool::new(small_kib));
        Self(Arc::new(Budget { large, small, waiting: AtomicUsize::new(0) }))
    }

    /// Waits for room for `bytes`. More than all that large requests share counts as all of it.
    ///
    /// # Errors
    /// `SlowDown` when others hold the memory for too long.
    pub async fn take(&self, bytes: usize) -> Result<MemoryShare, S3Error> {
        let Budget { large, small, waiting } = &*self.0;
        let is_small = bytes <= SMALL_BYTES_MAX;
        let free =
            if is_small { small.try_take(bytes).or_else(|| large.try_take(bytes)) } else { large.try_take(bytes) };
        if let Some(share) = free {
            return Ok(share);
        }
        let _waiting = Waiting::new(waiting);
        let pool = if is_small { small } else { large };
        match tokio::time::timeout(MEMORY_WAIT, pool.take(bytes)).await {
            Ok(share) => Ok(share),
            Err(_) => Err(S3Error::from(S3ErrorCode::SlowDown).header("retry-after", "5")),
        }
    }

    /// Whether somebody waits for room.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed) > 0
    }
}

impl Pool {
    fn new(total_kib: u32) -> Self {
        Self { permits: Arc::new(Semaphore::new(total_kib as usize)), total_kib }
    }

    fn kib(&self, bytes: usize) -> u32 {
        u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).clamp(1, self.total_kib)
    }

    fn try_take(&self, bytes: usize) -> Option<MemoryShare> {
        Arc::clone(&self.permits).try_acquire_many_owned(self.kib(bytes)).ok().map(MemoryShare)
    }

    async fn take(&self, bytes: usize) -> MemoryShare {
        let permit = Arc::clone(&self.permits).acquire_many_owned(self.kib(bytes)).await;
        MemoryShare(permit.expect("the semaphore is never closed"))
    }
}

/// Counts who waits, also when the wait is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn memory_that_does_not_come_back_is_slow_down() {
        let memory = ChunkMemory::new(1024 * 1024);
        let all = memory.take(usize::MAX).await.expect("is free");
        let error = memory.take(128 * 1024).await.err().expect("is taken");
        assert_eq!(error.code, S3ErrorCode::SlowDown);
        drop(all);
        assert!(memory.take(128 * 1024).await.is_ok());
    }

    #[tokio::test]
    async fn small_requests_do_not_queue_behind_large_ones() {
        let memory = ChunkMemory::new(8 << 20);
        let held = memory.take(usize::MAX).await;
        let mut large = Box::pin(memory.take(1 << 20));
        assert!((&mut large).now_or_never().is_none());
        assert!(memory.is_short());
        assert!(memory.take(SMALL_BYTES_MAX).now_or_never().is_some());
        drop(large);
        assert!(!memory.is_short(), "a wait that was given up does not count");
        drop(held);
        assert!(memory.take(1 << 20).now_or_never().is_some());
    }

    #[tokio::test]
    async fn small_requests_may_have_what_large_ones_leave() {
        let memory = ChunkMemory::new(8 << 20);
        let mut held = Vec::new();
        for _ in 0..(8 << 20) / SMALL_BYTES_MAX {
            held.push(memory.take(SMALL_BYTES_MAX).now_or_never().expect("is free").expect("is free"));
        }
        assert!(memory.take(1).now_or_never().is_none());
    }
}
