//! Time since the machine started, suspended time included. Knows no wall clock.

use std::time::Duration;

/// A moment on the clock that starts with the machine and goes on while it is suspended (`CLOCK_BOOTTIME`), or nothing
/// where the system does not say; then no age is ever known, and whoever relies on a short one is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootTime(Option<Duration>);

impl BootTime {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to a live timespec of ours, which is all that clock_gettime asks for.
        let answer = unsafe { libc::clock_gettime(libc::CLOCK_BOOTTIME, &raw mut time) };
        let nanos = u32::try_from(time.tv_nsec).ok();
        let seconds = u64::try_from(time.tv_sec).ok();
        Self(if answer == 0 { seconds.zip(nanos).map(|(seconds, nanos)| Duration::new(seconds, nanos)) } else { None })
    }

    /// A moment of which nothing is known.
    #[must_use]
    pub const fn unknown() -> Self {
        Self(None)
    }

    /// Since the machine started; `None` where the system does not say.
    #[must_use]
    pub const fn since_boot(self) -> Option<Duration> {
        self.0
    }

    /// Whether it is known that less than `limit` has passed since this moment.
    #[must_use]
    pub fn younger_than(self, limit: Duration) -> bool {
        let passed = self.0.zip(Self::now().0).and_then(|(then, now)| now.checked_sub(then));
        passed.is_some_and(|passed| passed < limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_that_is_not_known_is_not_a_short_one() {
        assert!(BootTime::now().younger_than(Duration::from_secs(60)));
        assert!(!BootTime::now().younger_than(Duration::ZERO));
        assert!(!BootTime::unknown().younger_than(Duration::MAX));
        let later = BootTime(BootTime::now().0.map(|now| now + Duration::from_secs(60)));
        assert!(!later.younger_than(Duration::MAX), "a moment that has not come yet proves nothing");
    }
}
