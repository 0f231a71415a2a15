//! `daybook add report`.

use super::edit::Edit;
use super::{Addition, Manner};
use crate::app::AppError;
use crate::cli::init::answers::{WEEKDAYS, id, one_of, quoted};
use crate::cli::init::ask::Asker;
use crate::config::Settings;
use crate::report::definition::{Cadence, REPORTS, SectionKind};
use crate::report::sections::parts;
use chrono::{NaiveTime, Timelike};
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The job's id, e.g. report_weekly_board; the file's name.
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// Which report: daily_performance, weekly_performance, monthly_overview or quarterly_overview.
    #[arg(long, value_name = "REPORT")]
    report: Option<String>,
    /// A group of recipients; may be given more than once.
    #[arg(long, value_name = "GROUP")]
    to: Vec<String>,
    /// When it is sent, in each workspace's zone.
    #[arg(long, value_name = "HH:MM")]
    at: Option<String>,
    /// Of a weekly report: its weekday; the day after the week by default.
    #[arg(long, value_name = "WEEKDAY")]
    on: Option<String>,
    /// The files that are made: pdf, html, csv; may be given more than once.
    #[arg(long, value_name = "FORMAT")]
    format: Vec<String>,
    /// Only this workspace; may be given more than once.
    #[arg(long, short, value_name = "ID")]
    workspace: Vec<String>,
    #[command(flatten)]
    pub manner: Manner,
}

pub fn add(settings: &Settings, args: &ReportArgs, asker: &mut Asker<'_>) -> Result<Addition, AppError> {
    let names = REPORTS.map(|(name, ..)| name);
    let report = asker.value(&format!("report ({})", names.join(", ")), args.report.as_deref(), "", |text| {
        one_of(text, &names, "report")
    })?;
    let cadence =
        REPORTS.into_iter().find(|(name, ..)| *name == report).map_or(Cadence::Daily, |(_, cadence, _)| cadence);
    let groups: BTreeSet<&str> =
        settings.workspaces.iter().flat_map(|own| own.recipients.keys()).map(String::as_str).collect();
    let groups: Vec<&str> = groups.into_iter().collect();
    let first = groups.first().copied().unwrap_or_default();
    let to = asker.list(&format!("groups that get it ({})", groups.join(", ")), &args.to, first, |text| {
        one_of(text, &groups, "group")
    })?;
    let suggested = format!("report_{}_{}", cadence.adjective(), to.first().map_or("all", String::as_str));
    let job = asker.value("id of the job", args.id.as_deref(), &suggested, id)?;
    let at = asker.value("sent at (HH:MM)", args.at.as_deref(), "09:00", |text| {
        NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| format!("{text:?} is no time such as 09:00"))
    })?;
    let week_start = settings.workspaces.first().map_or(chrono::Weekday::Mon, |own| own.workspace.week_starts_on);
    let fiscal_year = settings.workspaces.first().map(|own| own.workspace.fiscal_year).unwrap_or_default();
    let (minute, hour) = (at.minute(), at.hour());
    let cron = match cadence {
        Cadence::Daily => format!("{minute} {hour} * * *"),
        Cadence::Monthly => format!("{minute} {hour} 1 * *"),
        Cadence::Quarterly => format!("{minute} {hour} 1 {} *", fiscal_year.quarter_months()),
        Cadence::Weekly => {
            let day = WEEKDAYS[week_start.num_days_from_monday() as usize % 7];
            let on =
                asker.value("on which weekday", args.on.as_deref(), day, |text| one_of(text, &WEEKDAYS, "weekday"))?;
            let index = WEEKDAYS.iter().position(|known| *known == on).unwrap_or_default();
            // Cron counts from Sunday.
            format!("{minute} {hour} * * {}", (index + 1) % 7)
        }
    };
    if cadence != Cadence::Weekly && args.on.is_some() {
        return Err(AppError::Usage(format!("--on is for weekly reports; {report} is {}", cadence.adjective())));
    }
    let default = ["pdf", "html", "csv"];
    let formats = asker.list("files that are made (pdf, html, csv)", &args.format, "pdf,html,csv", |text| {
        one_of(text, &default, "format")
    })?;
    let list = |items: &[String]| items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", ");
    let only =
        if args.workspace.is_empty() { String::new() } else { format!("workspaces = [{}]\n", list(&args.workspace)) };
    let head = format!(
        "#:schema ../config/schemas/job.json\nkind = \"report\"\nreport = \"{report}\"\ncron = \"{cron}\"\n{only}"
    );
    let tail = format!("formats = [{}]\nlate = \"hold\"\ndeadline_minutes = 180\n", list(&formats));
    let groups = format!("to = [{}]\n", list(&to));
    let text = if is_made(settings, &report, &args.workspace) {
        let id = |part| match part {
            SectionKind::Standard(id) => Some(id.to_owned()),
            SectionKind::Metrics(_) => None,
        };
        let sections: Vec<String> = parts(cadence).into_iter().filter_map(id).collect();
        format!(
            "{head}{tail}\n# Another job makes the standard edition, which is issued once: this one has a name of its own.\n\
             [[editions]]\nid = \"{}\"\n{groups}sections = [{}]\n",
            job.trim_start_matches("report_"),
            list(&sections)
        )
    } else {
        format!("{head}{groups}{tail}")
    };
    let edit = Edit::new_file(&settings.root, &Path::new("jobs").join(format!("{job}.toml")), text)?;
    let next = format!("daybook plan --job {job}, and daybook report preview");
    Ok(Addition { edits: vec![edit], wanted: Vec::new(), next })
}

/// Whether a job makes the standard edition for one of these workspaces already; none means all.
fn is_made(settings: &Settings, report: &str, workspaces: &[String]) -> bool {
    let shares = |id: &String| workspaces.is_empty() || workspaces.contains(id);
    let ids = settings.workspaces.iter().map(|own| &own.workspace.id).filter(|id| shares(id));
    ids.flat_map(|id| settings.report_jobs(id))
        .flat_map(|(_, job)| job.copies())
        .any(|copy| copy.definition.report == report && copy.definition.variant().is_empty())
}
