//! Known events, and the public holidays beside them.

use crate::app::AppError;
use crate::config::{self, WorkspaceSettings};
use crate::domain::business::KnownEvent;
use crate::domain::holidays::{RegionalHoliday, holidays_between};
use crate::domain::period::Period;
use crate::support::nearest::unknown_remedy;
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;
use std::path::Path;

/// Holidays are listed so far ahead where no last day is named.
const DAYS_AHEAD: u64 = 90;

/// Which events are asked for.
#[derive(Clone, Debug, Default)]
pub struct EventsRequest {
    /// All where none is named.
    pub workspaces: Vec<String>,
    /// Only what has days from this one on.
    pub from: Option<NaiveDate>,
    /// Only what has days up to this one.
    pub to: Option<NaiveDate>,
    /// The public holidays of these days too; the next 90 days if no days are named.
    pub holidays: bool,
}

/// An event or a holiday. Days are the workspace's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EventEntry {
    pub workspace: String,
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
    /// Of the event, or `holiday`.
    pub kind: String,
    pub text: String,
    /// Channels, metrics and countries; the regions of a holiday.
    pub scope: Vec<String>,
    /// Whether it is kept out of reports.
    pub mute: bool,
}

/// Events by workspace, in order of their days.
///
/// # Errors
/// A workspace is unknown, or the days are the wrong way round.
pub fn events(root: &Path, asked: &EventsRequest, now: DateTime<Utc>) -> Result<Vec<EventEntry>, AppError> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let known: Vec<&str> = settings.workspaces.iter().map(|own| own.workspace.id.as_str()).collect();
    if let Some(wrong) = asked.workspaces.iter().find(|id| !known.contains(&id.as_str())) {
        let near = unknown_remedy(wrong, &known, "workspaces");
        return Err(AppError::Usage(format!("there is no workspace {wrong:?}: {near}")));
    }
    if let (Some(from), Some(to)) = (asked.from, asked.to)
        && to < from
    {
        return Err(AppError::Usage("--to lies before --from".to_owned()));
    }
    let chosen = settings
        .workspaces
        .iter()
        .filter(|own| asked.workspaces.is_empty() || asked.workspaces.contains(&own.workspace.id));
    let lines = chosen.flat_map(|own| {
        let today = now.with_timezone(&own.workspace.time_zone).date_naive();
        lines(own, asked, today)
    });
    Ok(lines.collect())
}

/// In order of their days.
fn lines(own: &WorkspaceSettings, asked: &EventsRequest, today: NaiveDate) -> Vec<EventEntry> {
    let after = |date: NaiveDate, days| date.checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX);
    let events =
        own.business.events.iter().filter(|event| {
            asked.from.is_none_or(|from| event.to >= from) && asked.to.is_none_or(|to| event.from <= to)
        });
    let mut lines: Vec<EventEntry> = events.map(|event| of_event(own, event)).collect();
    if asked.holidays {
        let start = asked.from.or(asked.to).unwrap_or(today);
        let last = asked.to.unwrap_or_else(|| after(start, DAYS_AHEAD));
        let days = Period { start, end: after(last, 1) };
        let found = holidays_between(&own.business.holidays, days.start, days.end);
        lines.extend(found.into_iter().map(|holiday| of_holiday(own, holiday)));
    }
    lines.sort_by_key(|line| (line.from, line.to));
    lines
}

fn of_event(own: &WorkspaceSettings, event: &KnownEvent) -> EventEntry {
    EventEntry {
        workspace: own.workspace.id.clone(),
        from: event.from,
        to: event.to,
        kind: event.kind.word().to_owned(),
        text: event.text.clone(),
        scope: [event.channels.clone(), event.metrics.clone(), event.countries.clone()].concat(),
        mute: event.is_muted,
    }
}

fn of_holiday(own: &WorkspaceSettings, holiday: RegionalHoliday) -> EventEntry {
    EventEntry {
        workspace: own.workspace.id.clone(),
        from: holiday.date,
        to: holiday.date,
        kind: "holiday".to_owned(),
        text: holiday.name,
        scope: holiday.regions.iter().map(ToString::to_string).collect(),
        mute: false,
    }
}
