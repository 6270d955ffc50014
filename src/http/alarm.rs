//! A timer that is cheap to move.

use std::future::Future as _;
use std::pin::Pin;
use std::task::Context;

use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes a task.
///
/// # Why
/// Deadlines of a connection move with every request and every piece of a body, and hardly ever pass. The timer runs
/// on when its deadline moves away: it wakes the task too early then, which asks again.
#[derive(Default)]
pub struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Sees to it that the task is woken at that time, or earlier.
    pub fn wake_at(&mut self, at: Instant, cx: &mut Context<'_>) {
        let timer = self.0.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() > at {
            timer.as_mut().reset(at);
        }
        if timer.as_mut().poll(cx).is_pending() {
            return;
        }
        timer.as_mut().reset(at);
        if timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }
}
