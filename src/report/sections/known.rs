//! Known events and public holidays, in words and as marks: what a reader must know before a change is
//! judged. Muted events are left out everywhere. Pages name a few and count the rest.

use super::kind::CHANNELS;
use super::{FigureBuilder, Readings};
use crate::domain::business::KnownEvent;
use crate::domain::holidays::holidays_between;
use crate::domain::period::Period;
use crate::report::definition::Cadence;
use crate::report::document::{Chart, EventMark, Plot};
use crate::report::format::Locale;
use chrono::{Datelike, Days, Months, NaiveDate};

/// Named in one sentence.
const MOST_NAMED: usize = 3;
/// Marked on one chart.
const MOST_MARKED: usize = 6;
/// Regions named for a holiday.
const MOST_REGIONS: usize = 2;

/// A sentence for the report's days, and one for each span of days that figures are set against.
pub fn sentences(readings: &Readings, builder: &FigureBuilder<'_>) -> Vec<String> {
    let fits = |event: &&KnownEvent| {
        let at_channels = !event.channels.is_empty() && readings.has(CHANNELS);
        !at_channels && (event.metrics.is_empty() || event.metrics.iter().any(|metric| builder.has_printed(metric)))
    };
    let events: Vec<&KnownEvent> = visible(readings).filter(fits).collect();
    let of = |period: Period, already: &[Period]| {
        let is_new = |event: &&&KnownEvent| !already.iter().any(|other| event.touches(*other));
        let touching = events.iter().filter(|event| event.touches(period)).filter(is_new);
        [texts(readings, touching.copied()), holidays(readings, period)].concat()
    };
    let mut told = vec![readings.period];
    let mut sentences: Vec<String> =
        listed(of(readings.period, &[])).map(|list| format!("Known: {list}.")).into_iter().collect();
    for (_, label, base) in readings.leading().into_iter().chain(readings.bases()) {
        if told.contains(&base) {
            continue;
        }
        let known = listed(of(base, &told));
        sentences.extend(known.map(|list| format!("Known of what it is compared with ({label}): {list}.")));
        told.push(base);
    }
    sentences
}

/// What is known of single channels that are listed.
pub fn of_channels(readings: &Readings, channels: &[String]) -> Option<String> {
    let periods: Vec<Period> =
        std::iter::once(readings.period).chain(readings.leading().map(|(_, _, base)| base)).collect();
    let fits = |event: &&KnownEvent| {
        event.channels.iter().any(|own| channels.contains(own)) && periods.iter().any(|period| event.touches(*period))
    };
    listed(texts(readings, visible(readings).filter(fits))).map(|list| format!("Known: {list}."))
}

/// The events on a line of one metric, numbered in order; the latest where there are many. `dates` are the
/// first days of its points.
pub fn marks(readings: &Readings, metric: &str, dates: &[NaiveDate]) -> Vec<EventMark> {
    // A point stands for all the days up to the next one.
    let point = |day: NaiveDate| dates.iter().rev().find(|date| **date <= day).or(dates.first()).copied();
    let events = of_line(readings, metric, dates);
    let left_out = events.len().saturating_sub(MOST_MARKED);
    let mark = |(index, event): (usize, &&KnownEvent)| {
        Some(EventMark {
            number: u32::try_from(index + 1).ok()?,
            from: point(event.from)?,
            to: point(event.to)?,
            text: text(readings, event),
        })
    };
    events[left_out..].iter().enumerate().filter_map(mark).collect()
}

/// The marks in words, for those who hear the chart.
pub fn marked(locale: Locale, cadence: Cadence, marks: &[EventMark]) -> Option<String> {
    let day = |date| if cadence.is_of_months() { locale.short_month_text(date) } else { locale.short_day_text(date) };
    let each = marks.iter().map(|mark| format!("{} at {}", mark.number, day(mark.from)));
    let list = each.collect::<Vec<_>>().join(", ");
    (!marks.is_empty()).then(|| format!("Known events are marked and named below: {list}."))
}

/// What the numbers of a chart of a metric stand for, and how many earlier events have none.
pub fn named(readings: &Readings, metric: &str, chart: &Chart) -> Option<String> {
    let Plot::Lines { dates, .. } = &chart.plot else { return None };
    let each = chart.events.iter().map(|mark| format!("{} = {}", mark.number, mark.text));
    let earlier = match of_line(readings, metric, dates).len().saturating_sub(chart.events.len()) {
        0 => String::new(),
        more => format!(" Not marked: {more} earlier ones."),
    };
    (!chart.events.is_empty()).then(|| format!("Marked: {}.{earlier}", each.collect::<Vec<_>>().join("; ")))
}

/// The events of a line's days, in order.
fn of_line<'r>(readings: &'r Readings, metric: &str, dates: &[NaiveDate]) -> Vec<&'r KnownEvent> {
    let Some(end) = dates.last().and_then(|last| end_of(*last, readings.definition.cadence)) else { return Vec::new() };
    let shown = Period { start: dates[0], end };
    let mut events: Vec<&KnownEvent> =
        visible(readings).filter(|event| event.is_about(metric) && event.touches(shown)).collect();
    events.sort_by_key(|event| (event.from, event.to));
    events
}

/// Neither muted nor of other channels than the report's.
fn visible(readings: &Readings) -> impl Iterator<Item = &KnownEvent> {
    let filter = &readings.definition.split.filter;
    readings.business.events.iter().filter(|event| !event.is_muted && event.is_within(&filter.channels))
}

fn end_of(point: NaiveDate, cadence: Cadence) -> Option<NaiveDate> {
    match cadence {
        Cadence::Daily => point.checked_add_days(Days::new(1)),
        Cadence::Weekly => point.checked_add_days(Days::new(7)),
        Cadence::Monthly => point.checked_add_months(Months::new(1)),
        Cadence::Quarterly => point.checked_add_months(Months::new(3)),
    }
}

/// In order of their days.
fn texts<'e>(readings: &Readings, events: impl Iterator<Item = &'e KnownEvent>) -> Vec<String> {
    let mut events: Vec<&KnownEvent> = events.collect();
    events.sort_by_key(|event| (event.from, event.to));
    events.into_iter().map(|event| text(readings, event)).collect()
}

/// `12 Nov: consent banner live (tracking, Paid search)`.
fn text(readings: &Readings, event: &KnownEvent) -> String {
    let mut about = vec![event.kind.word().to_owned()];
    about.extend(event.channels.iter().map(|channel| readings.channel_label(channel)));
    about.extend(event.countries.iter().cloned());
    let days = days(readings, event.period());
    format!("{days}: {} ({})", event.text.trim().trim_end_matches('.'), about.join(", "))
}

fn days(readings: &Readings, days: Period) -> String {
    let (locale, last) = (readings.locale, days.last_day());
    if last.year() != readings.period.last_day().year() || days.start.year() != last.year() {
        return locale.span_text(days);
    }
    match days.days() {
        1 => locale.short_day_text(days.start),
        _ => format!("{} – {}", locale.short_day_text(days.start), locale.short_day_text(last)),
    }
}

/// Every month has holidays: they explain days and weeks alone.
fn holidays(readings: &Readings, period: Period) -> Vec<String> {
    if readings.definition.cadence.is_of_months() || period.days() > 7 {
        return Vec::new();
    }
    let found = holidays_between(&readings.business.holidays, period.start, period.end);
    let one = |holiday: crate::domain::holidays::RegionalHoliday| {
        let mut regions: Vec<String> =
            holiday.regions.iter().take(MOST_REGIONS).map(crate::domain::holidays::Region::name).collect();
        let more = holiday.regions.len().saturating_sub(MOST_REGIONS);
        if more > 0 {
            regions.push(format!("{more} more"));
        }
        let day = days(readings, Period::day(holiday.date));
        format!("{day}: {} (public holiday in {})", holiday.name, regions.join("; "))
    };
    found.into_iter().map(one).collect()
}

/// A few of them in one list, and how many more there are.
fn listed(mut texts: Vec<String>) -> Option<String> {
    let more = texts.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        // The latest explain most.
        texts.drain(..more);
        texts.push(format!("and {more} more"));
    }
    (!texts.is_empty()).then(|| texts.join("; "))
}
