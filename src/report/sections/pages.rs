//! The pages that most sessions began on, and how they moved.

use super::kind::Asking;
use super::tables::{WITH_RECEIPTS, column, plain, words};
use super::{FigureBuilder, Readings, base};
use crate::domain::metric::Unit;
use crate::domain::period::Period;
use crate::report::data::Needs;
use crate::report::definition::{Cadence, Compare};
use crate::report::document::{Block, Cell, Figure, Row, Section, Table};
use crate::report::format::Locale;
use crate::report::questions::{Answer, question};
use crate::report::receipt::Expression;
use rust_decimal::Decimal;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Sessions by the page they began on.
pub const QUESTION: &str = "pages";
const MOST: usize = 10;
/// What GA4 writes where it names no page; these sessions are in the total only.
const NO_PAGE: [&str; 3] = ["(not set)", "(other)", "(data not available)"];

/// The values of each page. Hostile text is possible.
type Pages<'a> = BTreeMap<&'a String, &'a Answer>;

/// What pages are set against: weekdays differ too much to follow one another.
pub fn against(cadence: Cadence) -> Compare {
    match cadence {
        Cadence::Daily => Compare::SameWeekday,
        Cadence::Weekly | Cadence::Monthly | Cadence::Quarterly => Compare::Previous,
    }
}

/// These days, and those that they are set against.
pub fn needs(asking: &Asking<'_>, needs: &mut Needs) {
    needs.ask(QUESTION, asking.period);
    let cadence = asking.definition.cadence;
    if let Some((_, days)) = base(asking.definition, Locale::STANDARD, asking.period, against(cadence)) {
        needs.ask(QUESTION, days);
    }
}

pub fn section(readings: &Readings, builder: &mut FigureBuilder<'_>) -> Option<Section> {
    let period = readings.period;
    let pages = &pages_of(readings, period)?;
    let mut ranked: Vec<(&String, Decimal)> = named(pages).collect();
    ranked.sort_by_key(|(page, sessions)| (Reverse(*sessions), *page));
    if ranked.is_empty() || !question(QUESTION)?.facts.iter().all(|fact| builder.shows_fact(fact, "Top pages")) {
        return None;
    }
    let base = comparable(readings);
    let moves = base.as_ref().map(|(_, base)| moves(readings, pages, *base)).unwrap_or_default();
    let count = ranked.len();
    let all: Vec<&String> = ranked.into_iter().map(|(page, _)| page).collect();
    let mut shown: Vec<&String> = all.iter().copied().take(MOST).collect();
    // Those that the lead names have their figures in the table, wherever they rank.
    for (page, _) in &moves {
        if !shown.contains(page) {
            shown.push(page);
        }
    }
    let mut columns = vec![column("sessions", "Sessions")];
    if let Some((label, _)) = &base {
        columns.push(column("sessions_change", &format!("vs {label}")));
    }
    columns.extend([
        column("pageviews", "Page views"),
        column("engagement_rate", "Engagement rate"),
        column("key_events", "Key events"),
        column("key_event_rate", "Per session"),
    ]);
    let base_period = base.as_ref().map(|(_, period)| *period);
    let rest: Vec<&String> = all.into_iter().filter(|page| !shown.contains(page)).collect();
    let mut rows = Vec::new();
    for (place, page) in shown.iter().chain(&rest).enumerate() {
        builder.keep_receipts(place < WITH_RECEIPTS);
        rows.push(row(builder, page, Some(page), period, base_period));
    }
    builder.keep_receipts(true);
    let others = others(builder, pages, &shown, base_period.is_some());
    let total = Some(row(builder, "All pages", None, period, base_period));
    let table = Table {
        id: "pages".to_owned(),
        title: None,
        row_heading: "Page".to_owned(),
        columns,
        rows,
        total,
        empty_text: "No session began on a page.".to_owned(),
        page_rows: (!rest.is_empty() || others.is_some()).then_some(shown.len()),
        others,
    };
    let lead = Some(lead(readings, builder, count, &base, &moves));
    let blocks = vec![Block::Table(table)];
    Some(Section { id: "pages".to_owned(), title: "Top pages".to_owned(), lead, blocks })
}

fn pages_of(readings: &Readings, period: Period) -> Option<Pages<'_>> {
    let answers = readings.data.answers(QUESTION, period)?;
    Some(answers.iter().filter_map(|(keys, answer)| Some((keys.first()?, answer))).collect())
}

fn value(pages: &Pages<'_>, page: &String, measure: &str) -> Decimal {
    pages.get(page).and_then(|answer| answer.value(measure)).unwrap_or_default()
}

/// Pages that have a name, with their sessions.
fn named<'a>(pages: &Pages<'a>) -> impl Iterator<Item = (&'a String, Decimal)> {
    let is_named = |page: &&&String| !NO_PAGE.contains(&page.as_str());
    pages.keys().filter(is_named).map(move |page| (*page, value(pages, page, "sessions")))
}

/// The period before, where pages are known of all its days.
fn comparable(readings: &Readings) -> Option<(String, Period)> {
    let (label, base) = readings.base(against(readings.definition.cadence))?;
    let is_read = readings.data.answers(QUESTION, base).is_some_and(|pages| !pages.is_empty());
    let is_whole = readings.data.known_since.get(QUESTION).is_some_and(|first| *first <= base.start);
    (is_read && is_whole && readings.data.reaches(base)).then_some((label, base))
}

/// The page that gained and the one that lost most sessions, by how many; ties by name.
fn moves<'a>(readings: &'a Readings, pages: &Pages<'a>, base: Period) -> Vec<(&'a String, Decimal)> {
    let before = &pages_of(readings, base).unwrap_or_default();
    let all: BTreeSet<&String> = named(pages).chain(named(before)).map(|(page, _)| page).collect();
    let by = |page| value(pages, page, "sessions") - value(before, page, "sessions");
    let mut moved: Vec<_> = all.into_iter().map(|page| (page, by(page))).collect();
    moved.sort_by_key(|(page, by)| (Reverse(*by), *page));
    let gained = moved.first().filter(|(_, by)| *by > Decimal::ZERO).copied();
    let lost = moved.iter().min_by_key(|(page, by)| (*by, *page)).filter(|(_, by)| *by < Decimal::ZERO).copied();
    gained.into_iter().chain(lost).collect()
}

fn row(
    builder: &mut FigureBuilder<'_>,
    name: &str,
    page: Option<&String>,
    period: Period,
    base: Option<Period>,
) -> Row {
    let keys: Vec<(&str, &str)> = page.iter().map(|page| ("page", page.as_str())).collect();
    let of = |measure: &str, period| Expression::answer(QUESTION, &keys, measure, period);
    let sessions = of("sessions", period);
    let mut cells = vec![plain(builder.figure(&sessions, Unit::Count, &format!("{name}: sessions")))];
    if let Some(base) = base {
        let before = of("sessions", base);
        let figure = builder.change("sessions", &sessions, &before, &format!("{name}: sessions"));
        cells.push(Cell::Figure { tone: builder.tone_of("sessions", &figure), figure });
    }
    let share = |formula: &str, name: &str, measure| {
        Expression::calculated(formula, [(name, of(measure, period)), ("sessions", sessions.clone())])
    };
    let more = [
        (of("pageviews", period), Unit::Count, "page views"),
        (
            share("engaged_sessions / sessions", "engaged_sessions", "engaged_sessions"),
            Unit::Percent,
            "engagement rate",
        ),
        (of("key_events", period), Unit::Count, "key events"),
        (share("key_events / sessions", "key_events", "key_events"), Unit::Percent, "key events per session"),
    ];
    for (basis, unit, what) in more {
        cells.push(plain(builder.figure(&basis, unit, &format!("{name}: {what}"))));
    }
    Row::new(page.map_or("all", String::as_str), name, cells)
}

/// Pages that the report leaves out, with sessions of which no page is known, added up.
fn others(builder: &FigureBuilder<'_>, pages: &Pages<'_>, shown: &[&String], has_change: bool) -> Option<Row> {
    let rest: Vec<&String> = pages.keys().copied().filter(|page| !shown.contains(page)).collect();
    if rest.is_empty() {
        return None;
    }
    let sum = |measure: &str| rest.iter().map(|page| value(pages, page, measure)).sum::<Decimal>();
    let cell = |value: Option<Decimal>, metric: &str, unit: Unit| {
        plain(Figure { value, unit, text: builder.text(metric, value), receipt: None, provisional: false })
    };
    let sessions = sum("sessions");
    let share = |measure| cell(sum(measure).checked_div(sessions), "engagement_rate", Unit::Percent);
    let mut cells = vec![cell(Some(sessions), "sessions", Unit::Count)];
    if has_change {
        cells.push(words(""));
    }
    cells.extend([
        cell(Some(sum("pageviews")), "pageviews", Unit::Count),
        share("engaged_sessions"),
        cell(Some(sum("key_events")), "sessions", Unit::Count),
        share("key_events"),
    ]);
    let named = rest.iter().filter(|page| !NO_PAGE.contains(&page.as_str())).count();
    let name = if named == 0 { "No page known".to_owned() } else { format!("{} others", rest.len()) };
    Some(Row::new("others", name, cells))
}

/// How many pages there were, which moved most, and since when pages are known if that is short.
fn lead(
    readings: &Readings,
    builder: &FigureBuilder<'_>,
    count: usize,
    base: &Option<(String, Period)>,
    moves: &[(&String, Decimal)],
) -> String {
    let text = |value: Decimal| builder.text("sessions", Some(value));
    let mut lead = if count > MOST {
        format!(
            "The {MOST} of {} pages on which most sessions began, and the largest changes.",
            text(Decimal::from(count))
        )
    } else {
        "Sessions by the page on which they began.".to_owned()
    };
    if let Some(first) = readings.data.known_since.get(QUESTION).filter(|first| **first > readings.period.start) {
        lead += &format!(" Pages are known since {} only.", readings.locale.date_text(*first));
    }
    let Some((label, _)) = base else { return lead };
    let than = match readings.definition.cadence {
        Cadence::Weekly => format!("the {label}"),
        Cadence::Daily | Cadence::Monthly | Cadence::Quarterly => label.clone(),
    };
    let moved = |(page, by): &(&String, Decimal)| {
        let short = shortened(page);
        match *by > Decimal::ZERO {
            true => format!("{short} gained most, {} sessions more than {than}", text(*by)),
            false => format!("{short} lost most, {} sessions fewer", text(by.abs())),
        }
    };
    let mut said: Vec<String> = moves.iter().map(moved).collect();
    if let ([only], [(_, by)]) = (said.as_mut_slice(), moves)
        && *by < Decimal::ZERO
    {
        *only += &format!(" than {than}");
    }
    if !said.is_empty() {
        lead += &format!(" {}.", said.join("; "));
    }
    lead
}

/// A path that fits a sentence.
fn shortened(page: &str) -> String {
    let short = crate::report::render::words::shortened(page, 80);
    // A sentence that begins with a slash reads like a mistake.
    format!("“{short}”")
}
