//! How far each source's data reaches, and what that means for the report.

use super::{Readings, days_text};
use crate::report::document::{Freshness, FreshnessState};
use crate::report::readiness::SourceReach;
use chrono::Days;

pub fn rows(readings: &Readings) -> Vec<Freshness> {
    readings.reach.iter().map(|reach| row(readings, reach)).collect()
}

fn row(readings: &Readings, reach: &SourceReach) -> Freshness {
    let last = readings.period.last_day();
    let settles_on = readings.period.last_day() + Days::new(u64::from(reach.settles_after_days));
    let today = readings.today();
    let (state, remark) = match reach.whole_through {
        None => (FreshnessState::Late, "nothing has been read yet".to_owned()),
        Some(through) if through < last => {
            let missing = (last - through).num_days();
            let days = if missing == 1 { "1 day".to_owned() } else { format!("{missing} days") };
            (FreshnessState::Late, format!("late: {days} missing"))
        }
        Some(_) if reach.settles_after_days > 0 && settles_on >= today => (
            FreshnessState::Provisional,
            format!("complete; may be restated until {}", readings.wording.date_text(settles_on)),
        ),
        Some(_) => (FreshnessState::Complete, "complete and final".to_owned()),
    };
    Freshness {
        source: reach.source.clone(),
        label: reach.label.clone(),
        data_through: reach.whole_through,
        last_success_at: reach.last_success_at,
        state,
        remark,
    }
}

/// What is missing, in words.
pub fn gaps(readings: &Readings, rows: &[Freshness]) -> Vec<String> {
    let late = rows.iter().filter(|row| row.state == FreshnessState::Late);
    late.map(|row| match row.data_through {
        Some(through) => format!(
            "{} reaches only to {}: figures of {} that rest on it are incomplete.",
            row.label,
            readings.wording.date_text(through),
            days_text(readings)
        ),
        None => format!("{} has not been read yet: figures that rest on it are missing.", row.label),
    })
    .collect()
}
