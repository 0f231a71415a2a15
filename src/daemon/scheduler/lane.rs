//! Who goes first where not all can go at once.

use crate::config::JobKind;
use crate::domain::schedule::SlotToRun;

/// In order: somebody waits for a report; an hour's sync is short and keeps data fresh; a rollup may
/// take long, and care is of what all have left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Lane {
    Report,
    Sync,
    Rollup,
    Care,
}

impl Lane {
    pub fn of(kind: &JobKind) -> Self {
        match kind {
            JobKind::Report(_) => Self::Report,
            JobKind::Sync(_) => Self::Sync,
            JobKind::Rollup => Self::Rollup,
            JobKind::Care => Self::Care,
        }
    }
}

/// The slots in the order they begin: by lane, the oldest of a lane first.
pub(super) fn in_order(mut due: Vec<(Lane, SlotToRun)>) -> Vec<(Lane, SlotToRun)> {
    due.sort_by(|(one_lane, one), (other_lane, other)| {
        (one_lane, one.key.at, &one.key.pair).cmp(&(other_lane, other.key.at, &other.key.pair))
    });
    due
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::{Pair, SlotKey, Why};
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn reports_go_before_syncs_and_the_oldest_of_a_kind_first() {
        let slot = |lane, job: &str, minute| {
            let key = SlotKey { pair: Pair::new(job, "acme"), at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute) };
            (lane, SlotToRun { key, attempt: 1, why: Why::Due, timeout: TimeDelta::minutes(1) })
        };
        let due = vec![
            slot(Lane::Rollup, "rollup", 1),
            slot(Lane::Sync, "sync_late", 5),
            slot(Lane::Sync, "sync_early", 2),
            slot(Lane::Report, "report", 9),
        ];
        let order: Vec<String> = in_order(due).into_iter().map(|(_, slot)| slot.key.pair.job).collect();
        assert_eq!(order, ["report", "sync_early", "sync_late", "rollup"]);
    }
}
