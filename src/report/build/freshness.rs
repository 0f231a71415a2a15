//! How far each source's data reaches, and what that means for the report.

use super::{DailyReadings, SourceReach};
use crate::report::document::{Freshness, FreshnessState};
use crate::report::format::date_text;
use chrono::Days;
use std::collections::BTreeSet;

pub fn rows(readings: &DailyReadings) -> Vec<Freshness> {
    readings.reach.iter().map(|reach| row(readings, reach)).collect()
}

fn row(readings: &DailyReadings, reach: &SourceReach) -> Freshness {
    let settles_on = readings.date + Days::new(u64::from(reach.settles_after_days));
    let today = readings.issued_at.with_timezone(&readings.workspace.time_zone).date_naive();
    let (state, remark) = match reach.whole_through {
        None => (FreshnessState::Late, "nothing has been read yet".to_owned()),
        Some(through) if through < readings.date => {
            let missing = (readings.date - through).num_days();
            let days = if missing == 1 { "1 day".to_owned() } else { format!("{missing} days") };
            (FreshnessState::Late, format!("late: {days} missing"))
        }
        Some(_) if settles_on >= today => {
            (FreshnessState::Provisional, format!("complete; may be restated until {}", date_text(settles_on)))
        }
        Some(_) => (FreshnessState::Complete, "complete".to_owned()),
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
pub fn gaps(readings: &DailyReadings, rows: &[Freshness]) -> Vec<String> {
    let late = rows.iter().filter(|row| row.state == FreshnessState::Late);
    late.map(|row| match row.data_through {
        Some(through) => format!(
            "{} reaches only to {}: figures of {} that rest on it are incomplete.",
            row.label,
            date_text(through),
            date_text(readings.date)
        ),
        None => format!("{} has not been read yet: figures that rest on it are missing.", row.label),
    })
    .collect()
}

/// Facts that may still change for the reported day, by the settling time of their source.
pub fn unsettled_facts(readings: &DailyReadings) -> BTreeSet<String> {
    let today = readings.issued_at.with_timezone(&readings.workspace.time_zone).date_naive();
    let open = readings.reach.iter().filter(|reach| {
        reach.settles_after_days > 0 && readings.date + Days::new(u64::from(reach.settles_after_days)) >= today
    });
    open.filter_map(|reach| reach.source.rsplit_once('/').map(|(_, fact)| fact.to_owned())).collect()
}
