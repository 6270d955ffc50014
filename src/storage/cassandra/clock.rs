//! The clocks that leases are measured with, and how far the wall clock is from the nodes'. Knows no rows.

use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use scylla::client::session::Session;
use scylla::policies::load_balancing::{NodeIdentifier, SingleTargetLoadBalancingPolicy};
use scylla::statement::unprepared::Statement;
use scylla::value::CqlTimestamp;

use super::Core;
use super::trial::Trial;
use crate::storage::boot_time::BootTime;
use crate::storage::{Result, StorageError, Timestamp};

/// How far this machine's clock may be from the nodes' median before writes are refused.
const SKEW_MAX: Duration = Duration::from_secs(300);
/// Pause between looks at the nodes' clocks.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// Nodes whose clocks are asked for.
const NODES_MAX: usize = 9;
/// Longest wait for one node's clock: far below what would be mistaken for a wrong one.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// A moment, by the time since boot (which counts suspended time) and by the wall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    boot: BootTime,
    wall: Timestamp,
}

impl Moment {
    /// Now.
    pub(super) fn now() -> Self {
        Self { boot: BootTime::now(), wall: Timestamp::now() }
    }

    /// Whether less than `limit` has passed since this moment by both clocks. A lease holds only then: a paused
    /// virtual machine stops the one, an operator may set the other.
    pub(super) fn younger_than(&self, limit: Duration) -> bool {
        let wall = u64::try_from(Timestamp::now().0 - self.wall.0).ok().map(Duration::from_micros);
        self.boot.younger_than(limit) && wall.is_some_and(|passed| passed < limit)
    }
}

/// What the nodes' clocks said less the time since boot (microseconds), carried on by the time since boot, so that a
/// wall clock which is set between two looks is noticed at once.
#[derive(Default)]
pub(super) struct NodesClock {
    start: Mutex<Option<i64>>,
    trial: Option<Arc<Trial>>,
}

impl NodesClock {
    /// Refuses writes while this machine's clock is too far from the nodes', or how far it is is not known.
    pub(super) fn check(&self) -> Result<()> {
        let wall = Timestamp::now();
        self.check_at(self.trial.as_ref().map_or(wall, |trial| trial.wall(wall)), BootTime::now())
    }

    fn check_at(&self, wall: Timestamp, boot: BootTime) -> Result<()> {
        let nodes_at_boot = *self.start.lock();
        let Some(nodes) = nodes_at_boot.zip(micros_since_boot(boot)).map(|(start, passed)| start + passed) else {
            return Err(StorageError::Unavailable(
                "writes are refused: how far this machine's clock is from the Cassandra nodes' is not known".to_owned(),
            ));
        };
        let skew = wall.0.saturating_sub(nodes);
        if skew.unsigned_abs() <= u64::try_from(SKEW_MAX.as_micros()).unwrap_or(u64::MAX) {
            return Ok(());
        }
        let side = if skew > 0 { "ahead of" } else { "behind" };
        Err(StorageError::Unavailable(format!(
            "writes are refused: this machine's clock is {} s {side} the Cassandra nodes' median; at most {} s are \
             allowed. Synchronise the clocks",
            skew.unsigned_abs() / 1_000_000,
            SKEW_MAX.as_secs()
        )))
    }
}

fn micros_since_boot(at: BootTime) -> Option<i64> {
    i64::try_from(at.since_boot()?.as_micros()).ok()
}

fn median(mut values: Vec<i64>) -> Option<i64> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

/// The median of the nodes' clocks less the time since boot, microseconds.
async fn ask_nodes(session: &Session) -> Option<i64> {
    let state = session.get_cluster_state();
    let asked = state.get_nodes_info().iter().take(NODES_MAX).map(|node| async move {
        let mut statement = Statement::new("SELECT toTimestamp(now()) FROM system.local");
        let target = NodeIdentifier::Node(Arc::clone(node));
        statement.set_load_balancing_policy(Some(SingleTargetLoadBalancingPolicy::new(target, None)));
        statement.set_is_idempotent(false);
        let before = micros_since_boot(BootTime::now())?;
        let answer = tokio::time::timeout(ANSWER_MAX, session.query_unpaged(statement, ())).await.ok()?.ok()?;
        let after = micros_since_boot(BootTime::now())?;
        let rows = answer.into_rows_result().ok()?;
        let (CqlTimestamp(millis),) = rows.first_row::<(CqlTimestamp,)>().ok()?;
        Some(millis.checked_mul(1_000)? - before.midpoint(after))
    });
    median(futures::future::join_all(asked).await.into_iter().flatten().collect())
}

impl NodesClock {
    /// Of a store that has not asked yet.
    pub(super) fn new(trial: Option<Arc<Trial>>) -> Self {
        Self { trial, ..Self::default() }
    }

    /// Asks the nodes. Where none answers, what they said before goes on.
    pub(super) async fn look(&self, session: &Session) {
        if let Some(start) = ask_nodes(session).await {
            *self.start.lock() = Some(start);
        }
    }

    /// Looks again and again, for as long as the store is there.
    pub(super) async fn keep_looking(core: Weak<Core>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let Some(core) = core.upgrade() else { return };
            core.clock.look(&core.cluster.meta).await;
            if let Err(error) = core.clock.check() {
                tracing::error!(%error, "the clock is wrong");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_ages_by_both_clocks() {
        let now = Moment::now();
        assert!(now.younger_than(Duration::from_secs(60)));
        assert!(!now.younger_than(Duration::ZERO));
        let set_forward = Moment { wall: Timestamp(now.wall.0 - 61_000_000), ..now };
        assert!(!set_forward.younger_than(Duration::from_secs(60)));
        let set_back = Moment { wall: Timestamp(now.wall.0 + 61_000_000), ..now };
        assert!(!set_back.younger_than(Duration::from_secs(60)), "a clock that was set back proves nothing");
        let no_clock = Moment { boot: BootTime::unknown(), ..now };
        assert!(!no_clock.younger_than(Duration::from_secs(60)), "no lease holds without the clock");
    }

    #[test]
    fn writes_are_refused_five_minutes_from_the_nodes_median() {
        let (clock, boot, wall) = (NodesClock::default(), BootTime::now(), 1_700_000_000_000_000);
        let refused = |wall: i64, boot| clock.check_at(Timestamp(wall), boot).err().map(|e| e.to_string());
        assert!(refused(wall, boot).is_some_and(|text| text.contains("is not known")));
        *clock.start.lock() = micros_since_boot(boot).map(|passed| wall - passed);
        assert_eq!(refused(wall + 299_000_000, boot), None);
        assert_eq!(refused(wall - 299_000_000, boot), None);
        assert!(refused(wall + 301_000_000, boot).is_some_and(|text| text.contains("301 s ahead of")));
        assert!(refused(wall - 301_000_000, boot).is_some_and(|text| text.contains("301 s behind")));
        assert!(refused(wall, BootTime::unknown()).is_some());
    }

    #[test]
    fn one_wrong_node_does_not_move_the_median() {
        assert_eq!(median(vec![i64::MAX, 5, 7]), Some(7));
        assert_eq!(median(vec![]), None);
    }
}
