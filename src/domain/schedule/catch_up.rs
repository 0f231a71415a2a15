//! Which fires become work: those on time do, those whose time passed unseen by the job's policy.

use super::decide::DecisionReason;
use super::expression::Fire;
use super::policy::CatchUp;
use chrono::{DateTime, TimeDelta, Utc};

/// A fire seen this much after its instant still counts as on time: a busy or restarted daemon is no
/// outage.
pub const GRACE: TimeDelta = TimeDelta::minutes(5);

/// What becomes of a fire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classification {
    /// On time.
    Work,
    /// Missed, and made up for.
    CatchUp,
    Skip(DecisionReason),
}

/// Whether a fire is seen in time.
pub fn is_on_time(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - at <= GRACE
}

/// A verdict for each of `fires`, which have come since the last look, in order of time; `now` is
/// not before any of them.
pub fn plan(fires: &[Fire], catch_up: CatchUp, now: DateTime<Utc>) -> Vec<Classification> {
    let missed = fires.partition_point(|fire| !is_on_time(fire.at, now));
    let something_follows = missed < fires.len();
    let verdict = |(index, fire): (usize, &Fire)| match catch_up {
        _ if index >= missed => Classification::Work,
        CatchUp::None => Classification::Skip(DecisionReason::Missed),
        CatchUp::Latest if something_follows || index + 1 < missed => Classification::Skip(DecisionReason::Superseded),
        CatchUp::All { within } if now - fire.at > within => Classification::Skip(DecisionReason::TooOld),
        CatchUp::Latest | CatchUp::All { .. } => Classification::CatchUp,
    };
    fires.iter().enumerate().map(verdict).collect()
}
