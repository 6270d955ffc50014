//! Work that goes on after an answer: bounded, and waited for before the store is closed.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;

/// Tasks at once; more wait for a place, so that answers cannot run ahead of the work they leave behind.
const TASKS_MAX: u32 = 512;
/// Longest wait for them when the store is closed.
const DRAIN: Duration = Duration::from_secs(30);

/// The tasks, on the runtime that the store was opened on (requests' own runtimes may end earlier).
pub(super) struct Background {
    runtime: Handle,
    places: Arc<Semaphore>,
}

impl Background {
    /// Takes the current runtime.
    pub(super) fn new() -> Self {
        Self { runtime: Handle::current(), places: Arc::new(Semaphore::new(TASKS_MAX as usize)) }
    }

    /// Starts `task`; after [`Self::drain`] it is dropped instead.
    pub(super) async fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Ok(place) = Arc::clone(&self.places).acquire_owned().await {
            self.runtime.spawn(async move {
                task.await;
                drop(place);
            });
        }
    }

    /// Starts something that may be dropped at any moment, and that nobody waits for.
    pub(super) fn aside(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// Waits for all tasks and takes no more. False when some did not end in time.
    pub(super) async fn drain(&self) -> bool {
        let drained = tokio::time::timeout(DRAIN, self.places.acquire_many(TASKS_MAX)).await.is_ok();
        self.places.close();
        drained
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn draining_waits_for_every_task() {
        let background = Background::new();
        let ended = Arc::new(AtomicU32::new(0));
        for _ in 0..50 {
            let ended = Arc::clone(&ended);
            background
                .start(async move {
                    tokio::task::yield_now().await;
                    ended.fetch_add(1, Ordering::SeqCst);
                })
                .await;
        }
        assert!(background.drain().await);
        assert_eq!(ended.load(Ordering::SeqCst), 50);
        let late = Arc::clone(&ended);
        background
            .start(async move {
                late.fetch_add(1, Ordering::SeqCst);
            })
            .await;
        assert_eq!(ended.load(Ordering::SeqCst), 50);
    }
}
