//! What page one says: the result against one named comparison and the plan, what moved most and where, and
//! whether the data is complete. Subject, first sentence and Slack are made of these words alone, so they
//! cannot contradict one another.

use super::tables::span;
use super::{FigureBuilder, Readings, days_text, headline, known};
use crate::domain::metric::Better;
use crate::domain::period::Period;
use crate::report::definition::Cadence;
use crate::report::document::{FreshnessState, Lead, Tone};
use crate::report::format::{NOT_AVAILABLE, NOT_COMPARABLE, in_sentence};
use crate::report::receipt::Expression;
use chrono::Days;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeSet;

/// A campaign whose cost changed by this factor is named, if the change is a tenth of all cost.
const FACTOR: Decimal = dec!(1.5);
const SHARE: Decimal = dec!(0.1);
/// Sessions below this share of the comparison, while clicks went on, are a fault of measuring.
const LOST: Decimal = dec!(0.2);

pub fn lead(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Lead {
    let complete = complete(readings, builder);
    let leading = ["net_revenue", "leads", "sessions", "clicks"]
        .into_iter()
        .find(|metric| builder.shows(metric) && builder.value(&builder.all(metric, readings.period)).is_some());
    let Some(metric) = leading else {
        let sentence = format!("There is no data for {}.", days_text(readings));
        let (tone, moved) = (Tone::Neutral, Vec::new());
        let known = known::sentences(readings, builder);
        return Lead { result: "no data".to_owned(), sentence, tone, moved, known, complete };
    };
    let (label, basis) = (builder.label(metric), builder.all(metric, readings.period));
    let value = builder.metric(metric, &basis).text;
    let mut parts = Vec::new();
    let mut tone = Tone::Neutral;
    // A result of incomplete days is set against nothing; other figures of page one may be complete.
    let is_complete = |builder: &FigureBuilder<'_>, metric: &str| !builder.is_immature(metric, readings.period);
    let is_rated = is_complete(builder, metric);
    let against = readings.leading();
    if let Some((_, against, base)) = against.as_ref().filter(|_| is_rated) {
        let base_basis = builder.all(metric, *base);
        let change = builder.change(metric, &basis, &base_basis, &label);
        if change.text == NOT_COMPARABLE {
            parts.push(format!("{NOT_COMPARABLE} with {against}"));
        } else if change.text != NOT_AVAILABLE {
            tone = builder.tone_against(metric, &basis, &base_basis, &change);
            let a_day = per_day(readings, builder, metric, *base).map(|text| format!(" ({text} per day)"));
            parts.push(format!("{} vs {against}{}", change.text, a_day.unwrap_or_default()));
        }
    }
    if let Some((words, of_plan)) = plan(readings, builder, metric).filter(|_| is_rated) {
        parts.push(words);
        tone = of_plan;
    }
    let rest = if parts.is_empty() { String::new() } else { format!(", {}", parts.join(", ")) };
    let preposition = match readings.definition.cadence {
        Cadence::Daily => "on",
        Cadence::Weekly | Cadence::Monthly | Cadence::Quarterly => "in",
    };
    let verb = if is_plural(&label) { "were" } else { "was" };
    let sentence = format!("{label} {verb} {value} {preposition} {}{rest}.", days_text(readings));
    let mut moved = Vec::new();
    if let Some((_, label, base)) = &against {
        if is_complete(builder, "sessions") && is_complete(builder, "clicks") {
            moved.extend(measuring(readings, builder, *base));
        }
        if is_rated {
            moved.extend(channel(readings, builder, metric, (label, *base)));
        }
        if is_complete(builder, "cost") {
            moved.extend(campaign(readings, builder, (label, *base)));
        }
    }
    moved.extend(paid(readings, builder));
    let known = known::sentences(readings, builder);
    Lead { result: format!("{} {value}{rest}", in_sentence(&label)), sentence, tone, moved, known, complete }
}

/// `Leads` and `Sessions`, not `Gross loss`.
pub(super) fn is_plural(label: &str) -> bool {
    label.ends_with('s') && !label.ends_with("ss")
}

/// The change of a day's mean, where months of unequal length are compared.
fn per_day(readings: &Readings, builder: &mut FigureBuilder<'_>, metric: &str, base: Period) -> Option<String> {
    let (days, before) = (readings.period.days(), base.days());
    if days == before || !builder.is_additive(metric) {
        return None;
    }
    let mean = |builder: &FigureBuilder<'_>, period: Period| {
        let formula = format!("total / {}", period.days());
        Expression::calculated(&formula, [("total", builder.all(metric, period))])
    };
    let (now, then) = (mean(builder, readings.period), mean(builder, base));
    let label = format!("{} per day", builder.label(metric));
    let change = builder.change(metric, &now, &then, &label);
    (change.text != NOT_AVAILABLE).then_some(change.text)
}

/// Against the plan, in words.
fn plan(readings: &Readings, builder: &mut FigureBuilder<'_>, metric: &str) -> Option<(String, Tone)> {
    let (label, target) = headline::target(readings, builder, metric)?;
    let basis = builder.all(metric, readings.period);
    let (value, goal) = (builder.value(&basis)?, builder.value(&target)?);
    if goal <= Decimal::ZERO || value < Decimal::ZERO {
        return None;
    }
    let name = format!("{}: against {label}", builder.label(metric));
    let change = builder.change(metric, &basis, &target, &name);
    let off = change.value?;
    let better = builder.better(metric);
    let is_reached = if better == Better::Lower { off <= Decimal::ZERO } else { off >= Decimal::ZERO };
    let tone = match (better, is_reached) {
        (Better::Neither, _) => Tone::Neutral,
        (_, true) => Tone::Good,
        _ if off.abs() < dec!(0.02) => Tone::Neutral,
        _ => Tone::Bad,
    };
    let size = change.text.trim_start_matches(['+', '−', '×']);
    let words = match off.cmp(&Decimal::ZERO) {
        std::cmp::Ordering::Equal => format!("exactly the {label}"),
        _ if change.text.starts_with('×') => format!("{size} times the {label}"),
        std::cmp::Ordering::Greater => format!("{size} above {label}"),
        std::cmp::Ordering::Less => format!("{size} below {label}"),
    };
    Some((words, tone))
}

/// Tracking that broke looks like a fall: visits are gone while ads are clicked as before.
fn measuring(readings: &Readings, builder: &mut FigureBuilder<'_>, base: Period) -> Option<String> {
    if !builder.shows("sessions") || !builder.shows("clicks") {
        return None;
    }
    let value = |metric: &str, period| builder.value(&builder.all(metric, period)).unwrap_or_default();
    let (now, before) = (value("sessions", readings.period), value("sessions", base));
    let (clicks, clicks_before) = (value("clicks", readings.period), value("clicks", base));
    let is_lost = before >= dec!(100) && now < before * LOST && clicks * dec!(2) >= clicks_before;
    if !is_lost || clicks <= now {
        return None;
    }
    let text = |metric: &str, value| builder.text(metric, Some(value));
    Some(format!(
        "Only {} sessions were counted for {} ad clicks: check whether tracking on the site works.",
        text("sessions", now),
        text("clicks", clicks)
    ))
}

/// The channel that changed the result most, in the result's own unit.
fn channel(
    readings: &Readings,
    builder: &mut FigureBuilder<'_>,
    metric: &str,
    (label, base): (&str, Period),
) -> Option<String> {
    let of = |period| span(readings, period).map(|span| span.channels.keys().cloned().collect::<BTreeSet<_>>());
    let all: BTreeSet<String> = of(readings.period)?.into_iter().chain(of(base).into_iter().flatten()).collect();
    let totals = (builder.all(metric, readings.period), builder.all(metric, base));
    if all.len() < 2 || builder.is_unlike(metric, &totals.0, &totals.1) {
        return None;
    }
    let moved = |builder: &FigureBuilder<'_>, channel: &String| {
        let value = |period| builder.value(&builder.channel(metric, period, channel)).unwrap_or_default();
        value(readings.period) - value(base)
    };
    let most = all
        .iter()
        .map(|channel| (moved(builder, channel), channel))
        .max_by(|one, other| one.0.abs().cmp(&other.0.abs()).then_with(|| other.1.cmp(one.1)))?;
    if most.0.is_zero() {
        return None;
    }
    let (value, before) = (builder.channel(metric, readings.period, most.1), builder.channel(metric, base, most.1));
    let name = format!("{}: {}", readings.channel_label(most.1), builder.label(metric));
    let by = builder.difference(metric, &value, &before, &name);
    let change = builder.change(metric, &value, &before, &name);
    let percent = if change.unit == by.unit || change.text == NOT_AVAILABLE {
        String::new()
    } else {
        format!(" ({})", change.text)
    };
    Some(format!(
        "Largest change: {}, {} {}{percent} vs {label}.",
        readings.channel_label(most.1),
        by.text,
        in_sentence(&builder.label(metric))
    ))
}

/// The campaign whose cost changed most, where that is much of all cost.
fn campaign(readings: &Readings, builder: &mut FigureBuilder<'_>, (label, base): (&str, Period)) -> Option<String> {
    if !builder.shows("cost") {
        return None;
    }
    let names = |period| span(readings, period).map(|span| span.campaigns.keys().cloned().collect::<BTreeSet<_>>());
    let mut all: BTreeSet<String> = names(readings.period)?.into_iter().chain(names(base)?).collect();
    all.remove("");
    let (spent, before) = (builder.all("cost", readings.period), builder.all("cost", base));
    if builder.is_unlike("cost", &spent, &before) {
        return None;
    }
    let total = builder.value(&before)?;
    let cost = |builder: &FigureBuilder<'_>, period, name: &String| {
        builder.value(&builder.campaign("cost", period, name)).unwrap_or_default()
    };
    let found = all.iter().filter_map(|name| {
        let (now, before) = (cost(builder, readings.period, name), cost(builder, base, name));
        let is_much = (now - before).abs() >= total * SHARE;
        let is_far = now >= before * FACTOR || before >= now * FACTOR;
        (is_much && is_far && before > Decimal::ZERO).then_some(((now - before).abs(), name))
    });
    let (_, name) = found.max_by(|one, other| one.0.cmp(&other.0).then_with(|| other.1.cmp(one.1)))?;
    let (value, before) = (builder.campaign("cost", readings.period, name), builder.campaign("cost", base, name));
    let (now, then) = (builder.metric("cost", &value), builder.metric("cost", &before));
    let shown = crate::report::render::words::shortened(name, 60);
    Some(format!("The campaign “{shown}” cost {} instead of {} ({label}).", now.text, then.text))
}

/// What paid channels brought on their cost: a blended figure hides one that loses money.
fn paid(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<String> {
    if !builder.shows("cost") || !builder.shows("net_revenue") {
        return None;
    }
    let paying = headline::paying(readings, builder, readings.period);
    if paying.is_empty() {
        return None;
    }
    let of = |builder: &FigureBuilder<'_>, metric: &str| builder.channels(metric, readings.period, &paying);
    let (revenue, cost) = (of(builder, "net_revenue"), of(builder, "cost"));
    let profit = Expression::difference(revenue.clone(), cost.clone());
    let value = builder.value(&profit)?;
    let revenue = builder.figure(&revenue, builder.unit("net_revenue"), "Paid channels: net revenue").text;
    let cost = builder.figure(&cost, builder.unit("cost"), "Paid channels: media cost").text;
    let left = builder.text("net_revenue", Some(value.abs()));
    let verdict = if value < Decimal::ZERO { format!("a loss of {left}") } else { format!("{left} after media cost") };
    Some(format!("Paid channels brought {revenue} on {cost} of media cost: {verdict}."))
}

/// Whether sources are complete and final, by their names.
fn complete(readings: &Readings, builder: &FigureBuilder<'_>) -> String {
    let rows = super::freshness::heard_rows(readings, builder);
    let names = |wanted: &dyn Fn(FreshnessState) -> bool| -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for row in rows.iter().filter(|row| wanted(row.state)) {
            let name = row.label.split(": ").next().unwrap_or(&row.label).to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let (all, late) = (names(&|_| true), names(&|state| state == FreshnessState::Late));
    if all.is_empty() {
        return "No source tells which days it covers, so nobody knows whether the figures are complete.".to_owned();
    }
    if !late.is_empty() {
        return format!("Data is not complete: {}.", late.join(", "));
    }
    let open = super::freshness::not_due(readings, builder);
    if !open.is_empty() {
        return format!("Data is not complete yet: days of {} are complete later.", open.join(", "));
    }
    let incomplete = super::freshness::incomplete(readings, builder.earlier());
    if !incomplete.is_empty() {
        return format!(
            "Every source covers these days, but lacks earlier ones that count in {}.",
            incomplete.join("; ")
        );
    }
    if readings.known_gaps.iter().any(|gap| !gap.is_empty()) {
        return "Every source covers these days, but faults are named in this report.".to_owned();
    }
    let settles = readings.reach.iter().map(|reach| u64::from(reach.settles_after_days)).max().unwrap_or(0);
    let until = readings.period.last_day() + Days::new(settles);
    let changing = names(&|state| state == FreshnessState::Provisional);
    let limited = names(&|state| state == FreshnessState::Limited);
    let mut told = match all.len() {
        // "Complete" beside records that could not be used, or beside estimates, would be believed.
        _ if !limited.is_empty() => {
            format!("Every source covers these days, but limits of {} are named in this report", limited.join(", "))
        }
        _ if !readings.cross_checks.is_empty() => {
            "Every source covers these days, but limits of their figures are named in this report".to_owned()
        }
        1 => format!("Data is complete ({})", all[0]),
        count => format!("Data of all {count} sources is complete"),
    };
    if !changing.is_empty() && until >= readings.today() {
        told += &format!("; {} may still change until {}", changing.join(", "), readings.locale.date_text(until));
    }
    told + "."
}
