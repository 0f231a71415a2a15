//! Which days a run of a report speaks of, and when a report of some days is due.

use super::{Covers, Job, ReportJob};
use crate::domain::period::Period;
use crate::domain::schedule::Schedule;
use crate::domain::workspace::Workspace;
use crate::report::definition::Cadence;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The longest that a daily report reaches back.
const MOST_DAYS: u64 = 7;

impl Job {
    /// When the job falls due first once `end`, the first day after the reported ones, has begun;
    /// `cron` is read in the job's zone or else in `zone`.
    pub fn due_at(&self, end: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
        let zone = self.time_zone.unwrap_or(zone);
        let midnight = zone.from_local_datetime(&end.and_time(NaiveTime::MIN)).earliest()?;
        let schedule = Schedule { expression: self.cron.clone(), zone };
        Some(schedule.next(midnight.with_timezone(&Utc))?.at)
    }

    /// The days that a run on `today` of a workspace reports: the last whole week or month, or the days since
    /// the run before. A time zone of the job's own moves the instant of a run, never the workspace's days.
    pub fn days_on(&self, report: &ReportJob, today: NaiveDate, workspace: &Workspace) -> Period {
        let whole = report.base.cadence.last_whole(today, workspace.calendar());
        if report.base.cadence != Cadence::Daily || report.covers == Covers::DayBefore {
            return whole;
        }
        let zone = workspace.time_zone;
        let schedule = Schedule { expression: self.cron.clone(), zone: self.time_zone.unwrap_or(zone) };
        let midnight = zone.from_local_datetime(&today.and_time(NaiveTime::MIN)).earliest();
        let before = midnight.and_then(|at| schedule.previous(at.with_timezone(&Utc) - TimeDelta::nanoseconds(1)));
        let start = before.map_or(whole.start, |fire| fire.at.with_timezone(&zone).date_naive());
        let longest = today - Days::new(MOST_DAYS);
        Period::new(start.max(longest), today).unwrap_or(whole)
    }

    /// The days of the report that speaks of `date`; the last of them may lie ahead.
    pub fn days_with(&self, report: &ReportJob, date: NaiveDate, workspace: &Workspace) -> Period {
        let whole = report.base.cadence.period_of(date, workspace.calendar());
        if report.base.cadence != Cadence::Daily {
            return whole;
        }
        let due = self.due_at(whole.end, workspace.time_zone);
        let run_on = due.map_or(whole.end, |at| at.with_timezone(&workspace.time_zone).date_naive());
        let days = self.days_on(report, run_on, workspace);
        if days.contains(date) { days } else { whole }
    }
}
