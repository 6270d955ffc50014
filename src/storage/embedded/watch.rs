//! Lets no panic pass for a pause: who panics amid the store's work stops the store, so that nobody waits for it.

use super::shared::Shared;

/// Lives as long as the work it watches.
pub(super) struct Watch<'a> {
    shared: &'a Shared,
    work: &'static str,
}

impl<'a> Watch<'a> {
    /// `work`: what stops with a panic, as the subject of a sentence.
    pub(super) fn over(shared: &'a Shared, work: &'static str) -> Self {
        Self { shared, work }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.shared.stop.stop(&format!("{} has panicked, as the program's error output tells", self.work));
            self.shared.queue.abandon();
            self.shared.spares.close();
        }
    }
}
