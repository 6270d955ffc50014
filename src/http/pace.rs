//! The slowest a client may be: one that moves next to nothing holds memory that others wait for.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

/// Bytes that have to move within one window while we wait for the client: about 1 KiB/s with the default of 60 s.
const BYTES_MIN: u64 = 64 * 1024;

/// Watches one direction of a transfer. Time counts only while we wait for the client.
pub struct Pace {
    window: Duration,
    moved: u64,
    due: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    /// Watches with windows of this length.
    pub fn new(window: Duration) -> Self {
        Self { window, moved: 0, due: None }
    }

    /// So many bytes have moved.
    pub fn moved(&mut self, bytes: u64) {
        self.moved = self.moved.saturating_add(bytes);
        if self.moved >= BYTES_MIN {
            self.restart();
        }
    }

    /// Another transfer begins.
    pub fn restart(&mut self) {
        self.moved = 0;
        self.due = None;
    }

    /// We wait for the client; says whether it is too slow, and wakes the task when it has become so.
    pub fn is_too_slow(&mut self, cx: &mut Context<'_>) -> bool {
        let window = self.window;
        let due = self.due.get_or_insert_with(|| Box::pin(sleep(window)));
        matches!(due.as_mut().poll(cx), Poll::Ready(()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    async fn waits(pace: &mut Pace, time: Duration) -> bool {
        poll_fn(|cx| Poll::Ready(pace.is_too_slow(cx))).await;
        tokio::time::advance(time).await;
        poll_fn(|cx| Poll::Ready(pace.is_too_slow(cx))).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_too_slow() {
        let mut pace = Pace::new(WINDOW);
        assert!(!waits(&mut pace, WINDOW / 2).await);
        pace.moved(1);
        assert!(waits(&mut pace, WINDOW).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_but_steady_client_goes_on() {
        let mut pace = Pace::new(WINDOW);
        for _ in 0..5 {
            assert!(!waits(&mut pace, WINDOW * 3 / 4).await);
            pace.moved(BYTES_MIN);
        }
    }
}
