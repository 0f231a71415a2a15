//! When in the week people act: hour by weekday over four weeks.

use super::kind::{StandardSection, from_weekly};
use super::tables::{column, plain};
use super::{FigureBuilder, Readings};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::document::{Block, Chart, Plot, Row, Section, Table};
use crate::report::questions::question;
use crate::report::receipt::Expression;
use chrono::Days;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

pub const SECTION: StandardSection = StandardSection {
    id: "hours",
    place: |cadence| from_weekly(cadence, 140),
    needs: |asking, needs| EVENTS.iter().for_each(|(question, _)| needs.ask(question, span(asking.period))),
    build: |readings, builder| Vec::from_iter(section(readings, builder)),
};

const MOST: usize = 5;
/// Three events in each of 168 hours on the mean: fewer show chance, not habit.
const FEWEST: Decimal = Decimal::from_parts(500, 0, 0, false, 0);

/// The questions, and what they count as printed in the middle of a sentence; the first that has enough is shown.
pub const EVENTS: [(&str, &str); 2] = [("payments_by_hour", "payments"), ("leads_by_hour", "leads")];

/// Four weeks to the period's end, or the period where that is longer: each weekday as often.
pub fn span(period: Period) -> Period {
    let days = (period.days().max(28) / 7 * 7).unsigned_abs();
    Period { start: period.end - Days::new(days), end: period.end }
}

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let period = span(readings.period);
    let (asked, label, week) = EVENTS.into_iter().find_map(|(asked, label)| {
        let week = week(readings, asked, period)?;
        (week.values().sum::<Decimal>() >= FEWEST).then_some((asked, label, week))
    })?;
    if !question(asked)?.facts.iter().all(|fact| builder.shows_fact(fact, "Hours of the week")) {
        return None;
    }
    let value = |weekday: u32, hour: u32| week.get(&(weekday, hour)).copied().unwrap_or_default();
    let cells: Vec<Vec<Decimal>> = (1..=7).map(|weekday| (0..24).map(|hour| value(weekday, hour)).collect()).collect();
    let mut busiest: Vec<((u32, u32), Decimal)> = week.iter().map(|(at, value)| (*at, *value)).collect();
    busiest.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let locale = readings.locale;
    let name = |weekday: u32, hour: u32| {
        let [from, to] = [hour, hour + 1].map(|hour| locale.time_text(hour, 0));
        format!("{} {from} to {to}", locale.weekday_text(weekday))
    };
    let mut rows = Vec::new();
    for ((weekday, hour), _) in busiest.into_iter().take(MOST) {
        let keys = [("weekday", weekday.to_string()), ("hour", hour.to_string())];
        let basis =
            Expression::answer(asked, &keys.each_ref().map(|(key, value)| (*key, value.as_str())), "events", period);
        let figure = builder.figure(&basis, Unit::Count, &format!("{} {label}", name(weekday, hour)));
        rows.push(Row::new(format!("{weekday}-{hour:02}"), name(weekday, hour), vec![plain(figure)]));
    }
    let first = rows.first()?;
    let alt = format!("Hour by weekday of {label}; the busiest is {}.", first.name);
    let title =
        format!("{}{} by hour and weekday, {}", label[..1].to_uppercase(), &label[1..], locale.span_text(period));
    let plot = Plot::Heat {
        rows: locale.short_weekdays().map(str::to_owned).to_vec(),
        columns: (0..24).map(|hour| format!("{hour:02}")).collect(),
        cells: cells.into_iter().map(|row| row.into_iter().map(Some).collect()).collect(),
    };
    let chart = Chart { id: "hours".to_owned(), title, unit: Unit::Count, plot, alt, events: Vec::new() };
    let table = Table {
        id: "busiest_hours".to_owned(),
        title: Some("The busiest hours".to_owned()),
        row_heading: "Hour".to_owned(),
        columns: vec![column("events", &format!("{}{}", label[..1].to_uppercase(), &label[1..]))],
        rows,
        total: None,
        empty_text: String::new(),
        page_rows: None,
        others: None,
    };
    let lead = Some(format!("Hours are those of {}.", readings.workspace.time_zone));
    let blocks = vec![Block::Chart(chart), Block::Table(table)];
    Some(Section { id: "hours".to_owned(), title: "Hours of the week".to_owned(), lead, blocks })
}

/// Events by weekday (Monday is 1) and hour.
fn week(readings: &Readings, asked: &str, period: Period) -> Option<BTreeMap<(u32, u32), Decimal>> {
    let answers = readings.data.answers(asked, period)?;
    let at = |keys: &[String]| Some((keys.first()?.parse().ok()?, keys.get(1)?.parse().ok()?));
    Some(answers.iter().filter_map(|(keys, answer)| Some((at(keys)?, answer.value("events")?))).collect())
}
