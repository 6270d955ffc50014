//! The slowest a client may be: one that moves next to nothing holds memory that others wait for.

use std::task::Context;
use std::time::Duration;

use tokio::time::Instant;

use crate::http::alarm::Alarm;
use crate::s3::services::ChunkMemory;

/// Bytes that have to move within one window while we wait for the client: about 1 KiB/s with the default of 60 s.
const BYTES_MIN: u64 = 64 * 1024;
/// How long a client may be slower than that while others wait for memory.
const PRESSED_WINDOW: Duration = Duration::from_secs(5);

/// Watches one direction of a transfer. Time counts only while we wait for the client.
///
/// # Why
/// A body on its way holds a share of the memory budget. A few clients that went to sleep in the middle of one would
/// make everybody else wait for as long as a stall is forgiven otherwise.
pub struct Pace {
    window: Duration,
    memory: ChunkMemory,
    /// What has moved since the window began, bytes.
    moved: u64,
    /// How long we have waited for the client since then, up to the last byte.
    waited: Duration,
    /// Since when we wait now.
    since: Option<Instant>,
    alarm: Alarm,
}

impl Pace {
    /// Watches with windows of this length, which are shorter while `memory` is short.
    pub fn new(window: Duration, memory: ChunkMemory) -> Self {
        Self { window, memory, moved: 0, waited: Duration::ZERO, since: None, alarm: Alarm::default() }
    }

    /// So many bytes have moved.
    pub fn moved(&mut self, bytes: u64) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        self.moved = self.moved.saturating_add(bytes);
        if self.moved >= BYTES_MIN {
            self.restart();
        }
    }

    /// Another transfer begins.
    pub fn restart(&mut self) {
        (self.moved, self.waited, self.since) = (0, Duration::ZERO, None);
    }

    /// We wait for the client; says whether it is too slow, and wakes the task to ask again.
    pub fn is_too_slow(&mut self, cx: &mut Context<'_>) -> bool {
        let now = Instant::now();
        let waited = self.waited + now.duration_since(*self.since.get_or_insert(now));
        let pressed = PRESSED_WINDOW.min(self.window);
        let limit = if self.memory.is_short() { pressed } else { self.window };
        if waited >= limit && self.is_below_least(waited) {
            return true;
        }
        // Memory may become short while we wait.
        let again = if waited < pressed { pressed - waited } else { pressed.min(self.window.saturating_sub(waited)) };
        self.alarm.wake_at(now + again, cx);
        false
    }

    /// Whether less has moved in that time than `BYTES_MIN` in a window.
    fn is_below_least(&self, waited: Duration) -> bool {
        u128::from(self.moved) * self.window.as_nanos() < u128::from(BYTES_MIN) * waited.as_nanos()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::task::Poll;

    use futures::FutureExt as _;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);
    const SECOND: Duration = Duration::from_secs(1);

    fn plenty() -> Pace {
        Pace::new(WINDOW, ChunkMemory::new(8 << 20))
    }

    async fn waits(pace: &mut Pace, time: Duration) -> bool {
        poll_fn(|cx| Poll::Ready(pace.is_too_slow(cx))).await;
        tokio::time::advance(time).await;
        poll_fn(|cx| Poll::Ready(pace.is_too_slow(cx))).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_too_slow() {
        let mut pace = plenty();
        assert!(!waits(&mut pace, WINDOW / 2).await);
        pace.moved(1);
        assert!(waits(&mut pace, WINDOW).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_but_steady_client_goes_on() {
        let mut pace = plenty();
        for _ in 0..5 {
            assert!(!waits(&mut pace, WINDOW * 3 / 4).await);
            pace.moved(BYTES_MIN);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_the_client_waits_for_us_does_not_count() {
        let mut pace = plenty();
        for _ in 0..5 {
            assert!(!waits(&mut pace, SECOND).await);
            pace.moved(1);
            tokio::time::advance(WINDOW).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_task_is_woken_when_its_client_has_become_too_slow() {
        let mut pace = plenty();
        let began = Instant::now();
        poll_fn(|cx| if pace.is_too_slow(cx) { Poll::Ready(()) } else { Poll::Pending }).await;
        assert!(began.elapsed() >= WINDOW && began.elapsed() < WINDOW + SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stall_ends_early_when_others_wait_for_memory() {
        let memory = ChunkMemory::new(8 << 20);
        let _held = memory.take(usize::MAX).await.expect("is free");
        let mut other = Box::pin(memory.take(1 << 20));
        assert!((&mut other).now_or_never().is_none());
        let mut pace = Pace::new(WINDOW, memory.clone());
        assert!(!waits(&mut pace, PRESSED_WINDOW - SECOND).await);
        assert!(waits(&mut pace, SECOND).await);
        // Slow, but no slower than is forgiven at other times.
        pace.restart();
        pace.moved(BYTES_MIN / 10);
        assert!(!waits(&mut pace, PRESSED_WINDOW).await);
        assert!(waits(&mut pace, PRESSED_WINDOW).await);
        drop(other);
        pace.restart();
        assert!(!waits(&mut pace, PRESSED_WINDOW * 2).await);
    }
}
