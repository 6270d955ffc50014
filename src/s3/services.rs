//! What every request needs beside itself: the stores, the keys, the rules of this installation.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::s3::auth::CredentialSource;
use crate::s3::error::{S3Error, S3ErrorCode};
use crate::s3::target::Domains;
use crate::storage::Storage;
use crate::storage::names::NameRules;

/// Shared by all requests of a process.
pub struct Services {
    /// The stores.
    pub storage: Storage,
    /// The keys.
    pub credentials: Arc<dyn CredentialSource>,
    /// What `Host` values mean.
    pub domains: Domains,
    /// The rules of this installation.
    pub rules: Rules,
    /// Memory for chunks in flight.
    pub memory: ChunkMemory,
    /// Names this front end in `x-amz-id-2` and `HostId`.
    pub host_id: String,
}

/// The rules of an installation, from its configuration.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The region that `?location` answers and that new buckets get.
    pub region: String,
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
    /// Largest body of one request, bytes.
    pub body_bytes_max: u64,
}

/// A budget of bytes for chunks in flight, shared by all requests of a process.
#[derive(Clone)]
pub struct ChunkMemory {
    permits: Arc<Semaphore>,
    total_kib: u32,
}

/// How long a request waits for memory before it is told to slow down.
const MEMORY_WAIT: Duration = Duration::from_secs(20);

/// A share of the budget; dropping it gives it back.
pub struct MemoryShare(#[allow(dead_code, reason = "held for its drop")] tokio::sync::OwnedSemaphorePermit);

impl ChunkMemory {
    /// A budget of `bytes`.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let total_kib = u32::try_from((bytes / 1024).max(1)).unwrap_or(u32::MAX).min(1 << 28);
        Self { permits: Arc::new(Semaphore::new(total_kib as usize)), total_kib }
    }

    /// Waits for room for `bytes`. More than the whole budget counts as the whole budget.
    ///
    /// # Errors
    /// `SlowDown` when others hold the memory for too long.
    pub async fn take(&self, bytes: usize) -> Result<MemoryShare, S3Error> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX).clamp(1, self.total_kib);
        let permit = Arc::clone(&self.permits).acquire_many_owned(kib);
        match tokio::time::timeout(MEMORY_WAIT, permit).await {
            Ok(permit) => Ok(MemoryShare(permit.expect("the semaphore is never closed"))),
            Err(_) => Err(S3Error::from(S3ErrorCode::SlowDown).header("retry-after", "5")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn memory_that_does_not_come_back_is_slow_down() {
        let memory = ChunkMemory::new(1024 * 1024);
        let all = memory.take(usize::MAX).await.expect("is free");
        let error = memory.take(1).await.err().expect("is taken");
        assert_eq!(error.code, S3ErrorCode::SlowDown);
        drop(all);
        assert!(memory.take(1).await.is_ok());
    }
}
