//! Who goes first where not all can go at once.

use crate::config::jobs::Priority;
use crate::domain::schedule::SlotToRun;

/// Whether such a run waits for vendors, or for others of its kind, most of the time.
pub(super) fn is_of_data(priority: Priority) -> bool {
    matches!(priority, Priority::Sync | Priority::Rollup)
}

pub(super) fn shares_limit(one: Priority, other: Priority) -> bool {
    is_of_data(one) == is_of_data(other)
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
