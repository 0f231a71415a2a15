//! When jobs are due, and why. Works beside a running daemon.

use crate::app::{AppError, catalog, database_file, dated_streams, planned_jobs};
use crate::config::{self, Settings};
use crate::domain::period::Period;
use crate::domain::schedule::PlannedJob;
use crate::domain::schedule::forecast::{Known, PlannedFire, forecast};
use crate::report::format::Locale;
use crate::warehouse::{Warehouse, WarehouseError, slots};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A longer list is asked for in parts.
const MOST_FIRES: usize = 100_000;

/// Which fires are asked for.
#[derive(Clone, Debug, Default)]
pub struct PlanRequest {
    /// Now where it is absent.
    pub from: Option<DateTime<Utc>>,
    /// The first instant that is left out; a day after `from` where it is absent.
    pub to: Option<DateTime<Utc>>,
    pub job: Option<String>,
    pub workspace: Option<String>,
}

/// The fires of a span, in order of time.
#[derive(Clone, Debug)]
pub struct Plan {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub fires: Vec<PlanEntry>,
    /// Why what ran or was missed is left out, if it could not be read.
    pub unread: Option<String>,
}

/// A time at which a job is due for a workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlanEntry {
    /// The days that a report speaks of, in the workspace's zone; absent for other jobs.
    pub reports_from: Option<NaiveDate>,
    pub reports_through: Option<NaiveDate>,
    pub job: String,
    pub workspace: String,
    /// Of the schedule.
    pub time_zone: &'static str,
    /// What that zone's clock shows.
    #[serde(serialize_with = "minute")]
    pub local: NaiveDateTime,
    /// UTC.
    pub at: DateTime<Utc>,
    /// The same with the stable delay of the job and workspace.
    pub begins_at: DateTime<Utc>,
    pub reason: &'static str,
    /// More about the reason, for a person; may be empty.
    pub note: String,
}

/// Every fire that is asked for.
///
/// # Errors
/// A job or workspace is unknown, or the span holds more fires than a list can.
pub fn plan(root: &Path, asked: &PlanRequest, now: DateTime<Utc>) -> Result<Plan, AppError> {
    let settings = config::load(root).map_err(AppError::Config)?;
    let from = asked.from.unwrap_or(now);
    let to = asked.to.unwrap_or_else(|| from + TimeDelta::days(1));
    if to <= from {
        return Err(AppError::Usage("--to is not after --from".to_owned()));
    }
    let mut jobs = planned_jobs(&settings, &dated_streams(&settings, &catalog(&settings.root)?));
    let ids =
        |name: fn(&PlannedJob) -> &str| -> BTreeSet<String> { jobs.iter().map(|job| name(job).to_owned()).collect() };
    let named = [
        ("job", &asked.job, ids(|job| &job.pair.job)),
        ("workspace", &asked.workspace, ids(|job| &job.pair.workspace)),
    ];
    for (what, asked, known) in named {
        if let Some(asked) = asked.as_ref().filter(|asked| !known.contains(*asked)) {
            let known: Vec<String> = known.into_iter().collect();
            return Err(AppError::Usage(format!("there is no {what} {asked:?}; there are {}", known.join(", "))));
        }
    }
    jobs.retain(|job| {
        asked.job.as_ref().is_none_or(|id| *id == job.pair.job)
            && asked.workspace.as_ref().is_none_or(|id| *id == job.pair.workspace)
    });
    // The most a job can fire is once a minute, so the bound holds before anything is worked out.
    let days = usize::try_from((to - from).num_days()).unwrap_or(0) + 1;
    let at_most: usize = jobs.iter().map(|job| job.schedule.expression.most_a_day().saturating_mul(days)).sum();
    if at_most > MOST_FIRES {
        let message = format!("that may be {at_most} fires: ask for a shorter span, or for one --job or --workspace");
        return Err(AppError::Usage(message));
    }
    let (known, unread) = match known(&settings) {
        Ok(known) => (known, None),
        Err(error) => (Known::default(), Some(error.to_string())),
    };
    let mut fires = forecast(&jobs, &known, from, to, now);
    let reported = reported(&settings, &fires);
    for (fire, days) in fires.iter_mut().zip(&reported) {
        if let Some(days) = days {
            let notes = [days.text(), std::mem::take(&mut fire.note)];
            fire.note = notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; ");
        }
    }
    let fires = fires.into_iter().zip(&reported).map(|(fire, days)| PlanEntry::new(fire, days.as_ref())).collect();
    Ok(Plan { from, to, fires, unread })
}

impl PlanEntry {
    fn new(fire: PlannedFire, days: Option<&Reported>) -> Self {
        Self {
            reports_from: days.map(|reported| reported.days.start),
            reports_through: days.map(|reported| reported.days.last_day()),
            ..fire.into()
        }
    }
}

impl From<PlannedFire> for PlanEntry {
    fn from(fire: PlannedFire) -> Self {
        Self {
            reports_from: None,
            reports_through: None,
            job: fire.pair.job,
            workspace: fire.pair.workspace,
            time_zone: fire.zone.name(),
            local: fire.wall,
            at: fire.at,
            begins_at: fire.begins_at,
            reason: fire.reason.name(),
            note: fire.note,
        }
    }
}

fn minute<S: Serializer>(local: &NaiveDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&local.format("%Y-%m-%dT%H:%M"))
}

/// What the ledger says, if there is one and no daemon holds it.
fn known(settings: &Settings) -> Result<Known, WarehouseError> {
    let path = database_file(settings);
    if !path.exists() {
        return Ok(Known::default());
    }
    let warehouse = Warehouse::open(&path, &settings.warehouse)?;
    let marks = warehouse.read_blocking(slots::marks)?;
    let slots = warehouse.read_blocking(|reader| slots::list(reader, None, None, 1_000_000))?;
    Ok(Known {
        marks: marks.into_iter().collect(),
        slots: slots.into_iter().map(|slot| (slot.key.clone(), slot)).collect(),
    })
}

/// The days that a run reports.
struct Reported {
    days: Period,
    /// Whole days between their end and the run.
    age: i64,
    /// Whether a run before it in the list reports the same days.
    is_again: bool,
}

impl Reported {
    fn text(&self) -> String {
        let days = Locale::STANDARD.days_text(self.days);
        let again = if self.is_again { ", as the run before: nothing new is sent" } else { "" };
        let age =
            if self.age > 0 { format!(", which ended {} days before the run's day", self.age) } else { String::new() };
        format!("reports {days}{age}{again}")
    }
}

/// What each run that reports speaks of. The age is shown where the job's time zone makes a report older than
/// its cadence does.
fn reported(settings: &Settings, fires: &[PlannedFire]) -> Vec<Option<Reported>> {
    let mut last = BTreeMap::new();
    let of = |fire: &PlannedFire| {
        let job = settings.jobs.iter().find(|job| job.id == fire.pair.job)?;
        let report = job.kind.report()?;
        let workspace = &settings.workspace(&fire.pair.workspace)?.workspace;
        let today = fire.at.with_timezone(&workspace.time_zone).date_naive();
        let days = job.days_on(report, today, workspace);
        let is_again = last.insert(fire.pair.clone(), days) == Some(days);
        Some(Reported { days, age: (today - days.end).num_days(), is_again })
    };
    fires.iter().map(of).collect()
}
