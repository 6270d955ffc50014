//! What a decision does to the versions of a key: the rules of versioning, as arithmetic that every store enacts.
//!
//! # Why here
//! Which version is demoted, dropped or promoted depends on nothing that stores do differently. Told once, both stores
//! give one answer, and it can be tested without either.

use std::sync::Arc;

use super::model::{Data, Decision, Head, ObjectAttrs, ObjectRecord, Placement, Timestamp, VersionId, VersionRef};

/// A noncurrent version that has to be read before a decision can be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// None.
    Nothing,
    /// The newest noncurrent one.
    Newest,
    /// The one at this place.
    At(i64),
}

/// What a key's versions become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The current version; with [`Data::NotRead`], the bytes are those of the version it was before.
    pub current: Option<Arc<ObjectRecord>>,
    /// Whether that is another than before, or has other attributes.
    pub current_changed: bool,
    /// The version that was current and is now the newest noncurrent one.
    pub demoted: Option<Arc<ObjectRecord>>,
    /// The version that was current and is no more.
    pub replaced: Option<Arc<ObjectRecord>>,
    /// The newest noncurrent version is the current one now.
    pub promoted: bool,
    /// The noncurrent version that is no more.
    pub dropped: Option<Arc<ObjectRecord>>,
    /// The noncurrent version that has these attributes now.
    pub rewritten: Option<Arc<ObjectRecord>>,
    /// Noncurrent versions from now on.
    pub older: u64,
    /// The null version's place among them.
    pub null_seq: Option<i64>,
}

/// What has to be read for [`plan`].
#[must_use]
pub fn beside(head: &Head, decision: &Decision) -> Beside {
    let current = head.current.as_ref().map(|record| record.attrs.version_ref());
    match (decision, head.null_seq) {
        (Decision::Put(record), Some(seq)) if record.attrs.version.is_empty() => Beside::At(seq),
        (Decision::Remove(version), _) if current == Some(*version) && head.older > 0 => Beside::Newest,
        _ => Beside::Nothing,
    }
}

/// What a decision makes of a head, at a time after all of its changes so far. `None`: there is nothing to do.
/// `beside` is what [`beside`] asked for.
#[must_use]
pub fn plan(head: &Head, decision: &Decision, beside: Option<Arc<ObjectRecord>>, ts: Timestamp) -> Option<Plan> {
    match decision {
        Decision::Leave => None,
        Decision::Put(record) => Some(put(head, record, beside, ts)),
        Decision::Remove(version) => remove(head, *version, beside),
        Decision::Rewrite(record) => rewrite(head, record),
    }
}

/// A plan that changes nothing yet.
fn unchanged(head: &Head) -> Plan {
    Plan {
        current: head.current.as_ref().map(without_bytes),
        current_changed: false,
        demoted: None,
        replaced: None,
        promoted: false,
        dropped: None,
        rewritten: None,
        older: head.older,
        null_seq: head.null_seq,
    }
}

/// Inline bytes that stay where they are need not be read.
fn without_bytes(record: &Arc<ObjectRecord>) -> Arc<ObjectRecord> {
    match &record.data {
        Data::Inline(_) => Arc::new(ObjectRecord { attrs: record.attrs.clone(), data: Data::NotRead }),
        Data::Stored(_) | Data::NotRead => Arc::clone(record),
    }
}

fn put(head: &Head, record: &ObjectRecord, beside: Option<Arc<ObjectRecord>>, ts: Timestamp) -> Plan {
    let null = record.attrs.version.is_empty();
    let version = if null { bytes::Bytes::new() } else { VersionId::fresh(ts.0).bytes() };
    let attrs = ObjectAttrs { version, seq: ts.0, ..record.attrs.clone() };
    let mut plan = unchanged(head);
    plan.current = Some(Arc::new(ObjectRecord { attrs, data: record.data.clone() }));
    plan.current_changed = true;
    let Some(before) = &head.current else { return plan };
    let was_null = before.attrs.version.is_empty();
    if null && was_null {
        plan.replaced = Some(Arc::clone(before));
        return plan;
    }
    plan.demoted = Some(Arc::clone(before));
    plan.older += 1;
    if was_null {
        plan.null_seq = Some(before.attrs.seq);
    }
    if null && let Some(dropped) = beside {
        plan.dropped = Some(dropped);
        plan.older = plan.older.saturating_sub(1);
        plan.null_seq = None;
    }
    plan
}

fn remove(head: &Head, version: VersionRef, beside: Option<Arc<ObjectRecord>>) -> Option<Plan> {
    let mut plan = unchanged(head);
    let is = |record: &&Arc<ObjectRecord>| record.attrs.version_ref() == version;
    if let Some(current) = head.current.as_ref().filter(is) {
        plan.replaced = Some(Arc::clone(current));
        plan.current_changed = true;
        plan.promoted = beside.is_some();
        if beside.as_ref().is_some_and(|next| next.attrs.version.is_empty()) {
            plan.null_seq = None;
        }
        plan.older = if beside.is_some() { plan.older.saturating_sub(1) } else { 0 };
        plan.current = beside;
        return Some(plan);
    }
    let dropped = head.named.as_ref().filter(is)?;
    if version == VersionRef::Null {
        plan.null_seq = None;
    }
    plan.dropped = Some(Arc::clone(dropped));
    plan.older = plan.older.saturating_sub(1);
    Some(plan)
}

fn rewrite(head: &Head, record: &Arc<ObjectRecord>) -> Option<Plan> {
    let mut plan = unchanged(head);
    let same = |other: &&Arc<ObjectRecord>| {
        other.attrs.version_ref() == record.attrs.version_ref() && other.attrs.seq == record.attrs.seq
    };
    if head.current.as_ref().filter(same).is_some() {
        plan.current = Some(without_bytes(record));
        plan.current_changed = true;
        return Some(plan);
    }
    head.named.as_ref().filter(same)?;
    plan.rewritten = Some(without_bytes(record));
    Some(plan)
}

impl Plan {
    /// Whether more is left of the key than one object.
    #[must_use]
    pub fn has_versions(&self) -> bool {
        has_versions(self.older, self.current.as_deref())
    }

    /// The blobs that this takes out of the head.
    pub fn released(&self) -> impl Iterator<Item = &Placement> {
        let kept = self.current.as_deref().and_then(placement);
        let gone = [&self.replaced, &self.dropped].into_iter().flatten().filter_map(|record| placement(record));
        gone.filter(move |gone| kept.is_none_or(|kept| kept.inode != gone.inode))
    }
}

/// Whether a key has noncurrent versions, or a delete marker.
#[must_use]
pub fn has_versions(older: u64, current: Option<&ObjectRecord>) -> bool {
    older > 0 || current.is_some_and(|record| record.attrs.delete_marker)
}

fn placement(record: &ObjectRecord) -> Option<&Placement> {
    match &record.data {
        Data::Stored(placement) => Some(placement),
        Data::Inline(_) | Data::NotRead => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn record(name: &str, fresh: bool) -> Arc<ObjectRecord> {
        let version = if fresh { VersionId::fresh(0).bytes() } else { Bytes::new() };
        let attrs = ObjectAttrs { etag: name.to_owned(), version, ..ObjectAttrs::default() };
        Arc::new(ObjectRecord { attrs, data: Data::Inline(Bytes::from(name.to_owned())) })
    }

    /// A key's versions, newest first, changed by plans alone.
    #[derive(Default)]
    struct Key {
        versions: Vec<Arc<ObjectRecord>>,
        now: i64,
    }

    impl Key {
        fn head(&self, named: Option<VersionRef>) -> Head {
            let older = self.versions.iter().skip(1);
            let named = named.and_then(|n| self.versions.iter().find(|v| v.attrs.version_ref() == n).cloned());
            Head {
                current: self.versions.first().cloned(),
                older: older.clone().count() as u64,
                null_seq: older.clone().find(|v| v.attrs.version.is_empty()).map(|v| v.attrs.seq),
                named,
                ..Head::default()
            }
        }

        fn apply(&mut self, decision: &Decision) -> Option<Plan> {
            self.now += 2;
            let named = if let Decision::Remove(version) = decision { Some(*version) } else { None };
            let head = self.head(named);
            let read = match beside(&head, decision) {
                Beside::Nothing => None,
                Beside::Newest => self.versions.get(1).cloned(),
                Beside::At(seq) => self.versions.iter().find(|v| v.attrs.seq == seq).cloned(),
            };
            let plan = plan(&head, decision, read, Timestamp(self.now))?;
            if plan.demoted.is_none() && !self.versions.is_empty() {
                self.versions.remove(0);
            }
            if plan.promoted {
                self.versions.remove(0);
            }
            if let Some(dropped) = &plan.dropped {
                self.versions.retain(|v| v.attrs.seq != dropped.attrs.seq);
            }
            if let Some(current) = &plan.current {
                self.versions.insert(0, Arc::clone(current));
            }
            assert_eq!(plan.older, self.versions.len().saturating_sub(1) as u64);
            assert_eq!(plan.null_seq, self.head(None).null_seq);
            Some(plan)
        }

        fn names(&self) -> Vec<&str> {
            self.versions.iter().map(|v| v.attrs.etag.as_str()).collect()
        }

        fn id(&self, name: &str) -> VersionRef {
            self.versions.iter().find(|v| v.attrs.etag == name).expect("is there").attrs.version_ref()
        }
    }

    #[test]
    fn null_versions_replace_each_other_wherever_they_are() {
        let mut key = Key::default();
        key.apply(&Decision::Put(record("null 1", false)));
        key.apply(&Decision::Put(record("null 2", false)));
        assert_eq!(key.names(), ["null 2"]);
        key.apply(&Decision::Put(record("a", true)));
        assert_eq!(key.names(), ["a", "null 2"]);
        let plan = key.apply(&Decision::Put(record("null 3", false))).expect("a change");
        assert_eq!(plan.dropped.expect("one is dropped").attrs.etag, "null 2");
        assert_eq!(key.names(), ["null 3", "a"]);
    }

    #[test]
    fn removing_the_current_version_promotes_the_next() {
        let mut key = Key::default();
        for (name, fresh) in [("null", false), ("a", true), ("b", true)] {
            key.apply(&Decision::Put(record(name, fresh)));
        }
        key.apply(&Decision::Remove(key.id("b")));
        assert_eq!(key.names(), ["a", "null"]);
        key.apply(&Decision::Remove(key.id("a")));
        assert_eq!(key.names(), ["null"]);
        let plan = key.apply(&Decision::Remove(VersionRef::Null)).expect("a change");
        assert!(plan.current.is_none() && !plan.has_versions());
        assert!(key.apply(&Decision::Remove(VersionRef::Null)).is_none(), "there is nothing to remove");
    }

    #[test]
    fn a_noncurrent_version_is_removed_alone() {
        let mut key = Key::default();
        for name in ["a", "b", "c"] {
            key.apply(&Decision::Put(record(name, true)));
        }
        let gone = key.id("b");
        let plan = key.apply(&Decision::Remove(gone)).expect("a change");
        assert!(!plan.current_changed);
        assert_eq!(key.names(), ["c", "a"]);
        assert!(key.apply(&Decision::Remove(gone)).is_none());
    }

    #[test]
    fn each_version_has_an_id_that_leads_to_its_place() {
        let mut key = Key::default();
        key.apply(&Decision::Put(record("a", true)));
        let attrs = &key.versions[0].attrs;
        let id = VersionId::from_slice(&attrs.version).expect("has an id");
        assert_eq!(id.seq, attrs.seq);
        assert_eq!(VersionId::parse(&id.to_string()), Some(id));
    }
}
