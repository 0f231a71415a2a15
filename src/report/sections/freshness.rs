//! How far each source's data reaches, and what that means for the report.

use super::figures::{Earlier, FigureBuilder};
use super::{Readings, days_text};
use crate::domain::period::Period;
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
    let (state, remark) = if reach.is_not_due(period) {
        (FreshnessState::Provisional, late(readings, reach).replacen("late", "not complete yet", 1))
    } else if !reach.covers(period) {
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

/// The sources whose lacks matter to readers: of a vendor that completes days later nobody reads anything of the newest
/// ones where no figure rests on it.
fn heard<'r>(readings: &'r Readings, builder: &FigureBuilder<'_>) -> impl Iterator<Item = &'r SourceFreshness> {
    readings.reach.iter().filter(|reach| !reach.is_not_due(readings.period) || builder.prints_of(&reach.fact))
}

/// How far those reach.
pub fn heard_rows(readings: &Readings, builder: &FigureBuilder<'_>) -> Vec<Freshness> {
    heard(readings, builder).map(|reach| row(readings, reach)).collect()
}

/// Sources that complete days later and that printed figures of the period rest on, by name.
pub fn not_due<'r>(readings: &'r Readings, builder: &FigureBuilder<'_>) -> Vec<&'r str> {
    let open = heard(readings, builder).filter(|reach| reach.is_not_due(readings.period));
    let mut names: Vec<&str> = open.map(|reach| reach.label.split(": ").next().unwrap_or(&reach.label)).collect();
    names.dedup();
    names
}

/// What is missing, in words.
pub fn gaps(readings: &Readings, builder: &FigureBuilder<'_>) -> Vec<String> {
    let lacks = heard(readings, builder).filter_map(|reach| {
        let lack = reach.lack_text(readings.period, readings.locale)?;
        Some(match reach.whole_through() {
            _ if reach.is_not_due(readings.period) => {
                format!(
                    "{lack}, for its days are complete later: figures of {} that rest on it are not.",
                    days_text(readings)
                )
            }
            None if reach.parts.len() <= 1 => format!("{lack}: figures that rest on it are missing."),
            _ => format!("{lack}: figures of {} that rest on it are incomplete.", days_text(readings)),
        })
    });
    lacks.collect()
}

/// What is missing of days before the period that printed figures count, a sentence for each source.
pub fn earlier_gaps(readings: &Readings, earlier: &[Earlier]) -> Vec<String> {
    let told = lacking(readings, earlier).into_iter().filter_map(|(reach, days, labels)| {
        let lack = reach.lack_text(days, readings.locale)?;
        let count = if labels.len() == 1 { "counts these days and is" } else { "count these days and are" };
        Some(format!("{lack}: {} {count} incomplete.", list(&labels)))
    });
    told.collect()
}

/// What printed figures are called that lack days before the period, each once.
pub fn incomplete<'e>(readings: &'e Readings, earlier: &'e [Earlier]) -> Vec<&'e str> {
    let mut labels: Vec<&str> = lacking(readings, earlier).into_iter().flat_map(|(_, _, labels)| labels).collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

/// What sources say of days before the period that printed figures count, and of none of its own.
pub fn earlier_limits(readings: &Readings, earlier: &[Earlier]) -> Vec<String> {
    let mut told = Vec::new();
    for reach in &readings.reach {
        let own = reach.limits(readings.period);
        let limits = |figure: &Earlier| -> Vec<String> {
            let days = before(readings, figure, reach);
            let limits = days.map(|days| reach.limits(days)).unwrap_or_default();
            limits.into_iter().filter(|limit| !own.contains(limit)).collect()
        };
        let mut all: Vec<(String, Vec<&str>)> = Vec::new();
        for figure in earlier {
            for limit in limits(figure) {
                match all.iter_mut().find(|(known, _)| *known == limit) {
                    Some((_, labels)) => labels.push(&figure.label),
                    None => all.push((limit, vec![&figure.label])),
                }
            }
        }
        told.extend(all.into_iter().map(|(limit, labels)| {
            let count = if labels.len() == 1 {
                "counts such days and is an estimate"
            } else {
                "count such days and are estimates"
            };
            format!("{}: {}: {} {count}.", reach.label, limit.trim_end_matches('.'), list(&labels))
        }));
    }
    told
}

/// Sources that lack such days, the first of those and the labels of the figures that count them.
fn lacking<'a>(readings: &'a Readings, earlier: &'a [Earlier]) -> Vec<(&'a SourceFreshness, Period, Vec<&'a str>)> {
    let was_read = |reach: &&SourceFreshness| reach.parts.iter().any(|part| !part.whole.is_empty());
    let lack = |reach: &'a SourceFreshness| {
        let of = |figure: &'a Earlier| {
            let days = before(readings, figure, reach).filter(|days| !reach.covers(*days))?;
            Some((days, figure.label.as_str()))
        };
        let figures: Vec<(Period, &str)> = earlier.iter().filter_map(of).collect();
        let days = figures
            .iter()
            .map(|(days, _)| *days)
            .reduce(|one, other| Period { start: one.start.min(other.start), end: one.end.max(other.end) })?;
        Some((reach, days, figures.into_iter().map(|(_, label)| label).collect()))
    };
    // Of what was never read, more is reported of the period itself.
    readings.reach.iter().filter(was_read).filter_map(lack).collect()
}

/// The days before the period that a figure counts of a source.
fn before(readings: &Readings, figure: &Earlier, reach: &SourceFreshness) -> Option<Period> {
    let days = Period::new(figure.days.start, figure.days.end.min(readings.period.start))?;
    figure.facts.contains(&reach.fact).then_some(days)
}

fn list(labels: &[&str]) -> String {
    labels.iter().map(|label| format!("“{label}”")).collect::<Vec<_>>().join(", ")
}

/// What is here and limited, in words; what several streams of a source say alike is reported once.
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
