//! How far each source's data reaches, and what that means for the report.

use super::{Readings, days_text};
use crate::report::document::{Freshness, FreshnessState};
use crate::report::readiness::SourceFreshness;
use chrono::Days;

pub fn rows(readings: &Readings) -> Vec<Freshness> {
    readings.reach.iter().map(|reach| row(readings, reach)).collect()
}

fn row(readings: &Readings, reach: &SourceFreshness) -> Freshness {
    let period = readings.period;
    let settles_on = period.last_day() + Days::new(u64::from(reach.settles_after_days));
    let limits = reach.limits(period);
    let (state, remark) = if !reach.covers(period) {
        (FreshnessState::Late, late(readings, reach))
    } else if let Some(limit) = limits.first() {
        let more = if limits.len() > 1 { format!(" (and {} more)", limits.len() - 1) } else { String::new() };
        (FreshnessState::Limited, format!("every day is here; {limit}{more}"))
    } else if reach.settles_after_days > 0 && settles_on >= readings.today() {
        let until = readings.locale.date_text(settles_on);
        (FreshnessState::Provisional, format!("complete; may be restated until {until}"))
    } else {
        (FreshnessState::Complete, "complete and final".to_owned())
    };
    Freshness {
        source: reach.source.clone(),
        label: reach.label.clone(),
        data_through: reach.whole_through(),
        last_success_at: reach.last_success_at,
        state,
        remark,
    }
}

/// What is missing, in few words; the gaps on top say more.
fn late(readings: &Readings, reach: &SourceFreshness) -> String {
    let holes = reach.holes(readings.period);
    let is_never_read = |name: &str| reach.parts.iter().any(|part| part.name == name && part.whole.is_empty());
    if reach.parts.is_empty() || reach.parts.iter().all(|part| part.whole.is_empty()) {
        return "nothing has been read yet".to_owned();
    }
    let mut unread: Vec<&str> =
        holes.iter().map(|hole| hole.part.as_str()).filter(|name| is_never_read(name)).collect();
    unread.dedup();
    if !unread.is_empty() {
        return format!("late: {} was never read", unread.join(", "));
    }
    let days: std::collections::BTreeSet<_> = holes.iter().flat_map(|hole| hole.period.dates()).collect();
    let missing = days.len();
    format!("late: {} missing", if missing == 1 { "1 day".to_owned() } else { format!("{missing} days") })
}

/// What is missing, in words.
pub fn gaps(readings: &Readings) -> Vec<String> {
    let lacks = readings.reach.iter().filter_map(|reach| {
        let lack = reach.lack_text(readings.period, readings.locale)?;
        Some(match reach.whole_through() {
            None if reach.parts.len() <= 1 => format!("{lack}: figures that rest on it are missing."),
            _ => format!("{lack}: figures of {} that rest on it are incomplete.", days_text(readings)),
        })
    });
    lacks.collect()
}

/// What is here and limited, in words; what several streams of a source say alike is said once.
pub fn limits(readings: &Readings) -> Vec<String> {
    let mut said: Vec<(&str, String, Vec<&str>)> = Vec::new();
    for reach in &readings.reach {
        let (source, stream) = reach.label.split_once(": ").unwrap_or((&reach.label, ""));
        for limit in reach.limits(readings.period) {
            match said.iter_mut().find(|(of, known, _)| *of == source && *known == limit) {
                Some((_, _, streams)) => streams.push(stream),
                None => said.push((source, limit, vec![stream])),
            }
        }
    }
    let sentence = |(source, limit, streams): (&str, String, Vec<&str>)| {
        let place = if streams == [""] { source.to_owned() } else { format!("{source}: {}", streams.join(", ")) };
        let (limit, days) = (limit.trim_end_matches('.'), days_text(readings));
        format!("{place}: {limit}: figures of {days} that rest on it are estimates.")
    };
    said.into_iter().map(sentence).collect()
}
