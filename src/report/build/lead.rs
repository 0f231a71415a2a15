//! What page one says: the result against one named comparison and the plan, what moved most and where, and
//! whether the data is complete. Subject, first sentence and Slack are made of these words alone, so they
//! cannot contradict one another.

use super::tables::span;
use super::{Drawer, Readings, days_text, headline};
use crate::domain::metric::Better;
use crate::domain::period::Period;
use crate::report::definition::Cadence;
use crate::report::document::{FreshnessState, Lead, Mood};
use crate::report::format::{NOT_AVAILABLE, in_sentence};
use crate::report::receipt::Basis;
use chrono::Days;
use rust_decimal::{Decimal, dec};
use std::collections::BTreeSet;

/// A campaign whose cost changed by this factor is named, if the change is a tenth of all cost.
const FACTOR: Decimal = dec!(1.5);
const SHARE: Decimal = dec!(0.1);
/// Sessions below this share of the comparison, while clicks went on, are a fault of measuring.
const LOST: Decimal = dec!(0.2);

pub fn lead(readings: &Readings, drawer: &mut Drawer<'_>) -> Lead {
    let complete = complete(readings);
    let leading = ["net_revenue", "leads", "sessions", "clicks"]
        .into_iter()
        .find(|metric| drawer.shows(metric) && drawer.value(&drawer.all(metric, readings.period)).is_some());
    let Some(metric) = leading else {
        let sentence = format!("There is no data for {}.", days_text(readings));
        let (mood, moved) = (Mood::Neutral, Vec::new());
        return Lead { result: "no data".to_owned(), sentence, mood, moved, complete };
    };
    let (label, basis) = (drawer.label(metric), drawer.all(metric, readings.period));
    let value = drawer.metric(metric, &basis).text;
    let mut parts = Vec::new();
    let mut mood = Mood::Neutral;
    let against = readings.leading();
    if let Some((_, against, base)) = &against {
        let base_basis = drawer.all(metric, *base);
        let change = drawer.change(metric, &basis, &base_basis, &label);
        if change.text != NOT_AVAILABLE {
            mood = drawer.mood_of(metric, &change);
            let a_day = per_day(readings, drawer, metric, *base).map(|text| format!(" ({text} per day)"));
            parts.push(format!("{} vs {against}{}", change.text, a_day.unwrap_or_default()));
        }
    }
    if let Some((words, of_plan)) = plan(readings, drawer, metric) {
        parts.push(words);
        mood = of_plan;
    }
    let rest = if parts.is_empty() { String::new() } else { format!(", {}", parts.join(", ")) };
    let preposition = match readings.definition.cadence {
        Cadence::Daily => "on",
        Cadence::Weekly | Cadence::Monthly => "in",
    };
    let verb = if is_plural(&label) { "were" } else { "was" };
    let sentence = format!("{label} {verb} {value} {preposition} {}{rest}.", days_text(readings));
    let mut moved = Vec::new();
    if let Some((_, label, base)) = &against {
        moved.extend(measuring(readings, drawer, *base));
        moved.extend(channel(readings, drawer, metric, (label, *base)));
        moved.extend(campaign(readings, drawer, (label, *base)));
    }
    moved.extend(paid(readings, drawer));
    Lead { result: format!("{} {value}{rest}", in_sentence(&label)), sentence, mood, moved, complete }
}

/// `Leads` and `Sessions`, not `Gross loss`.
pub(super) fn is_plural(label: &str) -> bool {
    label.ends_with('s') && !label.ends_with("ss")
}

/// The change of a day's mean, where months of unequal length are compared.
fn per_day(readings: &Readings, drawer: &mut Drawer<'_>, metric: &str, base: Period) -> Option<String> {
    let (days, before) = (readings.period.days(), base.days());
    if days == before || !drawer.is_additive(metric) {
        return None;
    }
    let mean = |drawer: &Drawer<'_>, period: Period| {
        let formula = format!("total / {}", period.days());
        Basis::calculated(&formula, [("total", drawer.all(metric, period))])
    };
    let (now, then) = (mean(drawer, readings.period), mean(drawer, base));
    let label = format!("{} per day", drawer.label(metric));
    let change = drawer.change(metric, &now, &then, &label);
    (change.text != NOT_AVAILABLE).then_some(change.text)
}

/// Against the plan, in words.
fn plan(readings: &Readings, drawer: &mut Drawer<'_>, metric: &str) -> Option<(String, Mood)> {
    let (label, target) = headline::target(readings, drawer, metric)?;
    let basis = drawer.all(metric, readings.period);
    let (value, goal) = (drawer.value(&basis)?, drawer.value(&target)?);
    if goal <= Decimal::ZERO || value < Decimal::ZERO {
        return None;
    }
    let name = format!("{}: against {label}", drawer.label(metric));
    let change = drawer.change(metric, &basis, &target, &name);
    let off = change.value?;
    let better = drawer.better(metric);
    let is_reached = if better == Better::Lower { off <= Decimal::ZERO } else { off >= Decimal::ZERO };
    let mood = match (better, is_reached) {
        (Better::Neither, _) => Mood::Neutral,
        (_, true) => Mood::Good,
        _ if off.abs() < dec!(0.02) => Mood::Neutral,
        _ => Mood::Bad,
    };
    let size = change.text.trim_start_matches(['+', '−', '×']);
    let words = match off.cmp(&Decimal::ZERO) {
        std::cmp::Ordering::Equal => format!("exactly the {label}"),
        _ if change.text.starts_with('×') => format!("{size} times the {label}"),
        std::cmp::Ordering::Greater => format!("{size} above {label}"),
        std::cmp::Ordering::Less => format!("{size} below {label}"),
    };
    Some((words, mood))
}

/// Tracking that broke looks like a fall: visits are gone while ads are clicked as before.
fn measuring(readings: &Readings, drawer: &mut Drawer<'_>, base: Period) -> Option<String> {
    if !drawer.shows("sessions") || !drawer.shows("clicks") {
        return None;
    }
    let value = |metric: &str, period| drawer.value(&drawer.all(metric, period)).unwrap_or_default();
    let (now, before) = (value("sessions", readings.period), value("sessions", base));
    let (clicks, clicks_before) = (value("clicks", readings.period), value("clicks", base));
    let is_lost = before >= dec!(100) && now < before * LOST && clicks * dec!(2) >= clicks_before;
    if !is_lost || clicks <= now {
        return None;
    }
    let text = |metric: &str, value| drawer.text(metric, Some(value));
    Some(format!(
        "Only {} sessions were counted for {} ad clicks: check whether tracking on the site works.",
        text("sessions", now),
        text("clicks", clicks)
    ))
}

/// The channel that changed the result most, in the result's own unit.
fn channel(
    readings: &Readings,
    drawer: &mut Drawer<'_>,
    metric: &str,
    (label, base): (&str, Period),
) -> Option<String> {
    let of = |period| span(readings, period).map(|span| span.channels.keys().cloned().collect::<BTreeSet<_>>());
    let all: BTreeSet<String> = of(readings.period)?.into_iter().chain(of(base).into_iter().flatten()).collect();
    if all.len() < 2 {
        return None;
    }
    let moved = |drawer: &Drawer<'_>, channel: &String| {
        let value = |period| drawer.value(&drawer.channel(metric, period, channel)).unwrap_or_default();
        value(readings.period) - value(base)
    };
    let most = all
        .iter()
        .map(|channel| (moved(drawer, channel), channel))
        .max_by(|one, other| one.0.abs().cmp(&other.0.abs()).then_with(|| other.1.cmp(one.1)))?;
    if most.0.is_zero() {
        return None;
    }
    let (value, before) = (drawer.channel(metric, readings.period, most.1), drawer.channel(metric, base, most.1));
    let name = format!("{}: {}", readings.channel_label(most.1), drawer.label(metric));
    let by = drawer.difference(metric, &value, &before, &name);
    let change = drawer.change(metric, &value, &before, &name);
    let percent = if change.unit == by.unit || change.text == NOT_AVAILABLE {
        String::new()
    } else {
        format!(" ({})", change.text)
    };
    Some(format!(
        "Largest change: {}, {} {}{percent} vs {label}.",
        readings.channel_label(most.1),
        by.text,
        in_sentence(&drawer.label(metric))
    ))
}

/// The campaign whose cost changed most, where that is much of all cost.
fn campaign(readings: &Readings, drawer: &mut Drawer<'_>, (label, base): (&str, Period)) -> Option<String> {
    if !drawer.shows("cost") {
        return None;
    }
    let names = |period| span(readings, period).map(|span| span.campaigns.keys().cloned().collect::<BTreeSet<_>>());
    let all: BTreeSet<String> = names(readings.period)?.into_iter().chain(names(base)?).collect();
    let total = drawer.value(&drawer.all("cost", base))?;
    let cost = |drawer: &Drawer<'_>, period, name: &String| {
        drawer.value(&drawer.campaign("cost", period, name)).unwrap_or_default()
    };
    let found = all.iter().filter_map(|name| {
        let (now, before) = (cost(drawer, readings.period, name), cost(drawer, base, name));
        let is_much = (now - before).abs() >= total * SHARE;
        let is_far = now >= before * FACTOR || before >= now * FACTOR;
        (is_much && is_far && before > Decimal::ZERO).then_some(((now - before).abs(), name))
    });
    let (_, name) = found.max_by(|one, other| one.0.cmp(&other.0).then_with(|| other.1.cmp(one.1)))?;
    let (value, before) = (drawer.campaign("cost", readings.period, name), drawer.campaign("cost", base, name));
    let (now, then) = (drawer.metric("cost", &value), drawer.metric("cost", &before));
    let shown = crate::report::render::words::shortened(name, 60);
    Some(format!("The campaign “{shown}” cost {} instead of {} ({label}).", now.text, then.text))
}

/// What paid channels brought on their cost: a blended figure hides one that loses money.
fn paid(readings: &Readings, drawer: &mut Drawer<'_>) -> Option<String> {
    if !drawer.shows("cost") || !drawer.shows("net_revenue") {
        return None;
    }
    let paying = headline::paying(readings, drawer, readings.period);
    if paying.is_empty() {
        return None;
    }
    let of = |drawer: &Drawer<'_>, metric: &str| drawer.channels(metric, readings.period, &paying);
    let (revenue, cost) = (of(drawer, "net_revenue"), of(drawer, "cost"));
    let profit = Basis::difference(revenue.clone(), cost.clone());
    let value = drawer.value(&profit)?;
    let revenue = drawer.figure(&revenue, drawer.unit("net_revenue"), "Paid channels: net revenue").text;
    let cost = drawer.figure(&cost, drawer.unit("cost"), "Paid channels: media cost").text;
    let left = drawer.text("net_revenue", Some(value.abs()));
    let verdict = if value < Decimal::ZERO { format!("a loss of {left}") } else { format!("{left} after media cost") };
    Some(format!("Paid channels brought {revenue} on {cost} of media cost: {verdict}."))
}

/// Whether sources are complete and final, by their names.
fn complete(readings: &Readings) -> String {
    let rows = super::freshness::rows(readings);
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
    if readings.known_gaps.iter().any(|gap| !gap.is_empty()) {
        return "Every source covers these days, but faults are named in this report.".to_owned();
    }
    let settles = readings.reach.iter().map(|reach| u64::from(reach.settles_after_days)).max().unwrap_or(0);
    let until = readings.period.last_day() + Days::new(settles);
    let changing = names(&|state| state == FreshnessState::Provisional);
    let limited = names(&|state| state == FreshnessState::Limited);
    let mut told = match all.len() {
        1 => format!("Data is complete ({})", all[0]),
        count => format!("Data of all {count} sources is complete"),
    };
    if !changing.is_empty() && until >= readings.today() {
        told += &format!("; {} may still change until {}", changing.join(", "), readings.wording.date_text(until));
    }
    if !limited.is_empty() {
        told += &format!("; {} limits its own figures", limited.join(", "));
    }
    told + "."
}
