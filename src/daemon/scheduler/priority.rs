//! Who goes first where not all can go at once.

use crate::config::JobKind;
use crate::domain::schedule::SlotToRun;

/// In order: somebody waits for a report; an hour's sync is short and keeps data fresh; a rollup may
/// take long, and maintenance is of what all have left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Priority {
    Report,
    Sync,
    Rollup,
    Maintenance,
}

impl Priority {
    pub fn of(kind: &JobKind) -> Self {
        match kind {
            JobKind::Report(_) => Self::Report,
            JobKind::Sync(_) => Self::Sync,
            JobKind::Rollup => Self::Rollup,
            JobKind::Maintenance => Self::Maintenance,
        }
    }

    /// Whether such a run waits for vendors, or for others of its kind, most of the time.
    pub fn is_of_data(self) -> bool {
        matches!(self, Self::Sync | Self::Rollup)
    }

    pub fn shares_limit(self, other: Self) -> bool {
        self.is_of_data() == other.is_of_data()
    }
}

/// The slots in the order they begin: by priority, the oldest of a priority first.
pub(super) fn in_order(mut due: Vec<(Priority, SlotToRun)>) -> Vec<(Priority, SlotToRun)> {
    due.sort_by(|(one_lane, one), (other_lane, other)| {
        (one_lane, one.key.at, &one.key.pair).cmp(&(other_lane, other.key.at, &other.key.pair))
    });
    due
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::{DecisionReason, Pair, SlotKey};
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn reports_go_before_syncs_and_the_oldest_of_a_kind_first() {
        let slot = |priority, job: &str, minute| {
            let key = SlotKey { pair: Pair::new(job, "acme"), at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute) };
            (priority, SlotToRun { key, attempt: 1, why: DecisionReason::Due, timeout: TimeDelta::minutes(1) })
        };
        let due = vec![
            slot(Priority::Rollup, "rollup", 1),
            slot(Priority::Sync, "sync_late", 5),
            slot(Priority::Sync, "sync_early", 2),
            slot(Priority::Report, "report", 9),
        ];
        let order: Vec<String> = in_order(due).into_iter().map(|(_, slot)| slot.key.pair.job).collect();
        assert_eq!(order, ["report", "sync_early", "sync_late", "rollup"]);
    }
}
