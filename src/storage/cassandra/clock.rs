//! The clocks that leases are measured with, and fresh timestamps. Knows no rows.

use std::time::Duration;

use crate::storage::Timestamp;

/// A moment, by the time since boot (which counts suspended time) and by the wall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    boot: Duration,
    wall: Timestamp,
}

impl Moment {
    /// Now.
    pub(super) fn now() -> Self {
        Self { boot: since_boot(), wall: Timestamp::now() }
    }

    /// Whether less than `limit` has passed since this moment by both clocks. A lease holds only then: a paused
    /// virtual machine stops the one, an operator may set the other.
    pub(super) fn younger_than(&self, limit: Duration) -> bool {
        let now = Self::now();
        let boot = now.boot.checked_sub(self.boot);
        let wall = u64::try_from(now.wall.0 - self.wall.0).ok().map(Duration::from_micros);
        boot.is_some_and(|passed| passed < limit) && wall.is_some_and(|passed| passed < limit)
    }
}

/// Time since the machine started, suspended time included.
fn since_boot() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live timespec of ours, which is all that clock_gettime asks for.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) };
    if answer != 0 {
        // Without this clock no lease holds for longer than a moment: renewals cost reads, not safety.
        return Duration::MAX;
    }
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_ages_by_both_clocks() {
        let now = Moment::now();
        assert!(now.younger_than(Duration::from_secs(60)));
        assert!(!now.younger_than(Duration::ZERO));
        let set_forward = Moment { wall: Timestamp(now.wall.0 - 61_000_000), ..now };
        assert!(!set_forward.younger_than(Duration::from_secs(60)));
        let set_back = Moment { wall: Timestamp(now.wall.0 + 61_000_000), ..now };
        assert!(!set_back.younger_than(Duration::from_secs(60)), "a clock that was set back proves nothing");
    }
}
