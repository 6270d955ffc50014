//! What this process has changed, so that nothing it has read before is believed after.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::storage::TenantId;

/// Tenants whose last change is remembered each; beyond that, everything read so far is read again.
const TENANTS_MAX: usize = 10_000;

#[derive(Default)]
struct Counts {
    now: u64,
    /// Everything read at this count or before is out of date.
    floor: u64,
    last: HashMap<TenantId, u64>,
    last_key: u64,
}

/// A count that rises with each change.
#[derive(Default)]
pub(super) struct Changes(Mutex<Counts>);

impl Changes {
    /// To be taken before reading.
    pub(super) fn now(&self) -> u64 {
        self.0.lock().now
    }

    /// Something of this tenant was changed, or may have been.
    fn note(&self, tenant: TenantId) {
        let mut counts = self.0.lock();
        counts.now += 1;
        let now = counts.now;
        if counts.last.len() >= TENANTS_MAX {
            counts.last.clear();
            counts.floor = now;
        }
        counts.last.insert(tenant, now);
        counts.last_key = now;
    }

    /// Notes the change when the answer is dropped: also of a call that fails or is given up, which may have happened.
    pub(super) fn noting(&self, tenant: TenantId) -> Noting<'_> {
        Noting(self, tenant)
    }

    /// Whether what was read of a tenant at this count still holds. `None`: that there is no such key.
    pub(super) fn holds(&self, read_at: u64, tenant: Option<TenantId>) -> bool {
        let counts = self.0.lock();
        let last = match tenant {
            Some(tenant) => counts.last.get(&tenant).copied().unwrap_or_default(),
            None => counts.last_key,
        };
        last.max(counts.floor) <= read_at
    }
}

pub(super) struct Noting<'a>(&'a Changes, TenantId);

impl Drop for Noting<'_> {
    fn drop(&mut self) {
        self.0.note(self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_ends_what_was_read_of_its_tenant() {
        let changes = Changes::default();
        let (a, b) = (TenantId([1; 32]), TenantId([2; 32]));
        let before = changes.now();
        drop(changes.noting(a));
        assert!(!changes.holds(before, Some(a)) && changes.holds(before, Some(b)) && !changes.holds(before, None));
        let after = changes.now();
        assert!(changes.holds(after, Some(a)) && changes.holds(after, None));
        for i in 0..=TENANTS_MAX {
            let mut id = [3; 32];
            id[..8].copy_from_slice(&i.to_be_bytes());
            drop(changes.noting(TenantId(id)));
        }
        assert!(!changes.holds(after, Some(b)), "what is not remembered counts as changed");
        assert!(changes.holds(changes.now(), Some(b)));
    }
}
