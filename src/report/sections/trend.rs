//! The course of net revenue (or what comes closest) by day, week or month, with the same time before.

use super::kind::{StandardSection, nothing_more};
use super::{FigureBuilder, Readings, back, known};
use crate::domain::metric::AsOf;
use crate::domain::period::Period;
use crate::report::data::ReportData;
use crate::report::definition::Cadence;
use crate::report::document::{Block, Chart, Plot, Role, Section, Series};
use crate::report::format::in_sentence;
use chrono::NaiveDate;
use rust_decimal::Decimal;

pub const SECTION: StandardSection = StandardSection {
    id: "trend",
    place: |_| Some(30),
    needs: nothing_more,
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

/// Points of the line, and how many further back the comparison begins.
fn spans(cadence: Cadence) -> (u32, u32) {
    match cadence {
        Cadence::Daily => (28, 28),
        Cadence::Weekly => (13, 13),
        Cadence::Monthly => (12, 12),
        Cadence::Quarterly => (8, 8),
    }
}

/// The first day that lines need.
pub fn first(cadence: Cadence, period: Period) -> NaiveDate {
    let (span, before) = spans(cadence);
    back(cadence, period, span + before)
}

/// The last whole day, week, month or quarter: what is not over would end every line with a fall.
fn last(readings: &Readings) -> Period {
    let (cadence, period) = (readings.definition.cadence, readings.period);
    match cadence {
        Cadence::Daily => Period::day(period.last_day()),
        _ if cadence.is_whole(period) => period,
        _ => cadence.last_whole(period.last_day(), readings.workspace.calendar()),
    }
}

/// Points in the small line of a card.
pub fn spark(cadence: Cadence) -> u32 {
    spans(cadence).0
}

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let metric = ["net_revenue", "leads", "sessions", "clicks"].into_iter().find(|metric| builder.shows(metric))?;
    let cadence = readings.definition.cadence;
    let chart = course(readings, builder, &readings.data, metric)?;
    let named = known::named(readings, metric, &chart).map(|text| Block::Text { text });
    Some(Section {
        id: "trend".to_owned(),
        title: format!("{} {}s of {}", spans(cadence).0, cadence.noun(), in_sentence(&builder.label(metric))),
        lead: None,
        blocks: std::iter::once(Block::Chart(chart)).chain(named).collect(),
    })
}

/// The line of a metric with the same time before, and known events; none of less than two points.
pub fn course(readings: &Readings, builder: &FigureBuilder<'_>, data: &ReportData, metric: &str) -> Option<Chart> {
    let cadence = readings.definition.cadence;
    let (span, before) = spans(cadence);
    let all = values_of(readings, builder, data, metric, span + before);
    let (then, now) = all.split_at(before as usize);
    if now.iter().flatten().count() < 2 {
        return None;
    }
    let label = builder.label(metric);
    let mut series = vec![Series { label: label.clone(), values: now.to_vec(), role: Role::Subject }];
    let earlier = format!("{span} {}s before", cadence.noun());
    if then.iter().any(Option::is_some) {
        series.insert(0, Series { label: earlier, values: then.to_vec(), role: Role::Comparison });
    }
    let dates: Vec<NaiveDate> = (0..span).rev().map(|count| back(cadence, last(readings), count)).collect();
    let text = |value: Option<Decimal>| builder.text(metric, value);
    let day = |date| match cadence {
        Cadence::Monthly => readings.locale.month_text(date),
        Cadence::Quarterly => readings.quarter_text(date),
        _ => readings.locale.date_text(date),
    };
    let events = known::marks(readings, metric, &dates);
    let marked =
        known::marked(readings.locale, cadence, &events).map(|marked| format!(" {marked}")).unwrap_or_default();
    let alt = format!("{label} by {} {}.{marked}", cadence.noun(), told(&dates, now, &day, &text));
    let (id, title) = ("trend".to_owned(), format!("{label} by {}", cadence.noun()));
    let plot = Plot::Lines { dates, series };
    Some(Chart { id, title, unit: builder.unit(metric), plot, alt, events })
}

/// What a line shows, for those who hear it: its ends, its highest and lowest value, and its holes.
fn told(
    dates: &[NaiveDate],
    values: &[Option<Decimal>],
    day: &dyn Fn(NaiveDate) -> String,
    text: &dyn Fn(Option<Decimal>) -> String,
) -> String {
    let at = |(date, value): (NaiveDate, Decimal)| format!("{} ({})", day(date), text(Some(value)));
    let known = || dates.iter().copied().zip(values.iter().copied()).filter_map(|(date, value)| Some((date, value?)));
    let (Some(first), Some(last)) = (known().next(), known().next_back()) else { return "without a value".to_owned() };
    let mut told = format!("from {} to {}", at(first), at(last));
    // Of equals the latest.
    let highest = known().max_by_key(|(_, value)| *value).unwrap_or(last);
    let lowest = known().rev().min_by_key(|(_, value)| *value).unwrap_or(first);
    if lowest.1 < highest.1 {
        told += &format!("; highest {}, lowest {}", at(highest), at(lowest));
    }
    let holes = dates.len() - known().count();
    if holes > 0 {
        told += &format!("; {holes} of {} are not known", dates.len());
    }
    told
}

/// A metric's last `count` days, weeks or months, the reported one last; `None` where there is no
/// data, or the data begins later.
pub fn values(readings: &Readings, builder: &FigureBuilder<'_>, metric: &str, count: u32) -> Vec<Option<Decimal>> {
    values_of(readings, builder, &readings.data, metric, count)
}

/// The same of a part of the workspace.
pub fn values_of(
    readings: &Readings,
    builder: &FigureBuilder<'_>,
    data: &ReportData,
    metric: &str,
    count: u32,
) -> Vec<Option<Decimal>> {
    let cadence = readings.definition.cadence;
    let not_summed = builder.not_summed();
    let period = |count: u32| {
        let start = back(cadence, last(readings), count);
        cadence.period_of(start, readings.workspace.calendar())
    };
    let value = |count: u32| {
        let period = period(count);
        // A window whose first days are missing would begin the line too low.
        if !data.reaches(builder.days_of(metric, period)) {
            return None;
        }
        if period.days() == 1 {
            return builder.of_sums(metric, data.days.get(&period.start)?);
        }
        if let Some(span) = data.spans.get(&period) {
            return builder.of_sums(metric, &span.total);
        }
        let mut sums = data.sum_of_days(period, &|column| !not_summed.contains_key(column))?;
        for (column, value) in data.days.get(&period.last_day()).into_iter().flatten() {
            if not_summed.get(column) == Some(&AsOf::LastDay) {
                sums.insert(column.clone(), *value);
            }
        }
        builder.of_sums(metric, &sums)
    };
    (0..count).rev().map(value).collect()
}
