//! What goes on in the background: each worker is a name and one bounded step, the supervisor repeats them.

pub mod collect_garbage;
pub mod expire_objects;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::storage::StorageError;

/// The longest pause after failures.
const BACK_OFF_MAX: Duration = Duration::from_secs(60);

/// Something that is done again and again.
#[async_trait]
pub trait Worker: Send + Sync {
    /// Its name in logs: a verb phrase.
    fn name(&self) -> &'static str;

    /// The pause after a step that found nothing to do.
    fn pause(&self) -> Duration;

    /// Does a bounded amount of work. May be cut off anywhere and run on any number of front ends at once.
    async fn step(&self) -> Result<Progress, StorageError>;
}

/// What a step found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// There may be more to do at once.
    More,
    /// Nothing is left.
    Idle,
}

/// Repeats workers until it is told to stop.
pub struct Supervisor {
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
}

impl Supervisor {
    /// Starts each worker on the current runtime.
    #[must_use]
    pub fn start(workers: impl IntoIterator<Item = Arc<dyn Worker>>) -> Self {
        let (stop, stopping) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for worker in workers {
            tasks.spawn(repeat(worker, stopping.clone()));
        }
        Self { stop, tasks }
    }

    /// Cuts off what is going on and waits until nothing is.
    pub async fn stop(mut self) {
        // Nobody listens when every worker has ended.
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn repeat(worker: Arc<dyn Worker>, mut stopping: watch::Receiver<bool>) {
    let mut failures = 0;
    loop {
        let step = tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            step = worker.step() => step,
        };
        let pause = match step {
            Ok(progress) => {
                failures = 0;
                if progress == Progress::More { worker.pause() / 50 } else { worker.pause() }
            }
            Err(error) => {
                failures += 1;
                tracing::warn!(worker = worker.name(), %error, failures, "a background step failed");
                back_off(worker.pause(), failures)
            }
        };
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = sleep(jittered(pause)) => {}
        }
    }
}

fn back_off(pause: Duration, failures: u32) -> Duration {
    pause.saturating_mul(1 << failures.min(16)).min(BACK_OFF_MAX.max(pause))
}

/// Between half and one and a half of `pause`, so that front ends that start together drift apart.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [128];
    // Without random bytes the pause is simply not jittered.
    let _ = getrandom::fill(&mut byte);
    pause / 2 + pause * u32::from(byte[0]) / 256
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::mpsc;

    use super::*;

    struct Counting {
        steps: AtomicUsize,
        seen: mpsc::UnboundedSender<usize>,
    }

    #[async_trait]
    impl Worker for Counting {
        fn name(&self) -> &'static str {
            "count steps"
        }

        fn pause(&self) -> Duration {
            Duration::from_millis(1)
        }

        async fn step(&self) -> Result<Progress, StorageError> {
            let step = self.steps.fetch_add(1, Ordering::Relaxed);
            let _ = self.seen.send(step);
            if step == 3 {
                std::future::pending::<()>().await;
            }
            if step.is_multiple_of(2) { Err(StorageError::Unavailable("no".into())) } else { Ok(Progress::Idle) }
        }
    }

    #[tokio::test]
    async fn failures_do_not_end_a_worker_and_stop_cuts_off_a_step() {
        let (seen, mut steps) = mpsc::unbounded_channel();
        let worker = Arc::new(Counting { steps: AtomicUsize::new(0), seen });
        let supervisor = Supervisor::start([Arc::clone(&worker) as Arc<dyn Worker>]);
        while steps.recv().await != Some(3) {}
        supervisor.stop().await;
        assert_eq!(worker.steps.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn pauses_grow_to_a_bound_and_vary() {
        let second = Duration::from_secs(1);
        assert_eq!(back_off(second, 1), Duration::from_secs(2));
        assert_eq!(back_off(second, 40), BACK_OFF_MAX);
        for _ in 0..100 {
            let pause = jittered(second);
            assert!(pause >= second / 2 && pause < second * 3 / 2);
        }
    }
}
