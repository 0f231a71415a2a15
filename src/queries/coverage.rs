//! Which days of each source are there, where the holes are, and what fills them.

use crate::app::{App, AppError, SecretsAre, Selection, sources};
use crate::domain::coverage::{DayState, Gap, Standing, gaps};
use crate::domain::period::Period;
use crate::jobs::sync::Source;
use crate::warehouse::coverage::{CoveredDay, covered};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;
use std::collections::BTreeMap;

/// A stream's part: what is expected and what is there. Days are those of the account's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StreamCoverage {
    pub workspace: String,
    pub connection: String,
    pub stream: String,
    /// The account or other part; empty if the stream has none.
    pub partition: String,
    /// The first day that is expected.
    pub from: NaiveDate,
    /// The last day that is expected.
    pub to: NaiveDate,
    pub gaps: Vec<CoverageGap>,
    pub days: Vec<HeldDay>,
}

/// Days in a row that are not whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CoverageGap {
    pub from: NaiveDate,
    /// The last of the days.
    pub to: NaiveDate,
    pub state: DayState,
    /// What brings them in: a command, or the next sync.
    pub filled_by: String,
    /// How the first day that is not simply absent stands, and why, in a sentence.
    #[serde(skip)]
    pub reason: Option<(Standing, String)>,
}

/// A day that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldDay {
    pub date: NaiveDate,
    /// Whether the day had ended in its own zone when the vendor was asked.
    pub is_whole_day: bool,
    /// The load that holds the day.
    pub load_id: String,
    /// UTC.
    pub covered_at: DateTime<Utc>,
}

impl StreamCoverage {
    /// The days that are expected.
    pub fn expected(&self) -> Period {
        Period { start: self.from, end: self.to + Days::new(1) }
    }

    /// The days that were asked for, and whether each is whole.
    pub fn held(&self) -> BTreeMap<NaiveDate, bool> {
        self.days.iter().map(|day| (day.date, day.is_whole_day)).collect()
    }
}

impl CoverageGap {
    pub fn period(&self) -> Period {
        Period { start: self.from, end: self.to + Days::new(1) }
    }
}

/// Every part of the chosen sources' streams, from `from` to `to` where they are named; else from where the connection
/// begins to today.
pub fn coverage(
    app: &App,
    selection: &Selection,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
) -> Result<Vec<StreamCoverage>, AppError> {
    let now = app.clock.now();
    let mut all = Vec::new();
    for workspace in app.workspaces(selection)? {
        let id = workspace.workspace.id.clone();
        let days = app.warehouse.read_blocking(|reader| covered(reader, &id, now))?;
        let (sources, _) = sources(&app.settings, workspace, app.catalog(), now.date_naive(), SecretsAre::Assumed);
        for source in sources {
            if selection.connections.is_empty() || selection.connections.contains(&source.connection.id) {
                all.extend(of_source(&source, &days, (from, to), now));
            }
        }
    }
    Ok(all)
}

fn of_source(
    source: &Source,
    days: &[CoveredDay],
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
    now: DateTime<Utc>,
) -> Vec<StreamCoverage> {
    let connection = &source.connection;
    let mut all = Vec::new();
    for (id, stream) in &connection.connector.spec.streams {
        if !stream.has_days() {
            continue;
        }
        let zone = connection.time_zone(stream.time_zone_setting.as_deref());
        let today = now.with_timezone(&zone).date_naive();
        let last = to.unwrap_or(today).min(today);
        let since = connection.first_day(stream, source.since, today);
        let Some(expected) = Period::new(from.unwrap_or(since).max(since), last + Days::new(1)) else {
            continue;
        };
        for partition in connection.parts_of(stream) {
            let own = |day: &&CoveredDay| {
                day.connection == connection.id
                    && day.stream == *id
                    && day.partition == partition
                    && expected.contains(day.date)
            };
            let days: Vec<&CoveredDay> = days.iter().filter(own).collect();
            let held = days.iter().map(|day| (day.date, day.is_whole_day)).collect();
            let place = (connection.workspace.as_str(), connection.id.as_str());
            all.push(StreamCoverage {
                workspace: connection.workspace.clone(),
                connection: connection.id.clone(),
                stream: id.clone(),
                partition,
                from: expected.start,
                to: expected.last_day(),
                gaps: gaps(&held, expected).iter().map(|gap| of_gap(gap, &days, today, place)).collect(),
                days: days.into_iter().map(held_day).collect(),
            });
        }
    }
    all
}

fn of_gap(gap: &Gap, days: &[&CoveredDay], today: NaiveDate, place: (&str, &str)) -> CoverageGap {
    let stands = days.iter().filter(|day| gap.period.contains(day.date));
    let reason = stands.filter_map(|day| Some((day.standing?, day.reason.clone().unwrap_or_default()))).next();
    CoverageGap {
        from: gap.period.start,
        to: gap.period.last_day(),
        state: gap.state,
        filled_by: filled_by(gap.period, days, today, place, reason.is_some()),
        reason,
    }
}

/// What brings a gap's days in.
fn filled_by(
    gap: Period,
    days: &[&CoveredDay],
    today: NaiveDate,
    (workspace, connection): (&str, &str),
    has_reason: bool,
) -> String {
    if gap.last_day() >= today - Days::new(1) && days.iter().any(|day| day.date < gap.end) {
        return "the next sync".to_owned();
    }
    if days.is_empty() || has_reason {
        return format!("daybook sync -w {workspace} -c {connection}");
    }
    format!("daybook backfill -w {workspace} -c {connection} --from {} --to {}", gap.start, gap.last_day())
}

fn held_day(day: &CoveredDay) -> HeldDay {
    HeldDay { date: day.date, is_whole_day: day.is_whole_day, load_id: day.load_id.clone(), covered_at: day.covered_at }
}
