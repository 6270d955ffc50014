//! Bytes per second.
//!
//! # Why not governor's limiter
//! It says no to what does not fit; bytes that are on their way have to be let through, later.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Unused time that may be made up for.
const SPARE: Duration = Duration::from_secs(1);

/// A pipe so wide; what goes into it waits until all before it has gone through.
pub struct Flow {
    bytes_per_second: u64,
    /// When everything that was let in has gone through.
    free_at: Mutex<Instant>,
}

impl Flow {
    /// `None` for 0, which is unbounded.
    pub fn new(bytes_per_second: u64) -> Option<Self> {
        (bytes_per_second > 0).then(|| Self { bytes_per_second, free_at: Mutex::new(Instant::now()) })
    }

    /// How much may go at once: a twentieth of a second's, so that those who share the pipe take turns, but no less than
    /// 1 KiB and no more than 64.
    pub fn piece_bytes(&self) -> u64 {
        (self.bytes_per_second / 20).clamp(1 << 10, 64 << 10)
    }

    /// Lets bytes in; they may go on from then on.
    pub fn let_in(&self, bytes: u64) -> Instant {
        let now = Instant::now();
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = (*free_at).max(now.checked_sub(SPARE).unwrap_or(now));
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second);
        *free_at = begins + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        begins
    }

    /// How long whatever is let in now would wait.
    pub fn backlog(&self) -> Duration {
        self.free_at.lock().unwrap_or_else(PoisonError::into_inner).saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn bytes_go_through_at_the_rate() {
        let flow = Flow::new(1000).expect("is bounded");
        let began = Instant::now();
        let mut last = began;
        for _ in 0..10 {
            last = flow.let_in(500);
        }
        assert_eq!(last - began, Duration::from_millis(4500));
        assert_eq!(flow.backlog(), Duration::from_secs(5));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(flow.backlog(), Duration::ZERO);
        assert!(flow.let_in(1000) < Instant::now(), "a second is made up for");
        assert_eq!(flow.let_in(1), Instant::now(), "and no more");
        assert!(Flow::new(0).is_none());
    }
}
