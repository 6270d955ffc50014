use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::storage::{Data, LockSettings, ObjectRecord, VersionId};

const GOVERNANCE: RetentionMode = RetentionMode::Governance;
const COMPLIANCE: RetentionMode = RetentionMode::Compliance;

fn until(mode: RetentionMode, until: i64) -> Option<Retention> {
    Some(Retention { mode, until: Timestamp(until) })
}

fn lock(retention: Option<Retention>, hold: Option<bool>) -> Option<ObjectLock> {
    let hold = hold.map(|on| with_hold(None, on));
    with_retention(hold.as_ref(), retention)
}

#[test]
fn what_may_be_removed_at_10() {
    for (lock, plain, bypass) in [
        (None, true, true),
        (lock(None, Some(false)), true, true),
        (lock(None, Some(true)), false, false),
        (lock(until(GOVERNANCE, 11), None), false, true),
        (lock(until(GOVERNANCE, 10), None), true, true),
        (lock(until(COMPLIANCE, 11), None), false, false),
        (lock(until(COMPLIANCE, 10), None), true, true),
        (lock(until(GOVERNANCE, 11), Some(true)), false, false),
        (lock(until(GOVERNANCE, 11), Some(false)), false, true),
        (lock(until(COMPLIANCE, 9), Some(true)), false, false),
        (Some(ObjectLock { mode: 77, retain_until_micros: 11, legal_hold: None }), false, false),
    ] {
        assert_eq!(may_remove(lock.as_ref(), Timestamp(10), false), plain, "{lock:?}");
        assert_eq!(may_remove(lock.as_ref(), Timestamp(10), true), bypass, "{lock:?} with a bypass");
    }
}

#[test]
fn what_a_retention_may_become_at_10() {
    for (held, next, plain, bypass) in [
        (None, until(COMPLIANCE, 20), true, true),
        (None, None, true, true),
        (until(GOVERNANCE, 20), until(GOVERNANCE, 20), true, true),
        (until(GOVERNANCE, 20), until(GOVERNANCE, 21), true, true),
        (until(GOVERNANCE, 20), until(GOVERNANCE, 19), false, true),
        (until(GOVERNANCE, 20), until(COMPLIANCE, 30), false, true),
        (until(GOVERNANCE, 20), None, false, true),
        (until(COMPLIANCE, 20), until(COMPLIANCE, 20), true, true),
        (until(COMPLIANCE, 20), until(COMPLIANCE, 21), true, true),
        (until(COMPLIANCE, 20), until(COMPLIANCE, 19), false, false),
        (until(COMPLIANCE, 20), until(GOVERNANCE, 30), false, false),
        (until(COMPLIANCE, 20), None, false, false),
        (until(COMPLIANCE, 10), until(GOVERNANCE, 11), true, true),
        (until(GOVERNANCE, 10), None, true, true),
    ] {
        assert_eq!(may_become(held, next, Timestamp(10), false), plain, "{held:?} to {next:?}");
        assert_eq!(may_become(held, next, Timestamp(10), true), bypass, "{held:?} to {next:?} with a bypass");
    }
}

fn record(fresh: bool, lock: Option<ObjectLock>) -> Arc<ObjectRecord> {
    let version = if fresh { VersionId::fresh(1).bytes() } else { Bytes::new() };
    let attrs = ObjectAttrs { version, lock, ..ObjectAttrs::default() };
    Arc::new(ObjectRecord { attrs, data: Data::Inline(Bytes::new()) })
}

#[test]
fn a_put_replaces_no_locked_null_version() {
    let locked = || Some(record(false, lock(until(GOVERNANCE, 20), None)));
    let free = || Some(record(false, lock(until(GOVERNANCE, 5), None)));
    let other = || Some(record(true, lock(until(COMPLIANCE, 20), None)));
    for (current, null_seq, named, may) in [
        (None, None, None, true),
        (locked(), None, None, false),
        (locked(), None, locked(), false),
        (free(), None, None, true),
        (other(), None, None, true),
        (other(), Some(1), locked(), false),
        (other(), Some(1), free(), true),
        (other(), Some(1), None, false),
        (other(), Some(1), other(), false),
    ] {
        let head = Head { current, null_seq, named, ..Head::default() };
        assert_eq!(may_put(&head, &record(false, None).attrs, Timestamp(10)), may, "{head:?}");
        assert!(may_put(&head, &record(true, None).attrs, Timestamp(10)), "a version of its own replaces nothing");
    }
}

#[test]
fn a_new_version_gets_the_rule_of_its_bucket_unless_it_brings_its_own() {
    let settings = |days, years| BucketSettings {
        object_lock: Some(LockSettings { rule: Some(LockRule { mode: GOVERNANCE.into(), days, years }) }),
        ..BucketSettings::default()
    };
    let made = Timestamp(7);
    let day = 86_400_000_000;
    assert_eq!(of_new(&BucketSettings::default(), None, made), None);
    assert_eq!(of_new(&settings(2, 0), None, made), lock(until(GOVERNANCE, 7 + 2 * day), None));
    assert_eq!(of_new(&settings(0, 2), None, made), lock(until(GOVERNANCE, 7 + 730 * day), None));
    let held = lock(None, Some(true));
    assert_eq!(of_new(&settings(1, 0), held, made), lock(until(GOVERNANCE, 7 + day), Some(true)));
    let own = lock(until(COMPLIANCE, 8), None);
    assert_eq!(of_new(&settings(1, 0), own.clone(), made), own);
}

#[test]
fn names_are_read_as_they_are_written() {
    for mode in [GOVERNANCE, COMPLIANCE] {
        assert_eq!(parse_mode(mode_name(mode)), Some(mode));
    }
    for on in [true, false] {
        assert_eq!(parse_hold(hold_name(on)), Some(on));
    }
    for bad in ["", "governance", "NONE", " GOVERNANCE"] {
        assert_eq!(parse_mode(bad), None, "{bad}");
    }
    assert_eq!(parse_hold("on"), None);
}

/// One thing that happens to a version.
#[derive(Debug, Clone)]
enum Step {
    Retain { next: Option<Retention>, bypass: bool },
    Hold(bool),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let mode = prop_oneof![Just(GOVERNANCE), Just(COMPLIANCE)];
    let next = proptest::option::weighted(0.8, (mode, 0_i64..60));
    let retain = (next, any::<bool>()).prop_map(|(next, bypass)| Step::Retain {
        next: next.map(|(mode, until)| Retention { mode, until: Timestamp(until) }),
        bypass,
    });
    let step = prop_oneof![3 => retain, 1 => any::<bool>().prop_map(Step::Hold), 2 => (0_i64..15).prop_map(Step::Wait)];
    proptest::collection::vec(step, 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    /// The model keeps promises, not locks: each accepted retention is one that lasts until its date, unless a bypass
    /// broke it; those of compliance nothing breaks.
    #[test]
    fn no_promise_is_broken(steps in steps()) {
        let (mut now, mut state) = (0, None::<ObjectLock>);
        let (mut strict, mut soft, mut held) = (0, 0, false);
        for step in steps {
            match step {
                Step::Wait(time) => now += time,
                Step::Hold(on) => {
                    held = on;
                    state = Some(with_hold(state.as_ref(), on));
                }
                Step::Retain { next, bypass } => {
                    let before = Retention::of(state.as_ref());
                    if !may_become(before, next, Timestamp(now), bypass) {
                        prop_assert!(now < strict || now < soft && !bypass, "refused for nothing");
                        continue;
                    }
                    state = with_retention(state.as_ref(), next);
                    if bypass {
                        soft = 0;
                    }
                    match next {
                        Some(next) if next.mode == COMPLIANCE => strict = strict.max(next.until.0),
                        Some(next) => soft = soft.max(next.until.0),
                        None => {}
                    }
                }
            }
            let free = !held && now >= strict;
            prop_assert_eq!(may_remove(state.as_ref(), Timestamp(now), true), free);
            prop_assert_eq!(may_remove(state.as_ref(), Timestamp(now), false), free && now >= soft);
        }
    }
}
